"""Writes Tests/TensorsTests/RoundingOracle.swift: what Python's round(x, digits) gives.

    python3 Tests/Oracles/rounding.py
"""

import math
import pathlib
import random
import struct

random.seed(13)
cases = [(2.675, 2), (2.665, 2), (1.005, 2), (0.125, 2), (-0.375, 2), (-0.4, 0), (5e-324, 323)]
# Decimals that look like halves.
for _ in range(60):
    digits = random.randint(0, 8)
    cases.append((float(f"{random.uniform(-1000, 1000):.{digits}f}5"), digits))
# Any number, any number of digits.
while len(cases) < 150:
    x = struct.unpack("d", struct.pack("Q", random.getrandbits(64)))[0]
    digits = random.choice([-308, -100, -22, -5, -1, 0, 1, 5, 15, 22, 23, 100, 323])
    if math.isfinite(x):
        cases.append((x, digits))
# Round the size at which a number of so many digits has no room for a half.
for power in range(48, 56):
    for digits in (0, 1, 3, 6):
        for step in (-1, 0, 1):
            cases.append((2.0**power / 10**digits + step * 2.0 ** (power - 52) / 10**digits, digits))

rows = []
for x, digits in cases:
    try:
        rows.append(f"    ({x!r}, {digits}, {round(x, digits)!r}),")
    except OverflowError:
        rows.append(f"    ({x!r}, {digits}, {'-' if x < 0 else ''}.infinity),")
text = "\n".join(
    [
        "// Written by Tests/Oracles/rounding.py: what Python's round(x, digits) gives.",
        "",
        "enum RoundingOracle {",
        "  static let cases: [(x: Double, digits: Int, rounded: Double)] = [",
        *rows,
        "  ]",
        "}",
        "",
    ]
)
folder = pathlib.Path(__file__).parents[1] / "TensorsTests"
(folder / "RoundingOracle.swift").write_text(text)
