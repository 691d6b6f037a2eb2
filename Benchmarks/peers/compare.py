"""Sets Mos, TorchOpt and compiled JAX side by side: in turn, on one core, one thread each.

    python3 compare.py path/to/mos [part of a name]

PEERS_PYTHON names a Python that has the peers (python3), ROUNDS how often each runs (3). A ratio
is the peer's time by that of Mos: above 1 Mos is faster. This file needs the standard library
alone; a peer that is not installed is left out and said so.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.stdout.reconfigure(line_buffering=True)
HERE = os.path.dirname(os.path.abspath(__file__))
MOS = os.path.abspath(sys.argv[1])
PICK = sys.argv[2] if len(sys.argv) > 2 else ""
PYTHON = os.environ.get("PEERS_PYTHON") or "python3"
ROUNDS = int(os.environ.get("ROUNDS") or 3)

TOLERANCE = 1e-5
# Each workload: why its answers are not compared where they are not, and the goals, ratios over
# TorchOpt and over JAX. Where a gradient is near 0, Adam divides it by a root as small, and with
# eps_root=0 rounding decides the quotient. A compiled program of scalars is out of reach for an
# interpreter, so some have no goal over JAX.
ADAM = "ill-conditioned"
RANDOM = "random"
WORKLOADS = {
    "scalar_meta_sgd": (None, 15, None),
    "scalar_meta_adam": (ADAM, 20, None),
    "scalar_meta_adam_accelerated": (ADAM, 20, None),
    "maml_sinusoid": (None, 10, None),
    "maml_sinusoid_vmap": (None, 40, 0.8),
    "maml_sinusoid_compiled": (None, 40, 0.8),
    "es_linear": (RANDOM, 40, 1),
    "unroll_adam_small": (ADAM, 10, 1),
    "unroll_adam_small_accelerated": (ADAM, 10, 1),
    "unroll_adam_large": (ADAM, 2, 1.2),
    "unroll_adam_large_accelerated": (ADAM, 2, 1.2),
    "implicit_ridge_cg": (None, 8, 1),
    "implicit_ridge_inv": (None, 5, None),
    "gelu_chain_1e6": (None, 3, 0.5),
}
# What a peer does not have stands beside its nearest: JAX maps and compiles everything, and has
# one Adam and one solver here.
NEAREST = ("_vmap", ""), ("_compiled", ""), ("_accelerated", ""), ("_inv", "_cg")

MEMORY = "unroll_adam_large"
FIRST = "first_gradient"
FIRST_GRADIENT = {
    "Mos": "let x = param(2.0); print(grad(x ** 3, x, create_graph=false))",
    "TorchOpt": "import torch, torchopt; x = torch.tensor(2.0, requires_grad=True); "
    "print(torch.autograd.grad(x ** 3, x)[0])",
    "JAX": "import jax; print(jax.grad(lambda x: x ** 3)(2.0))",
}
SCRIPTS = {"Mos": "workloads.mos", "TorchOpt": "with_torchopt.py", "JAX": "with_jax.py"}
MODULES = {"TorchOpt": "torchopt", "JAX": "jax, jaxopt, optax"}


def command(side, *arguments):
    if side == "Mos":
        return [*PINNED, MOS, "--threads", "1", *arguments]
    return [*PINNED, PYTHON, *arguments]


def run(command):
    """Runs to the end: what was printed, the seconds and the greatest resident KB it took."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=ERRORS, text=True
    )
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        ERRORS.seek(0)
        sys.exit(f"{' '.join(command)} failed:\n{ERRORS.read()[-2000:]}")
    return output, time.perf_counter() - start, usage.ru_maxrss


def installed_sides():
    sides = ["Mos"]
    for peer, modules in MODULES.items():
        try:
            check = subprocess.run([PYTHON, "-c", f"import {modules}"], stderr=subprocess.DEVNULL)
            found = check.returncode == 0
        except FileNotFoundError:
            found = False
        if found:
            sides.append(peer)
        else:
            print(f"  {peer} is left out: {PYTHON} has no {modules} (see PEERS_PYTHON)")
    return sides


def candidates(name):
    """The names under which a peer may have a workload, the best first."""
    endings = [pair for pair in NEAREST if name.endswith(pair[0])]
    return [name] + [name.removesuffix(ending) + other for ending, other in endings]


def measure(sides, names):
    """Runs all sides in turn: seconds and answers by side and name, and JAX's first calls."""
    seconds = {side: {} for side in sides}
    answers = {side: {} for side in sides}
    compiling = {}
    theirs = sorted({other for name in names for other in candidates(name)})
    for _ in range(ROUNDS):
        for side in sides:
            wanted = names if side == "Mos" else theirs
            output, _, _ = run(command(side, os.path.join(HERE, SCRIPTS[side]), *wanted))
            for line in output.splitlines():
                name, median, answer, *first = line.split("\t")
                seconds[side].setdefault(name, []).append(float(median))
                answers[side][name] = float(answer)
                for each in first:
                    compiling.setdefault(name, float(each))
    return seconds, answers, compiling


def compare_workloads(sides, names):
    """Prints the table; gives whether all answers that must agree do."""
    seconds, answers, compiling = measure(sides, names)
    peers = sides[1:]
    heads = [f"{peer:>11} {'ratio':>6}" for peer in peers]
    print(f"  {'workload':30}{'Mos':>12}", *heads, "  answer")
    agree, behind = True, []
    for name in names:
        ours = statistics.median(seconds["Mos"][name])
        reason, *goals = WORKLOADS[name]
        goals = dict(zip(MODULES, goals))
        verdict = reason or ("agrees" if peers else "alone")
        cells = []
        for peer in peers:
            other = next((other for other in candidates(name) if other in seconds[peer]), None)
            if other is None:
                cells.append(" " * 18)
                continue
            theirs = statistics.median(seconds[peer][other])
            cells.append(f"{theirs * 1e3:8.3f} ms {theirs / ours:6.2f}")
            if goals[peer] and theirs < goals[peer] * ours:
                behind.append(f"{name} ({theirs / ours:.2f} of {goals[peer]}, {peer})")
            difference = abs(answers[peer][other] - answers["Mos"][name])
            if reason is None and difference > TOLERANCE * abs(answers[peer][other]):
                agree = False
                verdict = f"DIFFERS: {answers['Mos'][name]}, {peer} {answers[peer][other]}"
        print(f"  {name:30}{ours * 1e3:9.3f} ms", *cells, f"  {verdict}")
    if compiling:
        slowest = max(compiling, key=compiling.get)
        print(
            f"  not counted: JAX's compilation, {sum(compiling.values()):.0f} s for all, "
            f"{compiling[slowest]:.0f} s of it for {slowest}"
        )
    if peers:
        print(f"  below the goals: {', '.join(behind) or 'nothing'}")
    return agree


def compare_memory(sides):
    """The greatest resident memory of a process that runs one workload, and of one that runs none.

    A figure is never below this process's own, some 15 MB, which its children begin with.
    """
    print(f"\npeak memory of {MEMORY} alone, in MB, and of the process that does nothing")
    peaks = {}
    for side in sides:
        script = os.path.join(HERE, SCRIPTS[side])
        runs = [
            [run(command(side, script, name))[2] / 1024 for name in (MEMORY, "none")]
            for _ in range(ROUNDS)
        ]
        peaks[side], idle = map(statistics.median, zip(*runs))
        print(
            f"  {side:10}{peaks[side]:9.1f}{idle:9.1f}   {peaks[side] / peaks['Mos']:5.2f}× ours;"
            f" between them {peaks[side] - idle:.1f}"
        )


def compare_starts(sides):
    """The time from launching a process to its first gradient."""
    print("\nfrom launching the process to its first gradient")
    times = {side: [] for side in sides}
    for _ in range(max(5, ROUNDS)):
        for side in sides:
            flag = "-e" if side == "Mos" else "-c"
            output, seconds, _ = run(command(side, flag, FIRST_GRADIENT[side]))
            assert "12" in output, output
            times[side].append(seconds)
    ours = statistics.median(times["Mos"])
    for side in sides:
        theirs = statistics.median(times[side])
        print(f"  {side:10}{theirs * 1e3:9.1f} ms   {theirs / ours:6.1f}× ours")


names = [name for name in WORKLOADS if PICK in name]
memory, start = PICK in MEMORY or PICK == "memory", PICK in FIRST
if not (names or memory or start):
    sys.exit(0)
core = max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
PINNED = ["taskset", "-c", str(core)] if core is not None and shutil.which("taskset") else []
with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryFile("w+") as ERRORS:
    # Compiled programs are kept between rounds, so that only the first one compiles.
    ENVIRONMENT = dict(
        os.environ,
        OMP_NUM_THREADS="1",
        OPENBLAS_NUM_THREADS="1",
        MKL_NUM_THREADS="1",
        JAX_PLATFORMS="cpu",
        JAX_COMPILATION_CACHE_DIR=cache,
        TF_CPP_MIN_LOG_LEVEL="3",
    )
    print(f"peers: the median of {ROUNDS} rounds on one core, one thread; above 1 Mos is faster")
    sides = installed_sides()
    agree = compare_workloads(sides, names) if names else True
    if memory:
        compare_memory(sides)
    if start:
        compare_starts(sides)
sys.exit(0 if agree else 1)
