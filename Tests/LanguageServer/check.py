"""A client of `mos lsp`: what it answers to programs as they are, as they are typed, and to messages that are none.

    python3 check.py MOS ROOT
"""

import json
import os
import pathlib
import random
import select
import subprocess
import sys
import time

MOS, ROOT = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
# A loaded machine must not fail the test.
PATIENCE = 120


class Server:
    def __init__(self):
        self.process = subprocess.Popen([MOS, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.unread = b""
        self.number = 0
        self.notes = []

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, message):
        body = json.dumps(message).encode()
        self.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def more(self):
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        assert ready, "no answer"
        piece = os.read(self.process.stdout.fileno(), 1 << 16)
        assert piece, f"the server ended with {self.process.wait()}"
        self.unread += piece

    def read(self):
        while b"\r\n\r\n" not in self.unread:
            self.more()
        header, rest = self.unread.split(b"\r\n\r\n", 1)
        length = int(header.split(b":")[1])
        while len(rest) < length:
            self.unread = header + b"\r\n\r\n" + rest
            self.more()
            rest = self.unread.split(b"\r\n\r\n", 1)[1]
        self.unread = rest[length:]
        return json.loads(rest[:length])

    def ask(self, method, **parameters):
        self.number += 1
        self.send({"jsonrpc": "2.0", "id": self.number, "method": method, "params": parameters})
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                return answer
            self.notes.append(answer)

    def result(self, method, **parameters):
        answer = self.ask(method, **parameters)
        assert "result" in answer, answer
        return answer["result"]

    def note(self, method, **parameters):
        self.send({"jsonrpc": "2.0", "method": method, "params": parameters})

    def start(self):
        found = self.result("initialize", processId=None, rootUri=f"file://{ROOT}/examples", capabilities={})
        self.note("initialized")
        return found

    def open(self, text, address="file:///a.mos", version=1):
        self.note("textDocument/didOpen", textDocument=dict(
            uri=address, languageId="mos", version=version, text=text))

    def mistakes(self, version, address="file:///a.mos"):
        """The mistakes of a version; nothing may be told of an older one behind it."""
        while True:
            told = [note["params"] for note in self.notes]
            versions = [one["version"] for one in told if one["uri"] == address and "version" in one]
            assert versions == sorted(versions), versions
            for one in told:
                if one["uri"] == address and one.get("version") == version:
                    return one["diagnostics"]
            self.notes.append(self.read())

    def end(self):
        self.result("shutdown")
        self.note("exit")
        assert self.process.wait(PATIENCE) == 0


def at(text, place):
    """The position of a place in a text, its columns in UTF-16."""
    before = text[:place]
    line = before.count("\n")
    return dict(line=line, character=len(before[before.rfind("\n") + 1:].encode("utf-16-le")) // 2)


def place_of(text, position):
    lines = text.split("\n")
    line = lines[position["line"]].encode("utf-16-le")[: 2 * position["character"]].decode("utf-16-le")
    return sum(len(one) + 1 for one in lines[: position["line"]]) + len(line)


def edited(text, edits):
    for edit in sorted(edits, key=lambda edit: place_of(text, edit["range"]["start"]), reverse=True):
        start, end = (place_of(text, edit["range"][key]) for key in ("start", "end"))
        text = text[:start] + edit["newText"] + text[end:]
    return text


document = dict(textDocument=dict(uri="file:///a.mos"))


def one_program():
    server = Server()
    server.start()
    text = (
        '## Twice x.\nfn twice(x, by=2.0) { x * by }\nlet données = "𝄞"; let a = zeros(2, 3)\n'
        "fn outer(b) { let a = twice(b)\n    a + données.len() }\nprint(twice(1.0), a, unknown_name)\n"
        "model Net() {\n    param weight = 1.0\n    fn forward(x) { self.weight * x }\n}\n"
        'test "a test" { assert outer(1.0) == 3.0 }\n')
    server.open(text)
    found = server.mistakes(1)
    wrong = [one for one in found if one["severity"] == 1]
    assert len(wrong) == 1 and "unknown_name" in wrong[0]["message"], found
    assert wrong[0]["range"]["start"] == at(text, text.index("unknown_name")), wrong

    def ask(method, word, number=0, offset=0, **more):
        place = -1
        for _ in range(number + 1):
            place = text.index(word, place + 1)
        return server.result("textDocument/" + method, **document, position=at(text, place + offset), **more)

    assert "Twice x." in ask("hover", "twice", 1)["contents"]["value"]
    assert "zeros(" in ask("hover", "zeros")["contents"]["value"]
    assert "(2, 3)" in ask("hover", "a = zeros")["contents"]["value"]
    assert ask("definition", "twice", 2)[0]["range"]["start"] == at(text, text.index("twice"))
    assert len(ask("references", "twice")) == 3
    # The two variables `a` are two.
    assert len(ask("references", "a = zeros")) == 2 and len(ask("references", "a = twice")) == 2
    renamed = ask("rename", "données", newName="𝑛")["changes"]["file:///a.mos"]
    assert edited(text, renamed) == text.replace("données", "𝑛"), edited(text, renamed)
    for word, new, why in (
            ("a = zeros", "outer", "would be taken"), ("a = twice", "données", "would be taken"), ("weight", "w", "not followed"),
            ("twice", "for", "is no name"), ("twice", "a b", "is no name"), ("zeros", "z", "no variable")):
        answer = server.ask("textDocument/rename", **document, position=at(text, text.index(word)), newName=new)
        assert why in answer.get("error", {}).get("message", ""), (word, new, answer)
    names = [one["name"] for one in server.result("textDocument/documentSymbol", **document)]
    assert names == ["twice", "données", "a", "outer", "Net", "a test"], names
    hints = server.result("textDocument/inlayHint", **document, range=dict(
        start=at(text, 0), end=at(text, len(text))))
    assert [one["label"] for one in hints] == [": (2, 3)"], hints
    help = ask("signatureHelp", "twice(1.0", offset=len("twice("))
    assert help["signatures"][0]["label"] == "twice(x, by=2.0)" and help["activeParameter"] == 0, help
    formed = server.result("textDocument/formatting", **document, options={})
    again = edited(text, formed)
    server.open(again, version=2)
    assert server.result("textDocument/formatting", **document, options={}) == []

    text = "import nn\nlet y = ada\nlet z = nn.Line\nadam(lr=0.1, "
    server.open(text, version=3)
    labels = [one["label"] for one in ask("completion", "ada", offset=3)["items"]]
    assert "adam" in labels and "adamw" in labels, labels
    assert any("Linear" in one["label"] for one in ask("completion", "nn.Line", offset=7)["items"])
    help = ask("signatureHelp", "0.1, ", offset=5)
    assert help["signatures"][0]["label"].startswith("adam(") and help["activeParameter"] == 1, help
    # What was imported for one document is unknown in another.
    server.open("print(nn.Linear)\n", address="file:///b.mos", version=1)
    assert "nn" in server.mistakes(1, "file:///b.mos")[0]["message"]
    item = server.result("completionItem/resolve", label="adam")
    assert "adam(" in item["documentation"]["value"]
    assert any("loss" in one["name"] and one["location"] for one in server.result(
        "workspace/symbol", query="loss"))
    server.end()


def messages_that_are_none():
    server = Server()
    server.start()
    server.write(b"Content-Length: 5\r\n\r\n{nope")
    assert server.read()["error"]["code"] == -32700
    for message in (
            {}, [], 3, {"id": 1}, {"id": 7, "method": "textDocument/hover"},
            {"id": 8, "method": "textDocument/hover", "params": {"textDocument": 3, "position": []}},
            {"method": "textDocument/didChange", "params": {"textDocument": {"uri": "file:///no"}}},
            {"method": "$/cancelRequest", "params": {"id": 1}}, {"id": "x", "method": "no/such"}):
        server.send(message)
    server.open("let a = 1\n")
    for start, end in ((-5, 99), (99, 0), (10 ** 12, -(10 ** 12))):
        server.note("textDocument/didChange", textDocument=dict(uri="file:///a.mos", version=2), contentChanges=[dict(
            range=dict(start=dict(line=start, character=end), end=dict(line=end, character=start)), text="x")])
        server.ask("textDocument/hover", **document, position=dict(line=start, character=end))
        server.ask("textDocument/rename", **document, position=dict(line=0, character=0), newName="\x00\u2028")
    assert server.ask("no/such")["error"]["code"] == -32601
    server.end()
    # An editor that dies, in the middle of a message too.
    for data in (b"", b"Content-Length: 100\r\n\r\n{", b"Content-Length: x\r\n\r\n", b"x" * 9999):
        server = Server()
        server.start()
        server.write(data)
        server.process.stdin.close()
        assert server.process.wait(PATIENCE) == 1


def deep_programs():
    """Trees as deep as texts are long are read with the room that programs have, and in time."""
    for text in ("let a = " + "1+" * 20000 + "1", "let a = b" + ".c" * 20000, "let a = " + "-" * 20000 + "1", "[" * 20000,
                 "fn f() { " * 2000, '"{' * 2000):
        server = Server()
        server.start()
        server.open(text)
        server.mistakes(1)
        for method in ("documentSymbol", "semanticTokens/full", "formatting"):
            server.ask("textDocument/" + method, **document, options={})
        for method in ("hover", "completion", "signatureHelp", "references"):
            server.ask("textDocument/" + method, **document, position=at(text, len(text)))
        server.end()


def programs_being_typed(count, seed):
    """Programs of the repository, typed and broken: the text that the server holds is the editor's."""
    generator = random.Random(seed)
    paths = sorted(ROOT.glob("examples/*.mos"))
    server = Server()
    server.start()
    version = 0
    for path in generator.sample(paths, min(count, len(paths))):
        text = path.read_text()
        version += 1
        server.open(text, version=version)
        for _ in range(25):
            start = generator.randrange(len(text) + 1)
            end = min(len(text), start + generator.choice((0, 0, 0, 1, 1, 7, 60)))
            new = generator.choice(("", "x", "(", "}", '"', "\n", "𝄞", "é = ", "let a = ", "{", "##", ".", "fn f(", "\r\n"))
            version += 1
            server.note("textDocument/didChange", textDocument=dict(uri="file:///a.mos", version=version), contentChanges=[
                dict(range=dict(start=at(text, start), end=at(text, end)), text=new)])
            text = text[:start] + new + text[end:]
            position = at(text, generator.randrange(len(text) + 1))
            method = generator.choice((
                "hover", "completion", "signatureHelp", "definition", "references", "documentHighlight"))
            server.result("textDocument/" + method, **document, position=position)
            if generator.random() < 0.3:
                server.result("textDocument/documentSymbol", **document)
                server.result("textDocument/semanticTokens/full", **document)
                server.result("textDocument/inlayHint", **document, range=dict(
                    start=at(text, 0), end=at(text, len(text))))
                server.ask("textDocument/rename", **document, position=position, newName="renamed")
        changed = server.mistakes(version)
        version += 1
        server.open(text, version=version)
        assert server.mistakes(version) == changed, path
        server.notes = []
    server.end()


def whole_programs():
    server = Server()
    began = time.monotonic()
    server.start()
    print(f"initialize: {1000 * (time.monotonic() - began):.0f} ms")
    for version, path in enumerate(sorted(ROOT.glob("examples/*.mos")) + sorted(ROOT.glob("stdlib/*.mos")), 1):
        text = path.read_text()
        server.open(text, version=version)
        assert [one for one in server.mistakes(version) if one["severity"] == 1] == [], path
        # What every name is has a declaration, and renaming there and back is the text again.
        names = [place for place in range(1, len(text)) if text[place].isalpha() and not text[place - 1].isalnum()]
        for place in names[:: max(1, len(names) // 20)]:
            position = at(text, place)
            found = server.result("textDocument/definition", **document, position=position)
            if not found:
                continue
            places = server.result("textDocument/references", **document, position=position)
            assert found[0]["range"] in [one["range"] for one in places], (path, position)
            answer = server.ask("textDocument/rename", **document, position=position, newName="another_name_")
            if "result" in answer:
                edits = answer["result"]["changes"]["file:///a.mos"]
                assert len(edits) == len(places), (path, position)
    text = "\n".join(f"fn f{n}(x, y) {{ let z = x * {n}.0 + y\n    z @ z.T }}" for n in range(500)) + "\n"
    began = time.monotonic()
    server.open(text, version=9999)
    server.mistakes(9999)
    print(f"mistakes of 1,000 lines: {1000 * (time.monotonic() - began):.0f} ms")
    server.end()


one_program()
messages_that_are_none()
whole_programs()
deep_programs()
programs_being_typed(12, 1)
print("mos lsp: all as it should be")
