"""TextMate grammars as VS Code reads them, line by line, with its engine of regular expressions, Oniguruma.

What our grammar has is here: `match`, `begin` and `end`, captures, names of content, includes of the repository. A
rule whose expression matches first in the rest of a line wins, the end of the open one before those inside of it, and
an earlier one before a later one.
"""

import json
import pathlib

import onigurumacffi


class Rule:
    """A rule that matches: a word, or the beginning of what is open until its end."""

    def __init__(self, source, grammar):
        self.name = source.get("name")
        self.content = source.get("contentName")
        self.begin = source.get("begin", source.get("match"))
        self.end = source.get("end")
        captures = source.get("captures", {})
        self.captures = numbered(source.get("beginCaptures", captures))
        self.end_captures = numbered(source.get("endCaptures", captures))
        self.source = source
        self.grammar = grammar

    def expressions(self):
        """The rules inside of this one, and an engine that finds the first of them, its end included."""
        if not hasattr(self, "inner"):
            self.inner = self.grammar.rules(self.source.get("patterns", []))
            patterns = [rule.begin for rule in self.inner]
            if self.end:
                patterns.insert(0, self.end)
            self.engine = onigurumacffi.compile_regset(*patterns)
        return self.inner, self.engine


def numbered(captures):
    return {int(number): capture["name"] for number, capture in captures.items()}


class Grammar:
    def __init__(self, path):
        self.source = json.loads(pathlib.Path(path).read_text())
        self.made = {}
        self.root = Rule({"name": self.source["scopeName"], "patterns": self.source["patterns"]}, self)

    def rules(self, patterns):
        """Rules that match, includes followed."""
        found = []
        for pattern in patterns:
            if "include" in pattern:
                pattern = self.source["repository"][pattern["include"].removeprefix("#")]
            if "match" in pattern or "begin" in pattern:
                found.append(self.made.setdefault(id(pattern), Rule(pattern, self)))
            else:
                found += self.rules(pattern["patterns"])
        return found

    def tokenize(self, text):
        """Each line with its tokens: where they begin and end, and their scopes from outside."""
        stack = [self.root]
        for line in text.split("\n"):
            yield line, list(self.read(line + "\n", stack))

    def read(self, line, stack):
        place = 0
        while place < len(line):
            inner, engine = stack[-1].expressions()
            index, match = engine.search(line, place)
            scopes = names(stack)
            if match is None:
                yield place, len(line) - 1, scopes
                return
            if match.start() > place:
                yield place, match.start(), scopes
            if stack[-1].end and index == 0:
                rule = stack.pop()
                outer = names(stack) + [name for name in [rule.name] if name]
                yield from captured(match, outer, rule.end_captures)
            else:
                rule = inner[index - bool(stack[-1].end)]
                outer = scopes + [name for name in [rule.name] if name]
                yield from captured(match, outer, rule.captures)
                if rule.end:
                    stack.append(rule)
                elif match.end() == match.start():
                    raise ValueError(f"{rule.begin} matches nothing")
            place = match.end()


def names(stack):
    return [name for rule in stack for name in (rule.name, rule.content) if name]


def captured(match, scopes, captures):
    """A match cut where its groups begin and end; groups here stand in none of each other but the whole."""
    place = match.start()
    if 0 in captures:
        scopes = [*scopes, captures[0]]
    for number in sorted(set(captures) - {0}):
        start, end = match.span(number)
        # A group that took no part has a place outside of its match.
        if not match.start() <= start < end <= match.end():
            continue
        if start > place:
            yield place, start, scopes
        yield start, end, [*scopes, captures[number]]
        place = end
    if match.end() > place:
        yield place, match.end(), scopes
