// Running plans.
#include "Plan.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "pieces.h"

_Thread_local void *mos_plan_recorder;

/// Steps after which a plan looks whether its run is to end.
enum { STEPS = 64, NUMBERS = 1 << 16 };

// The statements are those of elementwise.h, for one number.
#define NUMBER_OF(name, tag, T, expression)                                         \
  case MOS_NUMBER_##name##_##tag: {                                                 \
    T p = *(const T *)(arena + x->a), q = *(const T *)(arena + x->b);               \
    (void)q;                                                                        \
    *(T *)(arena + x->y) = (expression);                                            \
    break;                                                                          \
  }
#define NUMBER(name, expression) \
  NUMBER_OF(name, f32, float, expression) NUMBER_OF(name, f64, double, expression)

static void run_numbers(const mos_number *x, size_t count, char *arena) {
  for (const mos_number *end = x + count; x < end; x++) {
    switch (x->operation) {
      NUMBER(add, p + q)
      NUMBER(subtract, p - q)
      NUMBER(multiply, p * q)
      NUMBER(divide, p / q)
      NUMBER(multiplyUnlessZero, ((p == 0) | ((q == 0) & (p == p))) ? 0 : p * q)
      NUMBER(multiplyUnlessEitherZero, ((p == 0) | (q == 0)) ? 0 : p * q)
      NUMBER(divideUnlessZero, ((p == 0) | ((q - q != 0) & (q == q))) ? 0 : p / q)
      NUMBER(gate, q <= 0 ? 0 : p)
      NUMBER(negate, -p)
      NUMBER(square, p * p)
      NUMBER(sqrt, __builtin_elementwise_sqrt(p))
      NUMBER(reciprocal, 1 / p)
      NUMBER(relu, p < 0 ? 0 : p)
    }
  }
}

static int run_rows(const mos_rows_step *s) {
  const char *a = s->a;
  char *y = s->y;
  int status = MOS_OK;
  for (size_t row = 0; row < s->rows; row++, a += s->a_step, y += s->y_step)
    status |= s->kernel(s->n, a, s->b, NULL, y);
  return status;
}

static void set_corrections(mos_adam_step_of_plan *s) {
  const void *const *p = s->correction;
  s->adam.correction1 = s->is_single ? *(const float *)p[0] : *(const double *)p[0];
  s->adam.correction2 = s->is_single ? *(const float *)p[1] : *(const double *)p[1];
}

/// Adam's step, or its derivative, on the `n` elements from `at` on. A link may run on several threads, so that each
/// has the step to itself.
static void run_adam_link(const mos_adam_link *link, size_t at, size_t n, char *scratch) {
  mos_adam_step_of_plan s = *link->step;
  mos_adam *adam = &s.adam;
  const void **read[] = {&adam->gradient,     &adam->first,        &adam->second,
                         &adam->cotangent[0], &adam->cotangent[1], &adam->cotangent[2]};
  const size_t skipped = at * link->size;
  for (int k = 0; k < 6; k++) {
    if (link->in_scratch >> k & 1) {
      *read[k] = scratch + (size_t)*read[k];
    } else if (*read[k]) {
      *read[k] = (const char *)*read[k] + skipped;
    }
  }
  for (int k = 0; k < 3; k++) {
    char *y = adam->result[k];
    adam->result[k] = link->in_scratch >> (6 + k) & 1 ? scratch + (size_t)y : y + skipped;
  }
  set_corrections(&s);
  adam->count = n;
  link->kernel(adam, 0, n);
}

/// Whether a sum of `n` elements is finite; where one of them is not, no sum of them is.
static int require_finite(const mos_reduce_step *r, const void *x, size_t n) {
  double sum = 0;
  int status = mos_reduce_rows(r->kernel, r->combine, 1, n, x, NULL, r->size, &sum, r->size);
  if (status != MOS_OK) return status;
  float single;
  memcpy(&single, &sum, sizeof single);
  return isfinite(r->size == sizeof single ? (double)single : sum) ? MOS_OK : MOS_NOT_FINITE;
}

/// One link on the `n` elements from `at` on.
static int run_link(const mos_chain_link *x, size_t at, size_t n, char *scratch) {
  if (x->adam) {
    run_adam_link(x->adam, at, n, scratch);
    return MOS_OK;
  }
  const void *p[3];
  for (int k = 0; k < 3; k++)
    p[k] = x->in_scratch >> k & 1 ? scratch + (size_t)x->operand[k]
                                  : (const char *)x->operand[k] + at * x->step[k];
  if (x->finite) return require_finite(x->finite, p[0], n);
  char *y = x->in_scratch >> 3 & 1 ? scratch + (size_t)x->y : (char *)x->y + at * x->y_step;
  return x->kernel(n, p[0], p[1], p[2], y);
}

/// A chain over the elements `begin ..< end`.
static int run_links(const mos_chain_step *chain, size_t begin, size_t end, char *scratch) {
  for (size_t at = begin; at < end; at += MOS_CHAIN_PIECE) {
    const size_t n = end - at < MOS_CHAIN_PIECE ? end - at : MOS_CHAIN_PIECE;
    for (const mos_chain_link *x = chain->links, *last = x + chain->count; x < last; x++) {
      int status = run_link(x, at, n, scratch);
      if (status != MOS_OK) return status;
    }
  }
  return MOS_OK;
}

/// The sum of the last link's results over `n` elements, halved as `fold_sum` of reductions.h does.
static int sum_links(const mos_chain_step *chain, size_t at, size_t n, char *scratch, void *y) {
  if (n <= MOS_CHAIN_PIECE) {
    int status = run_links(chain, at, at + n, scratch);
    if (status != MOS_OK) return status;
    return chain->reduce(n, scratch + (size_t)chain->links[chain->count - 1].y, NULL, y);
  }
  if (n >= LOOK && mos_run_ends()) return MOS_OK;
  const size_t half = (n / 2 + LEAF - 1) / LEAF * LEAF;
  uint64_t second;
  int status = sum_links(chain, at, half, scratch, y);
  if (status == MOS_OK) status = sum_links(chain, at + half, n - half, scratch, &second);
  return status == MOS_OK ? chain->combine(1, y, &second, NULL, y) : status;
}

typedef struct {
  const mos_chain_step *chain;
  size_t count;
  size_t start[1 << HALVINGS], n[1 << HALVINGS];
  uint64_t partial[1 << HALVINGS];
  atomic_int status;
} chain_sums;

/// Cuts a sum into tasks, or joins what these gave.
static void halve(chain_sums *s, size_t start, size_t n, int depth, void *y) {
  if (depth == 0 || n <= TASK) {
    if (y) {
      memcpy(y, &s->partial[s->count], s->chain->size);
    } else {
      s->start[s->count] = start;
      s->n[s->count] = n;
    }
    s->count++;
    return;
  }
  const size_t half = (n / 2 + LEAF - 1) / LEAF * LEAF;
  uint64_t second;
  halve(s, start, half, depth - 1, y);
  halve(s, start + half, n - half, depth - 1, y ? &second : NULL);
  if (y) s->chain->combine(1, y, &second, NULL, y);
}

static void run_sum_task(void *context, size_t task) {
  chain_sums *s = context;
  _Alignas(64) char scratch[MOS_CHAIN_SCRATCH];
  int status = sum_links(s->chain, s->start[task], s->n[task], scratch, &s->partial[task]);
  if (status != MOS_OK) s->status = status;
}

static int run_chain_sum(const mos_chain_step *chain) {
  chain_sums s = {.chain = chain, .status = MOS_OK};
  halve(&s, 0, chain->n, chain->n <= 2 * TASK ? 0 : HALVINGS, NULL);
  if (s.count == 1) {
    run_sum_task(&s, 0);
  } else {
    mos_parallel(s.count, run_sum_task, &s);
  }
  s.count = 0;
  halve(&s, 0, chain->n, chain->n <= 2 * TASK ? 0 : HALVINGS, chain->y);
  return s.status;
}

typedef struct {
  const mos_chain_step *chain;
  atomic_int status;
} chain_tasks;

static void run_chain_task(void *context, size_t task) {
  chain_tasks *t = context;
  _Alignas(64) char scratch[MOS_CHAIN_SCRATCH];
  const size_t begin = task * TASK, n = t->chain->n;
  int status = run_links(t->chain, begin, n - begin < TASK ? n : begin + TASK, scratch);
  if (status != MOS_OK) t->status = status;
}

static int run_chain(const mos_chain_step *chain) {
  if (chain->reduce) return run_chain_sum(chain);
  chain_tasks t = {.chain = chain, .status = MOS_OK};
  const size_t tasks = (chain->n + TASK - 1) / TASK;
  if (chain->n <= 2 * TASK) {
    for (size_t task = 0; task < tasks && t.status == MOS_OK; task++) run_chain_task(&t, task);
  } else {
    mos_parallel(tasks, run_chain_task, &t);
  }
  return t.status;
}

static const mos_adam *corrected(mos_adam_step_of_plan *s) {
  set_corrections(s);
  return &s->adam;
}

static int run_step(const mos_plan_step *s, void *scratch) {
  const mos_reduce_step *r = s->detail;
  const mos_copy_step *copy = s->detail;
  const mos_product_step *product = s->detail;
  const mos_call_step *call = s->detail;
  const mos_body_step *body = s->detail;
  switch (s->kind) {
    case MOS_STEP_ROWS: return run_rows(s->detail);
    case MOS_STEP_CHAIN: return run_chain(s->detail);
    case MOS_STEP_LOOP: return mos_elementwise(s->detail);
    case MOS_STEP_COPY: return mos_copy(&copy->operand, copy->rank, copy->extent, copy->dtype, copy->y);
    case MOS_STEP_REDUCE_ROWS:
      return mos_reduce_rows(r->kernel, r->combine, r->rows, r->n, r->x, r->b, r->size, r->y,
                             r->result_size);
    case MOS_STEP_REDUCE_COLUMNS:
      return mos_reduce_columns(r->combine, r->blocks, r->rows, r->n, r->x, r->y, r->size);
    case MOS_STEP_SCAN_ROWS: return mos_scan_rows(r->combine, r->rows, r->n, r->x, r->y, r->size);
    case MOS_STEP_PRODUCT:
      product->kernel(&product->product, product->packs ? scratch : NULL);
      return MOS_OK;
    case MOS_STEP_ADAM: mos_adam_step(corrected(s->detail)); return MOS_OK;
    case MOS_STEP_ADAM_GRADIENT: mos_adam_gradient(corrected(s->detail)); return MOS_OK;
    case MOS_STEP_BODY: body->run(&body->product); return MOS_OK;
    case MOS_STEP_REQUIRE_FINITE: return require_finite(r, r->x, r->n);
    case MOS_STEP_CALL: return call->run(call->context, call->number);
    default: return MOS_OK;
  }
}

/// Runs operations on numbers in pieces, between which the plan looks.
static void run_all_numbers(const mos_number *first, size_t count, char *arena) {
  for (size_t at = 0; at < count; at += NUMBERS) {
    if (at > 0 && mos_run_ends()) return;
    run_numbers(first + at, count - at < NUMBERS ? count - at : NUMBERS, arena);
  }
}

int mos_plan_run(const mos_plan_step *steps, size_t count, char *arena, void *scratch) {
  for (size_t i = 0; i < count; i++) {
    const mos_plan_step *s = &steps[i];
    int status = MOS_OK;
    if (s->kind == MOS_STEP_BLOCK) {
      status = s->kernel(s->n, s->operand[0], s->operand[1], s->operand[2], s->y);
    } else if (s->kind == MOS_STEP_NUMBERS) {
      run_all_numbers(s->detail, s->n, arena);
    } else {
      status = run_step(s, scratch);
    }
    if (status != MOS_OK) return status;
    if (i % STEPS == STEPS - 1 && mos_run_ends()) return MOS_OK;
  }
  return MOS_OK;
}
