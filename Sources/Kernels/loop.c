// Walking operands of any layout with kernels that know contiguous blocks only.
//
// The result is contiguous, so a place in it is one number, the *position*; every operand is
// brought to it. After axes that can be walked as one are merged, an operand is one of:
//   direct    contiguous and of the kernel's type: the kernel reads it in place
//   scalar    one element for all: converted once
//   row-wise  its innermost axis is direct or scalar: the kernel runs row by row
//   periodic  only its innermost axis moves, and that is short (a bias): a block of several rows
//             is put together once and serves all of them
//   gathered  anything else: copied, converted, into a buffer of BLOCK elements.
#include "Kernels.h"
#include "pieces.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

enum {
  /// Elements of a gathered block: three buffers of doubles stay in the first-level cache.
  BLOCK = 512,
  /// Rows shorter than this are gathered together instead of running one by one.
  SHORT_ROW = 24,
};

static const size_t dtype_size[MOS_DTYPES] = {1, 8, 4, 8};

/// Merges neighbouring axes that every operand walks with one stride, and drops axes of one.
static int merge_axes(int rank, ptrdiff_t *extent, int operands, mos_operand *operand) {
  int last = -1;
  for (int axis = 0; axis < rank; axis++) {
    if (extent[axis] == 1) continue;
    bool merges = last >= 0;
    for (int k = 0; k < operands && merges; k++)
      merges = operand[k].stride[last] == operand[k].stride[axis] * extent[axis];
    if (merges) {
      extent[last] *= extent[axis];
    } else {
      last++;
      extent[last] = extent[axis];
    }
    for (int k = 0; k < operands; k++) operand[k].stride[last] = operand[k].stride[axis];
  }
  if (last < 0) {
    last = 0;
    extent[0] = 1;
    for (int k = 0; k < operands; k++) operand[k].stride[0] = 0;
  }
  return last + 1;
}

/// Brings `n` elements from `position` on into `out`.
static int gather(const mos_operand *x, int rank, const ptrdiff_t *extent, int64_t position,
                  size_t n, uint8_t dtype, void *out) {
  mos_convert_kernel convert = mos_kernels()->convert[x->dtype][dtype];
  size_t in_size = dtype_size[x->dtype], out_size = dtype_size[dtype];
  int64_t index[MOS_MAXIMUM_RANK], offset = 0;
  for (int axis = rank - 1; axis >= 0; axis--) {
    index[axis] = position % extent[axis];
    position /= extent[axis];
    offset += index[axis] * x->stride[axis];
  }
  const int inner = rank - 1;
  const int64_t stride = x->stride[inner];
  int status = MOS_OK;
  char *target = out;
  while (true) {
    size_t row = (size_t)(extent[inner] - index[inner]);
    if (row > n) row = n;
    status |= convert(row, (const char *)x->data + offset * (int64_t)in_size, stride, target);
    n -= row;
    if (n == 0) return status;
    target += row * out_size;
    offset -= index[inner] * stride;
    index[inner] = 0;
    for (int axis = inner - 1; axis >= 0; axis--) {
      offset += x->stride[axis];
      if (++index[axis] < extent[axis]) break;
      offset -= x->stride[axis] * extent[axis];
      index[axis] = 0;
    }
  }
}

/// How an operand is read; see the head of this file.
typedef enum { DIRECT, SCALAR, ROW_WISE, GATHERED } access;

static access access_of(const mos_operand *x, int rank, const ptrdiff_t *extent,
                        uint8_t compute) {
  bool still = true, contiguous = true;
  int64_t step = 1;
  for (int axis = rank - 1; axis >= 0; axis--) {
    still &= x->stride[axis] == 0;
    contiguous &= x->stride[axis] == step;
    step *= extent[axis];
  }
  if (still) return SCALAR;
  if (x->dtype != compute) return GATHERED;
  if (contiguous) return DIRECT;
  return x->stride[rank - 1] == 1 || x->stride[rank - 1] == 0 ? ROW_WISE : GATHERED;
}

typedef struct {
  mos_loop *loop;
  int64_t count;
  access access[3];
  /// Scalars, converted.
  uint64_t value[3];
  atomic_int status;
} walk;

/// Runs the kernel on `n` elements whose operands are pointers; `scalar` tells which are one
/// element. Kernels of three operands have no scalar form, so such an operand is spread out.
static int run_kernel(const mos_loop *loop, size_t n, const void *const *p, const bool *scalar,
                      void *y) {
  if (loop->operands == 2) {
    if (scalar[1] && loop->kernel[MOS_SECOND_SCALAR])
      return loop->kernel[MOS_SECOND_SCALAR](n, p[0], p[1], NULL, y);
    if (scalar[0] && loop->kernel[MOS_FIRST_SCALAR])
      return loop->kernel[MOS_FIRST_SCALAR](n, p[0], p[1], NULL, y);
  }
  return loop->kernel[0](n, p[0], loop->operands > 1 ? p[1] : NULL,
                         loop->operands > 2 ? p[2] : NULL, y);
}

static bool only_inner_moves(const mos_operand *x, int inner) {
  for (int axis = 0; axis < inner; axis++)
    if (x->stride[axis] != 0) return false;
  return true;
}

/// Fills `n` elements with the period of `period` elements they begin with.
static void repeat(char *elements, size_t period, size_t n, size_t size) {
  for (size_t have = period; have < n; have *= 2)
    memcpy(elements + have * size, elements, (have < n - have ? have : n - have) * size);
}

/// The form of kernel that reads whole rows of every operand in place, or -1 where there is none.
static int form_of_rows(const walk *w) {
  const mos_loop *loop = w->loop;
  const int inner = loop->rank - 1;
  int form = MOS_BOTH_VECTORS;
  for (int k = 0; k < loop->operands; k++) {
    if (w->access[k] == GATHERED) return -1;
    if (w->access[k] != SCALAR && loop->operand[k].stride[inner] == 1) continue;
    if (loop->operands != 2 || form != MOS_BOTH_VECTORS) return -1;
    form = k == 1 ? MOS_SECOND_SCALAR : MOS_FIRST_SCALAR;
  }
  return loop->kernel[form] ? form : -1;
}

/// Runs rows that kernels of a form read in place: from one to the next, only their places change.
static int run_rows(const walk *w, int form, int64_t first, int64_t end) {
  const mos_loop *loop = w->loop;
  const int inner = loop->rank - 1, outer = inner - 1;
  const int64_t row = loop->extent[inner];
  const mos_block_kernel kernel = loop->kernel[form];
  const char *p[3] = {NULL, NULL, NULL};
  int64_t step[3][MOS_MAXIMUM_RANK] = {0}, index[MOS_MAXIMUM_RANK] = {0}, rest = first;
  for (int k = 0; k < loop->operands; k++) {
    const mos_operand *x = &loop->operand[k];
    const bool still = w->access[k] == SCALAR;
    p[k] = still ? (const char *)&w->value[k] : x->data;
    for (int axis = outer; axis >= 0 && !still; axis--)
      step[k][axis] = x->stride[axis] * (int64_t)dtype_size[x->dtype];
  }
  for (int axis = outer; axis >= 0; axis--) {
    index[axis] = rest % loop->extent[axis];
    rest /= loop->extent[axis];
    for (int k = 0; k < loop->operands; k++) p[k] += index[axis] * step[k][axis];
  }
  const int64_t y_step = row * loop->result_size;
  char *y = (char *)loop->result + first * y_step;
  int status = MOS_OK;
  while (first < end) {
    int64_t stop = first + loop->extent[outer] - index[outer];
    if (stop > end) stop = end;
    index[outer] += stop - first;
    for (; first < stop; first++) {
      status |= kernel((size_t)row, p[0], p[1], p[2], y);
      for (int k = 0; k < loop->operands; k++) p[k] += step[k][outer];
      y += y_step;
    }
    for (int axis = outer; axis > 0 && index[axis] == loop->extent[axis]; axis--) {
      for (int k = 0; k < loop->operands; k++)
        p[k] += step[k][axis - 1] - index[axis] * step[k][axis];
      index[axis] = 0;
      index[axis - 1]++;
    }
    if (status != MOS_OK) break;
  }
  return status;
}

/// Runs the elements `begin ..< end` by blocks in which every operand is in the first case above
/// that fits: by rows if an operand has to be, else as long as the buffers allow.
static void run_range(walk *w, int64_t begin, int64_t end) {
  const mos_loop *loop = w->loop;
  const int inner = loop->rank - 1;
  const int64_t row = loop->extent[inner];
  uint64_t buffer[3][BLOCK];
  bool constant[3] = {false}, periodic[3] = {false};
  bool moves = false, all_periodic = 2 * row <= BLOCK, spreads = false, gathers = false;
  int scalars = 0;
  for (int k = 0; k < loop->operands; k++) {
    const mos_operand *x = &loop->operand[k];
    if (w->access[k] == SCALAR) {
      // One scalar of two operands has a form of its own; any other is spread out once.
      constant[k] = loop->operands == 2 && scalars++ == 0;
      if (constant[k]) continue;
      spreads = true;
      size_t size = dtype_size[loop->compute[k]];
      memcpy(buffer[k], &w->value[k], size);
      repeat((char *)buffer[k], 1, end - begin < BLOCK ? (size_t)(end - begin) : BLOCK, size);
    } else if (w->access[k] != DIRECT) {
      moves = true;
      gathers |= w->access[k] == GATHERED;
      periodic[k] = only_inner_moves(x, inner);
      all_periodic &= periodic[k];
    }
  }
  all_periodic &= moves;
  const bool by_rows = moves && !all_periodic && row >= SHORT_ROW;
  if (by_rows && begin % row == 0 && end % row == 0) {
    const int form = form_of_rows(w);
    if (form >= 0) {
      w->status |= run_rows(w, form, begin / row, end / row);
      return;
    }
  }
  int64_t longest = end - begin;
  if (all_periodic) {
    longest = BLOCK / row * row;
  } else if (spreads || gathers || (moves && !by_rows)) {
    longest = BLOCK;
  }
  if (longest > end - begin) longest = end - begin;
  if (all_periodic) {
    for (int k = 0; k < loop->operands; k++) {
      if (!periodic[k]) continue;
      size_t period = (size_t)(row < longest ? row : longest);
      w->status |= gather(&loop->operand[k], loop->rank, loop->extent, begin, period,
                          loop->compute[k], buffer[k]);
      repeat((char *)buffer[k], period, (size_t)longest, dtype_size[loop->compute[k]]);
    }
  }

  // The row's place in the outer axes, and where it begins in each operand.
  int64_t index[MOS_MAXIMUM_RANK], offset[3] = {0}, column = begin % row;
  if (by_rows) {
    int64_t rest = begin / row;
    for (int axis = inner - 1; axis >= 0; axis--) {
      index[axis] = rest % loop->extent[axis];
      rest /= loop->extent[axis];
      for (int k = 0; k < loop->operands; k++)
        offset[k] += index[axis] * loop->operand[k].stride[axis];
    }
  }
  for (int64_t position = begin; position < end;) {
    int64_t n = end - position < longest ? end - position : longest;
    if (by_rows && n > row - column) n = row - column;
    const void *p[3];
    bool scalar[3] = {false};
    int status = MOS_OK;
    for (int k = 0; k < loop->operands; k++) {
      const mos_operand *x = &loop->operand[k];
      const size_t size = dtype_size[x->dtype];
      if (w->access[k] == DIRECT) {
        p[k] = (const char *)x->data + position * (int64_t)size;
      } else if (constant[k]) {
        p[k] = &w->value[k];
        scalar[k] = true;
      } else if (w->access[k] == SCALAR || all_periodic) {
        p[k] = buffer[k];
      } else if (by_rows) {
        const int64_t stride = x->stride[inner];
        p[k] = (const char *)x->data + (offset[k] + column * stride) * (int64_t)size;
        if (w->access[k] == ROW_WISE && stride == 1) continue;
        // A second scalar, or one of three operands, has no form.
        scalar[k] = w->access[k] == ROW_WISE && loop->operands == 2 && !scalar[1 - k] &&
                    w->access[1 - k] != SCALAR;
        if (scalar[k]) continue;
        if (n > BLOCK) n = BLOCK;
        status |= mos_kernels()->convert[x->dtype][loop->compute[k]]((size_t)n, p[k], stride,
                                                                     buffer[k]);
        p[k] = buffer[k];
      } else {
        status |= gather(x, loop->rank, loop->extent, position, (size_t)n, loop->compute[k],
                         buffer[k]);
        p[k] = buffer[k];
      }
    }
    char *y = (char *)loop->result + position * loop->result_size;
    status |= run_kernel(loop, (size_t)n, p, scalar, y);
    if (status != MOS_OK) {
      w->status = status;
      return;
    }
    position += n;
    column += n;
    if (!by_rows || column < row) continue;
    column = 0;
    for (int axis = inner - 1; axis >= 0; axis--) {
      for (int k = 0; k < loop->operands; k++) offset[k] += loop->operand[k].stride[axis];
      if (++index[axis] < loop->extent[axis]) break;
      for (int k = 0; k < loop->operands; k++)
        offset[k] -= loop->operand[k].stride[axis] * loop->extent[axis];
      index[axis] = 0;
    }
  }
}

static void run_task(void *context, size_t task) {
  walk *w = context;
  int64_t begin = (int64_t)task * TASK;
  run_range(w, begin, begin + TASK < w->count ? begin + TASK : w->count);
}

int mos_elementwise(mos_loop *loop) {
  walk w = {.loop = loop, .count = 1, .status = MOS_OK};
  loop->rank = merge_axes(loop->rank, loop->extent, loop->operands, loop->operand);
  for (int axis = 0; axis < loop->rank; axis++) w.count *= loop->extent[axis];
  if (w.count == 0) return MOS_OK;
  for (int k = 0; k < loop->operands; k++) {
    const mos_operand *x = &loop->operand[k];
    w.access[k] = access_of(x, loop->rank, loop->extent, loop->compute[k]);
    if (w.access[k] == SCALAR) {
      int status = mos_kernels()->convert[x->dtype][loop->compute[k]](1, x->data, 1, &w.value[k]);
      if (status != MOS_OK) return status;
    }
  }
  if (w.count <= 2 * TASK) {
    run_range(&w, 0, w.count);
  } else {
    mos_parallel((size_t)((w.count + TASK - 1) / TASK), run_task, &w);
  }
  return w.status;
}

typedef struct {
  mos_operand x;
  int rank;
  ptrdiff_t extent[MOS_MAXIMUM_RANK];
  int64_t count;
  uint8_t dtype;
  char *result;
  atomic_int status;
} copying;

static void copy_task(void *context, size_t task) {
  copying *c = context;
  int64_t begin = (int64_t)task * TASK;
  int64_t end = begin + TASK < c->count ? begin + TASK : c->count;
  int status = gather(&c->x, c->rank, c->extent, begin, (size_t)(end - begin), c->dtype,
                      c->result + begin * (int64_t)dtype_size[c->dtype]);
  if (status != MOS_OK) c->status = status;
}

enum {
  /// Rows and columns of a tile of a transposing copy: its lines stay in the first-level cache.
  TILE = 16,
  /// Rows of a task of a transposing copy.
  STRIP = 64,
};

/// A copy whose innermost axis strides through the operand, while the operand is contiguous along
/// another axis, `row`: done in tiles of both axes.
typedef struct {
  const copying *copy;
  int row;
  int64_t result_stride[MOS_MAXIMUM_RANK];
  int64_t strips;
} transposition;

#define COPY_TILES(T)                                                               \
  for (int64_t r0 = first; r0 < last; r0 += TILE)                                   \
    for (int64_t c0 = 0; c0 < columns && (c0 % LOOK > 0 || !mos_run_ends()); c0 += TILE) \
      for (int64_t r = r0; r < r0 + TILE && r < last; r++)                          \
        for (int64_t c = c0; c < c0 + TILE && c < columns; c++)                     \
          ((T *)to)[r * line + c] = ((const T *)from)[r + c * step];

static void transpose_task(void *context, size_t task) {
  const transposition *t = context;
  const copying *c = t->copy;
  size_t size = dtype_size[c->dtype];
  int64_t rest = (int64_t)task / t->strips, offset = 0, result = 0;
  for (int axis = c->rank - 2; axis >= 0; axis--) {
    if (axis == t->row) continue;
    int64_t index = rest % c->extent[axis];
    rest /= c->extent[axis];
    offset += index * c->x.stride[axis];
    result += index * t->result_stride[axis];
  }
  const char *from = (const char *)c->x.data + offset * (int64_t)size;
  char *to = c->result + result * (int64_t)size;
  int64_t first = (int64_t)task % t->strips * STRIP, last = first + STRIP;
  if (last > c->extent[t->row]) last = c->extent[t->row];
  int64_t columns = c->extent[c->rank - 1], step = c->x.stride[c->rank - 1];
  int64_t line = t->result_stride[t->row];
  if (size == 8) {
    COPY_TILES(uint64_t)
  } else if (size == 4) {
    COPY_TILES(uint32_t)
  } else {
    COPY_TILES(uint8_t)
  }
}

/// True where the copy was one of `transposition`, and is done.
static bool transpose(const copying *c) {
  if (c->rank < 2 || c->x.dtype != c->dtype || c->x.stride[c->rank - 1] == 1) return false;
  transposition t = {.copy = c, .row = -1};
  int64_t step = 1, tasks = 1;
  for (int axis = c->rank - 1; axis >= 0; axis--) {
    t.result_stride[axis] = step;
    step *= c->extent[axis];
    if (axis < c->rank - 1 && c->x.stride[axis] == 1 && c->extent[axis] >= TILE) t.row = axis;
  }
  if (t.row < 0) return false;
  t.strips = (c->extent[t.row] + STRIP - 1) / STRIP;
  tasks = c->count / c->extent[c->rank - 1] / c->extent[t.row] * t.strips;
  if (c->count <= 2 * TASK) {
    for (int64_t i = 0; i < tasks; i++) transpose_task(&t, (size_t)i);
  } else {
    mos_parallel((size_t)tasks, transpose_task, &t);
  }
  return true;
}

int mos_copy(const mos_operand *x, int rank, const ptrdiff_t *extent, uint8_t result_dtype,
             void *result) {
  copying c = {.x = *x, .count = 1, .dtype = result_dtype, .result = result, .status = MOS_OK};
  memcpy(c.extent, extent, (size_t)rank * sizeof *extent);
  c.rank = merge_axes(rank, c.extent, 1, &c.x);
  for (int axis = 0; axis < c.rank; axis++) c.count *= c.extent[axis];
  if (c.count == 0 || transpose(&c)) return MOS_OK;
  if (c.count <= 2 * TASK) {
    return gather(&c.x, c.rank, c.extent, 0, (size_t)c.count, c.dtype, result);
  }
  mos_parallel((size_t)((c.count + TASK - 1) / TASK), copy_task, &c);
  return c.status;
}

// MARK: Products of whole numbers

int mos_matmul_i64(size_t m, size_t k, size_t n, const int64_t *a, ptrdiff_t a_row,
                   ptrdiff_t a_column, const int64_t *b, ptrdiff_t b_row, ptrdiff_t b_column,
                   int64_t *y) {
  size_t done = 0;
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j++) {
      done += k;
      if (done >= LOOK) {
        if (mos_run_ends()) return MOS_OK;
        done = 0;
      }
      int64_t sum = 0;
      for (size_t l = 0; l < k; l++) {
        int64_t product;
        if (__builtin_mul_overflow(a[(ptrdiff_t)i * a_row + (ptrdiff_t)l * a_column],
                                   b[(ptrdiff_t)l * b_row + (ptrdiff_t)j * b_column], &product) ||
            __builtin_add_overflow(sum, product, &sum))
          return MOS_OVERFLOW;
      }
      y[i * n + j] = sum;
    }
  }
  return MOS_OK;
}
