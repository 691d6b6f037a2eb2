// Reductions and functions along rows, on several threads where there is much to do.
//
// What is split, and how partial results are combined, depends on the extents alone: results do
// not depend on the number of threads.
#include "Kernels.h"
#include "pieces.h"

#include <stdatomic.h>
#include <string.h>

/// Tasks of some rows each.
typedef struct {
  mos_reduce_kernel reduce;
  mos_block_kernel scan;
  size_t rows, n, rows_of_task, row_bytes, result_bytes;
  const char *x, *b;
  char *y;
  atomic_int status;
} row_tasks;

static void run_rows(void *context, size_t task) {
  row_tasks *t = context;
  size_t end = (task + 1) * t->rows_of_task < t->rows ? (task + 1) * t->rows_of_task : t->rows;
  for (size_t i = task * t->rows_of_task; i < end; i++) {
    const char *x = t->x + i * t->row_bytes;
    const char *b = t->b ? t->b + i * t->row_bytes : NULL;
    char *y = t->y + i * t->result_bytes;
    int status = t->reduce ? t->reduce(t->n, x, b, y) : t->scan(t->n, x, NULL, NULL, y);
    if (status != MOS_OK) {
      t->status = status;
      return;
    }
  }
}

static int run_row_tasks(row_tasks *t) {
  if (t->rows * t->n <= 2 * TASK) {
    t->rows_of_task = t->rows;
    run_rows(t, 0);
  } else {
    t->rows_of_task = t->n >= TASK ? 1 : TASK / t->n;
    mos_parallel((t->rows + t->rows_of_task - 1) / t->rows_of_task, run_rows, t);
  }
  return t->status;
}

/// The pieces of one long row, as a pairwise sum halves it.
typedef struct {
  mos_reduce_kernel reduce;
  const char *x, *b;
  size_t size, count;
  size_t start[1 << HALVINGS], n[1 << HALVINGS];
  uint64_t partial[1 << HALVINGS];
  atomic_int status;
} row_pieces;

/// As `fold_sum` of `reductions.h` halves.
static size_t half_of(size_t n) { return (n / 2 + LEAF - 1) / LEAF * LEAF; }

static void cut(row_pieces *p, size_t start, size_t n, int depth) {
  if (depth == 0 || n <= TASK) {
    p->start[p->count] = start;
    p->n[p->count++] = n;
    return;
  }
  cut(p, start, half_of(n), depth - 1);
  cut(p, start + half_of(n), n - half_of(n), depth - 1);
}

static void reduce_piece(void *context, size_t task) {
  row_pieces *p = context;
  const size_t start = p->start[task] * p->size;
  const char *b = p->b ? p->b + start : NULL;
  int status = p->reduce(p->n[task], p->x + start, b, &p->partial[task]);
  if (status != MOS_OK) p->status = status;
}

/// Combines the pieces from `*next` on that make up `n` elements.
static void join(row_pieces *p, mos_block_kernel combine, size_t n, int depth, size_t *next,
                 void *y) {
  if (depth == 0 || n <= TASK) {
    memcpy(y, &p->partial[(*next)++], p->size);
    return;
  }
  uint64_t second;
  join(p, combine, half_of(n), depth - 1, next, y);
  join(p, combine, n - half_of(n), depth - 1, next, &second);
  combine(1, y, &second, NULL, y);
}

int mos_reduce_rows(mos_reduce_kernel kernel, mos_block_kernel combine, size_t rows, size_t n,
                    const void *x, const void *b, size_t size, void *y, size_t result_size) {
  if (combine == NULL || n <= 2 * TASK || rows >= 8) {
    row_tasks t = {.reduce = kernel, .rows = rows, .n = n, .row_bytes = n * size,
                   .result_bytes = result_size, .x = x, .b = b, .y = y, .status = MOS_OK};
    return run_row_tasks(&t);
  }
  for (size_t i = 0; i < rows; i++) {
    const size_t start = i * n * size;
    row_pieces p = {.reduce = kernel, .x = (const char *)x + start,
                    .b = b ? (const char *)b + start : NULL, .size = size, .status = MOS_OK};
    cut(&p, 0, n, HALVINGS);
    mos_parallel(p.count, reduce_piece, &p);
    if (p.status != MOS_OK) return p.status;
    size_t next = 0;
    join(&p, combine, n, HALVINGS, &next, (char *)y + i * result_size);
  }
  return MOS_OK;
}

int mos_scan_rows(mos_block_kernel kernel, size_t rows, size_t n, const void *x, void *y,
                  size_t size) {
  row_tasks t = {.scan = kernel, .rows = rows, .n = n, .row_bytes = n * size,
                 .result_bytes = n * size, .x = x, .y = y, .status = MOS_OK};
  return run_row_tasks(&t);
}

// MARK: Rows added to one another

enum {
  /// Columns reduced together: their partial results, one for each halving, stay in cache.
  COLUMNS = 256,
  /// Rows added one after the other at the bottom of the halving.
  RUN = 16,
};

static int reduce_strip(mos_block_kernel kernel, size_t rows, size_t n, const char *x,
                        size_t row_bytes, void *y, size_t bytes) {
  if (rows <= RUN) {
    memcpy(y, x, bytes);
    for (size_t i = 1; i < rows; i++) {
      int status = kernel(n, y, x + i * row_bytes, NULL, y);
      if (status != MOS_OK) return status;
    }
    return MOS_OK;
  }
  if (rows * n >= LOOK && mos_run_ends()) return MOS_OK;
  uint64_t second[COLUMNS];
  size_t half = rows / 2;
  int status = reduce_strip(kernel, half, n, x, row_bytes, y, bytes);
  if (status == MOS_OK)
    status = reduce_strip(kernel, rows - half, n, x + half * row_bytes, row_bytes, second, bytes);
  return status == MOS_OK ? kernel(n, y, second, NULL, y) : status;
}

/// A task is a strip of columns of one block of rows.
typedef struct {
  mos_block_kernel kernel;
  size_t strips, rows, n, size;
  const char *x;
  char *y;
  atomic_int status;
} column_tasks;

static void run_strip(void *context, size_t task) {
  column_tasks *t = context;
  size_t block = task / t->strips, first = task % t->strips * COLUMNS;
  size_t columns = t->n - first < COLUMNS ? t->n - first : COLUMNS;
  int status = reduce_strip(t->kernel, t->rows, columns,
                            t->x + (block * t->rows * t->n + first) * t->size, t->n * t->size,
                            t->y + (block * t->n + first) * t->size, columns * t->size);
  if (status != MOS_OK) t->status = status;
}

int mos_reduce_columns(mos_block_kernel kernel, size_t blocks, size_t rows, size_t n,
                       const void *x, void *y, size_t size) {
  column_tasks t = {.kernel = kernel, .strips = (n + COLUMNS - 1) / COLUMNS, .rows = rows, .n = n,
                    .size = size, .x = x, .y = y, .status = MOS_OK};
  size_t tasks = blocks * t.strips;
  if (blocks * rows * n <= 2 * TASK) {
    for (size_t task = 0; task < tasks && t.status == MOS_OK; task++) run_strip(&t, task);
  } else {
    mos_parallel(tasks, run_strip, &t);
  }
  return t.status;
}
