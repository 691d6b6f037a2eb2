"""What editors colour, beside what Mos's own lexer reads.

`EditorTests.swift` gives a folder of programs `N.mos`, each with `N.lexer`, a letter for every character, and the
command `mos`. Each editor writes its own letters, and a difference is a mistake of its file:

    #  comment     "  text, escapes     i  braces and format of an interpolation
    n  number      k  keyword           c  true, false, nil      b  built-in      w  anything else

A contextual keyword is a name to the lexer; a margin `# keywords: from import` says which of a line are keywords, and
elsewhere editors have to agree.
"""

import importlib.util
import json
import os
import pathlib
import re
import runpy
import shutil
import subprocess
import sys

import manifest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EDITORS = ROOT / "editors"
sys.path.insert(0, str(EDITORS / "pygments"))
# The package itself asks for Pygments.
NAMES = runpy.run_path(str(EDITORS / "pygments/mos_pygments/names.py"))


def pygments_letters(folder):
    from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String
    from mos_pygments import MosLexer

    kinds = [
        (Error, "!"), (String.Interpol, "i"), (String.Doc, "#"), (String, '"'), (Comment, "#"), (Number, "n"),
        (Keyword.Constant, "c"), (Keyword, "k"), (Operator.Word, "k"), (Name.Builtin.Pseudo, "k"),
        (Name.Builtin, "b"),
    ]
    lexer = MosLexer(stripnl=False, ensurenl=False)
    for program in programs(folder):
        letters = ""
        for kind, text in lexer.get_tokens(program.read_text()):
            letter = next((letter for known, letter in kinds if kind in known), "w")
            letters += re.sub(".", letter, text)
        program.with_suffix(".pygments").write_text(letters)


def textmate_letters(folder):
    from textmate import Grammar

    scopes = [
        ("invalid", "!"), ("comment", "#"), ("punctuation.section.embedded", "i"), ("constant.other.placeholder", "i"),
        ("constant.character", '"'), ("constant.numeric", "n"), ("constant.language", "c"), ("keyword.operator.mos", "w"),
        ("keyword", "k"), ("storage", "k"), ("variable.language", "k"), ("support.function", "b"), ("meta.embedded", "w"), ("string", '"'),
        ("punctuation.definition.decorator", "w"), ("punctuation.definition.string", '"'),
    ]
    grammar = Grammar(EDITORS / "vscode/syntaxes/mos.tmLanguage.json")

    def letter(stack):
        for scope in reversed(stack):
            for known, found in scopes:
                if scope.startswith(known):
                    return found
        return "w"

    for program in programs(folder):
        lines = []
        for line, tokens in grammar.tokenize(program.read_text()):
            letters = ["w"] * len(line)
            for start, end, stack in tokens:
                letters[start:end] = letter(stack) * (end - start)
            lines.append("".join(letters))
        program.with_suffix(".textmate").write_text("\n".join(lines))


def run(command, folder):
    environment = {**os.environ, "MOS_PROGRAMS": folder, "MOS_EDITORS_FOLDER": str(EDITORS), "TERM": "dumb"}
    result = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240)
    if result.returncode:
        sys.exit(f"{command[0]}: {result.stdout[-2000:]}{result.stderr[-2000:]}")


def vim_letters(folder):
    run(["vim", "-es", "-n", "-N", "-u", "NONE", "-i", "NONE", "-S", str(ROOT / "Tests/Editors/vim.vim")], folder)


def emacs_letters(folder):
    run(["emacs", "-Q", "--batch", "-l", str(ROOT / "Tests/Editors/emacs.el")], folder)


def has_module(name):
    return importlib.util.find_spec(name) is not None


EDITOR = {
    "pygments": (has_module("pygments"), pygments_letters),
    "textmate": (has_module("onigurumacffi"), textmate_letters),
    "vim": (shutil.which("vim"), vim_letters),
    "emacs": (shutil.which("emacs"), emacs_letters),
}


def programs(folder):
    return sorted(pathlib.Path(folder).glob("*.mos"), key=lambda path: int(path.stem))


def differences(program, editor):
    """The words that an editor takes for something else, each with its line."""
    text = program.read_text()
    wanted = program.with_suffix(".lexer").read_text()
    found = program.with_suffix("." + editor).read_text()
    # An editor ends a line that the file does not.
    lines = zip(text.split("\n"), wanted.split("\n"), found.split("\n") + [""] * 2)
    for number, (line, right, mine) in enumerate(lines, 1):
        mine = mine.ljust(len(line), "w")
        margin = re.search(r"# keywords:(.*)", line)
        keywords = [word for word, letter in contextual(line, mine) if letter == "k"]
        if margin and keywords != margin.group(1).split():
            yield f"{program.name}:{number}: {editor}: the keywords are {keywords}: {line}"
        for match in re.finditer(r"\w+|\S", line):
            a, b = right[match.start():match.end()], mine[match.start():match.end()]
            a = a.replace("o", "w")
            # Whether a name is the built-in one or another is seen by those that know where names are declared.
            if "b" not in a:
                b = b.replace("b", "w")
            if a != b and not (set(a) == {"w"} and match.group() in NAMES["CONTEXTUAL_KEYWORDS"]):
                yield f"{program.name}:{number}: {editor}: {match.group()!r} is {b}, and not {a}: {line.strip()}"


def contextual(line, letters):
    """The contextual keywords in the code of a line, each with its letter."""
    for match in re.finditer(r"\w+", line):
        letter = letters[match.start():match.start() + 1]
        if match.group() in NAMES["CONTEXTUAL_KEYWORDS"] and letter in ("w", "b", "k"):
            yield match.group(), letter.replace("b", "w")


def disagreements(folder, editors):
    """Lines on which two editors take other contextual keywords for keywords."""
    for program in programs(folder):
        lines = program.read_text().split("\n")
        letters = [program.with_suffix("." + editor).read_text().split("\n") for editor in editors]
        for number, (line, *found) in enumerate(zip(lines, *letters), 1):
            if len({tuple(contextual(line, mine)) for mine in found}) > 1:
                yield f"{program.name}:{number}: {', '.join(editors)} disagree: {line.strip()}"


def misplaced(program, editor):
    """The lines of a program in form that an editor indents otherwise."""
    indented = program.with_suffix(f".{editor}-indented")
    if not indented.exists():
        return
    for number, (line, mine) in enumerate(zip(program.read_text().split("\n"), indented.read_text().split("\n")), 1):
        if line.strip() and line != mine:
            yield f"{program.name}:{number}: {editor}: {mine!r} and not {line!r}"


def session_mistakes():
    """What the sessions of the documents hold that `mos-console` does not know."""
    from pygments.token import Error, Generic
    from mos_pygments import MosConsoleLexer

    lexer = MosConsoleLexer(stripnl=False, ensurenl=False)
    for page in sorted((ROOT / "docs").rglob("*.md")):
        for block in re.findall(r"^```console\n(.*?)^```$", page.read_text(), re.M | re.S):
            tokens = list(lexer.get_tokens(block))
            prompts = sum(kind is Generic.Prompt for kind, _ in tokens)
            wrong = [text for kind, text in tokens if kind is Error]
            if "".join(text for _, text in tokens) != block or wrong:
                yield f"{page}: mos-console: {wrong} in\n{block}"
            elif prompts != len(re.findall(r"^(?:\$ |(?:mos|\.\.\.)>(?: |$))", block, re.M)):
                yield f"{page}: mos-console: {prompts} prompts in\n{block}"


def extension_mistakes(mos):
    """What is wrong with the manifest of VS Code's extension, snippets that are no programs, and what its client does."""
    folder = EDITORS / "vscode"
    yield from manifest.mistakes(folder)
    for name, snippet in json.loads((folder / "snippets/mos.json").read_text()).items():
        text = "\n".join(snippet["body"])
        text = re.sub(r"\$\{\d+:([^{}]*)\}", r"\1", text)
        result = subprocess.run([mos, "fmt", "-"], input=text + "\n", capture_output=True, text=True, timeout=20)
        if result.stdout != text + "\n":
            yield f"the snippet {name} is no program in form: {text}\n{result.stderr}{result.stdout}"
    if shutil.which("node"):
        result = subprocess.run(
            ["node", str(ROOT / "Tests/Editors/extension.js"), str(folder)], capture_output=True, text=True, timeout=60)
        if result.returncode:
            yield f"extension.js: {result.stderr}"


def main(folder, mos, *names):
    missing, mistakes = [], [*extension_mistakes(mos)]
    if EDITOR["pygments"][0]:
        mistakes += session_mistakes()
    lines = sum(program.read_text().count("\n") for program in programs(folder))
    for name in names or EDITOR:
        is_here, letters = EDITOR[name]
        if not is_here:
            missing.append(name)
            continue
        letters(folder)
        found = [line for program in programs(folder) for line in differences(program, name)]
        moved = [line for program in programs(folder) for line in misplaced(program, name)]
        print(f"{name}: of {lines} lines {len(found)} words are coloured and {len(moved)} lines indented otherwise")
        mistakes += found[:40]
        # People line brackets up in ways that `mos fmt` leaves to them.
        if len(moved) * 200 > lines:
            mistakes += moved[:40]
    mistakes += disagreements(folder, [name for name in names or EDITOR if name not in missing])
    for name in missing:
        print(f"{name}: not on this machine")
    print("\n".join(mistakes))
    sys.exit(bool(mistakes or missing and os.environ.get("MOS_EDITORS") == "all"))


if __name__ == "__main__":
    main(*sys.argv[1:])
