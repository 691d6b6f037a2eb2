"""Writes Sources/Kernels/gelu_table.h, numbers that Sources/Kernels/gelu.h describes. Run from the
repository's root: python Tests/Oracles/gelu_table.py
"""

import pathlib

import numpy
from scipy.special import erfcx

STEP = 2839 / 32768
EXACT = numpy.log(2) / 8
DEGREE, EXPONENTIAL_DEGREE, LAST = 4, 3, 14.5


def ratio(a):
    return 0.5 * erfcx(a / numpy.sqrt(2)) * numpy.exp(a**2 * (EXACT / STEP - 1) / 2)


def minimax(f, low, high, middle, degree):
    """Lawson's algorithm: coefficients, and the greatest relative error."""
    points = numpy.cos(numpy.pi * (numpy.arange(600) + 0.5) / 600)
    x = (low + high) / 2 + (high - low) / 2 * points
    unit = (high - low) / 2
    powers = numpy.vander((x - middle) / unit, degree + 1, increasing=True) / f(x)[:, None]
    weights = numpy.full(600, 1 / 600)
    for _ in range(200):
        root = numpy.sqrt(weights)
        coefficients = numpy.linalg.lstsq(powers * root[:, None], root, rcond=None)[0]
        errors = abs(powers @ coefficients - 1)
        weights = weights * (errors + 1e-18)
        weights /= weights.sum()
    return coefficients / unit ** numpy.arange(degree + 1), errors.max()


def lines(numbers):
    """Five numbers a line, as C has them."""
    texts = []
    for number in numpy.float32(numbers):
        text = f"{number:.9g}"
        texts.append(text + ("f" if "." in text or "e" in text else ".0f"))
    return [f"  {', '.join(texts[k : k + 5])}," for k in range(0, len(texts), 5)]


columns, greatest = [], 0
for index in range(32):
    # The two lowest bits of the exponent, and three of the fraction.
    octave, eighth = (index // 8 + 1) % 4, index % 8
    low, high = (2.0**octave * (1 + (eighth + end) / 8) for end in (0, 1))
    # The last piece begins where arguments end.
    first, last = min(low - 1, LAST - 0.5), min(high - 1, LAST)
    column, error = minimax(ratio, first, last, (low + high) / 2 - 1, DEGREE)
    columns.append(column * 2.0**-32)
    greatest = max(greatest, error)
reach = numpy.log(2) / 16 * 1.02
exponential, error = minimax(
    lambda s: numpy.exp(-s * EXACT / STEP / 2), -reach, reach, 0, EXPONENTIAL_DEGREE
)
powers = numpy.exp2(numpy.arange(16) / 16).astype(numpy.float32).view(numpy.int32)
text = [
    "// The numbers of gelu.h; written by Tests/Oracles/gelu_table.py.",
    "",
    f"/// R by powers of w - m, for each piece of w; relative error {greatest:.1e}.",
    "static const float gelu_ratio[5][32] = {",
]
for numbers in zip(*columns):
    text += ["  {", *(f"  {line}" for line in lines(numbers)), "  },"]
text += [
    "};",
    "/// The bits of 2^(j/16) less j times 2^19.",
    "static const int32_t gelu_power[16] = {",
]
bits = [str(number - (j << 19)) for j, number in enumerate(powers)]
text += [f"  {', '.join(bits[k : k + 8])}," for k in (0, 8)]
text += [
    "};",
    f"/// e^(-s/2) by powers of s; relative error {error:.1e}.",
    "static const float gelu_exponential[4] = {",
    *lines(exponential),
    "};",
    "/// The step of a² to which 2^(1/16) belongs, of twelve bits, and how many exact ones 1 has.",
    f"static const float gelu_step = {STEP}f, gelu_steps = {numpy.float32(1 / EXACT):.9g}f;",
]
pathlib.Path("Sources/Kernels/gelu_table.h").write_text("\n".join(text) + "\n")
