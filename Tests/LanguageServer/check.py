"""A client of `mos lsp`: what it answers to programs as they are, as they are typed, and to messages that are none.

    python3 check.py MOS ROOT
"""

import pathlib
import random
import sys
import time

import folders
from server import PATIENCE, Server, at, edited

ROOT = pathlib.Path(sys.argv[2]).resolve()

document = dict(textDocument=dict(uri="file:///a.mos"))


def one_program():
    server = Server()
    server.start(ROOT / "examples")
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
    server.start(ROOT / "examples")
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
    # What comes too early, and too late.
    server = Server()
    assert server.ask("textDocument/hover", **document)["error"]["code"] == -32002
    assert server.ask("shutdown")["error"]["code"] == -32002
    server.open("let a = zzz\n")
    server.start(ROOT / "examples")
    assert "initialized already" in server.ask("initialize")["error"]["message"]
    assert "not open" in server.ask("textDocument/hover", **document)["error"]["message"]
    server.result("shutdown")
    assert server.ask("textDocument/hover", **document)["error"]["code"] == -32600
    server.note("exit")
    assert server.process.wait(PATIENCE) == 0 and server.notes == []
    server = Server()
    server.note("exit")
    assert server.process.wait(PATIENCE) == 1
    # An editor that dies, in the middle of a message too.
    for data in (b"", b"Content-Length: 100\r\n\r\n{", b"Content-Length: x\r\n\r\n", b"x" * 9999):
        server = Server()
        server.start(ROOT / "examples")
        server.write(data)
        server.process.stdin.close()
        assert server.process.wait(PATIENCE) == 1


def deep_programs():
    """Trees as deep as texts are long are read with the room that programs have, and in time."""
    for text in ("let a = " + "1+" * 20000 + "1", "let a = b" + ".c" * 20000, "let a = " + "-" * 20000 + "1", "[" * 20000,
                 "fn f() { " * 2000, '"{' * 2000):
        server = Server()
        server.start(ROOT / "examples")
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
    server.start(ROOT / "examples")
    version = 0
    for path in generator.sample(paths, min(count, len(paths))):
        text = path.read_text()
        version += 1
        server.open(text, version=version)
        for _ in range(25):
            start = generator.randrange(len(text) + 1)
            end = min(len(text), start + generator.choice((0, 0, 0, 1, 1, 7, 60)))
            # The two letters of a line's end are one to an editor: no place is between them.
            start -= text[max(0, start - 1):start + 1] == "\r\n"
            end += text[max(0, end - 1):end + 1] == "\r\n"
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
    server.start(ROOT / "examples")
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
            if places is None or found[0] not in places:
                # It leads to a module, or to what an import has under another name.
                assert found[0]["uri"] != "file:///a.mos", (path, position)
                continue
            answer = server.ask("textDocument/rename", **document, position=position, newName="another_name_")
            if "result" in answer:
                edits = answer["result"]["changes"]["file:///a.mos"]
                assert len(edits) == len([one for one in places if one["uri"] == "file:///a.mos"]), (path, position)
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
folders.check()
print("mos lsp: all as it should be")
