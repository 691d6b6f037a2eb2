// Gamma and Poisson numbers, and how a gamma number moves with its shape.
//
// Number i is drawn from block counter + i with the attempt in the third word of Philox's counter, so
// it depends on its place alone. The same bits on any machine: IEEE operations that are never
// contracted, and a logarithm and an exponential that are written out.
#include <math.h>

#include "Kernels.h"
#include "Random.h"
#include "pieces.h"

#pragma STDC FP_CONTRACT OFF

// MARK: Draws

/// The blocks of one number, an attempt each.
typedef struct {
  uint64_t key, counter;
  uint32_t attempt;
} place;

/// Two numbers in (0, 1) from the next block.
static void next_pair(place *p, double out[2]) {
  const uint32_t keys[2] = {(uint32_t)p->key, (uint32_t)(p->key >> 32)};
  const uint32_t in[4] = {(uint32_t)p->counter, (uint32_t)(p->counter >> 32), p->attempt++, 1};
  uint32_t words[4];
  kernels_philox(in, keys, words);
  for (int i = 0; i < 2; i++) {
    uint64_t bits = words[2 * i] | (uint64_t)words[2 * i + 1] << 32;
    out[i] = ((double)(bits >> 12) + 0.5) * 0x1p-52;
  }
}

/// The logarithm of a positive normal number: fdlibm's, as `logarithm` of distributions.h has it.
static double portable_log(double x) {
  int k;
  double f = frexp(x, &k);
  if (f < 0.70710678118654752440) f *= 2, k--;
  f -= 1;
  const double s = f / (2.0 + f), z = s * s, w = z * z;
  const double t1 = w * (3.999999999940941908e-01 +
                         w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  const double t2 = z * (6.666666666666735130e-01 +
                         w * (2.857142874366239149e-01 +
                              w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  const double r = t1 + t2, half = 0.5 * f * f;
  return k * 6.93147180369123816490e-01 -
         ((half - (s * (half + r) + k * 1.90821492927058770002e-10)) - f);
}

/// The exponential: x = k log 2 + r, and Taylor's series of r, |r| ≤ ½ log 2.
static double portable_exp(double x) {
  if (x < -745.2) return 0;
  const double k = rint(x * 1.44269504088896338700);
  const double r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
  double sum = 1;
  for (int n = 14; n > 0; n--) sum = 1 + r * sum / n;
  return ldexp(sum, (int)k);
}

/// A standard normal number by Marsaglia's polar method.
static double polar_normal(place *p) {
  for (;;) {
    double pair[2];
    next_pair(p, pair);
    const double u = 2 * pair[0] - 1, v = 2 * pair[1] - 1, s = u * u + v * v;
    if (s > 0 && s < 1) return u * sqrt(-2 * portable_log(s) / s);
  }
}

/// A gamma number of shape `a` and scale 1 by Marsaglia and Tsang (2000), of a shape below 1 that of
/// a + 1 times U^(1/a); nan unless a is above 0 and finite. The least is the least normal number, so
/// that a logarithm is finite.
static double gamma_number(uint64_t key, uint64_t counter, double a) {
  if (!(a > 0) || isinf(a)) return NAN;
  place p = {key, counter, 0};
  const double d = (a < 1 ? a + 1 : a) - 1.0 / 3, c = 1 / sqrt(9 * d);
  double number;
  for (;;) {
    const double x = polar_normal(&p), root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    double pair[2];
    next_pair(&p, pair);
    if (portable_log(pair[0]) >= 0.5 * x * x + d - d * v + d * portable_log(v)) continue;
    number = a < 1 ? d * v * portable_exp(portable_log(pair[1]) / a) : d * v;
    break;
  }
  return number < 0x1p-1022 ? 0x1p-1022 : number;
}

/// log(k! / kᵏ e⁻ᵏ): Stirling's series for k ≥ 10.
static double stirling(double k) {
  return 0.5 * portable_log(6.283185307179586477 * k) + (1.0 / 12 - 1 / (360 * k * k)) / k;
}

/// log p(k) of a Poisson number, without loss of digits where k and the rate are great and near.
static double log_poisson(double k, double rate) {
  if (k >= 10) {
    const double s = (rate - k) / k;
    // s - log(1 + s) by its series near 0, where the difference has no digits left.
    double excess;
    if (fabs(s) < 0.03) {
      excess = 0;
      for (int n = 12; n >= 2; n--) excess = (n % 2 ? -1.0 : 1.0) / n + s * excess;
      excess *= s * s;
    } else {
      excess = s - portable_log(1 + s);
    }
    return -k * excess - stirling(k);
  }
  double factorial = 1;
  for (int i = 2; i <= (int)k; i++) factorial *= i;
  return k * portable_log(rate) - rate - portable_log(factorial);
}

/// A Poisson number: below a rate of 30 by inversion, else by Hörmann's transformed rejection (1993);
/// nan unless the rate is 0 or more and finite.
static double poisson_number(uint64_t key, uint64_t counter, double rate) {
  if (!(rate >= 0) || isinf(rate)) return NAN;
  place p = {key, counter, 0};
  double pair[2];
  if (rate < 30) {
    next_pair(&p, pair);
    double share = portable_exp(-rate), left = pair[0], k = 0;
    while (left > share && k < 1000) {
      left -= share;
      k++;
      share *= rate / k;
    }
    return k;
  }
  const double root = sqrt(rate), b = 0.931 + 2.53 * root, a = -0.059 + 0.02483 * b;
  const double inverse = 1.1239 + 1.1328 / (b - 3.4), inside = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    next_pair(&p, pair);
    const double u = pair[0] - 0.5, v = pair[1], s = 0.5 - fabs(u);
    const double k = floor((2 * a / s + b) * u + rate + 0.43);
    if (s >= 0.07 && v <= inside) return k;
    if (k < 0 || (s < 0.013 && v > s)) continue;
    if (portable_log(v) + portable_log(inverse) - portable_log(a / (s * s) + b) <=
        log_poisson(k, rate))
      return k;
  }
}

typedef struct {
  double (*number)(uint64_t, uint64_t, double);
  uint64_t key, counter;
  const double *parameters;
  double *out;
  size_t count;
} draws;

/// A task is a sixteenth of those of a fill: a number takes longer here.
enum { NUMBERS = TASK / 16 };

static void run_task(void *context, size_t task) {
  const draws *d = context;
  const size_t begin = task * NUMBERS;
  const size_t end = d->count - begin < NUMBERS ? d->count : begin + NUMBERS;
  for (size_t i = begin; i < end; i++)
    d->out[i] = d->number(d->key, d->counter + i, d->parameters[i]);
}

static void run(draws all) {
  mos_parallel((all.count + NUMBERS - 1) / NUMBERS, run_task, &all);
}

void kernels_gamma(uint64_t key, uint64_t counter, const double *shapes, double *out,
                   size_t count) {
  run((draws){gamma_number, key, counter, shapes, out, count});
}

void kernels_poisson(uint64_t key, uint64_t counter, const double *rates, double *out,
                     size_t count) {
  run((draws){poisson_number, key, counter, rates, out, count});
}

// MARK: Slopes

/// A number with its first two derivatives by the shape.
typedef struct {
  double value, first, second;
} jet;

static jet sum(jet x, jet y) {
  return (jet){x.value + y.value, x.first + y.first, x.second + y.second};
}

static jet product(jet x, jet y) {
  return (jet){x.value * y.value, x.first * y.value + x.value * y.first,
               x.second * y.value + 2 * x.first * y.first + x.value * y.second};
}

static jet reciprocal(jet x) {
  const double r = 1 / x.value, first = -x.first * r * r;
  return (jet){r, first, (2 * x.first * x.first * r - x.second) * r * r};
}

/// Below the shape: P(a, x) / p(x) = x/a Σ cₙ, cₙ = xⁿ / (a+1)…(a+n), whose terms have the logarithmic
/// derivatives log x − ψ(a+n+1) by a.
static double slope_by_series(int order, double a, double x) {
  double term = 1, digamma = mos_digamma(a + 1), trigamma = mos_polygamma(1, a + 1), total = 0;
  const double logarithm = log(x);
  for (int n = 1; n < 100000; n++) {
    const double l = logarithm - digamma;
    const double change = term * (order == 1 ? l : l * l - trigamma);
    total += change;
    if (term < 1e-30 || (n > x && fabs(change) < 1e-18 * fabs(total))) break;
    const double k = a + n;
    term *= x / k;
    digamma += 1 / k;
    trigamma -= 1 / (k * k);
  }
  return -x / a * total;
}

/// Above the shape: Γ(a, x) = e⁻ˣ xᵃ F with Legendre's continued fraction F by Lentz's method, and
/// its derivatives by a.
static double slope_by_fraction(int order, double a, double x) {
  const jet tiny = {1e-300, 0, 0};
  jet b = {x + 1 - a, -1, 0}, c = {1e300, 0, 0}, d = reciprocal(b), fraction = d;
  for (int i = 1; i < 100000; i++) {
    const jet coefficient = {-i * (i - a), i, 0};
    b.value += 2;
    d = sum(product(coefficient, d), b);
    if (d.value == 0) d = tiny;
    d = reciprocal(d);
    c = sum(b, product(coefficient, reciprocal(c)));
    if (c.value == 0) c = tiny;
    const jet factor = product(c, d);
    fraction = product(fraction, factor);
    if (fabs(factor.value - 1) + fabs(factor.first) + fabs(factor.second) < 1e-16) break;
  }
  const double l = log(x) - mos_digamma(a);
  if (order == 1) return x * (fraction.first + l * fraction.value);
  return x * (fraction.second + 2 * l * fraction.first +
              (l * l - mos_polygamma(1, a)) * fraction.value);
}

/// log(1 + s) − s, by its series where the difference would have lost digits.
static double log_excess(double s) {
  if (fabs(s) > 0.05) return log1p(s) - s;
  double total = 0;
  for (int n = 16; n >= 2; n--) total = (n % 2 ? 1.0 : -1.0) / n + s * total;
  return total * s * s;
}

/// Of great shapes: ∫ p(t)/p(x) B(t) dt from x outwards, away from the middle, until the density has
/// vanished, by Gauss and Legendre's rule on sixteen pieces. B is ∂/∂a of log p, and of order 2 its
/// square and derivative; log t − ψ(a) is taken from the distance of t and a.
static double slope_by_quadrature(int order, double a, double x) {
  static const double nodes[] = {0.09501250983763744, 0.2816035507792589,  0.45801677765722737,
                                 0.6178762444026438,  0.755404408355003,   0.8656312023878318,
                                 0.9445750230732326,  0.9894009349916499};
  static const double weights[] = {0.18945061045506850, 0.18260341504492358, 0.16915651939500254,
                                   0.14959598881657673, 0.12462897125553387, 0.09515851168249278,
                                   0.06225352393864789, 0.02715245941175409};
  enum { pieces = 16 };
  const double inverse = 1 / a;
  const double to_digamma =
      inverse * (0.5 + inverse * (1.0 / 12 - inverse * inverse * (1.0 / 120 - inverse * inverse / 252)));
  const double trigamma =
      inverse * (1 + inverse * (0.5 + inverse * (1.0 / 6 - inverse * inverse * (1.0 / 30 - inverse * inverse / 42))));
  const double side = x < a ? -1 : 1;
  // log p(t) − log p(x) at t = x (1 + s).
  const double tilt = a - 1 - x;
  double length = sqrt(80 * (a + x)) / x;
  if (side < 0 && length > 1) length = 1;
  while (side > 0 && tilt * length + (a - 1) * log_excess(length) > -40) length *= 1.5;
  double total = 0;
  for (int piece = 0; piece < pieces; piece++) {
    for (int node = -8; node < 8; node++) {
      const double point = node < 0 ? -nodes[-node - 1] : nodes[node];
      const double weight = weights[node < 0 ? -node - 1 : node];
      const double s = side * length * (piece + 0.5 + 0.5 * point) / pieces;
      const double l = log1p((x * (1 + s) - a) / a) + to_digamma;
      const double score = order == 1 ? l : l * l - trigamma;
      total += weight * exp(tilt * s + (a - 1) * log_excess(s)) * score;
    }
  }
  return side * total * x * length / (2 * pieces);
}

double mos_gamma_slope(int order, double a, double x) {
  if (!(a > 0) || !(x >= 0) || isinf(a) || isinf(x)) return NAN;
  if (x == 0) return 0;
  if (a > 200) return slope_by_quadrature(order, a, x);
  return x < a + 1 ? slope_by_series(order, a, x) : slope_by_fraction(order, a, x);
}
