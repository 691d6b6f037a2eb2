"""Colours of Mos programs, as the prompt has them.

The words come from where the language declares them: keywords from the lexer, names that begin declarations
from the prompt's highlighter, and built-ins from the index of the reference.
"""

import pathlib
import re

from pygments.lexer import RegexLexer, bygroups, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text

__all__ = ["MosLexer"]

ROOT = pathlib.Path(__file__).resolve().parents[2]


def read(path):
    return (ROOT / path).read_text()


def quoted(pattern, path):
    """The words of a Swift list that stands behind what the pattern finds."""
    return re.findall(r"[\w]+", re.search(pattern + r"[^\[]*\[([^\]]*)\]", read(path)).group(1))


KEYWORDS = quoted(r"let kinds: \[Kind\] =", "Sources/Syntax/Lexing/Token.swift")
DECLARATIONS = quoted(r"declarations: Set<String> =", "Sources/CLI/Editing/Highlighter.swift")
CONSTANTS = ["true", "false", "nil"]
BUILTINS = re.findall(r"`(\w+)`", read("docs/reference/README.md"))


class MosLexer(RegexLexer):
    name = "Mos"
    aliases = ["mos"]
    filenames = ["*.mos"]

    tokens = {
        "root": [
            (r"\s+", Text),
            (r"##.*", String.Doc),
            (r"#.*", Comment.Single),
            (r'"""', String, "long"),
            (r'"', String, "string"),
            (r"0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+", Number),
            (r"\d[\d_]*(\.\d[\d_]*)?([eE][+-]?\d+)?", Number),
            (r"@(?=\w)", Name.Decorator),
            (r"\.(?=[^\W\d])", Punctuation, "member"),
            (words(CONSTANTS, suffix=r"\b"), Keyword.Constant),
            (words(KEYWORDS, suffix=r"\b"), Keyword),
            (r"^([ \t]*)(" + "|".join(DECLARATIONS) + r")\b(?=\s+[\w\"(])", bygroups(Text, Keyword)),
            (r"\b(as|by|from|import)\b(?=\s+[\w\"])", Keyword),
            (words(BUILTINS, suffix=r"\b"), Name.Builtin),
            (r"[^\W\d]\w*", Name),
            (r"[(){}\[\],;:]", Punctuation),
            (r"[^\w\s]", Operator),
        ],
        "member": [(r"\w+", Name, "#pop")],
        "string": [
            (r'"', String, "#pop"),
            (r"\\(u\{[0-9a-fA-F]+\}|.)", String.Escape),
            (r"\{", String.Interpol, "interpolation"),
            (r'[^"\\{]+', String),
        ],
        "long": [
            (r'"""', String, "#pop"),
            (r"\\(u\{[0-9a-fA-F]+\}|.)", String.Escape),
            (r"\{", String.Interpol, "interpolation"),
            (r'[^"\\{]+|"', String),
        ],
        "interpolation": [(r":[^{}\"]*(?=\})", String.Interpol), (r"\}", String.Interpol, "#pop"), (r"\{", Punctuation, "record")],
        "record": [(r"\}", Punctuation, "#pop"), (r"\{", Punctuation, "#push")],
    }
    tokens["interpolation"] += tokens["root"]
    tokens["record"] += tokens["root"]
