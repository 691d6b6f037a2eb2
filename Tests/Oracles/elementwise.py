"""Writes Tests/TensorsTests/ElementwiseOracle.swift: elementary and special functions in fifty
digits (mpmath), rounded to doubles. Run from the repository's root: python3 Tests/Oracles/elementwise.py
"""

import math

from mpmath import mp, mpf

mp.dps = 50
POINTS = [-700.0, -50.0, -9.25, -3.5, -2.0, -1.0, -0.75, -0.5, -1e-3, -1e-9, 1e-9, 1e-3, 0.25, 0.5,
          0.9375, 1.0, 1.5, 2.0, 3.5, 10.0, 30.0, 88.0, 300.0, 700.0]
PHI = lambda x: mp.erfc(-x / mp.sqrt(2)) / 2
SIGMOID = lambda x: 1 / (1 + mp.exp(-x))
SOFTPLUS = lambda x: mp.log1p(mp.exp(x))
FUNCTIONS = {
    "exp": mp.exp, "expm1": mp.expm1, "log": mp.log, "log1p": mp.log1p,
    "log2": lambda x: mp.log(x, 2), "log10": mp.log10, "sqrt": mp.sqrt,
    "rsqrt": lambda x: 1 / mp.sqrt(x), "square": lambda x: x * x, "reciprocal": lambda x: 1 / x,
    "sin": mp.sin, "cos": mp.cos, "tan": mp.tan, "asin": mp.asin, "acos": mp.acos, "atan": mp.atan,
    "sinh": mp.sinh, "cosh": mp.cosh, "tanh": mp.tanh, "asinh": mp.asinh, "acosh": mp.acosh,
    "atanh": mp.atanh, "erf": mp.erf, "erfc": mp.erfc, "erfinv": mp.erfinv,
    "lgamma": lambda x: mp.log(abs(mp.gamma(x))), "digamma": mp.digamma,
    "trigamma": lambda x: mp.polygamma(1, x), "relu": lambda x: max(x, mpf(0)), "sigmoid": SIGMOID,
    "softplus": SOFTPLUS, "logSigmoid": lambda x: -SOFTPLUS(-x), "silu": lambda x: x * SIGMOID(x),
    "gelu": lambda x: x * PHI(x), "sigmoidSlope": lambda x: SIGMOID(x) * SIGMOID(-x),
    "tanhSlope": lambda x: 1 / mp.cosh(x) ** 2,
}


def value(function, x):
    """The double nearest to the function's value, nan where it is not real."""
    try:
        y = function(mpf(x))
    except (ValueError, ZeroDivisionError):
        return "nan"
    if isinstance(y, mp.mpc):
        if y.imag != 0:
            return "nan"
        y = y.real
    if not mp.isfinite(y):
        return "nan"
    try:
        double = float(y)
    except OverflowError:
        double = math.copysign(math.inf, y)
    return {math.inf: ".infinity", -math.inf: "-.infinity"}.get(double, repr(double))


with open("Tests/TensorsTests/ElementwiseOracle.swift", "w") as out:
    print("// Values to fifty digits, rounded; made by Tests/Oracles/elementwise.py.\n", file=out)
    print("enum ElementwiseOracle {", file=out)
    print(f"  static let points: [Double] = [{', '.join(map(repr, POINTS))}]\n", file=out)
    print("  /// nan marks a point outside the function's domain.", file=out)
    print("  static let values: [String: [Double]] = [", file=out)
    for name, function in FUNCTIONS.items():
        row = [value(function, x) for x in POINTS]
        row = [".nan" if y == "nan" else y for y in row]
        print(f'    "{name}": [', file=out)
        for i in range(0, len(row), 4):
            print("      " + ", ".join(row[i:i + 4]) + ",", file=out)
        print("    ],", file=out)
    print("  ]\n}", file=out)
