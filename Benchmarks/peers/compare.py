"""Sets Mos, TorchOpt and compiled JAX side by side: in turn, on one core, one thread each.

    python3 compare.py path/to/mos [part of a name]

PEERS_PYTHON names a Python that has the peers (python3), ROUNDS how often each runs (3), LEVELS the
processor levels, of `avx512` and `avx2` (both, where the processor has them). Times are the least of
all rounds; a ratio is the peer's time by that of Mos: above 1 Mos is faster. This file needs the
standard library alone; a peer that is not installed is left out and said so.
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
# Each workload: why its answers are not compared with those of peers where they are not, and the
# goals, ratios: interpreted over TorchOpt and over JAX, compiled over JAX. Where a gradient is near
# 0, Adam divides it by a root as small, and with eps_root=0 rounding decides the quotient. A
# compiled program of small operations is out of reach for an interpreter, so some have no goal over
# JAX.
ADAM = "ill-conditioned"
RANDOM = "random"
WORKLOADS = {
    "scalar_meta_sgd": (None, 15, None, 3),
    "scalar_meta_adam": (ADAM, 20, None, 3),
    "scalar_meta_adam_accelerated": (ADAM, 20, None, 3),
    "maml_sinusoid": (None, 10, None, 1.5),
    "maml_sinusoid_vmap": (None, 40, 0.8, 1.5),
    "es_linear": (RANDOM, 100, 1, 4),
    "unroll_adam_small": (ADAM, 12, 1, 2),
    "unroll_adam_small_accelerated": (ADAM, 12, 1, 2),
    "unroll_adam_large": (ADAM, 2, 1.2, 2),
    "unroll_adam_large_accelerated": (ADAM, 2, 1.2, 2),
    "implicit_ridge_cg": (None, 8, 1, 2),
    "implicit_ridge_inv": (None, 5, None, 2),
    "gelu_chain_1e6": (None, 3, 0.5, 1.5),
    "mlp_step": (None, 5, None, 1.5),
    "scan_1000": (None, None, None, 1),
}
COMPILED = "_compiled"
# The first call of a compiled function, in which it is recorded: at most so many runs of the
# interpreter, and at least so many times less than the first call of JAX's.
FIRST_CALL_RUNS, FIRST_CALL_RATIO = 25, 20
# Processes of which the quickest counts: a single call is interrupted now and then.
FIRST_CALL_TRIES = 10
# What a peer does not have stands beside its nearest: TorchOpt compiles nothing, JAX maps and
# compiles everything, and has one Adam and one solver here.
NEAREST = (COMPILED, ""), ("_vmap", ""), ("_accelerated", ""), ("_inv", "_cg")

# What keeps a side from instructions above a level.
LEVELS = {
    "avx512": {},
    "avx2": {
        "MOS_KERNELS": "avx2",
        "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
    },
}

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


def run(command, environment={}):
    """Runs to the end: what was printed, the seconds and the greatest resident KB it took."""
    ERRORS.truncate(0)
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**ENVIRONMENT, **environment},
        stdout=subprocess.PIPE,
        stderr=ERRORS,
        text=True,
    )
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{errors()[-2000:]}")
    return output, time.perf_counter() - start, usage.ru_maxrss


def errors():
    """What the last run wrote to standard error."""
    ERRORS.seek(0)
    return ERRORS.read()


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


def interpreted(name):
    return name.removesuffix(COMPILED)


def candidates(name):
    """The names under which a peer may have a workload, the best first."""
    names = [name]
    for ending, other in NEAREST:
        if names[-1].endswith(ending):
            names.append(names[-1].removesuffix(ending) + other)
    return names


def goals(name):
    """Why answers are not compared, and the goals over each peer."""
    reason, torchopt, jax, compiled = WORKLOADS[interpreted(name)]
    if name.endswith(COMPILED):
        torchopt, jax = None, compiled
    return reason, {"TorchOpt": torchopt, "JAX": jax}


class Times:
    """What was measured at a level: the least seconds, the answers and the first calls' seconds, by
    side and name."""

    def __init__(self, sides):
        self.seconds = {side: {} for side in sides}
        self.answers = {side: {} for side in sides}
        self.first = {side: {} for side in sides}

    def add(self, side, output):
        for line in output.splitlines():
            name, least, answer, *first = line.split("\t")
            seconds = self.seconds[side]
            seconds[name] = min(float(least), seconds.get(name, float("inf")))
            self.answers[side][name] = float(answer)
            # Later rounds of JAX find what was compiled in the first.
            for each in first:
                self.first[side].setdefault(name, float(each))


def measure(sides, names, levels):
    """Runs all sides in turn, at all levels, and prints what Mos remarks on the first time."""
    times = {level: Times(sides) for level in levels}
    ours = sorted({*names, *map(interpreted, names)})
    theirs = sorted({other for name in names for other in candidates(name)})
    remarks = None
    for _ in range(ROUNDS):
        for level in levels:
            for side in sides:
                script = os.path.join(HERE, SCRIPTS[side])
                wanted = ours if side == "Mos" else theirs
                output, _, _ = run(command(side, script, *wanted), LEVELS[level])
                times[level].add(side, output)
                if remarks is None:
                    remarks = errors()
    if remarks:
        print(remarks)
    return times


def compare_workloads(sides, names, times):
    """Prints the table; gives whether all answers that must agree do."""
    seconds, answers = times.seconds, times.answers
    peers = sides[1:]
    heads = [f"{peer:>12} {'ratio':>6}" for peer in peers]
    print(f"  {'workload':40}{'Mos':>12}", *heads, "  answer")
    agree, behind = True, []
    for name in names:
        ours, answer = seconds["Mos"][name], answers["Mos"][name]
        reason, wanted = goals(name)
        verdict = reason or ("agrees" if peers else "alone")
        # Compiling may change the order of sums where they cross a border, and nothing else.
        plain = answers["Mos"][interpreted(name)]
        if reason != ADAM and abs(answer - plain) > TOLERANCE * abs(plain):
            agree = False
            verdict = f"DIFFERS: {answer}, interpreted {plain}"
        cells = []
        for peer in peers:
            other = next((other for other in candidates(name) if other in seconds[peer]), None)
            if other is None:
                cells.append(" " * 19)
                continue
            theirs = seconds[peer][other]
            cells.append(f"{theirs * 1e3:9.3f} ms {theirs / ours:6.2f}")
            if wanted[peer] and theirs < wanted[peer] * ours:
                behind.append(f"{name} ({theirs / ours:.2f} of {wanted[peer]}, {peer})")
            if reason is None and abs(answers[peer][other] - answer) > TOLERANCE * abs(answer):
                agree = False
                verdict = f"DIFFERS: {answer}, {peer} {answers[peer][other]}"
        print(f"  {name:40}{ours * 1e3:9.3f} ms", *cells, f"  {verdict}")
    if peers:
        print(f"  below the goals: {', '.join(behind) or 'nothing'}")
    return agree


def compare_first_calls(names, times):
    """Prints what the first call of a compiled function takes, beside JAX's."""
    names = [name for name in names if name.endswith(COMPILED)]
    if not names:
        return
    jax = times.first.get("JAX", {})
    print("\nthe first call of what is compiled; JAX's traces and compiles")
    print(f"  {'workload':40}{'Mos':>15}{'runs':>7}{'JAX':>13}{'ratio':>9}")
    behind = []
    for name in names:
        tries = [
            run(command("Mos", os.path.join(HERE, SCRIPTS["Mos"]), "once", name))[0]
            for _ in range(FIRST_CALL_TRIES)
        ]
        ours = min(float(line.split("\t")[3]) for line in tries)
        runs = ours / times.seconds["Mos"][interpreted(name)]
        line = f"  {name:40}{ours * 1e6:12.0f} µs{runs:7.1f}"
        if runs > FIRST_CALL_RUNS:
            behind.append(f"{name} ({runs:.0f} runs of {FIRST_CALL_RUNS})")
        other = next((other for other in candidates(name) if other in jax), None)
        if other:
            ratio = jax[other] / ours
            line += f"{jax[other] * 1e3:10.0f} ms{ratio:9.0f}"
            if ratio < FIRST_CALL_RATIO:
                behind.append(f"{name} ({ratio:.1f} of {FIRST_CALL_RATIO}, JAX)")
        print(line)
    print(f"  below the goals: {', '.join(behind) or 'nothing'}")


def compare_memory(sides):
    """The greatest resident memory of a process that runs one workload, and of one that runs none.

    A figure is never below this process's own, some 15 MB, which its children begin with.
    """
    print(f"\npeak memory of {MEMORY} alone, in MB, and of the process that does nothing")
    rows = [("Mos", MEMORY), ("Mos", MEMORY + COMPILED)] + [(peer, MEMORY) for peer in sides[1:]]
    first = None
    for side, workload in rows:
        script = os.path.join(HERE, SCRIPTS[side])
        runs = [
            [run(command(side, script, name))[2] / 1024 for name in (workload, "none")]
            for _ in range(ROUNDS)
        ]
        peak, idle = map(statistics.median, zip(*runs))
        first = first or peak
        label = side + (", compiled" if workload.endswith(COMPILED) else "")
        print(
            f"  {label:14}{peak:9.1f}{idle:9.1f}   {peak / first:5.2f}× ours;"
            f" between them {peak - idle:.1f}"
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


def processor_levels():
    """The levels to measure: those that are asked for, or all that the processor has."""
    if os.environ.get("LEVELS"):
        return os.environ["LEVELS"].split()
    try:
        with open("/proc/cpuinfo") as file:
            flags = file.read()
    except OSError:
        flags = ""
    return ["avx512", "avx2"] if "avx512f" in flags else ["avx2"]


names = [name + ending for name in WORKLOADS for ending in ("", COMPILED)]
names = [name for name in names if PICK in name]
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
    sides = installed_sides()
    agree = True
    if names:
        levels = processor_levels()
        print(f"peers: the least of {ROUNDS} rounds on one core, one thread; above 1 Mos is faster")
        times = measure(sides, names, levels)
        for level in levels:
            print(f"\nat {level}")
            agree = compare_workloads(sides, names, times[level]) and agree
        compare_first_calls(names, times[levels[0]])
    if memory:
        compare_memory(sides)
    if start:
        compare_starts(sides)
sys.exit(0 if agree else 1)
