// Random numbers, sixteen blocks at a time; see Random.h. Included once for each processor level.
//
// The same bits on any machine: integer arithmetic, and IEEE operations that round one way (+ - * /
// sqrt, never contracted to fused ones); logarithm, sine and cosine are fdlibm's polynomials,
// written out, so that no library's rounding enters and loops of sixteen vectorise.

#include "philox.h"

#pragma STDC FP_CONTRACT OFF
// Vectors are passed to functions that are always inlined, so no calling convention is concerned.
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline))

enum { lanes = KERNELS_RANDOM_GROUP, words_in_group = 4 * lanes };

// Vectors of sixteen lanes, which the compiler splits to fit the processor. A 32-bit word sits in
// a 64-bit lane, because the product of two words is what Philox is made of.
typedef uint64_t wide __attribute__((vector_size(8 * lanes), aligned(64)));
typedef uint32_t narrow __attribute__((vector_size(4 * lanes), aligned(64)));

/// The words of sixteen blocks, word w of block b at 16 w + b.
INLINE void group(uint64_t key, uint64_t counter, uint32_t out[words_in_group]) {
  wide blocks;
  for (int lane = 0; lane < lanes; lane++) blocks[lane] = counter + (uint64_t)lane;
  const wide mask = (wide){0} + 0xFFFFFFFFu;
  wide c0 = blocks & mask, c1 = blocks >> 32, c2 = {0}, c3 = {0};
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
#pragma clang loop unroll(full)
  for (int round = 0; round < philox_rounds; round++) {
    wide p0 = (c0 & mask) * philox_multiplier[0], p1 = (c2 & mask) * philox_multiplier[1];
    c0 = (p1 >> 32) ^ c1 ^ k0;
    c2 = (p0 >> 32) ^ c3 ^ k1;
    c1 = p1 & mask;
    c3 = p0 & mask;
    k0 += philox_weyl[0];
    k1 += philox_weyl[1];
  }
  narrow w0 = __builtin_convertvector(c0, narrow), w1 = __builtin_convertvector(c1, narrow);
  narrow w2 = __builtin_convertvector(c2, narrow), w3 = __builtin_convertvector(c3, narrow);
  memcpy(out, &w0, sizeof w0);
  memcpy(out + lanes, &w1, sizeof w1);
  memcpy(out + 2 * lanes, &w2, sizeof w2);
  memcpy(out + 3 * lanes, &w3, sizeof w3);
}

/// The 64-bit numbers of blocks' words w and w + 1.
INLINE wide words_64(const uint32_t words[words_in_group], int w) {
  narrow low, high;
  memcpy(&low, words + w * lanes, sizeof low);
  memcpy(&high, words + (w + 1) * lanes, sizeof high);
  return __builtin_convertvector(low, wide) | __builtin_convertvector(high, wide) << 32;
}

// MARK: Elementary functions

typedef double doubles __attribute__((vector_size(8 * lanes), aligned(64)));
typedef float floats __attribute__((vector_size(4 * lanes), aligned(64)));

/// The natural logarithm of positive normal numbers: fdlibm's e_log.c with x = 2^k (1 + f),
/// sqrt(1/2) < 1 + f < sqrt(2), and log(1 + f) = f - s (f - R), s = f / (2 + f).
INLINE doubles logarithm(doubles x) {
  // Adding moves mantissas above sqrt(2) to the next exponent.
  wide moved = (wide)x + (0x3FF0000000000000u - 0x3FE6A09E667F3BCDu);
  // An exponent of 0 to 2047 written as a double: in the mantissa of 2^52, and 2^52 taken off.
  doubles k = (doubles)((moved >> 52) | 0x4330000000000000u) - 4503599627370496.0 - 1023.0;
  doubles f = (doubles)((moved & 0x000FFFFFFFFFFFFFu) + 0x3FE6A09E667F3BCDu) - 1.0;
  doubles s = f / (2.0 + f), z = s * s, w = z * z;
  doubles t1 = w * (3.999999999940941908e-01 +
                    w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  doubles t2 = z * (6.666666666666735130e-01 +
                    w * (2.857142874366239149e-01 +
                         w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  doubles r = t1 + t2, half = 0.5 * f * f;
  return k * 6.93147180369123816490e-01 -
         ((half - (s * (half + r) + k * 1.90821492927058770002e-10)) - f);
}

/// Sine and cosine of 2 pi u for 0 <= u < 1: fdlibm's kernels after taking off quarter turns.
INLINE void turn(doubles u, doubles *sine, doubles *cosine) {
  const double round_to_integer = 6755399441055744.0;  // 1.5 * 2^52
  doubles q = (4.0 * u + round_to_integer) - round_to_integer;
  doubles x = (u - 0.25 * q) * 6.283185307179586477, z = x * x;
  doubles s = x + x * z * (-1.66666666666666324348e-01 +
                z * (8.33333333332248946124e-03 + z * (-1.98412698298579493134e-04 +
                z * (2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 +
                z * 1.58969099521155010221e-10)))));
  doubles c = 1.0 - (0.5 * z - z * z * (4.16666666666666019037e-02 +
                z * (-1.38888888888741095749e-03 + z * (2.48015872894767294178e-05 +
                z * (-2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 +
                z * -1.13596475577881948265e-11))))));
  wide odd = (wide)((q == 1.0) | (q == 3.0)), sign = (wide){0} + 0x8000000000000000u;
  wide sine_sign = (wide)((q == 2.0) | (q == 3.0)) & sign;
  wide cosine_sign = (wide)((q == 1.0) | (q == 2.0)) & sign;
  *sine = (doubles)((((wide)c & odd) | ((wide)s & ~odd)) ^ sine_sign);
  *cosine = (doubles)((((wide)s & odd) | ((wide)c & ~odd)) ^ cosine_sign);
}

/// Fifty-three random bits as 0 <= u < 1: put into mantissas, since processors before AVX-512
/// convert no 64-bit integers.
INLINE doubles uniform_53(wide bits) {
  doubles high = (doubles)((bits >> 32) | 0x4530000000000000u);         // 2^84 + 2^32 high
  doubles low = (doubles)((bits & 0xFFFFF800u) | 0x4330000000000000u);  // 2^52 + low
  return ((high - 19342813118337666422669312.0 /* 2^84 + 2^52 */) + low) * 0x1p-64;
}

/// Thirty-two random bits as 0 <= u < 1.
INLINE doubles uniform_32(const uint32_t words[lanes]) {
  narrow bits;
  memcpy(&bits, words, sizeof bits);
  wide mantissa = __builtin_convertvector(bits, wide) | 0x4330000000000000u;
  return ((doubles)mantissa - 4503599627370496.0) * 0x1p-32;
}

/// Pairs of independent normals from u in (0, 1] and v in [0, 1).
INLINE void box_muller(doubles u, doubles v, doubles *first, doubles *second) {
  doubles radius = __builtin_elementwise_sqrt(-2.0 * logarithm(u)), sine, cosine;
  turn(v, &sine, &cosine);
  *first = radius * cosine;
  *second = radius * sine;
}

// MARK: One group of each distribution

INLINE void uniform_group_f32(const uint32_t words[words_in_group], float *out) {
  for (int i = 0; i < words_in_group; i++) out[i] = (float)(int32_t)(words[i] >> 8) * 0x1p-24f;
}

INLINE void uniform_group_f64(const uint32_t words[words_in_group], double *out) {
  for (int half = 0; half < 2; half++) {
    doubles numbers = uniform_53(words_64(words, 2 * half));
    memcpy(out + half * lanes, &numbers, sizeof numbers);
  }
}

INLINE void normal_group_f32(const uint32_t words[words_in_group], float *out) {
  for (int half = 0; half < 2; half++) {
    doubles u = uniform_32(words + half * lanes) + 0x1p-33;
    doubles v = uniform_32(words + (2 + half) * lanes), first, second;
    box_muller(u, v, &first, &second);
    floats a = __builtin_convertvector(first, floats), b = __builtin_convertvector(second, floats);
    memcpy(out + half * lanes, &a, sizeof a);
    memcpy(out + (2 + half) * lanes, &b, sizeof b);
  }
}

INLINE void normal_group_f64(const uint32_t words[words_in_group], double *out) {
  doubles first, second;
  box_muller(1.0 - uniform_53(words_64(words, 0)), uniform_53(words_64(words, 2)), &first, &second);
  memcpy(out, &first, sizeof first);
  memcpy(out + lanes, &second, sizeof second);
}

INLINE void exponential_group_f64(const uint32_t words[words_in_group], double *out) {
  for (int half = 0; half < 2; half++) {
    doubles numbers = -logarithm(1.0 - uniform_53(words_64(words, 2 * half)));
    memcpy(out + half * lanes, &numbers, sizeof numbers);
  }
}

// MARK: Fills

/// Whole groups straight into place, the last one by way of a buffer.
#define FILL(name, tag, type)                                                       \
  static void fill_##name##_##tag(uint64_t key, uint64_t counter, void *y, size_t count) { \
    enum { numbers = words_in_group * sizeof(uint32_t) / sizeof(type) };            \
    uint32_t words[words_in_group];                                                 \
    type *out = y;                                                                  \
    size_t done = 0;                                                                \
    for (; count - done >= numbers; done += numbers, counter += lanes) {            \
      group(key, counter, words);                                                   \
      name##_group_##tag(words, out + done);                                        \
    }                                                                               \
    if (done < count) {                                                             \
      type rest[numbers];                                                           \
      group(key, counter, words);                                                   \
      name##_group_##tag(words, rest);                                              \
      memcpy(out + done, rest, (count - done) * sizeof(type));                      \
    }                                                                               \
  }

FILL(uniform, f32, float)
FILL(uniform, f64, double)
FILL(normal, f32, float)
FILL(normal, f64, double)
FILL(exponential, f64, double)

// MARK: Integers

/// What `kernels_bounded` gives for a lane's block, its first draw taken from the group's words.
INLINE uint64_t bounded_lane(const uint32_t words[words_in_group], size_t lane, uint64_t key,
                             uint64_t counter, uint64_t range) {
  uint64_t result;
  uint64_t draw = words[lane] | (uint64_t)words[lanes + lane] << 32;
  return bounded(draw, range, &result) ? result : kernels_bounded(key, counter + lane, range);
}

static void random_integers(uint64_t key, uint64_t counter, int64_t low, uint64_t range,
                            int64_t *out, size_t count) {
  uint32_t words[words_in_group];
  for (size_t i = 0; i < count; i += lanes) {
    group(key, counter + i, words);
    for (size_t lane = 0; lane < lanes && i + lane < count; lane++)
      out[i + lane] =
          (int64_t)((uint64_t)low + bounded_lane(words, lane, key, counter + i, range));
  }
}

static void random_shuffle(uint64_t key, uint64_t counter, int64_t *order, size_t count,
                           size_t taken) {
  uint32_t words[words_in_group];
  for (size_t i = 0; i < taken && (i % LOOK > 0 || !mos_run_ends()); i += lanes) {
    group(key, counter + i, words);
    for (size_t lane = 0; lane < lanes && i + lane < taken; lane++) {
      size_t place = i + lane;
      size_t other = place + bounded_lane(words, lane, key, counter + i, count - place);
      int64_t moved = order[other];
      order[other] = order[place];
      order[place] = moved;
    }
  }
}

#pragma STDC FP_CONTRACT DEFAULT
