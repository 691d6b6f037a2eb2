"""Writes Tests/Scripts/autodiff/jet/along-curves.mos: derivatives of functions along curves in forty digits (mpmath).
Run from the repository's root: python3 Tests/Oracles/jets.py
"""

import os

from mpmath import mp

mp.dps = 40


def curve(x, terms):
    """The curve with the value x and these derivatives at 0."""
    return lambda t: x + mp.fsum(mp.mpf(d) * t ** (k + 1) / mp.factorial(k + 1) for k, d in enumerate(terms))


CASES = [
    ("x => exp(sin(x)) * x", lambda x: mp.exp(mp.sin(x)) * x, "0.3", "(0.7, -0.2, 0.5, 0.1)"),
    ("x => x ** 3", lambda x: x ** 3, "2.0", "(1.0, 0.5, 0.25, 2.0)"),
    ("x => log(x) / (1.0 + x * x)", lambda x: mp.log(x) / (1 + x * x), "0.3", "(1.0, 0.0, 0.0, 0.0, 0.0)"),
    ("x => tanh(x)", mp.tanh, "0.5", "(1.0, 2.0, -1.0, 0.25)"),
    ("x => sigmoid(x) ** 1.5", lambda x: (1 / (1 + mp.exp(-x))) ** mp.mpf("1.5"), "-0.4", "(0.3, 0.0, 1.0)"),
    ("x => sqrt(x) * erf(x)", lambda x: mp.sqrt(x) * mp.erf(x), "0.9", "(1.0, -1.0, 0.5)"),
    ("x => lgamma(x)", mp.loggamma, "1.7", "(0.5, 0.25, 0.0)"),
    ("x => atan2(x, 2.0 - x)", lambda x: mp.atan2(x, 2 - x), "0.6", "(1.0, 0.2, 0.1)"),
    ("x => logaddexp(x, 0.3)", lambda x: mp.log(mp.exp(x) + mp.exp(mp.mpf("0.3"))), "0.3", "(1.0, 0.0, 0.0, 0.0)"),
    ("x => hypot(x, x ** 2)", lambda x: mp.sqrt(x ** 2 + x ** 4), "0.8", "(1.0, 0.5, 0.25)"),
    ("x => logsumexp([1.0, 2.0] * x)", lambda x: mp.log(mp.exp(x) + mp.exp(2 * x)), "0.8", "(1.0, 0.5, 0.25)"),
    ("x => prod([1.0, 2.0, 3.0] + x)", lambda x: (1 + x) * (2 + x) * (3 + x), "-1.0", "(1.0, 0.5, 0.25, 3.0)"),
]

os.makedirs("Tests/Scripts/autodiff/jet", exist_ok=True)
with open("Tests/Scripts/autodiff/jet/along-curves.mos", "w") as out:
    print("# Derivatives along curves; made by Tests/Oracles/jets.py.", file=out)
    print("fn check(f, x, series, want) {", file=out)
    print("    let (y, derivatives) = jet(f, x, series)", file=out)
    print("    print(near((y, *derivatives), want, rtol=1e-10))", file=out)
    print("}", file=out)
    for mos, f, x, series in CASES:
        terms = [float(t) for t in series.strip("()").split(",")]
        path = curve(mp.mpf(x), terms)
        wanted = mp.taylor(lambda t: f(path(t)), 0, len(terms))
        wanted = [float(c * mp.factorial(k)) for k, c in enumerate(wanted)]
        print(f"check({mos}, {x}, {series}, {tuple(wanted)!r})    # expect: true", file=out)
