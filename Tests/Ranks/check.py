"""Programs on several ranks, as processes of mpirun: who prints, how they fail, and that nothing hangs.

    python3 check.py MOS LIBRARY

MOS is the binary, LIBRARY the libmos_mpi.so that it loads. Each case has its own time, and none may reach it.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

# A build folder is a link; ranks that `mos --ranks` starts are known by the file itself.
MOS, LIBRARY = (os.path.realpath(path) for path in sys.argv[1:3])
ROOT = pathlib.Path(__file__).resolve().parents[2]
# A loaded machine must not fail a test; only a hang does.
PATIENCE = 90
FOLDER = tempfile.TemporaryDirectory()
HERE = pathlib.Path(FOLDER.name)
os.environ.update(
    MOS_MPI=LIBRARY, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
    OMPI_MCA_rmaps_base_oversubscribe="1")
IMPORTS = "from parallel import all_reduce, all_gather, barrier, broadcast, parallel_map, rank, world_size\n"

cases = []


def case(function):
    cases.append(function)
    return function


class Result:
    def __init__(self, process, output, errors, seconds):
        self.status, self.seconds = process.returncode, seconds
        self.output, self.errors = output.decode(), errors.decode()

    def __repr__(self):
        return f"status {self.status} after {self.seconds:.1f} s\n{self.output}\n--\n{self.errors}"


class Running:
    """A command in a session of its own, all of which is gone when it is left."""

    def __init__(self, words, environment={}, stdin=subprocess.PIPE):
        self.start = time.monotonic()
        self.process = subprocess.Popen(
            words, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=HERE,
            env={**os.environ, **environment}, start_new_session=True)

    def end(self, text=b""):
        try:
            output, errors = self.process.communicate(text, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            output, errors = self.process.communicate()
            raise AssertionError(f"it hangs: {output.decode()}\n{errors.decode()}")
        return Result(self.process, output, errors, time.monotonic() - self.start)


def program(text):
    path = HERE / "program.mos"
    path.write_text(IMPORTS + text + "\n")
    return str(path)


def mos(count, text, *options, stdin="", environment={}):
    """By `mos --ranks`."""
    words = [MOS, "--ranks", str(count), *options, program(text)]
    return Running(words, environment).end(stdin.encode())


def mpirun(count, *words, stdin="", environment={}):
    """By the launcher itself."""
    return Running(["mpirun", "-n", str(count), *words], environment).end(stdin.encode())


def expect(result, status=None, output=None, errors=None, times=None):
    if status is not None:
        assert result.status == status, f"status {status} was expected: {result!r}"
    if output is not None:
        assert result.output == output, f"{output!r} was expected: {result!r}"
    if errors is not None:
        assert errors in result.errors, f"{errors!r} was expected: {result!r}"
        if times is not None:
            assert result.errors.count(errors) == times, f"{errors!r} {times} times: {result!r}"


def ranks_alive(word):
    """Processes whose command line holds a word."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if line and line[0] == MOS.encode() and word.encode() in line:
                found.append(int(entry.name))
    return found


def wait_for(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"no {what}"
        time.sleep(0.02)


# ---- What they print and exchange


@case
def one_rank_prints_what_all_print():
    for count in 1, 2, 3, 4:
        result = mos(count, "print(world_size(), all_reduce([1.0 + rank()])[0])")
        total = sum(range(1, count + 1))
        expect(result, 0, f"{count} {total}.0\n")
        assert result.errors == "", result


@case
def every_rank_prints_where_it_is_asked_to():
    result = mos(3, 'print("rank", rank(), all_ranks=true)')
    expect(result, 0)
    assert sorted(result.output.splitlines()) == ["[0] rank 0", "[1] rank 1", "[2] rank 2"], result
    expect(mos(1, 'print("alone", all_ranks=true)'), 0, "alone\n")


@case
def exchanges_have_every_size():
    # Sizes around what goes in one piece, in a library whose pieces are small.
    small = HERE / "libsmall.so"
    subprocess.run(
        ["mpicc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-DMOS_MPI_PIECE=100", "-o", small,
         ROOT / "MPI" / "mos_mpi.c"], check=True)
    text = """
from parallel import gather, scatter, reduce_scatter
let ok = true
for n in (0, 1, 3, 4, 12, 13, 25, 26, 200) {
    let own = arange(n) * 1.0 + 1000.0 * rank()
    let all = all_gather(own)
    for r in 0..world_size() { if not array_equal(all[r], arange(n) * 1.0 + 1000.0 * r) { ok = false } }
    let one = gather(own, root=1)
    if rank() == 1 and not array_equal(one, all) { ok = false }
    if not array_equal(broadcast(own, root=world_size() - 1), all[world_size() - 1]) { ok = false }
    if not array_equal(scatter(all, root=0), own) { ok = false }
    if not array_equal(reduce_scatter(all), own * world_size()) { ok = false }
}
print(ok)
"""
    for library in LIBRARY, str(small):
        for count in 2, 3, 4:
            expect(mos(count, text, environment={"MOS_MPI": library}), 0, "true\n")


@case
def the_program_comes_from_standard_input():
    text = IMPORTS + "print(all_reduce([1.0]))\n"
    expect(Running([MOS, "--ranks", "2", "-"]).end(text.encode()), 0, "[2.0]\n")
    expect(Running([MOS, "--ranks", "2"]).end(text.encode()), 0, "[2.0]\n")
    expect(mpirun(3, MOS, "-", stdin=text), 0, "[3.0]\n")


@case
def all_ranks_have_the_lines_of_standard_input():
    result = mos(3, "print(input(), input(), input(), all_ranks=true)", stdin="one\n\n")
    expect(result, 0)
    lines = ["[0] one  nil", "[1] one  nil", "[2] one  nil"]
    assert sorted(result.output.splitlines()) == lines, result


@case
def a_file_is_written_once_and_read_by_all():
    text = """
let x = [1.0 + rank()]
save(x, "x.npy")
write_text("y.txt", "{rank()}")
make_folder("folder")
write_text("own-{rank()}.txt", "{rank()}", all_ranks=true)
barrier()
print(load("x.npy"), read_text("y.txt"), exists("folder"), read_text("own-{rank()}.txt"), all_ranks=true)
"""
    result = mos(3, text)
    lines = [f"[{rank}] [1.0] 0 true {rank}" for rank in range(3)]
    assert sorted(result.output.splitlines()) == lines, result


@case
def any_number_of_ranks_gives_the_same_bits():
    """MAML, evolution, estimates and training by data, and a run that was saved by four ranks and goes on with two."""
    train = """
import es
import meta
from parallel import share
seed(0)
fn loss(w, points) { mse_loss(points.x @ w, points.y) }
let tasks = list({train: {x: randn(4, 3), y: randn(4)}, test: {x: randn(4, 3), y: randn(4)}} for _ in 0..5)
let (w, step, path) = (randn(3), 0, args()[0])
let transform = adam(0.05)
let state = transform.init(w)
if exists(path) {
    let saved = load(path)
    (w, step, state) = (saved.w, saved.step.item(), saved.state)
}
fn outer(w) { parallel_map(t => loss(meta.maml(loss, w, t, lr=0.1, steps=2), t.test), tasks, reduce="mean") }
while step < 6 {
    let inside = t => grad(w => loss(meta.maml(loss, w, t, lr=0.1, steps=2), t.test))(w)
    let (updates, next) = transform.update(parallel_map(inside, tasks, reduce="mean"), state)
    (w, state, step) = (apply_updates(w, updates), next, step + 1)
    if step == int(args()[1]) {
        save({w, step, state}, path)
        exit()
    }
}
seed(step)
let estimated = zero_order(outer, num_samples=20, sigma=0.1, method="antithetic", parallel=true)
let found = es.minimize(w => sum((w - 1.0) ** 2), w, generations=3, pairs=10, parallel=true)
let x = randn(40, 3)
let trained = w
for _ in 0..3 {
    trained = trained - 0.1 * parallel_map(i => grad(w => mean((x[4 * i:4 * i + 4] @ w) ** 2))(trained), 0..10, reduce="mean")
}
for value in (w, outer(w), grad(outer)(w), grad(estimated)(w), found.params, trained) { print(list(tensor(value).reshape(-1))) }
"""
    def run(count, path, until):
        return Running([MOS, "--ranks", str(count), program(train), str(path), str(until)]).end()

    found = set()
    for count in 1, 2, 3, 4:
        whole = run(count, HERE / "never.safetensors", 0)
        expect(whole, 0)
        found.add(whole.output)
    path = HERE / "saved.safetensors"
    expect(run(4, path, 3), 0, "")
    assert path.exists()
    goes_on = run(2, path, 0)
    expect(goes_on, 0)
    found.add(goes_on.output)
    assert len(found) == 1 and len(whole.output.splitlines()) == 6, found


@case
def tests_run_on_all_ranks():
    path = HERE / "tests.mos"
    path.write_text(IMPORTS + """
test "the sum" { assert(all_reduce([1.0])[0] == 1.0 * world_size()) }
test "wrong everywhere" { assert(all_reduce([1.0])[0] == 7.0) }
""")
    result = Running([MOS, "test", "--ranks", "2", str(path)]).end()
    expect(result, 1, f"ok   {path}: the sum\nFAIL {path}: wrong everywhere\n1 passed, 1 failed\n")
    expect(result, errors="error[", times=1)


@case
def what_is_done_once_is_done_by_one():
    path = HERE / "form.mos"
    path.write_text("let x=1\nprint(x)\n")
    expect(mpirun(3, MOS, "check", str(path)), 0, "")
    expect(mpirun(3, MOS, "fmt", str(path)), 0)
    assert path.read_text() == "let x = 1\nprint(x)\n", path.read_text()


# ---- Mistakes


@case
def a_mistake_of_all_is_shown_once():
    expect(mos(3, "let x = ones(3) + ones(2)"), 1, "", "error[shape]: cannot add", 1)
    expect(mos(3, "let = 3"), 65, "", "error[syntax]: expected a name", 1)
    expect(mos(3, 'write_text("/nowhere/x", "")'), 1, "", 'error[io]: cannot write "/nowhere/x"', 1)
    expect(mpirun(3, MOS, "nothing.mos"), 2, "", 'cannot read "nothing.mos"', 1)


@case
def a_mistake_of_one_ends_all_and_says_where():
    for others in "barrier()", "while true {}", "sleep(60)", "sort(randn(30_000_000))":
        result = mos(3, f'if rank() == 1 {{ throw "only one" }}\n{others}')
        expect(result, 1, "", "error[error]: on rank 1: only one", 1)
        expect(result, errors="program.mos:2:")
        assert "interrupted" not in result.errors and "---" not in result.errors, result


@case
def an_error_of_all_can_be_caught():
    text = 'try { write_text("/nowhere/x", "") } catch e { print(e.kind, all_ranks=true) }\nbarrier()'
    result = mos(2, text)
    expect(result, 0)
    assert sorted(result.output.splitlines()) == ["[0] io", "[1] io"], result


@case
def calls_that_differ_are_an_error_on_all():
    result = mos(3, 'if rank() == 1 { barrier() } else { all_reduce([1.0]) }')
    expect(result, 1, "", "the ranks do different things", 1)
    expect(result, errors="rank 1: barrier at")
    expect(
        mos(2, 'save([1.0], "x-{rank()}.npy")'), 1, "", "the ranks do different things", 1)


@case
def a_rank_that_ends_early_is_an_error_on_all():
    result = mos(3, "if rank() == 0 { all_reduce([1.0]) }")
    expect(result, 1, "", "ranks 1, 2: the end of the program", 1)


@case
def exit_is_for_all():
    expect(mos(3, "print(1)\nexit(7)\nprint(2)"), 7, "1\n")
    expect(mos(2, "exit(0)"), 0, "")
    result = mos(2, "if rank() == 1 { exit(7) }\nbarrier()")
    expect(result, 7, "", "rank 1 called exit(7), and other ranks did not", 1)
    assert mos(2, "if rank() == 1 { exit(0) }\nbarrier()").status == 1


@case
def a_limit_is_heard_in_a_wait():
    text = "if rank() == 1 { barrier() }\nwhile true {}"
    result = mos(2, text, "--limit", "seconds=1")
    expect(result, 1, "", "the program ran longer than 1.0 seconds", 1)


# ---- Ends from outside


def held(count, text, launcher):
    """A program that has come so far as to print, and its ranks."""
    path = program('print("ready")\nwrite_text("ready", "")\n' + text)
    (HERE / "ready").unlink(missing_ok=True)
    words = [MOS, "--ranks", str(count)] if launcher == "mos" else ["mpirun", "-n", str(count), MOS]
    running = Running(words + [path])
    wait_for((HERE / "ready").exists, "sign of life")
    time.sleep(0.2)
    number = [pid for pid in ranks_alive(path) if rank_of(pid) is not None]
    assert len(number) == count, number
    return running, sorted(number, key=rank_of), path


def rank_of(pid):
    found = re.search(
        rb"OMPI_COMM_WORLD_RANK=(\d+)", pathlib.Path(f"/proc/{pid}/environ").read_bytes())
    return int(found[1]) if found else None


@case
def a_killed_rank_ends_the_others():
    for launcher in "mos", "mpirun":
        for victim in 0, 1:
            text = f"if rank() == {victim} {{ sleep(80) }}\nbarrier()"
            running, pids, path = held(3, text, launcher)
            start = time.monotonic()
            os.kill(pids[victim], signal.SIGKILL)
            result = running.end()
            wait_for(lambda: not ranks_alive(path), "end of the others")
            assert time.monotonic() - start < 5, f"{time.monotonic() - start} s: {result!r}"
            assert result.status == 137, result
            if launcher == "mos":
                expect(result, 137, None, f"error: rank {victim} was ended by signal 9 (Killed)", 1)
                assert len(result.errors.splitlines()) == 1, result


@case
def ctrl_c_ends_all():
    for launcher in "mos", "mpirun":
        for text in "if rank() == 1 { sleep(80) }\nbarrier()", "while true {}", "input()":
            running, pids, path = held(2, text, launcher)
            start = time.monotonic()
            os.kill(running.process.pid, signal.SIGINT)
            running.process.wait(PATIENCE)
            wait_for(lambda: not ranks_alive(path), "end of all")
            result = running.end()
            assert time.monotonic() - start < 5, result
            if launcher == "mos":
                expect(result, 130, "ready\n", "error[interrupt]: interrupted\n", 1)
                assert len(result.errors.splitlines()) == 1, result


@case
def a_signal_to_the_launcher_ends_all():
    running, pids, path = held(2, "while true {}", "mos")
    os.kill(running.process.pid, signal.SIGTERM)
    expect(running.end(), 143, "ready\n")
    wait_for(lambda: not ranks_alive(path), "end of all")


@case
def streams_may_be_closed():
    path = program("print(input())")
    expect(Running(["sh", "-c", f"'{MOS}' --ranks 2 '{path}' <&-"]).end(), 0, "nil\n", "", None)
    path = program("while true { print(1) }")
    result = Running(["sh", "-c", f"'{MOS}' --ranks 2 '{path}' | head -1"]).end()
    expect(result, 0, "1\n")
    assert result.errors == "", result
    wait_for(lambda: not ranks_alive(path), "end of all")


# ---- What is missing


@case
def what_is_missing_is_said():
    def alone(*words, **environment):
        return Running([MOS, *words], environment).end()

    expect(alone("--ranks", "2", "-e", "1", MOS_MPI="/nowhere.so"), 1, "", "cannot read /nowhere.so", 1)
    expect(alone("--ranks", "2", "-e", "1", PATH="/nowhere"), 1, "", "install openmpi-bin", 1)
    expect(alone("--ranks", "0", "-e", "1"), 2, "", "--ranks needs 1 or more")
    expect(alone("--ranks", "2", "-i", "x.mos"), 2, "", "the prompt runs in one process")
    expect(mpirun(2, MOS), 2, "", "the prompt runs in one process", 1)
    expect(mpirun(2, MOS, "--ranks", "3", "-e", "1"), 1, "", "leave --ranks out", 1)
    expect(mpirun(2, MOS, "lsp"), 1, None, "serves one editor", 1)
    # A copy elsewhere finds no library beside it.
    copy = HERE / "mos"
    copy.write_bytes(pathlib.Path(MOS).read_bytes())
    copy.chmod(0o755)
    result = Running(["mpirun", "-n", "2", str(copy), "-e", "1"], {"MOS_MPI": ""}).end()
    expect(result, 1, "", "there is no libmos_mpi.so", 1)


@case
def a_library_of_another_kind_is_refused():
    source = HERE / "other.c"
    for text, words in (
        ("int x;", "has no function mos_mpi"),
        ("int table[40] = {999}; void *mos_mpi(void) { return table; }", "is of version 999"),
    ):
        source.write_text(text)
        other = HERE / "libother.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", other, source], check=True)
        result = mos(2, "1", environment={"MOS_MPI": str(other)})
        expect(result, 1, "", words, 1)


@case
def another_launcher_is_no_company():
    # Its variables say two, and MPI, which it did not start, knows of one.
    result = Running([MOS, "-e", "1"], {"PMI_SIZE": "2", "PMI_RANK": "0"}).end()
    expect(result, 1, "", "the launcher has started 2 processes, as PMI_SIZE says, and MPI knows of 1")
    # A job of Slurm is no launcher by itself.
    expect(Running([MOS, "-e", "print(1)"], {"SLURM_NTASKS": "8"}).end(), 0, "1\n")


@case
def unlike_kernels_take_the_lowest():
    result = Running(
        ["mpirun", "-n", "1", "-x", "MOS_KERNELS=baseline", MOS, "-e", "print(sum(rand(100)))", ":",
         "-n", "1", "-x", "MOS_KERNELS=avx2", MOS, "-e", "print(sum(rand(100)))"]).end()
    expect(result, 0, None, "all ranks run the kernels of baseline", 1)


def main():
    chosen = sys.argv[3:]
    failed = 0
    for function in cases:
        name = function.__name__.replace("_", " ")
        if chosen and not any(word in name for word in chosen):
            continue
        start = time.monotonic()
        try:
            function()
            print(f"ok   {name} ({time.monotonic() - start:.1f} s)", flush=True)
        except AssertionError as error:
            failed += 1
            print(f"FAIL {name}: {error}", flush=True)
    print(f"{failed} failed" if failed else "all ranks did what they should")
    sys.exit(1 if failed else 0)


main()
