"""What MkDocs does not know of the project: where its pages lie, in which order, and how Mos is coloured.

The pages are those of the repository at the places where they lie. Their order is that of the lists in
`docs/README.md` and its kin, which readers of the repository follow. A link to a program or to another text
leads to a page that shows it.
"""

import os
import pathlib
import re
import sys
import textwrap

from mkdocs.structure.files import File
from pygments.lexers import LEXERS

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "editors/pygments"))
LEXERS["MosLexer"] = ("mos_pygments", "Mos", ("mos",), ("*.mos",), ())
LEXERS["MosConsoleLexer"] = ("mos_pygments", "Mos session", ("mos-console",), (), ())

# `[text](path#anchor "title")`, and what HTML shows.
LINK = re.compile(r"\[([^\[\]]*)\]\(([^()\s#:]+)(#[^()\s]*)?(\s+\"[^\"]*\")?\)")
SOURCE = re.compile(r"\b(?:src|srcset)=\"([^\"\s#:]+)\"")
LANGUAGES = {".py": "python", ".sh": "sh", ".swift": "swift", ".mos": "mos", ".c": "c", ".txt": "text"}
PICTURES = (".svg", ".png")
OTHER_PAGES = ["CHANGELOG.md", "CONTRIBUTING.md", "Tests/ScriptTests/README.md"]


# Blocks between fences, which stay, and indented ones: their lines, and empty lines before further ones.
INDENTED = re.compile(r"^```.*?^```$|(?<=\n\n)(?: {4}[^\n]*(?:\n|\Z)|\n+(?= {4}))+", re.M | re.S)


# Blocks that are sessions at the prompt, or go on with one.
SESSION = re.compile(r"^```console$(?=\n(?:\$ mos$|mos> ))", re.M)


def fenced(match):
    """An indented block as one between fences, which say that it is Mos."""
    block = match.group(0)
    if block.startswith("```"):
        return block
    return f"```mos\n{textwrap.dedent(block).rstrip()}\n```\n"


def read(path):
    return (ROOT / path).read_text()


def exists(path):
    return (ROOT / path).is_file()


def found(pattern):
    return sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(pattern))


def targets(path):
    """The files that the links of a page lead to, and its pictures."""
    text = read(path)
    for link in [match.group(2) for match in LINK.finditer(text)] + SOURCE.findall(text):
        yield os.path.normpath(os.path.join(os.path.dirname(path), link))


def in_order(index, folder):
    """The pages of a folder, first those of a list of links, in its order."""
    listed = [path for path in targets(index) if os.path.dirname(path) == folder and exists(path)]
    return list(dict.fromkeys(listed + found(folder + "/*.md")))


def title(path):
    if path.endswith(".mos"):
        return os.path.basename(path)
    return re.search(r"^# (.*)", read(path), re.M).group(1).replace("`", "")


def sections():
    """The site's sections, each with its pages; that of an index stands first and opens the section."""
    docs = "docs/README.md"
    examples = ["examples/README.md"] if exists("examples/README.md") else []
    return {
        "Guides": [docs, *in_order(docs, "docs/guides")],
        "Language": in_order("docs/language/README.md", "docs/language"),
        "Reference": in_order("docs/reference/README.md", "docs/reference"),
        "Examples": examples + found("examples/*.mos") + found("examples/*/README.md"),
        "Design": [*in_order(docs, "docs/design"), "docs/glossary.md"],
        "Project": [*OTHER_PAGES, *found("Benchmarks/*.md")],
    }


def page_name(path):
    """The page that shows a file: Markdown itself, or one that is made of a program."""
    return path if path.endswith(".md") else path + ".md"


def on_config(config):
    config["nav"] = [{"Start": "README.md"}]
    for name, pages in sections().items():
        index = [path for path in pages[:1] if path.endswith("README.md")]
        # The page of a folder opens a section; further ones, of other folders, are sections of one page.
        others = [{title(path): [path] if path.endswith("README.md") else page_name(path)} for path in pages[len(index):]]
        config["nav"].append({name: index + others})
    # DocC's pages know the folder of their server that they lie in, and are led to as they lead among themselves.
    config["nav"].append({"Swift": os.environ.get("SITE_BASE", "") + "/swift/documentation/"})
    return config


def on_files(files, config):
    pages = {"README.md"}.union(*sections().values())
    shown = pages.union(*(targets(path) for path in pages if path.endswith(".md")))
    for path in sorted(filter(exists, shown)):
        name = path if path.endswith(PICTURES) else page_name(path)
        files.append(File(name, str(ROOT), config["site_dir"], use_directory_urls=False))
    return files


DEFINITION = re.compile(r"^def (\w+)\(", re.M)


def parts(text):
    """A program cut before its Python functions, which links lead to by their names."""
    starts = [0, *(match.start() for match in DEFINITION.finditer(text)), len(text)]
    return [text[start:end] for start, end in zip(starts, starts[1:]) if text[start:end].strip()]


def anchor(block):
    match = DEFINITION.match(block)
    return f'<a id="{match.group(1)}"></a>\n\n' if match else ""


def on_page_read_source(page, config):
    path = page.file.src_uri.removesuffix(".md")
    if exists(page.file.src_uri) or not exists(path):
        return None
    language = LANGUAGES.get(pathlib.Path(path).suffix, "text")
    blocks = [
        f'{anchor(block)}`````{language}\n{block.rstrip()}\n`````\n' for block in parts(read(path))
    ]
    return f"# {os.path.basename(path)}\n\n" + "\n".join(blocks)


def on_page_markdown(markdown, page, config, files):
    path = page.file.src_uri
    # Indented blocks of the reference are programs; elsewhere they are formulas and what a shell gets.
    if path.startswith(("docs/reference/", "docs/language/")):
        markdown = INDENTED.sub(fenced, markdown)

    markdown = SESSION.sub("```mos-console", markdown)

    def lead(match):
        text, link, anchor, tip = match.groups()
        target = os.path.normpath(os.path.join(os.path.dirname(path), link))
        if (ROOT / target).is_dir():
            return f"[{text}]({link}/README.md)" if exists(target + "/README.md") else text
        if exists(target) and not target.endswith(PICTURES):
            return f"[{text}]({page_name(link)}{anchor or ''}{tip or ''})"
        return match.group(0)

    return LINK.sub(lead, markdown)


def on_page_content(html, page, config, files):
    # Headings of the reference are signatures; its table of contents has the names.
    if page.file.src_uri.startswith("docs/reference/"):
        shorten(page.toc)
    return html


def shorten(items):
    for item in items:
        item.title = item.title.partition("(")[0]
        shorten(item.children)
