"""The client of pygls, and `mos lsp`: programs as they are typed, names in other files, and renamings that are run.

    python client.py MOS ROOT

The client takes no message that the protocol does not allow.
"""

import asyncio
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.client import LanguageClient
from pygls.uris import from_fs_path, to_fs_path

MOS, ROOT = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
# A loaded machine must not fail the test.
PATIENCE = 120


class Client(LanguageClient):
    """A client with the texts that its user sees."""

    def __init__(self, *folders):
        super().__init__("the tests", "1")
        self.folders = [str(folder) for folder in folders]
        self.told, self.texts, self.versions, self.wrong = {}, {}, {}, []
        self.has_told = asyncio.Event()

        @self.feature("textDocument/publishDiagnostics")
        def told(found):
            self.told[found.uri] = found
            self.has_told.set()

    def report_server_error(self, error, source):
        self.wrong.append(error)

    async def __aenter__(self):
        await self.start_io(MOS, "lsp")
        folders = [lsp.WorkspaceFolder(uri=from_fs_path(path), name=path) for path in self.folders]
        await self.initialize_async(lsp.InitializeParams(
            capabilities=lsp.ClientCapabilities(workspace=lsp.WorkspaceClientCapabilities(
                workspace_edit=lsp.WorkspaceEditClientCapabilities(document_changes=True))),
            workspace_folders=folders))
        self.initialized(lsp.InitializedParams())
        return self

    async def __aexit__(self, kind, *_):
        if kind is None:
            await asyncio.wait_for(self.shutdown_async(None), PATIENCE)
            self.exit(None)
            assert await asyncio.wait_for(self._server.wait(), PATIENCE) == 0
            assert not self.wrong, self.wrong
        else:
            self._server.kill()
        await self.stop()

    def open(self, path, text=None):
        uri = from_fs_path(str(path))
        self.texts[uri] = pathlib.Path(path).read_text() if text is None else text
        self.versions[uri] = 1
        self.text_document_did_open(lsp.DidOpenTextDocumentParams(text_document=lsp.TextDocumentItem(
            uri=uri, language_id="mos", version=1, text=self.texts[uri])))
        return uri

    def close(self, uri):
        del self.texts[uri]
        self.told.pop(uri, None)
        self.text_document_did_close(lsp.DidCloseTextDocumentParams(text_document=lsp.TextDocumentIdentifier(uri)))

    def type(self, uri, start, end, new):
        """Puts a text in place of some letters."""
        text = self.texts[uri]
        self.versions[uri] += 1
        self.text_document_did_change(lsp.DidChangeTextDocumentParams(
            text_document=lsp.VersionedTextDocumentIdentifier(uri=uri, version=self.versions[uri]),
            content_changes=[lsp.TextDocumentContentChangePartial(
                range=lsp.Range(self.position(uri, start), self.position(uri, end)), text=new)]))
        self.texts[uri] = text[:start] + new + text[end:]

    def position(self, uri, place):
        return position(self.texts[uri], place)

    async def mistakes(self, uri):
        """What is told of the text as it is; of no other text is anything told last."""
        async def wait():
            while uri not in self.told or self.told[uri].version != self.versions[uri]:
                self.has_told.clear()
                await self.has_told.wait()
            return self.told[uri].diagnostics
        return await asyncio.wait_for(wait(), PATIENCE)

    async def ask(self, method, uri, place, **more):
        parameters = getattr(lsp, method.title().replace("_", "") + "Params")(
            text_document=lsp.TextDocumentIdentifier(uri), position=self.position(uri, place), **more)
        asked = getattr(self, f"text_document_{method}_async")(parameters)
        return await asyncio.wait_for(asked, PATIENCE)

    async def references(self, uri, place):
        parameters = lsp.ReferenceParams(
            text_document=lsp.TextDocumentIdentifier(uri), position=self.position(uri, place),
            context=lsp.ReferenceContext(include_declaration=True))
        return await asyncio.wait_for(self.text_document_references_async(parameters), PATIENCE)


def position(text, place):
    before = text[:place]
    start = before.rfind("\n") + 1
    return lsp.Position(before.count("\n"), len(before[start:].encode("utf-16-le")) // 2)


def place_of(text, position):
    start = 0
    for _ in range(position.line):
        start = text.index("\n", start) + 1
    line = text[start:].split("\n", 1)[0]
    return start + len(line.encode("utf-16-le")[: 2 * position.character].decode("utf-16-le"))


def edited(text, edits):
    for edit in sorted(edits, key=lambda edit: place_of(text, edit.range.start), reverse=True):
        start, end = place_of(text, edit.range.start), place_of(text, edit.range.end)
        text = text[:start] + edit.new_text + text[end:]
    return text


def named(uri, range):
    """The text at a place of a file."""
    text = pathlib.Path(to_fs_path(uri)).read_text()
    return text[place_of(text, range.start):place_of(text, range.end)]


async def programs_being_typed():
    """Every example letter by letter, and letters taken out of its middle: the mistakes at the end are those of the
    text, opened anew, and each question on the way has an answer."""
    generator = random.Random(1)
    letters = 0
    async with Client(ROOT / "examples") as client:
        for path in sorted(ROOT.glob("examples/*.mos")):
            text = path.read_text()
            uri = client.open(path, "")
            for place, letter in enumerate(text):
                client.type(uri, place, place, letter)
                letters += 1
                if place % 97 == 0:
                    method = generator.choice(("hover", "completion", "signature_help", "definition", "document_highlight"))
                    await client.ask(method, uri, place + 1)
            assert [one for one in await client.mistakes(uri) if one.severity == lsp.DiagnosticSeverity.Error] == [], path
            for _ in range(40):
                place = generator.randrange(len(client.texts[uri]) - 1)
                client.type(uri, place, place + generator.randrange(2), generator.choice(("", "(", "}", '"', "𝄞", "\n", "x")))
                await client.ask("definition", uri, place)
                await client.references(uri, place)
            broken = await client.mistakes(uri)
            text = client.texts[uri]
            client.close(uri)
            client.open(path, text)
            assert await client.mistakes(uri) == broken, path
            client.close(uri)
    return letters


async def names_of_the_library(folder):
    """Every name that a module offers leads to its declaration, in a file that cannot be written to."""
    count = 0
    async with Client(folder) as client:
        for module in sorted(ROOT.glob("stdlib/[a-z]*.mos")):
            names = [line.split()[1].split("(")[0] for line in module.read_text().splitlines()
                     if line.startswith(("fn ", "model ")) and not line.split()[1].startswith("_")]
            assert names, module
            text = f"import {module.stem} as m\n" + "".join(f"print(m.{name})\n" for name in names)
            text += "".join(f"from {module.stem} import {name} as n{number}\n" for number, name in enumerate(names))
            uri = client.open(folder / "main.mos", text)
            for name in names:
                for place in (text.index(f"m.{name})") + 2, text.index(f"import {name} as") + 7):
                    found, = await client.ask("definition", uri, place)
                    assert named(found.uri, found.range) == name, (name, found)
                    path = pathlib.Path(to_fs_path(found.uri))
                    assert path.read_text() == module.read_text() and path.stat().st_mode & 0o222 == 0, path
                    hover = await client.ask("hover", uri, place)
                    assert name in hover.contents.value, (name, hover)
                    count += 1
            found, = await client.ask("definition", uri, text.index(" m\n") + 1)
            assert to_fs_path(found.uri).endswith(f"/{module.stem}.mos") and found.range.start == lsp.Position(0, 0)
            client.close(uri)
        # Built-ins that are written in Mos; those in Swift have no text.
        uri = client.open(folder / "main.mos", "Normal(0.0, 1.0)\nBernoulli(0.5)\nzeros(2)\n")
        assert await client.ask("definition", uri, 40) is None
        found, = await client.ask("definition", uri, 20)
        assert named(found.uri, found.range) == "Bernoulli"
    # The repository has the modules itself.
    async with Client(ROOT) as client:
        uri = client.open(folder / "main.mos", "import nn\nnn.Linear(1, 2)\n")
        found, = await client.ask("definition", uri, 14)
        assert to_fs_path(found.uri) == str(ROOT / "stdlib/nn.mos"), found
    return count


# Two modules, one that hands names on, and programs. In all of them names stand for several things.
PROJECT = {
    "lib/tasks.mos": """## Tasks.
let scale = 2.0
## A line through the origin.
fn line(x, by=scale) { x * by }
fn _own(x) { line(x) + 1 }
fn twice(line) { line + line }
model Net(size) {
    param weight = 1.0 * size
    fn forward(x) { self.weight * line(x) }
}
""",
    "lib/more.mos": """from "tasks.mos" import line, Net as Model
import "tasks.mos" as tasks
fn far(x) { let scale = 3.0
    line(x) * scale + tasks.scale }
let inner = tasks.twice(1.0)
""",
    "main.mos": """import "lib/more.mos" as more
from "lib/tasks.mos" import twice, scale as factor, line
let scale = 10.0
print(more.line(1.0), more.tasks.line(2.0), more.far(3.0), more.inner)
print(twice(scale), factor, line(scale))
{ let line = 4.0
    print(line, scale) }
print(more.Model(3)(2.0), [line(x) for x in [1.0, 2.0]], "{line(1.0)} line")
""",
    "forms.mos": """import "lib/tasks.mos" as tasks
from "lib/tasks.mos" import line as draw, Net
fn late(x, by=tasks.scale) {
    from "lib/tasks.mos" import line
    import "lib/tasks.mos" as inside
    let (first, *rest) = [x, inside.scale, by]
    line(first) + rest.sum()
}
total = 0.0
for line in [1.0, 2.0] { total += late(line) }
let caught = try { throw "no" } catch scale { scale.message }
let {a, b: inner} = {a: draw(2.0), b: x => draw(x) + total}
print(total, caught, a, inner(1.0), 3.0 |> tasks.line(by=4.0), list(line for line in (1, 2)))
model Deep(size) {
    let net = Net(size)
    fn forward(x) { x |> self.net }
}
print(Deep(2)(3.0), "{total} {a}", (fn(draw) { draw + 1 })(1))
while total < 100 { let draw = total; total = draw * 2 }
test "a test" { let total = 1; assert total == 1 }
print("{total:.1f} {draw(total)}")
""",
    "héé è/other %41.mos": """# A name with escapes, and letters of two units: 𝄞
from "../lib/tasks.mos" import line
let 𝑛 = "𝄞"; print(line(3.0), 𝑛)
""",
    "page.md": """# A page

> The function `line`:
>
> ```mos
> from "lib/more.mos" import line
> print(line(5.0))
> ```
""",
}
RUN = ("main.mos", "forms.mos", "héé è/other %41.mos", "page.md")


def write(folder, texts):
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def results(folder):
    """What the programs print, what is told, and how they end."""
    running = [subprocess.Popen([MOS, "run", name], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
               for name in RUN]
    return [(*one.communicate(timeout=PATIENCE), one.returncode) for one in running]


async def renamings(folder):
    """Each name in each program is renamed, to a name of its own and to all that are there: what is not refused is done, and
    the programs print what they printed."""
    write(folder, PROJECT)
    before = results(folder)
    assert all((told, status) == ("", 0) for _, told, status in before), before
    done, refused, in_many = 0, 0, 0
    results_of = {}
    async with Client(folder) as client:
        for name in PROJECT:
            client.open(folder / name)
        words = sorted({word for text in PROJECT.values() for word in
                        "".join(letter if letter.isalnum() or letter == "_" else " " for letter in text).split()
                        if not word[0].isdigit()})
        for uri in list(client.texts):
            text = client.texts[uri]
            places = [place for place in range(len(text))
                      if (text[place].isalpha() or text[place] == "_") and not (place and (text[place - 1].isalnum() or text[place - 1] == "_"))]
            for place in places:
                for new in [("brand_new", "𝑚")[place % 2], *random.Random(place).sample(words, 2)]:
                    try:
                        edit = await client.ask("rename", uri, place, new_name=new)
                    except JsonRpcException as refusal:
                        assert str(refusal), refusal
                        refused += 1
                        continue
                    changed = dict(PROJECT)
                    for one in edit.document_changes:
                        name = str(pathlib.Path(to_fs_path(one.text_document.uri)).relative_to(folder))
                        assert one.text_document.version == client.versions.get(one.text_document.uri)
                        changed[name] = edited(PROJECT[name], one.edits)
                    done += 1
                    in_many += len(edit.document_changes) > 1
                    key = tuple(sorted(changed.items()))
                    if key not in results_of:
                        write(folder / ".changed", changed)
                        results_of[key] = results(folder / ".changed")
                    assert results_of[key] == before, (uri, place, new, text[place:place + 20], changed)
    assert done > 100 and in_many > 50 and refused > 100, (done, in_many, refused)
    return f"{done} renamings done, {in_many} of them in several files, {refused} refused"


async def main():
    for test in (programs_being_typed, names_of_the_library, renamings):
        began = time.monotonic()
        folder = pathlib.Path(tempfile.mkdtemp())
        os.environ["XDG_CACHE_HOME"] = str(folder / "a cache")
        try:
            result = await (test() if test is programs_being_typed else test(folder.resolve()))
        finally:
            shutil.rmtree(folder)
        print(f"{test.__name__}: {result} ({time.monotonic() - began:.0f} s)")


asyncio.run(main())
