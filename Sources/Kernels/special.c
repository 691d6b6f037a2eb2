// Special functions that the C library lacks, one number at a time.
#include "Kernels.h"

#include <math.h>

/// Inverse error function: Giles' single-precision polynomials for the first guess, then two
/// steps of Halley's method on erf, which carry it to double precision. Near ±1 the residual is
/// taken from erfc, where erf has no digits left. Past 1 - 1e-7, where the polynomials end, the first
/// guess is that of e^(−y²) / (y √π), erfc's first term.
double mos_erfinv(double x) {
  if (!(fabs(x) < 1)) return fabs(x) == 1 ? copysign(INFINITY, x) : NAN;
  double w = -log((1 - x) * (1 + x)), p;
  if (w < 5) {
    static const double c[] = {2.81022636e-08,  3.43273939e-07, -3.5233877e-06, -4.39150654e-06,
                               0.00021858087,   -0.00125372503, -0.00417768164, 0.246640727,
                               1.50140941};
    w -= 2.5;
    p = c[0];
    for (int i = 1; i < 9; i++) p = p * w + c[i];
  } else if (w > 15) {
    double tail = -log(1 - fabs(x));
    p = sqrt(tail - 0.5 * log(M_PI * tail));
  } else {
    static const double c[] = {-0.000200214257, 0.000100950558, 0.00134934322,
                               -0.00367342844,  0.00573950773,  -0.0076224613,
                               0.00943887047,   1.00167406,     2.83297682};
    w = sqrt(w) - 3;
    p = c[0];
    for (int i = 1; i < 9; i++) p = p * w + c[i];
  }
  double y = p * x;
  for (int i = 0; i < 2; i++) {
    double residual = fabs(x) < 0.5 ? erf(y) - x
                      : x > 0       ? (1 - x) - erfc(y)
                                    : erfc(-y) - (1 + x);
    double step = residual / (1.1283791670955126 * exp(-y * y));
    y -= step / (1 + y * step);
  }
  return y;
}

/// ψ(x): reflection left of 0, recurrence up to 10, then the asymptotic series.
double mos_digamma(double x) {
  if (x == 0) return copysign(INFINITY, -x);
  double result = 0;
  if (x < 0) {
    // x − rint(x) is exact, and keeps the digits next to a pole.
    double part = x - rint(x);
    if (part == 0) return NAN;
    result = -M_PI / tan(M_PI * part);
    x = 1 - x;
  }
  while (x < 10) {
    result -= 1 / x;
    x += 1;
  }
  double z = 1 / (x * x);
  double series =
      z * (1.0 / 12 -
           z * (1.0 / 120 -
                z * (1.0 / 252 -
                     z * (1.0 / 240 -
                          z * (1.0 / 132 - z * (691.0 / 32760 - z * (1.0 / 12)))))));
  return result + log(x) - 0.5 / x - series;
}

/// The Hurwitz zeta function for s > 1, q > 0: ten terms, then Euler–Maclaurin.
static double hurwitz_zeta(double s, double q) {
  static const double bernoulli[] = {1.0 / 6,        -1.0 / 30,      1.0 / 42,  -1.0 / 30,
                                     5.0 / 66,       -691.0 / 2730,  7.0 / 6,   -3617.0 / 510,
                                     43867.0 / 798,  -174611.0 / 330};
  double sum = 0;
  int terms = 10 + (int)s;
  for (int i = 0; i < terms; i++, q += 1) sum += pow(q, -s);
  double power = pow(q, -s);
  // q to the power 1 − s is there where that to the power −s has vanished.
  sum += pow(q, 1 - s) / (s - 1) + 0.5 * power;
  double factor = s * power / q, factorial = 2;
  for (int i = 0; i < 10; i++) {
    double term = bernoulli[i] / factorial * factor;
    sum += term;
    if (fabs(term) < 1e-17 * fabs(sum)) break;
    factor *= (s + 2 * i + 1) * (s + 2 * i + 2) / (q * q);
    factorial *= (2.0 * i + 3) * (2.0 * i + 4);
  }
  return sum;
}

/// The n-th derivative of cot(πx) divided by πⁿ, as a polynomial in c = cot(πx):
/// p₀ = c, pₙ₊₁ = −(1 + c²) pₙ′.
static double cotangent_derivative(int n, double c) {
  double p[64] = {0, 1};
  int degree = 1;
  for (int k = 0; k < n; k++) {
    double q[64] = {0};
    for (int i = 1; i <= degree; i++) {
      q[i - 1] -= i * p[i];
      q[i + 1] -= i * p[i];
    }
    degree++;
    for (int i = 0; i <= degree; i++) p[i] = q[i];
  }
  double value = 0;
  for (int i = degree; i >= 0; i--) value = value * c + p[i];
  return value;
}

/// ψ⁽ⁿ⁾(x) = (−1)ⁿ⁺¹ n! ζ(n+1, x); left of 0 by ψ⁽ⁿ⁾(1−x)(−1)ⁿ − ψ⁽ⁿ⁾(x) = π dⁿ cot(πx)/dxⁿ.
double mos_polygamma(int n, double x) {
  if (n == 0) return mos_digamma(x);
  if (isnan(x)) return x;
  if (x <= 0) {
    if (x == floor(x)) return n % 2 ? INFINITY : NAN;
    if (n > 60) return NAN;
    double reflected = mos_polygamma(n, 1 - x);
    // x − rint(x) is exact, and keeps the digits next to a pole.
    double c = 1 / tan(M_PI * (x - rint(x)));
    return (n % 2 ? -reflected : reflected) - pow(M_PI, n + 1) * cotangent_derivative(n, c);
  }
  if (isinf(x)) return 0;
  double value = tgamma(n + 1.0) * hurwitz_zeta(n + 1.0, x);
  return n % 2 ? value : -value;
}

/// log |Γ(x)|, without the sign that the C library leaves in a global variable.
double mos_lgamma(double x) {
  int sign;
  return lgamma_r(x, &sign);
}
