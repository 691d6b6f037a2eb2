// Block kernels of one, two and three operands. Included once for each processor level.

/// Elements that a kernel of several passes keeps in cache between them.
enum { PASS = 256 };

#define BLOCK_KERNEL(name)                                                          \
  static int name(size_t n, const void *a, const void *b, const void *c, void *y)

// The output is an operand's memory exactly or not at all, so iterations are independent.
#define EACH _Pragma("clang loop vectorize(assume_safety)") for (size_t i = 0; i < n; i++)
// Two vectors at a time, for long chains with more constants than registers: the compiler would
// take one, and what it loads anew for each turn now serves both.
#define EACH_PAIR                                                                   \
  _Pragma("clang loop vectorize(assume_safety) interleave_count(2)")                \
  for (size_t i = 0; i < n; i++)

// MARK: One operand

#define UNARY_BY(each, name, tag, T, R, expression)                                 \
  BLOCK_KERNEL(unary_##name##_##tag) {                                              \
    const T *source = a;                                                            \
    R *result = y;                                                                  \
    each {                                                                          \
      T x = source[i];                                                              \
      result[i] = (expression);                                                     \
    }                                                                               \
    return MOS_OK;                                                                  \
  }
#define UNARY(name, tag, T, R, expression) UNARY_BY(EACH, name, tag, T, R, expression)
#define UNARY_PAIRED(name, tag, T, R, expression)                                   \
  UNARY_BY(EACH_PAIR, name, tag, T, R, expression)
#define UNARY_FLOAT(name, f32_expression, f64_expression)                           \
  UNARY(name, f32, float, float, f32_expression)                                    \
  UNARY(name, f64, double, double, f64_expression)
#define UNARY_ALIKE(name, expression) UNARY_FLOAT(name, expression, expression)
#define UNARY_TEST(name, expression)                                                \
  UNARY(name, f32, float, uint8_t, expression)                                      \
  UNARY(name, f64, double, uint8_t, expression)

UNARY_ALIKE(negate, -x)
UNARY_FLOAT(abs, fabsf(x), fabs(x))
UNARY_FLOAT(sign, x != x ? x : (float)((x > 0) - (x < 0)), x != x ? x : (double)((x > 0) - (x < 0)))
UNARY_ALIKE(sqrt, __builtin_elementwise_sqrt(x))
UNARY_ALIKE(rsqrt, 1 / __builtin_elementwise_sqrt(x))
UNARY_ALIKE(square, x * x)
UNARY_ALIKE(reciprocal, 1 / x)
UNARY_ALIKE(floor, __builtin_elementwise_floor(x))
UNARY_ALIKE(ceil, __builtin_elementwise_ceil(x))
UNARY_ALIKE(round, __builtin_elementwise_roundeven(x))
UNARY_ALIKE(trunc, __builtin_elementwise_trunc(x))
UNARY_PAIRED(exp, f32, float, float, exp_f32(x))
UNARY(exp, f64, double, double, exp_f64(x))
UNARY_FLOAT(log, log_f32(x), log_f64(x))
UNARY(tanh, f32, float, float, tanh_f32(x))
// Functions of x and z = e^−|x|, which cannot overflow.
#define UNARY_EXP(name, tag, T, expression)                                         \
  BLOCK_KERNEL(unary_##name##_##tag) {                                              \
    const T *source = a;                                                            \
    T *result = y;                                                                  \
    EACH {                                                                          \
      T x = source[i];                                                              \
      T z = exp_##tag(x < 0 ? x : -x);                                              \
      result[i] = (expression);                                                     \
    }                                                                               \
    return MOS_OK;                                                                  \
  }
#define UNARY_EXP_FLOAT(name, f32_expression, f64_expression)                       \
  UNARY_EXP(name, f32, float, f32_expression) UNARY_EXP(name, f64, double, f64_expression)
// 1 / (1 + e⁻ˣ)
UNARY_EXP(sigmoid, f64, double, (x < 0 ? z : 1) / (1 + z))
// σ(x) σ(−x) and 1 / cosh² x, the slopes of sigmoid and tanh, with all their digits in the tails
UNARY_EXP_FLOAT(sigmoidSlope, z / ((1 + z) * (1 + z)), z / ((1 + z) * (1 + z)))
UNARY_EXP_FLOAT(tanhSlope, 4 * (z * z) / ((1 + z * z) * (1 + z * z)),
                4 * (z * z) / ((1 + z * z) * (1 + z * z)))
UNARY_EXP(silu, f64, double, x < -750 ? 0 * z : x * ((x < 0 ? z : 1) / (1 + z)))
// log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|)
UNARY_EXP_FLOAT(softplus, (x < 0 ? 0 : x) + log1p_unit_f32(z), (x < 0 ? 0 : x) + log1p_unit_f64(z))
UNARY_EXP_FLOAT(logSigmoid, (x > 0 ? 0 : x) - log1p_unit_f32(z),
                (x > 0 ? 0 : x) - log1p_unit_f64(z))

// 1 / (1 + e⁻ˣ) as 2^-32 / (2^-32 + 2^-32 e⁻ˣ), whose divisor is within range wherever the result
// is above 0: it rounds to 0 below -110 and to 1 above 60. Errors are below 2.5 ulp, of silu too.
static inline float sigmoid_f32(float x) {
  float c = x < -110 ? -110 : x;
  c = c > 60 ? 60 : c;
  return 0x1p-32f / (0x1p-32f + exp_scaled_f32(-c, -32));
}
static inline float silu_f32(float x) {
  float c = x < -110 ? -110 : x;
  c = c > 60 ? 60 : c;
  float y = c / (0x1p-32f + exp_scaled_f32(-c, -32)) * 0x1p-32f;
  return x > 60 ? x : y;
}
UNARY_PAIRED(sigmoid, f32, float, float, sigmoid_f32(x))
UNARY_PAIRED(silu, f32, float, float, silu_f32(x))
UNARY_ALIKE(relu, x < 0 ? 0 : x)
UNARY_FLOAT(erfinv, (float)mos_erfinv(x), mos_erfinv(x))
UNARY_FLOAT(lgamma, (float)mos_lgamma(x), mos_lgamma(x))
UNARY_FLOAT(digamma, (float)mos_digamma(x), mos_digamma(x))
UNARY_FLOAT(trigamma, (float)mos_polygamma(1, x), mos_polygamma(1, x))
UNARY_TEST(isnan, x != x)
UNARY_TEST(isinf, (x == (__typeof__(x))INFINITY) | (x == -(__typeof__(x))INFINITY))
UNARY_TEST(isfinite, x - x == 0)
UNARY_TEST(logicalNot, x == 0)
UNARY(logicalNot, i64, int64_t, uint8_t, x == 0)
UNARY(logicalNot, bool, uint8_t, uint8_t, x == 0)
UNARY(sign, i64, int64_t, int64_t, (x > 0) - (x < 0))
UNARY(relu, i64, int64_t, int64_t, x < 0 ? 0 : x)
UNARY(floor, i64, int64_t, int64_t, x)

#define UNARY_CHECKED(name, overflows, expression)                                  \
  BLOCK_KERNEL(unary_##name##_i64) {                                                \
    const int64_t *source = a;                                                      \
    int64_t *result = y;                                                            \
    int overflow = 0;                                                               \
    EACH {                                                                          \
      int64_t x = source[i];                                                        \
      overflow |= (overflows);                                                      \
      result[i] = (int64_t)(expression);                                            \
    }                                                                               \
    return overflow ? MOS_OVERFLOW : MOS_OK;                                        \
  }
UNARY_CHECKED(negate, x == INT64_MIN, 0 - (uint64_t)x)
UNARY_CHECKED(abs, x == INT64_MIN, x < 0 ? 0 - (uint64_t)x : (uint64_t)x)
UNARY_CHECKED(square, x > 3037000499 || x < -3037000499, (uint64_t)x * (uint64_t)x)

#define UNARY_MATH_OF(name, tag, T)                                                 \
  BLOCK_KERNEL(unary_##name##_##tag) {                                              \
    vm_##name##_##tag(n, a, y);                                                     \
    return MOS_OK;                                                                  \
  }
#define UNARY_MATH(name) UNARY_MATH_OF(name, f32, float) UNARY_MATH_OF(name, f64, double)

UNARY_MATH(expm1) UNARY_MATH(log1p) UNARY_MATH(log2) UNARY_MATH(log10)
UNARY_MATH(sin) UNARY_MATH(cos) UNARY_MATH(tan)
UNARY_MATH(asin) UNARY_MATH(acos) UNARY_MATH(atan)
UNARY_MATH(sinh) UNARY_MATH(cosh) UNARY_MATH_OF(tanh, f64, double)
UNARY_MATH(asinh) UNARY_MATH(acosh) UNARY_MATH(atanh)
UNARY_MATH(erf) UNARY_MATH(erfc)

// As `gelu_f32`, in passes over a piece that stays in cache.
BLOCK_KERNEL(unary_gelu_f64) {
  const double *source = a;
  double *result = y;
  double piece[PASS];
  for (size_t start = 0; start < n; start += PASS) {
    size_t m = n - start < PASS ? n - start : PASS;
    for (size_t i = 0; i < m; i++) piece[i] = source[start + i] * -0.70710678118654752440;
    vm_erfc_f64(m, piece, piece);
    for (size_t i = 0; i < m; i++) {
      double x = source[start + i];
      result[start + i] = x < -40 ? -0.0 : 0.5 * x * piece[i];
    }
  }
  return MOS_OK;
}

// MARK: Two operands

#define BINARY_FORM(name, tag, suffix, T, R, first, second, statement)              \
  BLOCK_KERNEL(binary_##name##_##tag##_##suffix) {                                  \
    const T *left = a, *right = b;                                                  \
    R *result = y;                                                                  \
    T left_value = left[0], right_value = right[0];                                 \
    (void)left_value, (void)right_value;                                            \
    int status = 0;                                                                 \
    EACH {                                                                          \
      T p = (first), q = (second);                                                  \
      R r;                                                                          \
      statement;                                                                    \
      result[i] = r;                                                                \
    }                                                                               \
    return status;                                                                  \
  }
#define BINARY(name, tag, T, R, statement)                                          \
  BINARY_FORM(name, tag, vv, T, R, left[i], right[i], statement)                    \
  BINARY_FORM(name, tag, vs, T, R, left[i], right_value, statement)                 \
  BINARY_FORM(name, tag, sv, T, R, left_value, right[i], statement)
#define BINARY_FLOAT(name, statement)                                               \
  BINARY(name, f32, float, float, statement) BINARY(name, f64, double, double, statement)
#define BINARY_TEST(name, statement)                                                \
  BINARY(name, bool, uint8_t, uint8_t, statement)                                   \
  BINARY(name, i64, int64_t, uint8_t, statement)                                    \
  BINARY(name, f32, float, uint8_t, statement)                                      \
  BINARY(name, f64, double, uint8_t, statement)

BINARY_FLOAT(add, r = p + q)
BINARY_FLOAT(subtract, r = p - q)
BINARY_FLOAT(multiply, r = p * q)
BINARY_FLOAT(divide, r = p / q)
// 0 / anything is 0, and so is anything / inf: the quotient of derivative rules
// and the product, which keeps a cotangent of 0 at 0 beside an infinite factor;
// of two cotangents each keeps its 0
BINARY_FLOAT(multiplyUnlessZero, r = ((p == 0) | ((q == 0) & (p == p))) ? 0 : p * q)
BINARY_FLOAT(multiplyUnlessEitherZero, r = ((p == 0) | (q == 0)) ? 0 : p * q)
BINARY_FLOAT(divideUnlessZero, r = ((p == 0) | ((q - q != 0) & (q == q))) ? 0 : p / q)
// the first where the second is positive, and 0: the derivative of a rectifier
BINARY_FLOAT(gate, r = q <= 0 ? 0 : p)
// nan wins, from either side
BINARY_FLOAT(minimum, r = ((p != p) | (p < q)) ? p : q)
BINARY_FLOAT(maximum, r = ((p != p) | (p > q)) ? p : q)
BINARY(minimum, i64, int64_t, int64_t, r = p < q ? p : q)
BINARY(maximum, i64, int64_t, int64_t, r = p > q ? p : q)
BINARY(minimum, bool, uint8_t, uint8_t, r = p & q)
BINARY(maximum, bool, uint8_t, uint8_t, r = p | q)
BINARY_TEST(equal, r = p == q)
BINARY_TEST(notEqual, r = p != q)
BINARY_TEST(less, r = p < q)
BINARY_TEST(lessEqual, r = p <= q)
BINARY_TEST(greater, r = p > q)
BINARY_TEST(greaterEqual, r = p >= q)
BINARY(and, bool, uint8_t, uint8_t, r = p & q)
BINARY(or, bool, uint8_t, uint8_t, r = p | q)
BINARY(and, i64, int64_t, int64_t, r = p & q)
BINARY(or, i64, int64_t, int64_t, r = p | q)
// Overflow of a sum: both operands differ in sign from it.
BINARY(add, i64, int64_t, int64_t, {
  r = (int64_t)((uint64_t)p + (uint64_t)q);
  status |= ((p ^ r) & (q ^ r)) < 0;
})
BINARY(subtract, i64, int64_t, int64_t, {
  r = (int64_t)((uint64_t)p - (uint64_t)q);
  status |= ((p ^ q) & (p ^ r)) < 0;
})
BINARY(multiply, i64, int64_t, int64_t, { status |= __builtin_mul_overflow(p, q, &r); })
// Floor division and the remainder of its sign, as Python's.
BINARY(floorDivide, i64, int64_t, int64_t, {
  if (q == 0) return MOS_ZERO_DIVISION;
  if (p == INT64_MIN && q == -1) return MOS_OVERFLOW;
  r = p / q - ((p % q != 0) & ((p ^ q) < 0));
})
BINARY(remainder, i64, int64_t, int64_t, {
  if (q == 0) return MOS_ZERO_DIVISION;
  r = q == -1 ? 0 : p % q;
  if (r != 0 && (r ^ q) < 0) r += q;
})
BINARY(power, i64, int64_t, int64_t, {
  if (q < 0) return MOS_NEGATIVE_POWER;
  int64_t base = p;
  r = 1;
  for (int64_t e = q; e > 0;) {
    if (e & 1 && __builtin_mul_overflow(r, base, &r)) return MOS_OVERFLOW;
    e >>= 1;
    // The highest bit left will use the square.
    if (e > 0 && __builtin_mul_overflow(base, base, &base)) return MOS_OVERFLOW;
  }
})
BINARY(remainder, f64, double, double, {
  r = fmod(p, q);
  r = r == 0 ? copysign(0, q) : (r < 0) != (q < 0) ? r + q : r;
})
BINARY(remainder, f32, float, float, {
  r = fmodf(p, q);
  r = r == 0 ? copysignf(0, q) : (r < 0) != (q < 0) ? r + q : r;
})
// The quotient of an exact multiple, so that floor sees no rounding: (p − p mod q) / q.
#define FLOOR_DIVIDE(fmod, floor, copysign)                                         \
  if (q == 0) {                                                                     \
    r = p / q;                                                                      \
  } else {                                                                          \
    __typeof__(p) rest = fmod(p, q);                                                \
    __typeof__(p) quotient = (p - rest) / q;                                        \
    if (rest != 0 && (rest < 0) != (q < 0)) quotient -= 1;                          \
    __typeof__(p) whole = floor(quotient);                                          \
    r = quotient == 0 ? copysign(0, p / q) : quotient - whole > 0.5 ? whole + 1 : whole; \
  }
BINARY(floorDivide, f64, double, double, FLOOR_DIVIDE(fmod, floor, copysign))
BINARY(floorDivide, f32, float, float, FLOOR_DIVIDE(fmodf, floorf, copysignf))

#define BINARY_MATH_OF(name, function, tag, T)                                      \
  BLOCK_KERNEL(binary_##name##_##tag##_vv) {                                        \
    vm_##function##_##tag(n, a, b, y);                                              \
    return MOS_OK;                                                                  \
  }                                                                                 \
  BLOCK_KERNEL(binary_##name##_##tag##_vs) {                                        \
    T piece[PASS];                                                                  \
    T value = *(const T *)b;                                                        \
    for (size_t i = 0; i < PASS; i++) piece[i] = value;                             \
    for (size_t i = 0; i < n; i += PASS)                                            \
      vm_##function##_##tag(n - i < PASS ? n - i : PASS, (const T *)a + i, piece, (T *)y + i); \
    return MOS_OK;                                                                  \
  }                                                                                 \
  BLOCK_KERNEL(binary_##name##_##tag##_sv) {                                        \
    T piece[PASS];                                                                  \
    T value = *(const T *)a;                                                        \
    for (size_t i = 0; i < PASS; i++) piece[i] = value;                             \
    for (size_t i = 0; i < n; i += PASS)                                            \
      vm_##function##_##tag(n - i < PASS ? n - i : PASS, piece, (const T *)b + i, (T *)y + i); \
    return MOS_OK;                                                                  \
  }
BINARY_MATH_OF(atan2, atan2, f32, float)
BINARY_MATH_OF(atan2, atan2, f64, double)
BINARY_MATH_OF(general_power, pow, f32, float)
BINARY_MATH_OF(general_power, pow, f64, double)

// Exponents that need no logarithm, and are exact to the last place so.
#define POWER(tag, T)                                                         \
  BLOCK_KERNEL(binary_power_##tag##_vs) {                                           \
    const T *source = a;                                                            \
    T *result = y;                                                                  \
    T exponent = *(const T *)b;                                                     \
    if (exponent == 2) {                                                            \
      EACH result[i] = source[i] * source[i];                                       \
    } else if (exponent == 1) {                                                     \
      EACH result[i] = source[i];                                                   \
    } else if (exponent == 3) {                                                     \
      EACH result[i] = source[i] * source[i] * source[i];                           \
    } else if (exponent == -1) {                                                    \
      EACH result[i] = 1 / source[i];                                               \
    } else if (exponent == 0.5) {                                                   \
      EACH result[i] = source[i] == -(T)INFINITY ? (T)INFINITY : __builtin_elementwise_sqrt(source[i] + 0); \
    } else {                                                                        \
      return binary_general_power_##tag##_vs(n, a, b, c, y);                        \
    }                                                                               \
    return MOS_OK;                                                                  \
  }
POWER(f32, float)
POWER(f64, double)

// MARK: Three operands, and fused ones

#define SELECT(tag, T)                                                              \
  BLOCK_KERNEL(select_##tag) {                                                      \
    const uint8_t *condition = a;                                                   \
    const T *yes = b, *no = c;                                                      \
    T *result = y;                                                                  \
    EACH {                                                                          \
      T p = yes[i], q = no[i];                                                      \
      result[i] = condition[i] ? p : q;                                             \
    }                                                                               \
    return MOS_OK;                                                                  \
  }
SELECT(bool, uint8_t) SELECT(i64, int64_t) SELECT(f32, float) SELECT(f64, double)

// MARK: Conversions

#define CONVERT(from, to, S, R, statement)                                          \
  static int convert_##from##_##to(size_t n, const void *x, ptrdiff_t stride, void *y) { \
    const S *source = x;                                                            \
    R *result = y;                                                                  \
    int status = 0;                                                                 \
    if (stride == 1) {                                                              \
      for (size_t i = 0; i < n; i++) {                                              \
        S p = source[i];                                                            \
        R r;                                                                        \
        statement;                                                                  \
        result[i] = r;                                                              \
      }                                                                             \
    } else {                                                                        \
      for (size_t i = 0; i < n; i++) {                                              \
        S p = source[(ptrdiff_t)i * stride];                                        \
        R r;                                                                        \
        statement;                                                                  \
        result[i] = r;                                                              \
      }                                                                             \
    }                                                                               \
    return status ? MOS_OVERFLOW : MOS_OK;                                          \
  }
#define CONVERT_PLAIN(from, to, S, R) CONVERT(from, to, S, R, r = (R)p)
// Towards zero; nan and what does not fit are errors.
#define CONVERT_WHOLE(from, S)                                                      \
  CONVERT(from, i64, S, int64_t, {                                                  \
    int fits = p >= (S)-0x1p63 && p < (S)0x1p63;                                    \
    r = fits ? (int64_t)p : 0;                                                      \
    status |= !fits;                                                                \
  })
CONVERT_PLAIN(bool, bool, uint8_t, uint8_t)
CONVERT_PLAIN(bool, i64, uint8_t, int64_t)
CONVERT_PLAIN(bool, f32, uint8_t, float)
CONVERT_PLAIN(bool, f64, uint8_t, double)
CONVERT(i64, bool, int64_t, uint8_t, r = p != 0)
CONVERT_PLAIN(i64, i64, int64_t, int64_t)
CONVERT_PLAIN(i64, f32, int64_t, float)
CONVERT_PLAIN(i64, f64, int64_t, double)
CONVERT(f32, bool, float, uint8_t, r = p != 0)
CONVERT_WHOLE(f32, float)
CONVERT_PLAIN(f32, f32, float, float)
CONVERT_PLAIN(f32, f64, float, double)
CONVERT(f64, bool, double, uint8_t, r = p != 0)
CONVERT_WHOLE(f64, double)
CONVERT_PLAIN(f64, f32, double, float)
CONVERT_PLAIN(f64, f64, double, double)
