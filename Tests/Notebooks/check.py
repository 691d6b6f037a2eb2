"""`mos kernel` in Jupyter: cells, what they show, questions about code, interrupts, ends.

The command's argument is the program. Its kernels have the package of `editors/jupyter`.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

MOS = os.path.abspath(sys.argv[1])
ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ["MOS"] = MOS
home = tempfile.TemporaryDirectory()
for name in ["XDG_STATE_HOME", "XDG_CONFIG_HOME", "JUPYTER_CONFIG_DIR", "IPYTHONDIR", "JUPYTER_DATA_DIR"]:
    os.environ[name] = home.name
os.environ["XDG_STATE_HOME"] = home.name
os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]

from session import PATIENCE, Session, within  # noqa: E402


def is_installed():
    listing = subprocess.run(["jupyter", "kernelspec", "list"], capture_output=True, text=True, check=True)
    assert re.search(r"^  mos ", listing.stdout, re.M), listing.stdout


def cells(kernel):
    assert kernel.result("let x = 2.0\nx * 3") == {"text/plain": "6.0"}
    assert kernel.result("x * 3;") == {}
    assert kernel.result("_ + x")["text/plain"] == "8.0"
    assert kernel.result("let y = 1") == {}
    assert kernel.result("") == kernel.result("  \n") == kernel.result("# nothing") == {}
    assert kernel.text('print("ä €  𝄞")') == [("stdout", "ä €  𝄞\n")]
    # A cell of the kernel's own is neither shown nor kept.
    said, reply = kernel.run("x = 5.0\nprint(x)\nx", silent=True)
    assert said == [] and reply["status"] == "ok", (said, reply)
    assert kernel.result("x")["text/plain"] == "5.0"
    # A block that goes on in the next cell, as at the prompt.
    kernel.run("if false { 1 }")
    assert kernel.result("else { 2 }")["text/plain"] == "2"


def commands(kernel):
    kernel.run("let undone = 1")
    kernel.run("undone = 2")
    kernel.run(":undo")
    assert kernel.result("undone")["text/plain"] == "1"
    assert "undone" in kernel.text(":vars undone")[0][1]
    assert "adam" in kernel.text("?adam")[0][1]
    assert kernel.text(":no_such_command")[0][0] == "stderr"
    assert "terminal" in kernel.text(":edit")[0][1]
    path = pathlib.Path(home.name, "saved.mos")
    kernel.run(f":save {path}")
    assert "let undone = 1" in path.read_text() and "undone = 2" not in path.read_text()


def streams(kernel):
    assert kernel.text('print("a")\nprint("b")') == [("stdout", "a\nb\n")]
    # In the order in which they were written, those of the shell too.
    assert kernel.text("!printf out; sleep 0.05; printf err >&2") == [("stdout", "out"), ("stderr", "err")]
    assert kernel.text("!exit 3") == [("stderr", "exit status 3\n")]
    assert kernel.text(r"!printf 'a\377\303'; sleep 0.1; printf '\244b'") == [("stdout", "a\ufffdäb")]
    # While the cell runs.
    began = time.monotonic()
    heard = []
    kernel.run('print("now")\nsleep(1.5)\nprint("then")', lambda kind, content: kind == "stream" and heard.append(
        (content["text"], time.monotonic() - began)))
    assert [text for text, _ in heard] == ["now\n", "then\n"] and heard[1][1] - heard[0][1] > 1, heard
    text = kernel.text("for i in 0..200000 { print(i) }")
    assert text == [("stdout", "".join(f"{i}\n" for i in range(200000)))]
    assert kernel.text('print("x" * 3000000)') == [("stdout", "x" * 3000000 + "\n")]
    assert kernel.text('print("\\u{0}\\u{1b}[31m\\u{2028}")') == [("stdout", "\0\x1b[31m\u2028\n")]


def rich_display(kernel):
    for code in ["plot([3.0, 1.0, 2.0])", "let w = param(2.0)\ngraph(w ** 2)", "image([[0.0, 1.0], [0.5, 0.0]])"]:
        forms = kernel.result(code)
        assert set(forms) == {"text/plain", "image/svg+xml"}, (code, forms)
        assert forms["image/svg+xml"].startswith("<svg") and "</svg>" in forms["image/svg+xml"]
        assert "\x1b" not in forms["text/plain"]
    forms = kernel.result("[[1.0, 2.5], [3.0, -4.0]]")
    assert forms["text/plain"].endswith(": f64[2, 2]")
    assert "<td style=\"text-align: right\">2.5</td>" in forms["text/html"] and "f64[2, 2]" in forms["text/html"]
    # A view, whose rows lie as columns.
    rows = re.findall("<tr>(.*?)</tr>", kernel.result("[[1, 2, 3], [4, 5, 6]].T")["text/html"])
    assert [re.findall(r">(\d)</td>", row) for row in rows[1:]] == [["1", "4"], ["2", "5"], ["3", "6"]], rows
    long = kernel.result("zeros(5000, 3000)")["text/html"]
    assert long.count("<tr>") == 22 and "<th>4999</th>" in long and len(long) < 100000
    assert "text/html" not in kernel.result("zeros(2, 2, 2)")
    assert "text/html" not in kernel.result("zeros(0)")
    forms = kernel.result("model Net() { param w = zeros(3, 2); param b = zeros(2) }\nsummary(Net())")
    assert "<td style=\"text-align: left\">w</td>" in forms["text/html"] and "f64[3, 2]" in forms["text/plain"]
    table = kernel.result('{name: ("a<b", "c"), size: [1.5, 2.0]}')["text/html"]
    assert "<th>name</th><th>size</th>" in table and "a&lt;b" in table and ">1.5<" in table
    assert "text/html" not in kernel.result("{a: [1.0, 2.0], b: [1.0]}")
    assert "text/html" not in kernel.result("{a: 1}")


def progress(kernel):
    said, _ = kernel.run('for i in progress(0..8, "going") { sleep(0.05) }\nprint("end")')
    kinds = [kind for kind, _ in said]
    assert kinds[0] == "display_data" and kinds[-1] == "stream" and kinds.count("display_data") == 1, kinds
    assert "update_display_data" in kinds
    bars = [content for kind, content in said if kind != "stream"]
    assert len({bar["transient"]["display_id"] for bar in bars}) == 1
    assert re.fullmatch(r"going ━+ 8/8 .*", bars[-1]["data"]["text/plain"]), bars[-1]


def errors(kernel):
    plain = lambda error: re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error["traceback"]))  # noqa: E731
    defined = kernel.run("let a = zeros(2)\nfn f(v) {\n    v @ zeros(3)\n}")[1]["execution_count"]
    error = kernel.error("let b = 1\nf(a)")
    assert error["ename"] == "shape", error
    text = plain(error)
    assert f"<cell {defined}>:3" in text and "^" in text and "v @ zeros(3)" in text, text
    assert "\x1b[" in "".join(error["traceback"])
    # What stood before it holds, and what comes behind an error goes on.
    assert kernel.result("b")["text/plain"] == "1"
    error = kernel.error("let = 3\nlet c = )")
    assert error["ename"] == "syntax" and re.search(r"<cell \d+>:1", plain(error)), plain(error)
    assert kernel.error("undefined_name_1")["ename"] == "name"
    # The column is that of the cell, whether it is remembered or not.
    assert re.search(r"<cell \d+>:1:1\n", plain(kernel.error("undefined_name_4", store_history=False)))
    # Every mistake that is found before the cell runs.
    assert len(kernel.error("undefined_name_2 + undefined_name_3")["traceback"]) == 2
    # A warning ends nothing.
    said, reply = kernel.run("fn warned() { return 1; 2 }")
    assert reply["status"] == "ok" and [kind for kind, _ in said] == ["stream"], said


def questions(kernel):
    kernel.run("let learning_rate = 0.1\nlet ärger = {größe: 1, tiefe: 2}")
    found = kernel.ask("complete", "1 + learning_r", 14)
    assert found["matches"] == ["learning_rate"] and (found["cursor_start"], found["cursor_end"]) == (4, 14), found
    found = kernel.ask("complete", 'print("𝄞ä"); ärger.gr', 21)
    assert found["matches"] == ["größe"] and found["cursor_start"] == 19, found
    found = kernel.ask("complete", "sgd(l", 5)
    assert "lr=" in found["matches"], found
    assert kernel.ask("complete", "", 0)["status"] == "ok"
    for code, cursor in [("MetaAdam", 3), ("MetaAdam(net, ", 14), ("let o = MetaAdam(", 17)]:
        found = kernel.ask("inspect", code, cursor)
        text = found["data"]["text/plain"]
        assert found["found"] and "lr" in text and "\x1b" not in text, (code, found)
    assert "0.1" in kernel.ask("inspect", "learning_rate", 4)["data"]["text/plain"]
    kernel.run("## Doubles.\nfn double(x) { 2 * x }")
    assert "fn double(x) { 2 * x }" in kernel.ask("inspect", "double", 2, detail_level=1)["data"]["text/plain"]
    for code in ["", "  ", "no_such_name", "1 + 2", '"text"']:
        assert not kernel.ask("inspect", code, len(code))["found"], code
    for code, status in [
        ("1 + 2", "complete"), ("fn f(x) {", "incomplete"), ("let x = )", "invalid"), ("1 +", "incomplete"),
        ("", "complete"), ("!ls", "complete"), (":vars", "complete"), ("?sum", "complete"),
        ("fn f(x) {\n    x\n}", "complete"), ('"""a', "incomplete"),
    ]:
        assert kernel.ask("is_complete", code)["status"] == status, (code, kernel.ask("is_complete", code))
    assert kernel.ask("is_complete", "fn f(x) {")["indent"] == "    "
    kernel.run("let remembered = 1")
    kernel.run("let unremembered = 1", store_history=False)
    history = [entry for _, _, entry in kernel.ask("history", hist_access_type="tail", n=1000)["history"]]
    assert "let remembered = 1" in history and not any("unremembered" in entry for entry in history)
    found = kernel.ask("history", hist_access_type="search", pattern="let rem*", n=5)["history"]
    assert [entry for _, _, entry in found] == ["let remembered = 1"], found


def interrupts(kernel):
    slowest = 0
    for code in [
        'print("on")\nwhile true { }', 'print("on")\nsleep(1000)',
        'print("on")\nlet big = zeros(1200, 1200)\nwhile true { big = big @ big }',
        'print("on")\nfor i in progress(0..100000000) { }',
    ]:
        pressed = []

        def press(kind, content):
            if kind == "stream" and not pressed:
                time.sleep(0.2)
                pressed.append(time.monotonic())
                kernel.manager.interrupt_kernel()
            elif kind == "error":
                pressed.append(time.monotonic())

        said, reply = kernel.run(code, press)
        assert reply["status"] == "error" and reply["ename"] == "interrupt", (code, reply)
        slowest = max(slowest, pressed[1] - pressed[0])
    print(f"interrupts: {1000 * slowest:.0f} ms at most")
    assert slowest < 2, slowest
    # Output without end, and a command of the shell.
    for code, status in [("while true { print(1) }", "error"), ("!echo on; sleep 1000", "ok")]:
        pressed = []
        said, reply = kernel.run(code, lambda kind, _: kind == "stream" and not pressed and (
            pressed.append(1), kernel.manager.interrupt_kernel()))
        assert reply["status"] == status, reply
    # Between cells it does nothing.
    kernel.manager.interrupt_kernel()
    time.sleep(0.2)
    assert kernel.result("1 + 1")["text/plain"] == "2"


def input_requests(kernel):
    def typing(text):
        def react(kind, content):
            if kind == "stream" and content["text"] == "ask\n":
                asked = kernel.client.get_stdin_msg(timeout=PATIENCE)
                assert asked["content"]["prompt"] == "name? ", asked
                if text is None:
                    kernel.manager.interrupt_kernel()
                else:
                    kernel.client.input(text)
        return react

    code = 'print("ask")\nlet name = input("name? ")\nprint("so", name)'
    said, _ = kernel.run(code, typing("Zoë"), allow_stdin=True)
    assert said[-1][1]["text"] == "so Zoë\n", said
    error = kernel.error('input("name? ")', allow_stdin=False)
    assert error["ename"] == "io" and "nobody" in error["evalue"], error
    # An interrupt while the question stands.
    _, reply = kernel.run(code, typing(None), allow_stdin=True)
    assert reply["status"] == "error" and reply["ename"] == "interrupt", reply
    assert kernel.result("1 + 1")["text/plain"] == "2"


def child(kernel):
    """The process of Mos."""
    own = kernel.manager.provisioner.pid
    return int(subprocess.run(["pgrep", "-P", str(own)], capture_output=True, text=True, check=True).stdout)


def ends(kernel):
    kernel.run("let lost = 1")
    os.kill(child(kernel), signal.SIGKILL)
    error = kernel.error("lost")
    assert "SIGKILL" in error["evalue"] and "lost" in error["evalue"], error
    assert kernel.error("lost")["ename"] == "name"
    error = kernel.error("let here = 1\nexit(3)")
    assert error["ename"] == "exit" and "3" in error["evalue"], error
    assert kernel.text("exit()")[0][0] == "stderr"
    # It dies while a cell runs.
    def kill(kind, content):
        if kind == "stream":
            os.kill(child(kernel), signal.SIGSEGV)

    _, reply = kernel.run('print("on")\nsleep(1000)', kill)
    assert reply["status"] == "error" and "SIGSEGV" in reply["evalue"], reply
    assert kernel.result("1 + 1")["text/plain"] == "2"
    # A restart forgets everything.
    kernel.run("let forgotten = 1")
    kernel.manager.restart_kernel(now=False)
    kernel.client.wait_for_ready(timeout=PATIENCE)
    assert kernel.error("forgotten")["ename"] == "name"
    # Where Jupyter's side is killed, a program does not go on for nobody.
    process = child(kernel)
    kernel.client.execute("while true { }")
    time.sleep(0.5)
    os.kill(kernel.manager.provisioner.pid, signal.SIGKILL)
    within(PATIENCE, lambda: not pathlib.Path(f"/proc/{process}").exists())


def several():
    kernels = [Session() for _ in range(3)]
    for number, kernel in enumerate(kernels):
        kernel.run(f"let mine = {number}")
    assert [kernel.result("mine")["text/plain"] for kernel in kernels] == ["0", "1", "2"]
    for kernel in kernels:
        kernel.end()


def lines_that_are_no_requests():
    """What the binary says to what is no message of ours."""
    process = subprocess.Popen([MOS, "kernel"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    began = time.monotonic()
    assert "ready" in json.loads(process.stdout.readline())
    print(f"a kernel's process: {1000 * (time.monotonic() - began):.0f} ms")
    for line in [b"{", b"[]", b"3", b"{}", b'{"run": 3}', b'{"unknown": {}}', b"\xff\xfe", b'{"run": {"code": 1}}',
                 b'{"complete": {"code": "\xc3\xa4", "cursor": 1}}', b'{"complete": {"code": "a", "cursor": -5}}',
                 b'{"inspect": {"code": "a", "cursor": 99}}', b'{"answer": "x"}', b"[" * 100000,
                 json.dumps({"run": {"code": "(" * 100000}}).encode(),
                 json.dumps({"is_complete": {"code": "[" * 100000}}).encode()]:
        process.stdin.write(line + b"\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        while "done" not in answer:
            answer = json.loads(process.stdout.readline())
    process.stdin.write(b'{"run": {"code": "1 + 1", "cell": 1}}\n')
    process.stdin.flush()
    assert json.loads(process.stdout.readline()) == {"result": {"text/plain": "2"}}
    process.stdin.close()
    assert process.wait(PATIENCE) == 0


is_installed()
lines_that_are_no_requests()
kernel = Session()
for check in [cells, commands, streams, rich_display, progress, errors, questions, interrupts, input_requests, ends]:
    check(kernel)
    print(check.__name__, flush=True)
several()
print("mos kernel: all as it should be")
