"""Writes Tests/Scripts/modules/bilevel/: the first ten iterates of each stochastic bilevel method on two problems.
Run from the repository's root with the file of reference numbers:
python3 Tests/Oracles/bilevel.py bilevel_solvers_reference.json

The numbers are those of an implementation of the formulas in NumPy, which agrees to 7e-16 with
benchopt/benchmark_bilevel (3ad65dc), run in JAX on the same batches. The problems are two: a quadratic one, and a
logistic regression with a penalty for each weight, whose second derivatives depend on the point.
"""

import json
import os
import sys

FOLDER = "Tests/Scripts/modules/bilevel"
METHODS = {
    "soba": ["SOBA"], "saba": ["SABA"], "srba": ["SRBA"], "amigo": ["AmIGO"], "stocbio": ["StocBiO"], "bsa": ["BSA"],
    "ttsa": ["TTSA"], "mrbo": ["MRBO"], "sustain": ["SUSTAIN"], "fsla": ["FSLA"], "vrbo": ["VRBO"], "f2sa": ["F2SA"],
    "bome": ["BOME", "BOME_gap"], "pzobo": ["PZOBO"],
}
PROBLEMS = '''# Two small bilevel problems of four batches a side; made by Tests/Oracles/bilevel.py.

## The mean over a batch of z Hz z / 2 + x Hx x / 2 + x C z + c z + d x.
fn _quadratic(side, z, x, batch) {{
    let rows = 4 * batch..4 * batch + 4
    let (Hz, Hx, C) = (mean(side.Hz[rows], axis=0), mean(side.Hx[rows], axis=0), mean(side.C[rows], axis=0))
    let (c, d) = (mean(side.c[rows], axis=0), mean(side.d[rows], axis=0))
    0.5 * z @ (Hz @ z) + 0.5 * x @ (Hx @ x) + x @ (C @ z) + c @ z + d @ x
}}

fn _misfit(side, z, batch) {{
    let rows = 4 * batch..4 * batch + 4
    mean(softplus(-side.y[rows] * (side.A[rows] @ z)))
}}

let _inner = {inner}
let _outer = {outer}
let _inner_examples = {inner_examples}
let _outer_examples = {outer_examples}

let quadratic = {{
    inner: (z, x, batch) => _quadratic(_inner, z, x, batch), outer: (z, x, batch) => _quadratic(_outer, z, x, batch),
    z: {z}, x: {x},
}}
let logistic = {{
    inner: (z, x, batch) => _misfit(_inner_examples, z, batch) + 0.5 * sum(exp(x) * z ** 2),
    outer: (z, x, batch) => _misfit(_outer_examples, z, batch),
    z: {logistic_z}, x: {logistic_x},
}}
let lengths = {lengths}
let vectors = {vectors}

## Whether each state of a run is the expected one, `path` by name.
fn follows(method, problem, path, **options) {{
    let worst = 0.0
    let compare = (z, x, info) => {{
        let state = {{z, x, ...info.state}}
        for (name, values) in path {{
            let found = if name in keys(state) {{ state[name] }} else {{ state.directions[name[2:]] }}
            worst = max(worst, max(abs(found - values[info.steps - 1])).item())
        }}
    }}
    let (z, x) = method(problem.inner, problem.outer, problem.z, problem.x, steps=10, callback=compare, **options)
    worst < 1e-10 and array_equal(z, method(problem.inner, problem.outer, problem.z, problem.x, steps=10, **options)[0])
}}
'''


def text(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(text(v) for v in value) + "]"
    if isinstance(value, str):
        return f'"{value}"'
    return repr(value)


def floats(value):
    return {k: floats(v) for k, v in value.items()} if isinstance(value, dict) else \
        [floats(v) for v in value] if isinstance(value, list) else float(value)


with open(sys.argv[1]) as source:
    reference = json.load(source)
os.makedirs(FOLDER + "/imported", exist_ok=True)
logistic = reference["logistic"]
with open(FOLDER + "/imported/problems.mos", "w") as out:
    out.write(PROBLEMS.format(
        inner=text(floats(reference["inner"])), outer=text(floats(reference["outer"])),
        inner_examples=text(floats(logistic["inner"])), outer_examples=text(floats(logistic["outer"])),
        z=text(floats(reference["z0"])), x=text(floats(reference["x0"])),
        logistic_z=text(floats(logistic["z0"])), logistic_x=text(floats(logistic["x0"])),
        lengths=text({k.lower(): v for k, v in reference["hia_p"].items()}), vectors=text(reference["pzobo_U"])))
for method, variants in METHODS.items():
    lines = [
        f"# The first ten iterates of {method} are the benchmark's; made by Tests/Oracles/bilevel.py.",
        "import bilevel", 'import "imported/problems.mos" as problems']
    for variant in variants:
        options = dict(reference["solvers"][variant]["params"])
        given = "".join(f", {k}={text(v)}" for k, v in options.items())
        if variant in reference["hia_p"]:
            given += f", lengths=problems.lengths.{method}"
        if method == "pzobo":
            given += ", directions=problems.vectors"
        for name, solvers in (("quadratic", reference["solvers"]), ("logistic", logistic["solvers"])):
            path = solvers[variant]["iterates"]
            lines.append(f"let {name}_path = {text(path)}")
            lines.append(
                f"print(problems.follows(bilevel.{method}, problems.{name}, {name}_path{given}))    # expect: true")
    with open(f"{FOLDER}/iterates-of-{method}.mos", "w") as out:
        out.write("\n".join(lines) + "\n")
