"""A plain client of `mos lsp`, which sends what it is told, right or wrong.

The program is the first argument of the command.
"""

import json
import os
import pathlib
import select
import subprocess
import sys

MOS = sys.argv[1]
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

    def start(self, *folders, capabilities={}):
        """Begins with the folders that an editor has open."""
        found = self.result("initialize", processId=None, capabilities=capabilities, workspaceFolders=[
            dict(uri=pathlib.Path(folder).as_uri(), name="a folder") for folder in folders])
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
