"""Colours of Mos programs, word by word as its own lexer reads them, and of sessions at its prompt."""

import re

from pygments import unistring
from pygments.lexer import Lexer, RegexLexer, bygroups, do_insertions, include, words
from pygments.lexers.shell import BashLexer
from pygments.token import (
    Comment, Error, Generic, Keyword, Name, Number, Operator, Punctuation, String, Text, Whitespace,
)

from mos_pygments.names import (
    BUILTINS, CONSTANTS, CONTEXTUAL_KEYWORDS, KEYWORDS, MODULES, OPERATORS,
)

# Letters of any script and `_`; then digits, indices and accents too.
NAME = rf"[^\W\d][\w{unistring.Mn}{unistring.Mc}{unistring.No}]*"
# No word ends here: `\b` does not know accents.
END = rf"(?![\w{unistring.Mn}{unistring.Mc}{unistring.No}])"


# What programs of Mosel, which end in `.mos` too, have nowhere.
PROGRAM = re.compile(r"^\s*(?:fn \w+\(|let .* = |model \w+ ?[({]|param \w+ = |@\w+|print\()", re.M)


def alternatives(names):
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


# A name after a contextual keyword, and no other keyword: `from in xs` asks whether a list has `from`.
OPERAND = rf"""(?=[ \t]+(?!(?:{alternatives(set(KEYWORDS) - {"self"})}){END})(?:[^\W\d]|"))"""
# `extract (x, y)` and `param (a, b) = …` are commands and fields where `extract(x)` and `param(x)` are calls.
BLANK_AND_BRACKET = r"[ \t]+[({]"


class MosLexer(RegexLexer):
    name = "Mos"
    aliases = ["mos"]
    filenames = ["*.mos"]
    mimetypes = ["text/x-mos"]
    flags = re.MULTILINE
    priority = 0.1

    def analyse_text(text):
        if re.match(r"#!.*\bmos\b", text):
            return 1.0
        # Little, because other languages have some of it.
        return 0.1 if PROGRAM.search(text) else 0.0

    tokens = {
        "root": [
            (r"\A\ufeff?#!.*", Comment.Hashbang),
            (r"\A\ufeff", Whitespace),
            include("code"),
            # A closing bracket that nothing has opened.
            (r"[)\]}]", Punctuation),
        ],
        "code": [
            # What only the beginning of a line is.
            (rf"^([ \t]*)(@)({NAME}(?:\.{NAME})*)", bygroups(Whitespace, Name.Decorator, Name.Decorator)),
            (rf"^([ \t]*)(param|buffer)(?={BLANK_AND_BRACKET})", bygroups(Whitespace, Keyword)),
            (r"[ \t\r]+|\n", Whitespace),
            (r"##.*", String.Doc),
            (r"#.*", Comment.Single),
            (r'"""', String.Double, "text"),
            (r'"', String.Double, "string"),
            (r"0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*", Number.Hex),
            (r"0[bB][01]+(?:_[01]+)*", Number.Bin),
            (r"0[oO][0-7]+(?:_[0-7]+)*", Number.Oct),
            # `1..2` is a range, `2.relu()` a call, and `1.` a number.
            (r"\d+(?:_\d+)*(?:\.\d+(?:_\d+)*|\.(?![.\w]))(?:[eE][+-]?\d+(?:_\d+)*)?", Number.Float),
            (r"\d+(?:_\d+)*[eE][+-]?\d+(?:_\d+)*", Number.Float),
            (r"\d+(?:_\d+)*", Number.Integer),
            (rf"(\.)([ \t]*)({NAME})", bygroups(Operator, Whitespace, Name.Attribute)),
            (words(CONSTANTS, suffix=END), Keyword.Constant),
            (rf"(fn)({END}[ \t]+)({NAME})", bygroups(Keyword.Declaration, Whitespace, Name.Function)),
            (rf"(let|fn){END}", Keyword.Declaration),
            (rf"(and|or|not|in){END}", Operator.Word),
            (rf"self{END}", Name.Builtin.Pseudo),
            (words(KEYWORDS, suffix=END), Keyword),
            (rf"(model)({END}[ \t]+)(?!(?:{alternatives(KEYWORDS)}){END})({NAME})",
             bygroups(Keyword.Declaration, Whitespace, Name.Class)),
            (words(CONTEXTUAL_KEYWORDS, suffix=END + OPERAND), Keyword),
            (rf"(?:extract|recover)(?={BLANK_AND_BRACKET})", Keyword),
            (words(BUILTINS, suffix=END + r"(?!\s*=(?![=>]))"), Name.Builtin),
            (words(MODULES, suffix=END + r"(?=\.)"), Name.Namespace),
            (NAME, Name),
            (r"\(", Punctuation, "parentheses"),
            (r"\[", Punctuation, "brackets"),
            (r"\{", Punctuation, "braces"),
            (r"[,;:]", Punctuation),
            (words(OPERATORS), Operator),
        ],
        # Brackets are followed because a `:` that stands in none ends the value of an interpolation.
        "parentheses": [(r"\)", Punctuation, "#pop"), include("code"), (r"[\]}]", Punctuation)],
        "brackets": [(r"\]", Punctuation, "#pop"), include("code"), (r"[)}]", Punctuation)],
        "braces": [(r"\}", Punctuation, "#pop"), include("code"), (r"[)\]]", Punctuation)],
        "string": [
            (r'"', String.Double, "#pop"),
            # The lexer gives up a text that its line does not end.
            (r"(?=\n)", Error, "#pop"),
            include("characters"),
            (r'[^"\\{\n]+', String.Double),
        ],
        "text": [
            (r'"""', String.Double, "#pop"),
            include("characters"),
            (r'[^"\\{]+|"', String.Double),
        ],
        "characters": [
            (r"\\(?:u\{[0-9a-fA-F]+\}|[ntr\"\\{}])", String.Escape),
            (r"\\.?", Error),
            (r"\{", String.Interpol, "interpolation"),
        ],
        "interpolation": [
            (r"\}", String.Interpol, "#pop"),
            (r':[^}"\n]*(?=\})', String.Interpol),
            include("code"),
            (r"[)\]]", Punctuation),
        ],
    }


class MosConsoleLexer(Lexer):
    """Sessions: `mos> ` and `...> ` of the prompt, `$ ` of a shell, and what they answer."""

    name = "Mos session"
    aliases = ["mos-console"]
    mimetypes = ["text/x-mos-session"]

    PROMPT = re.compile(r"(mos|\.\.\.)>(?: |$)")
    COMMAND = re.compile(r"[:?!]\S*")
    MISTAKE = re.compile(r"(error|warning)\b")

    def get_tokens_unprocessed(self, text):
        mos, shell = MosLexer(**self.options), BashLexer(**self.options)
        code, prompts, start = "", [], 0
        for match in re.finditer(r".*\n|.+", text):
            line = match.group()
            prompt = self.PROMPT.match(line.rstrip("\n"))
            if code and not (prompt and prompt.group(1) == "..."):
                yield from self.program(mos, code, prompts, start)
                code, prompts = "", []
            if prompt and not code and self.COMMAND.match(line[prompt.end():]):
                yield from self.command(line, prompt.end(), match.start())
            elif prompt:
                start = start if code else match.start()
                mark = line[: prompt.end()]
                prompts.append((len(code), [(0, Generic.Prompt, mark)]))
                code += line[len(mark):]
            elif line.startswith("$ "):
                yield match.start(), Generic.Prompt, "$ "
                for index, token, value in shell.get_tokens_unprocessed(line[2:]):
                    yield match.start() + 2 + index, token, value
            elif self.MISTAKE.match(line):
                yield match.start(), Generic.Error, line
            else:
                yield match.start(), Generic.Output, line
        if code:
            yield from self.program(mos, code, prompts, start)

    @staticmethod
    def program(mos, code, prompts, start):
        for index, token, value in do_insertions(prompts, mos.get_tokens_unprocessed(code)):
            yield start + index, token, value

    def command(self, line, width, start):
        word = self.COMMAND.match(line[width:]).group()
        yield start, Generic.Prompt, line[:width]
        yield start + width, Name.Function.Magic, word
        yield start + width + len(word), Text, line[width + len(word):]
