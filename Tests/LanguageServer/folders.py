"""Folders as they may be: with pipes, links in circles, files that go, imports in circles, names with escapes."""

import os
import pathlib
import shutil
import tempfile
import time

from server import Server, at


def check():
    cache = os.environ.get("XDG_CACHE_HOME")
    for test in (strange_files, files_that_go, imports_in_circles, a_long_chain, many_uses, two_folders, a_folder_by_a_link, strange_names,
                
                 ends_of_lines, no_place_for_copies, texts_of_an_editor, modules_as_values, named_arguments,
                 long_programs):
        folder = pathlib.Path(tempfile.mkdtemp()).resolve()
        os.environ["XDG_CACHE_HOME"] = str(folder / ".cache")
        try:
            test(folder)
        finally:
            shutil.rmtree(folder)
    del os.environ["XDG_CACHE_HOME"]
    if cache is not None:
        os.environ["XDG_CACHE_HOME"] = cache


class Editor(Server):
    """A client with files open."""

    def __init__(self, *folders, capabilities={}):
        super().__init__()
        self.start(*folders, capabilities=capabilities)
        self.texts = {}

    def show(self, path, text=None, version=1):
        text = path.read_text() if text is None else text
        address = path if isinstance(path, str) else path.as_uri()
        self.texts[address] = text
        self.open(text, address, version)
        return address

    def ask_at(self, method, address, word, number=0, **more):
        text = self.texts[address]
        place = -1
        for _ in range(number + 1):
            place = text.index(word, place + 1)
        return self.ask(
            "textDocument/" + method, textDocument=dict(uri=address), position=at(text, place), **more)

    def result_at(self, method, address, word, number=0, **more):
        answer = self.ask_at(method, address, word, number, **more)
        assert "result" in answer, answer
        return answer["result"]

    def refusal(self, address, word, new, number=0):
        return self.ask_at("rename", address, word, number, newName=new).get("error", {}).get("message", "it is done")

    def renamed(self, address, word, new, number=0):
        """How many places are renamed in each file."""
        changes = self.result_at("rename", address, word, number, newName=new)["changes"]
        return {one: len(edits) for one, edits in changes.items()}


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def strange_files(folder):
    os.mkfifo(folder / "pipe.mos")
    (folder / "folder.mos").mkdir()
    os.symlink(folder, folder / "circle")
    os.symlink(folder / "nowhere", folder / "gone.mos")
    (folder / "bytes.mos").write_bytes(bytes(range(256)))
    with open(folder / "long.mos", "w") as file:
        file.write("let x = 1\n" * 1_000_000)
    write(folder / "lib.mos", "fn f(x) { x }\n")
    os.symlink(folder / "lib.mos", folder / "link.mos")
    main = write(folder / "main.mos", "".join(
        f'import "{name}.mos" as {name}\nprint({name}.f(1))\n' for name in ("pipe", "folder", "bytes", "long", "gone", "link"))
        + 'from "lib.mos" import f\nprint(f(1))\n')
    editor = Editor(folder)
    address = editor.show(main)
    wrong = {one["range"]["start"]["line"]: one["message"] for one in editor.mistakes(1, address)}
    assert sorted(wrong) == [0, 2, 4, 6, 8], wrong
    assert "no plain file" in wrong[0] and "too long" in wrong[6] and "UTF-8" in wrong[4], wrong
    # A file under two names is one.
    places = editor.result_at("references", address, "f\n")
    assert sorted((one["uri"][-8:], one["range"]["start"]["line"]) for one in places) == [
        ("/lib.mos", 0), ("main.mos", 11), ("main.mos", 12), ("main.mos", 13)], places
    assert editor.renamed(address, "f\n", "g") == {(folder / "lib.mos").as_uri(): 1, address: 3}
    for name in ("pipe", "folder", "bytes", "long", "gone"):
        assert editor.result_at("definition", address, name + "\n")[0]["uri"] == address, name
    assert [one["name"] for one in editor.result("workspace/symbol", query="f")] == ["f"]
    editor.end()


def files_that_go(folder):
    library = write(folder / "lib.mos", "fn f(x) { x }\n")
    main = write(folder / "main.mos", 'from "lib.mos" import f\nprint(f(1))\n')
    editor = Editor(folder, capabilities=dict(workspace=dict(didChangeWatchedFiles=dict(dynamicRegistration=True))))
    asked = editor.read()
    assert asked["method"] == "client/registerCapability", asked
    editor.send(dict(jsonrpc="2.0", id=asked["id"], result=None))
    address = editor.show(main)
    assert editor.mistakes(1, address) == []
    assert editor.result_at("definition", address, "f\n")[0]["uri"] == library.as_uri()
    library.unlink()
    editor.notes = []
    editor.note("workspace/didChangeWatchedFiles", changes=[dict(uri=library.as_uri(), type=3)])
    assert "no module `lib.mos`" in editor.mistakes(1, address)[0]["message"]
    assert editor.result_at("definition", address, "f\n")[0]["uri"] == address
    assert "is not found" in editor.refusal(address, "f\n", "g")
    editor.notes = []
    write(library, "fn f(x) { x }\nlet g = 1\n")
    editor.note("workspace/didChangeWatchedFiles", changes=[dict(uri=library.as_uri(), type=1)])
    assert editor.mistakes(1, address) == []
    assert "would be taken for another" in editor.refusal(address, "f\n", "g")
    # The program itself goes, and is open still.
    main.unlink()
    assert editor.renamed(address, "f\n", "h") == {library.as_uri(): 1, address: 2}
    editor.end()


def imports_in_circles(folder):
    write(folder / "a.mos", 'from "b.mos" import f\nimport "a.mos" as a\nimport "b.mos" as b\n'
          + "print(a" + ".a" * 100 + ".b.a.f)\n")
    write(folder / "b.mos", 'from "a.mos" import f\nimport "a.mos" as a\n')
    editor = Editor(folder)
    address = editor.show(folder / "a.mos")
    assert editor.result_at("definition", address, "f\n") == []
    assert len(editor.result_at("references", address, "f\n")) == 3
    editor.result_at("hover", address, "f)")
    editor.ask_at("rename", address, "f\n", newName="g")
    editor.end()


def a_long_chain(folder):
    """300 modules that hand on a name of the first."""
    write(folder / "m0.mos", "fn f(x) { x }\n")
    for number in range(1, 300):
        write(folder / f"m{number}.mos", f'from "m{number - 1}.mos" import f\nimport "m{number - 1}.mos" as m\n')
    editor = Editor(folder)
    address = editor.show(folder / "m299.mos")
    assert editor.result_at("definition", address, "f\n")[0]["uri"] == (folder / "m0.mos").as_uri()
    assert sorted(editor.renamed(address, "f\n", "g").values()) == [1] * 300
    editor.end()


def many_uses(folder):
    write(folder / "lib.mos", "fn f(x) { x }\n")
    main = write(folder / "main.mos", 'import "lib.mos" as m\n' + "print(m.f(1))\n" * 3000)
    editor = Editor(folder)
    address = editor.show(main)
    assert editor.renamed(address, "f(1)", "g") == {(folder / "lib.mos").as_uri(): 1, address: 3000}
    editor.end()


def two_folders(folder):
    for name in ("one", "two"):
        write(folder / name / "lib.mos", "fn f(x) { x }\n")
        write(folder / name / "main.mos", 'from "lib.mos" import f\nprint(f(1))\n')
    editor = Editor(folder / "one", folder / "two")
    address = editor.show(folder / "one/main.mos")
    both = {(folder / "one/lib.mos").as_uri(): 1, address: 2}
    assert editor.renamed(address, "f\n", "g") == both
    editor.note("workspace/didChangeWorkspaceFolders", event=dict(
        added=[], removed=[dict(uri=(folder / "one").as_uri(), name="one")]))
    assert "lies in no folder that is open" in editor.refusal(address, "f\n", "g")
    editor.note("workspace/didChangeWorkspaceFolders", event=dict(
        added=[dict(uri=(folder / "one").as_uri() + "/", name="one")], removed=[]))
    assert editor.renamed(address, "f\n", "g") == both
    editor.end()


def a_folder_by_a_link(folder):
    """Files have the names that they have in the editor's folder."""
    write(folder / "real/lib.mos", "fn f(x) { x }\n")
    write(folder / "real/main.mos", 'from "lib.mos" import f\nprint(f(1))\n')
    os.symlink(folder / "real", folder / "link")
    editor = Editor(folder / "link")
    address = editor.show(folder / "link/main.mos")
    library = (folder / "link/lib.mos").as_uri()
    assert editor.result_at("definition", address, "f\n")[0]["uri"] == library
    assert editor.renamed(address, "f\n", "g") == {library: 1, address: 2}
    # The same file by its other name.
    opened = editor.show(folder / "real/lib.mos")
    assert editor.renamed(address, "f\n", "g") == {opened: 1, address: 2}
    editor.end()


def strange_names(folder):
    place = folder / "a b%20ü"
    library = write(place / "é'#?.mos", "fn f(x) { x }\n")
    write(place / "main.mos", 'from "é\'#?.mos" import f\nprint(f(1))\n')
    editor = Editor(place)
    address = editor.show(place / "main.mos")
    assert editor.mistakes(1, address) == []
    found, = editor.result_at("definition", address, "f\n")
    # An editor may write other characters with escapes; it is the same file.
    assert pathlib.Path(os.fsdecode(found["uri"])).name.endswith("%23%3F.mos") and found["uri"] == library.as_uri().replace("'", "%27"), found
    opened = editor.show(library)
    assert editor.result_at("definition", address, "f\n")[0]["uri"] == opened
    other = address.replace("main", "%6Dain")
    editor.texts[other] = editor.texts[address]
    assert editor.renamed(other, "f\n", "g") == {opened: 1, address: 2}
    for wrong in ("file:///%zz%", "file:///a%00b.mos", "file://", "file:", "", "http://x/y.mos", "file:///%ff.mos", "untitled:é"):
        address = editor.show(wrong, 'import "no.mos" as no\nlet a = no.f\nfrom nn import Linear\nLinear(1, 2)\n')
        editor.mistakes(1, address)
        assert editor.renamed(address, "a =", "b") == {address: 1}
        assert editor.result_at("definition", address, "Linear\n")[0]["uri"].endswith("/nn.mos")
    editor.end()


def ends_of_lines(folder):
    editor = Editor(folder)
    text = "let a = 1\r\nlet 𝑛 = a\nprint(𝑛, a) # 𝄞\rlet b = 1"
    address = editor.show("untitled:1", text)
    places = editor.result_at("references", address, "a")
    assert [(one["range"]["start"]["line"], one["range"]["start"]["character"]) for one in places] == [(0, 4), (1, 9), (2, 10)]
    # The column behind the end of a line is that end, whatever the line ends with.
    for line, length in ((0, 9), (1, 10), (2, 16)):
        editor.note("textDocument/didChange", textDocument=dict(uri=address, version=2), contentChanges=[
            dict(range=dict(start=dict(line=line, character=99), end=dict(line=line, character=99)), text=" ")])
        found = editor.result("textDocument/references", textDocument=dict(uri=address), position=dict(line=0, character=4))
        assert len(found) == 3, (line, found)
    editor.end()


def no_place_for_copies(folder):
    """Without a folder that can be written to there is no file of a module to go to."""
    write(folder / "file", "")
    os.environ["XDG_CACHE_HOME"] = str(folder / "file")
    editor = Editor(folder)
    address = editor.show("untitled:1", "import nn\nnn.Linear(1, 2)\n")
    assert editor.result_at("definition", address, "Linear") == []
    assert "Linear(" in editor.result_at("hover", address, "Linear")["contents"]["value"]
    assert "standard library" in editor.refusal(address, "Linear", "L")
    editor.end()
    # A copy that someone changed is none.
    os.environ["XDG_CACHE_HOME"] = str(folder / ".cache")
    for damage in (lambda copy: None, lambda copy: (copy.chmod(0o644), copy.write_text("damaged"))):
        for copy in folder.glob(".cache/mos/*/nn.mos"):
            damage(copy)
        editor = Editor(folder)
        address = editor.show("untitled:1", "import nn\nnn.Linear(1, 2)\n")
        found, = editor.result_at("definition", address, "Linear")
        copy, = folder.glob(".cache/mos/*/nn.mos")
        assert found["uri"] == copy.as_uri() and copy.read_text() != "damaged" and copy.stat().st_mode & 0o222 == 0
        editor.end()


def texts_of_an_editor(folder):
    """What an editor has open counts, and not what lies on the disk."""
    library = write(folder / "lib.mos", "let old = 1\n")
    main = write(folder / "main.mos", 'import "lib.mos" as lib\nprint(lib.new)\n')
    editor = Editor(folder)
    address = editor.show(main)
    assert "has no `new`" in editor.mistakes(1, address)[0]["message"]
    editor.notes = []
    opened = editor.show(library, "let new = 1\n", version=7)
    assert editor.mistakes(1, address) == [] and editor.mistakes(7, opened) == []
    assert editor.renamed(address, "new", "newer") == {opened: 1, address: 1}
    editor.notes = []
    editor.note("textDocument/didClose", textDocument=dict(uri=opened))
    assert "has no `new`" in editor.mistakes(1, address)[0]["message"]
    # A module that was never saved.
    unsaved = editor.show(folder / "unsaved.mos", "## New.\nfn f(x) { x }\n")
    address = editor.show(main, 'from "unsaved.mos" import f\nf(1)\n', version=2)
    assert editor.mistakes(2, address) == []
    assert editor.result_at("definition", address, "f(")[0]["uri"] == unsaved
    assert "New." in editor.result_at("hover", address, "f(")["contents"]["value"]
    label = editor.result("textDocument/signatureHelp", textDocument=dict(uri=address), position=dict(line=1, character=2))
    assert label["signatures"][0]["label"] == "f(x)", label
    # While one types, a program is no whole program.
    write(folder / "more.mos", 'import "unsaved.mos" as inner\n## Two.\nfn second(x, by=1) { x }\nlet _own = 1\n')
    text = 'import "more.mos" as more\nimport nn as n\nfn g(x) { more.second(1,\nmore.inner.\nn.Lin\nmore.'
    address = editor.show(main, text, version=3)

    def completed(line, column):
        items = editor.result("textDocument/completion", textDocument=dict(uri=address), position=dict(
            line=line, character=column))["items"]
        return {one["textEdit"]["newText"]: one.get("documentation", {}).get("value") for one in items}

    assert set(completed(5, 5)) == {"second"} and "Two." in completed(5, 5)["second"]
    assert set(completed(3, 11)) == {"f"}
    assert "Linear" in completed(4, 5)
    label = editor.result("textDocument/signatureHelp", textDocument=dict(uri=address), position=dict(line=2, character=24))
    assert label["signatures"][0]["label"] == "second(x, by=1)" and label["activeParameter"] == 1, label
    editor.end()


def modules_as_values(folder):
    library = write(folder / "lib.mos", "fn f(x) { x }\nlet tariff = 1  # host: tariff\n")
    for text in ('import "lib.mos" as m\nlet n = m\nn.f(1)\n', 'import "lib.mos" as m\nprint(list(o.f(1) for o in (m,)))\n',
                 'import "lib.mos" as m\nimport "main.mos" as main\nlet {m: {f}} = main\n'):
        main = write(folder / "main.mos", text)
        editor = Editor(folder)
        address = editor.show(library)
        assert "module as a value" in editor.refusal(address, "f(", "g"), text
        assert "host" in editor.refusal(address, "tariff", "t")
        editor.end()
    # Names that are asked for and are not there would be there.
    write(main, 'import "lib.mos" as m\nfn g(x) { x }\nprint(m.g(1))\n')
    editor = Editor(folder)
    address = editor.show(library)
    assert "would mean something else" in editor.refusal(address, "f(", "g")
    assert editor.renamed(address, "f(", "h") == {address: 1}
    editor.end()


def named_arguments(folder):
    library = write(folder / "lib.mos", "fn f(x, axis=1) { sum(x, axis=axis) }\n")
    write(folder / "other.mos", "fn g(axis=2) { axis }\ng(axis=3)\n")
    main = write(folder / "main.mos", 'from "lib.mos" import f\nprint(f([[1.0]]))\n')
    editor = Editor(folder)
    address = editor.show(library)
    # A built-in's argument and that of a program without a tie to this one are others.
    assert editor.renamed(address, "axis", "along") == {address: 2}
    write(main, 'from "lib.mos" import f\nprint(f([[1.0]], axis=0))\n')
    assert "line 2 of" in editor.refusal(address, "axis", "along")
    editor.end()


def long_programs(folder):
    """20,000 lines are answered, and in time."""
    editor = Editor(folder)
    lines = [f"fn f{n}(x, y) {{ let z = x * {n}.0 + y\n    z @ z.T }}\n" for n in range(10000)]
    address = editor.show("untitled:1", "".join(lines))
    editor.mistakes(1, address)
    began = time.monotonic()
    for method in ("hover", "definition", "references", "documentHighlight", "signatureHelp"):
        editor.ask_at(method, address, "f5000(")
    editor.renamed(address, "f5000(", "g")
    assert time.monotonic() - began < 60, time.monotonic() - began
    editor.end()
