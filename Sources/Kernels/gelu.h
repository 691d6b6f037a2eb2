// gelu of f32. Included once for each processor level, after elementwise.h.
//
// x Φ(x) = max(x, 0) − a Φ(−a) with a = |x|, and Φ(−a) = e^(−a²/2) R(a). R carries 2^-32 and the
// exponential 2^32, so that results below the normal range are rounded once; from 14.5 on the result
// rounds to 0. Errors are below 6.2 ulp, and above -1 below 4.2.

#if MOS_LEVEL == 2
#include "gelu_table.h"

// As polynomials for pieces of a, whose coefficients are looked up in registers: that is fewer
// operations than a quotient, and no division.
//
// With 2^(k/16) for 16 values of j = k mod 16 the rest of the exponential is a polynomial of degree 3.
// A fused operation rounds a² only after k steps, an exact product, are added: s = a² + k step. The
// step has few bits and is not quite log(2) / 8, so 2^(k/16) is not quite e^(k step / 2); but as
// k = (s − a²) / step, what is missing is a power of e^s times one of e^a², which the polynomials hold.
//
// R is a polynomial in w − m, where w = a + 1 and m is the middle of one of the 32 pieces of [1, 16),
// eight an octave: the two lowest bits of w's exponent and three of its fraction.
typedef float vector_f32_16 __attribute__((vector_size(64)));
typedef int32_t vector_i32_16 __attribute__((vector_size(64)));
typedef struct {
  vector_f32_16 greatest, steps, magic, step, e1, e2, e3, one, zero;
  vector_i32_16 piece, middle;
} gelu_constants;
typedef struct {
  vector_f32_16 ratio[5][2];
  vector_i32_16 power;
} gelu_tables;

#define SPLAT(x) ((vector_f32_16){} + (x))
#define EACH_VECTOR _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++)

static inline __attribute__((always_inline)) vector_f32_16 gelu_ratio_at(
    const gelu_tables *tables, int power, vector_i32_16 index) {
  return _mm512_permutex2var_ps(
      tables->ratio[power][0], (__m512i)index, tables->ratio[power][1]);
}

/// Numbers of a vector, and vectors at once.
enum { WIDTH = 16, TURN = 3 };

/// Some vectors at once, a constant here, step by step: the processor looks only so far ahead.
static inline __attribute__((always_inline)) void gelu_vectors(
    int vectors, const gelu_tables *tables, const gelu_constants *c, vector_f32_16 *x) {
  vector_f32_16 a[TURN], shifted[TURN], s[TURN], e[TURN], w[TURN], d[TURN], r[TURN];
  vector_i32_16 index[TURN], power[TURN];
  // The lesser magnitude, without its sign.
  EACH_VECTOR a[v] = _mm512_range_ps(x[v], c->greatest, 0b1010);
  EACH_VECTOR w[v] = a[v] + c->one;
  // k is left in the low bits, 32 · 16 above itself.
  EACH_VECTOR shifted[v] = _mm512_fnmadd_ps(a[v] * a[v], c->steps, c->magic);
  EACH_VECTOR index[v] = (vector_i32_16)w[v] >> 20;
  EACH_VECTOR d[v] = w[v] - (vector_f32_16)(((vector_i32_16)w[v] & c->piece) | c->middle);
  EACH_VECTOR s[v] = (shifted[v] - c->magic) * c->step;
  EACH_VECTOR r[v] = gelu_ratio_at(tables, 4, index[v]);
  EACH_VECTOR s[v] = _mm512_fmadd_ps(a[v], a[v], s[v]);
  EACH_VECTOR r[v] = _mm512_fmadd_ps(r[v], d[v], gelu_ratio_at(tables, 3, index[v]));
  EACH_VECTOR power[v] =
      (vector_i32_16)_mm512_permutexvar_epi32((__m512i)shifted[v], (__m512i)tables->power) +
      ((vector_i32_16)shifted[v] << 19);
  EACH_VECTOR r[v] = _mm512_fmadd_ps(r[v], d[v], gelu_ratio_at(tables, 2, index[v]));
  EACH_VECTOR e[v] = _mm512_fmadd_ps(c->e3, s[v], c->e2);
  EACH_VECTOR r[v] = _mm512_fmadd_ps(r[v], d[v], gelu_ratio_at(tables, 1, index[v]));
  EACH_VECTOR e[v] = _mm512_fmadd_ps(e[v], s[v], c->e1);
  EACH_VECTOR r[v] = _mm512_fmadd_ps(r[v], d[v], gelu_ratio_at(tables, 0, index[v]));
  EACH_VECTOR e[v] = _mm512_fmadd_ps(e[v], s[v], c->one);
  // Of a nan the greater is the second.
  EACH_VECTOR x[v] = _mm512_fnmadd_ps(
      a[v] * (vector_f32_16)power[v] * e[v], r[v], _mm512_max_ps(c->zero, x[v]));
}

BLOCK_KERNEL(unary_gelu_f32) {
  const float *source = a;
  float *result = y;
  gelu_tables tables;
  memcpy(tables.ratio, gelu_ratio, sizeof tables.ratio);
  memcpy(&tables.power, gelu_power, sizeof tables.power);
  const gelu_constants constants = {
    .greatest = SPLAT(14.5f),
    .steps = SPLAT(gelu_steps),
    .magic = SPLAT(12582912.0f + 32 * 16),
    .step = SPLAT(gelu_step),
    .e1 = SPLAT(gelu_exponential[1]),
    .e2 = SPLAT(gelu_exponential[2]),
    .e3 = SPLAT(gelu_exponential[3]),
    .one = SPLAT(1.0f),
    .zero = -SPLAT(0.0f),
    .piece = (vector_i32_16){} + ~0xfffff,
    .middle = (vector_i32_16){} + 0x80000,
  };
  // They are read from memory, since the compiler believes that they may change: there is no room
  // for them in the registers beside the tables.
  const gelu_constants *held = &constants;
  __asm__("" : "+r"(held) : : "memory");
  size_t i = 0;
  for (; i + TURN * WIDTH <= n; i += TURN * WIDTH) {
    vector_f32_16 x[TURN];
    memcpy(x, source + i, sizeof x);
    gelu_vectors(TURN, &tables, held, x);
    memcpy(result + i, x, sizeof x);
  }
  for (; i < n; i += WIDTH) {
    const __mmask16 places = n - i < WIDTH ? (__mmask16)((1 << (n - i)) - 1) : 0xffff;
    vector_f32_16 x = _mm512_maskz_loadu_ps(places, source + i);
    gelu_vectors(1, &tables, held, &x);
    _mm512_mask_storeu_ps(result + i, places, x);
  }
  return MOS_OK;
}

#else

// R is a minimax quotient of relative error 2.2e-8.
//
// With s = a² + 2 k log 2 the exponential is 2^k e^(−s/2). A fused operation rounds a² only after
// the large part of 2 k log 2, an exact product, is added. Without one a² is taken apart: the square
// of a's upper 12 bits, which is exact, and the rest, which is small.
#if MOS_LEVEL > 0 || defined(__aarch64__)
static inline float square_plus_f32(float a, float large) { return a * a + large; }
#else
static inline float square_plus_f32(float a, float large) {
  float upper = BITS_TO_F32(F32_TO_BITS(a) & ~0xfff);
  return (upper * upper + large) + (a - upper) * (a + upper);
}
#endif

static inline float gelu_f32(float x) {
  float a = __builtin_fabsf(x);
  a = a > 14.5f ? 14.5f : a;
  float shifted = a * a * -0.72134752f + (12582912.0f + 32.0f);
  float k = shifted - (12582912.0f + 32.0f);
  float large = k * 1.38671875f;
  float s = square_plus_f32(a, large);
  s = s - k * 4.24388880e-4f;
  // The coefficients of `exp_polynomial_f32` times powers of -1/2.
  float e = 2.15938744e-5f;
  e = e * s - 2.61521374e-4f;
  e = e * s + 2.60426709e-3f;
  e = e * s - 2.08331514e-2f;
  e = e * s + 1.24999985e-1f;
  e = e * s - 0.5f;
  e = e * s + 1.0f;
  // k + 32 is added to the exponent; what becomes of a nan there does not matter.
  uint32_t bits = (uint32_t)F32_TO_BITS(e) + ((uint32_t)F32_TO_BITS(shifted) << 23);
  float p = 0x1p-32f * 4.08420479e-3f;
  p = p * a + 0x1p-32f * 4.04365808e-2f;
  p = p * a + 0x1p-32f * 1.82681486e-1f;
  p = p * a + 0x1p-32f * 4.37594891e-1f;
  p = p * a + 0x1p-32f * 0.5f;
  float q = 1.02374619e-2f;
  q = q * a + 1.01366006e-1f;
  q = q * a + 4.68000382e-1f;
  q = q * a + 1.20027959f;
  q = q * a + 1.67307460f;
  q = q * a + 1.0f;
  return (x < -0.0f ? -0.0f : x) - a * BITS_TO_F32((int32_t)bits) * (p / q);
}
UNARY_PAIRED(gelu, f32, float, float, gelu_f32(x))
#endif
