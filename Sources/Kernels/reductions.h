// Kernels over one contiguous row: reductions, running sums, softmax. Included once for each
// processor level. Sums run in 32 lanes and pairwise above 512 elements, so that rounding
// grows with the logarithm of the length, and do not depend on the processor level's width.

#include "pieces.h"

enum { LANES = 32 };

#define LANE_FOLD(T, lanes, count, operation)                                       \
  for (int width = (count) / 2; width > 0; width /= 2)                              \
    for (int j = 0; j < width; j++) lanes[j] = operation(lanes[j], lanes[j + width]);

#define ADD(p, q) ((p) + (q))
#define MULTIPLY(p, q) ((p) * (q))
#define GREATEST(p, q) ((p) != (p) || (p) > (q) ? (p) : (q))
#define LEAST(p, q) ((p) != (p) || (p) < (q) ? (p) : (q))

// A row shorter than the lanes leaves the upper ones at their start, which changes nothing, so
// short rows take fewer lanes and give the same bits.
#define NARROW_FOLD(name, tag, T, start, operation, count)                          \
  static T fold_##name##_##tag##_##count(size_t n, const T *x) {                    \
    T lanes[count];                                                                 \
    for (int j = 0; j < count; j++) lanes[j] = (start);                             \
    for (size_t i = 0; i < n; i++) lanes[i] = operation(lanes[i], x[i]);            \
    LANE_FOLD(T, lanes, count, operation)                                           \
    return lanes[0];                                                                \
  }
#define FOLD(name, tag, T, start, operation)                                        \
  NARROW_FOLD(name, tag, T, start, operation, 8)                                    \
  NARROW_FOLD(name, tag, T, start, operation, 16)                                   \
  static T fold_##name##_##tag(size_t n, const T *x) {                              \
    if (n <= 8) return fold_##name##_##tag##_8(n, x);                               \
    if (n <= 16) return fold_##name##_##tag##_16(n, x);                             \
    T lanes[LANES];                                                                 \
    for (int j = 0; j < LANES; j++) lanes[j] = (start);                             \
    size_t i = 0;                                                                   \
    while (i + LANES <= n && (i == 0 || !mos_run_ends())) {                         \
      const size_t stop = n - i < LOOK ? n : i + LOOK;                              \
      for (; i + LANES <= stop; i += LANES)                                         \
        for (int j = 0; j < LANES; j++) lanes[j] = operation(lanes[j], x[i + j]);   \
    }                                                                               \
    for (int j = 0; i < n && j < LANES; i++, j++) lanes[j] = operation(lanes[j], x[i]);          \
    LANE_FOLD(T, lanes, LANES, operation)                                           \
    return lanes[0];                                                                \
  }
#define REDUCE(name, tag, T, call)                                                  \
  static int reduce_##name##_##tag(size_t n, const void *x, const void *b, void *y) { \
    (void)b;                                                                        \
    *(T *)y = call;                                                                 \
    return MOS_OK;                                                                  \
  }
#define FOLDS(tag, T)                                                               \
  FOLD(leaf_sum, tag, T, 0, ADD)                                                    \
  FOLD(prod, tag, T, 1, MULTIPLY)                                                   \
  FOLD(max, tag, T, x[0], GREATEST)                                                 \
  FOLD(min, tag, T, x[0], LEAST)                                                    \
  static T fold_sum_##tag(size_t n, const T *x) {                                   \
    if (n <= LEAF) return fold_leaf_sum_##tag(n, x);                                \
    if (n >= LOOK && mos_run_ends()) return 0;                                      \
    size_t half = (n / 2 + LEAF - 1) / LEAF * LEAF;                                 \
    return fold_sum_##tag(half, x) + fold_sum_##tag(n - half, x + half);            \
  }                                                                                 \
  REDUCE(sum, tag, T, fold_sum_##tag(n, x))                                         \
  REDUCE(prod, tag, T, fold_prod_##tag(n, x))                                       \
  REDUCE(max, tag, T, fold_max_##tag(n, x))                                         \
  REDUCE(min, tag, T, fold_min_##tag(n, x))
FOLDS(f32, float)
FOLDS(f64, double)
FOLD(max, i64, int64_t, x[0], GREATEST)
FOLD(min, i64, int64_t, x[0], LEAST)
REDUCE(max, i64, int64_t, fold_max_i64(n, x))
REDUCE(min, i64, int64_t, fold_min_i64(n, x))

// Sums over two rows, or one row twice, in the order of `fold_sum`.
#define PAIR_SUM(name, tag, T, term)                                                \
  static T pair_##name##_##tag(size_t n, const T *x, const T *b) {                  \
    if (n > LEAF) {                                                                 \
      if (n >= LOOK && mos_run_ends()) return 0;                                    \
      size_t half = (n / 2 + LEAF - 1) / LEAF * LEAF;                               \
      T first = pair_##name##_##tag(half, x, b);                                    \
      return first + pair_##name##_##tag(n - half, x + half, b + half);             \
    }                                                                               \
    T lanes[LANES] = {0};                                                           \
    size_t i = 0;                                                                   \
    for (; i + LANES <= n; i += LANES)                                              \
      for (int j = 0; j < LANES; j++) lanes[j] += term(x[i + j], b[i + j]);         \
    for (int j = 0; i < n; i++, j++) lanes[j] += term(x[i], b[i]);                  \
    LANE_FOLD(T, lanes, LANES, ADD)                                                 \
    return lanes[0];                                                                \
  }                                                                                 \
  static int reduce_##name##_##tag(size_t n, const void *x, const void *b, void *y) { \
    *(T *)y = pair_##name##_##tag(n, x, b);                                         \
    return MOS_OK;                                                                  \
  }
#define SQUARED_DISTANCE(p, q) (((p) - (q)) * ((p) - (q)))
PAIR_SUM(dot, f32, float, MULTIPLY)
PAIR_SUM(dot, f64, double, MULTIPLY)
PAIR_SUM(squaredDistance, f32, float, SQUARED_DISTANCE)
PAIR_SUM(squaredDistance, f64, double, SQUARED_DISTANCE)

static int reduce_sum_i64(size_t n, const void *x, const void *b, void *y) {
  (void)b;
  const int64_t *source = x;
  int64_t sum = 0;
  EACH_UNTIL_ENDED(i, n)
    if (__builtin_add_overflow(sum, source[i], &sum)) return MOS_OVERFLOW;
  *(int64_t *)y = sum;
  return MOS_OK;
}

static int reduce_prod_i64(size_t n, const void *x, const void *b, void *y) {
  (void)b;
  const int64_t *source = x;
  int64_t product = 1;
  int overflow = 0, zero = 0;
  EACH_UNTIL_ENDED(i, n) {
    zero |= source[i] == 0;
    overflow |= __builtin_mul_overflow(product, source[i], &product);
  }
  // A zero anywhere makes the product 0, whatever overflowed on the way.
  *(int64_t *)y = zero ? 0 : product;
  return overflow && !zero ? MOS_OVERFLOW : MOS_OK;
}

static int reduce_sum_bool(size_t n, const void *x, const void *b, void *y) {
  (void)b;
  const uint8_t *source = x;
  int64_t sum = 0;
  EACH_UNTIL_ENDED(i, n) sum += source[i];
  *(int64_t *)y = sum;
  return MOS_OK;
}

static int reduce_any_bool(size_t n, const void *x, const void *b, void *y) {
  (void)b;
  *(uint8_t *)y = n > 0 && memchr(x, 1, n) != NULL;
  return MOS_OK;
}

static int reduce_all_bool(size_t n, const void *x, const void *b, void *y) {
  (void)b;
  *(uint8_t *)y = n == 0 || memchr(x, 0, n) == NULL;
  return MOS_OK;
}

// The first place of the extreme; the first nan is the extreme of floats.
#define ARGUMENT(name, tag, T, beats)                                               \
  static int reduce_##name##_##tag(size_t n, const void *x, const void *b, void *y) { \
    (void)b;                                                                        \
    const T *source = x;                                                            \
    size_t best = 0;                                                                \
    EACH_UNTIL_ENDED(i, n) {                                                        \
      if (source[i] != source[i]) {                                                 \
        *(int64_t *)y = (int64_t)i;                                                 \
        return MOS_OK;                                                              \
      }                                                                             \
      if (source[i] beats source[best]) best = i;                                   \
    }                                                                               \
    *(int64_t *)y = (int64_t)best;                                                  \
    return MOS_OK;                                                                  \
  }
#define ARGUMENTS(tag, T) ARGUMENT(argmax, tag, T, >) ARGUMENT(argmin, tag, T, <)
ARGUMENTS(bool, uint8_t) ARGUMENTS(i64, int64_t) ARGUMENTS(f32, float) ARGUMENTS(f64, double)

// MARK: Running sums

#define SCAN(name, tag, T, carry_start, operation)                                  \
  BLOCK_KERNEL(scan_##name##_##tag) {                                               \
    const T *source = a;                                                            \
    T *result = y;                                                                  \
    T carry = carry_start;                                                          \
    EACH_UNTIL_ENDED(i, n) result[i] = carry = operation(carry, source[i]);         \
    return MOS_OK;                                                                  \
  }
SCAN(cumsum, f32, float, 0, ADD) SCAN(cumsum, f64, double, 0, ADD)
SCAN(cumprod, f32, float, 1, MULTIPLY) SCAN(cumprod, f64, double, 1, MULTIPLY)

#define SCAN_CHECKED(name, start, builtin)                                          \
  BLOCK_KERNEL(scan_##name##_i64) {                                                 \
    const int64_t *source = a;                                                      \
    int64_t *result = y;                                                            \
    int64_t carry = start;                                                          \
    EACH_UNTIL_ENDED(i, n) {                                                        \
      if (builtin(carry, source[i], &carry)) return MOS_OVERFLOW;                   \
      result[i] = carry;                                                            \
    }                                                                               \
    return MOS_OK;                                                                  \
  }
SCAN_CHECKED(cumsum, 0, __builtin_add_overflow)
SCAN_CHECKED(cumprod, 1, __builtin_mul_overflow)

// MARK: Softmax
//
// With m = max x:  softmax = e^(x−m) / Σ e^(x−m),  logsumexp = m + log Σ e^(x−m). A row of −inf
// has logsumexp −inf and softmax nan, as the formula says; nan and +inf give nan and +inf.
//
// Softmax and its relatives read a row for its maximum, which may miss a nan: the exponentials
// carry it. The f32 ones are 2^32 times as large, so that quotients below the normal range are
// rounded once.

#define LARGER(p, q) ((p) > (q) ? (p) : (q))

enum {
  /// Rows up to this length leave room for the next one in the second-level cache.
  PREFETCHED_ROW = 1 << 13,
};

static inline float softmax_exponential_f32(float x) {
  return exp_scaled_f32(x < -110 ? -110 : x, 32);
}

/// Writes 2^32 e^(x−m) and gives its sum, in the order of `fold_sum_f32`. Memory `ahead` elements
/// further on, the next row's, is asked for on the way, so that it comes while this computes. It
/// may lie past the end: a prefetch does not fault.
static float exponentials_f32(size_t n, const float *x, float m, float *y, size_t ahead) {
  if (n > LEAF) {
    if (n >= LOOK && mos_run_ends()) return 0;
    size_t half = (n / 2 + LEAF - 1) / LEAF * LEAF;
    float first = exponentials_f32(half, x, m, y, ahead);
    return first + exponentials_f32(n - half, x + half, m, y + half, ahead);
  }
  float lanes[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    for (size_t j = 0; ahead > 0 && j < LANES; j += 64 / sizeof(float)) {
      __builtin_prefetch(x + i + ahead + j);
      __builtin_prefetch(y + i + ahead + j, 1);
    }
    _Pragma("clang loop vectorize(assume_safety)")
    for (int j = 0; j < LANES; j++) {
      float e = softmax_exponential_f32(x[i + j] - m);
      y[i + j] = e;
      lanes[j] += e;
    }
  }
  _Pragma("clang loop vectorize(assume_safety)")
  for (size_t k = i; k < n; k++) y[k] = softmax_exponential_f32(x[k] - m);
  for (int j = 0; i < n; i++, j++) lanes[j] += y[i];
  LANE_FOLD(float, lanes, LANES, ADD)
  return lanes[0];
}

static double exponentials_f64(size_t n, const double *x, double m, double *y, size_t ahead) {
  (void)ahead;
  EACH_PIECE(n) {
    _Pragma("clang loop vectorize(assume_safety)")
    for (size_t i = begin; i < end; i++) y[i] = exp_f64(x[i] - m);
  }
  return fold_sum_f64(n, y);
}

#define SOFTMAX(tag, T, log, exponential_scale)                                     \
  FOLD(larger, tag, T, x[0], LARGER)                                                \
  static T log_sum_##tag(size_t n, const T *x, T m) {                               \
    T piece[LEAF];                                                                  \
    T sum = 0;                                                                      \
    for (size_t i = 0; i < n && (i % LOOK > 0 || !mos_run_ends()); i += LEAF)       \
      sum += exponentials_##tag(n - i < LEAF ? n - i : LEAF, x + i, m, piece, 0);   \
    return log(sum * (1 / (T)exponential_scale));                                   \
  }                                                                                 \
  static int reduce_logsumexp_##tag(size_t n, const void *x, const void *b, void *y) { \
    (void)b;                                                                        \
    T m = n == 0 ? -(T)INFINITY : fold_max_##tag(n, x);                             \
    T bound = m == (T)INFINITY || m == -(T)INFINITY;                                \
    *(T *)y = bound ? m : m + log_sum_##tag(n, x, m);                               \
    return MOS_OK;                                                                  \
  }                                                                                 \
  BLOCK_KERNEL(scan_softmax_##tag) {                                                \
    if (n == 0) return MOS_OK;                                                      \
    T *result = y;                                                                  \
    size_t ahead = n <= PREFETCHED_ROW ? n : 0;                                     \
    T scale = 1 / exponentials_##tag(n, a, fold_larger_##tag(n, a), y, ahead);      \
    EACH_UNTIL_ENDED(i, n) result[i] *= scale;                                      \
    return MOS_OK;                                                                  \
  }                                                                                 \
  BLOCK_KERNEL(scan_logSoftmax_##tag) {                                             \
    if (n == 0) return MOS_OK;                                                      \
    const T *source = a;                                                            \
    T *result = y;                                                                  \
    T m = fold_larger_##tag(n, a);                                                  \
    T log_sum = log_sum_##tag(n, a, m);                                             \
    EACH_PIECE(n) {                                                                 \
      _Pragma("clang loop vectorize(assume_safety)")                                \
      for (size_t i = begin; i < end; i++) result[i] = (source[i] - m) - log_sum;   \
    }                                                                               \
    return MOS_OK;                                                                  \
  }
SOFTMAX(f32, float, logf, 0x1p32)
SOFTMAX(f64, double, log, 1)
