// Elementary functions as straight-line code, which compilers vectorize inside a loop: faster
// than calls where a kernel needs one among other steps, and the same on every processor.
// Errors are below 2 ulp over the whole range where nothing else is said; infinities, zeros and nan
// are C's.

#define BITS_TO_F32(bits) ((union { int32_t i; float f; }){.i = (bits)}.f)
#define F32_TO_BITS(value) ((union { float f; int32_t i; }){.f = (value)}.i)
#define BITS_TO_F64(bits) ((union { int64_t i; double f; }){.i = (bits)}.f)
#define F64_TO_BITS(value) ((union { double f; int64_t i; }){.f = (value)}.i)

/// e^r for |r| <= log(2)/2: a minimax fit of relative error 3.2e-9, with 1 + r kept exact.
static inline float exp_polynomial_f32(float r) {
  float p = 1.38200796e-3f;
  p = p * r + 8.36868398e-3f;
  p = p * r + 4.16682735e-2f;
  p = p * r + 1.66665211e-1f;
  p = p * r + 4.99999940e-1f;
  p = p * r + 1.0f;
  return p * r + 1.0f;
}

/// e^x = 2^k e^r with |r| <= log(2)/2. Adding 1.5·2^23 rounds to a whole number and leaves it in
/// the low bits, here k + 254. 2^k is applied in two halves, so that results below the normal range
/// and above the range are right: the powers of two whose exponents, with their bias of 127, are
/// half of the whole number and the rest of it.
static inline float exp_f32(float x) {
  float c = x < -104.0f ? -104.0f : x;
  c = c > 89.0f ? 89.0f : c;
  float shifted = c * 1.44269504f + (12582912.0f + 254.0f);
  float k = shifted - (12582912.0f + 254.0f);
  float r = c - k * 0.693359375f;
  r = r + k * 2.12194440e-4f;
  uint32_t whole = (uint32_t)F32_TO_BITS(shifted);
  uint32_t half = whole >> 1 << 23;
  return exp_polynomial_f32(r) * BITS_TO_F32((int32_t)half) *
         BITS_TO_F32((int32_t)((whole << 23) - half));
}

/// 2^s e^x where that is a normal number, at most 2^127, and s a constant: what the functions below
/// need, whose arguments are bounded on one side. They choose s so that results of their own below
/// the normal range are rounded but once.
static inline float exp_scaled_f32(float x, float s) {
  float shifted = x * 1.44269504f + (12582912.0f + 127.0f + s);
  float k = shifted - (12582912.0f + 127.0f + s);
  float r = x - k * 0.693359375f;
  r = r + k * 2.12194440e-4f;
  return exp_polynomial_f32(r) * BITS_TO_F32((int32_t)((uint32_t)F32_TO_BITS(shifted) << 23));
}

/// As `exp_f32`, with the Taylor series to the thirteenth power: its rest is below 2^-57.
static inline double exp_f64(double x) {
  double c = x < -746.0 ? -746.0 : x;
  c = c > 710.0 ? 710.0 : c;
  double shifted = c * 1.4426950408889634 + 0x1.8p52;
  double k = shifted - 0x1.8p52;
  int64_t whole = F64_TO_BITS(shifted) - F64_TO_BITS(0x1.8p52);
  double r = c - k * 6.93147180369123816490e-01;
  r = r - k * 1.90821492927058770002e-10;
  double p = 1.0 / 6227020800;
  p = p * r + 1.0 / 479001600;
  p = p * r + 1.0 / 39916800;
  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * (r * r) + r + 1.0;
  int64_t half = (whole + 2048) / 2 - 1024;
  // The exponents of a nan have too many bits, which a shift of unsigned numbers drops.
  return p * BITS_TO_F64((int64_t)((uint64_t)(half + 1023) << 52)) *
         BITS_TO_F64((int64_t)((uint64_t)(whole - half + 1023) << 52));
}

/// log x = e log 2 + log(1 + f) with 1 + f in [√½, √2); Cephes' polynomial.
static inline float log_f32(float x) {
  int small = x < 0x1p-126f;
  float scaled = small ? x * 0x1p23f : x;
  // Of a negative number it wraps around; the result is replaced below.
  int32_t bits = (int32_t)((uint32_t)F32_TO_BITS(scaled) - 0x3f3504f3);
  float e = (float)((bits >> 23) - (small ? 23 : 0));
  float f = BITS_TO_F32((bits & 0x7fffff) + 0x3f3504f3) - 1.0f;
  float z = f * f;
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  float y = p * f * z - e * 2.12194440e-4f - 0.5f * z;
  y = f + y + e * 0.693359375f;
  y = x == 0 ? -INFINITY : y;
  y = x < 0 ? NAN : y;
  return ((x == INFINITY) | (x != x)) ? x : y;
}

/// As `log_f32`, by fdlibm's series in s = f / (2 + f).
static inline double log_f64(double x) {
  int64_t small = x < 0x1p-1022;
  double scaled = small ? x * 0x1p52 : x;
  int64_t bits = (int64_t)((uint64_t)F64_TO_BITS(scaled) - 0x3fe6a09e667f3bcd);
  // The exponent, a small whole number, is made a double by its bits: vectors of AVX2 have no
  // conversion of 64-bit integers. Adding 2048 first keeps the shift a plain one.
  uint64_t exponent = ((uint64_t)bits + (2048ull << 52)) >> 52;
  double e = BITS_TO_F64((int64_t)(exponent | 0x4330000000000000)) - (0x1p52 + 2048.0);
  e = small ? e - 52 : e;
  double f = BITS_TO_F64((bits & 0xfffffffffffff) + 0x3fe6a09e667f3bcd) - 1.0;
  double s = f / (2.0 + f);
  double z = s * s;
  double p = 1.479819860511658591e-01;
  p = p * z + 1.531383769920937332e-01;
  p = p * z + 1.818357216161805012e-01;
  p = p * z + 2.222219843214978396e-01;
  p = p * z + 2.857142874366239149e-01;
  p = p * z + 3.999999999940941908e-01;
  p = p * z + 6.666666666666735130e-01;
  double half = 0.5 * f * f;
  double y = e * 6.93147180369123816490e-01 -
             ((half - (s * (half + p * z) + e * 1.90821492927058770002e-10)) - f);
  y = x == 0 ? -INFINITY : y;
  y = x < 0 ? NAN : y;
  return ((x == INFINITY) | (x != x)) ? x : y;
}

/// log(1 + z) for z in [0, 1]: what 1 + z rounds away is put back to first order.
static inline float log1p_unit_f32(float z) {
  float u = 1.0f + z;
  return log_f32(u) + (z - (u - 1.0f)) / u;
}

static inline double log1p_unit_f64(double z) {
  double u = 1.0 + z;
  return log_f64(u) + (z - (u - 1.0)) / u;
}

/// x P(x²) / Q(x²), a minimax fit of relative error 2.2e-8 up to 9.02, where tanh rounds to 1.
/// Rounding makes it 3.3 ulp at worst up to 1 and 5.2 beyond; that is a quarter of the time of what
/// keeps below 2, a polynomial near 0 and the exponential elsewhere.
static inline float tanh_f32(float x) {
  float c = x < -9.02f ? -9.02f : x;
  c = c > 9.02f ? 9.02f : c;
  float z = c * c;
  float p = 1.338445541e-8f;
  p = p * z + 2.063595164e-5f;
  p = p * z + 3.497465899e-3f;
  p = p * z + 1.338269429e-1f;
  p = p * z + 1.0f;
  float q = 7.790319754e-7f;
  q = q * z + 3.288530552e-4f;
  q = q * z + 2.588439254e-2f;
  q = q * z + 4.671601554e-1f;
  q = q * z + 1.0f;
  float y = c * p / q;
  y = y > 1.0f ? 1.0f : y;
  return y < -1.0f ? -1.0f : y;
}
