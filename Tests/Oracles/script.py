"""A golden script of checks, as several recipes write it."""


class Script:
    """Checks of what Mos finds against numbers, which `text` writes as Mos reads them."""

    def __init__(self, path, head, text):
        self.path = path
        self.lines = [head]
        self.text = text
        self.count = 0

    def check(self, name, found, expected):
        self.lines.append(f'check("{name}", {found}, {self.text(expected)})')
        self.count += 1

    def write(self):
        self.lines.append(f'print("{self.count} checks")    # expect: {self.count} checks')
        with open(self.path, "w") as out:
            out.write("\n".join(self.lines) + "\n")
