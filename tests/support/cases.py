"""Cases of tests/vectors/ that C, Python and Lua read alike; tests/support/cases.h says how
they are written."""

import pathlib

from eagle_cases import unescaped


class Case:
    def __init__(self, name):
        self.name = name
        self.lines = []

    def all(self, word):
        """What follows each of a word's lines, as bytes."""
        return [rest for found, rest in self.lines if found == word]

    def first(self, word, none=None):
        return (self.all(word) or [none])[0]

    def text(self, word, none=None):
        rest = self.first(word)
        return none if rest is None else rest.decode()

    def joined(self, word):
        return b"\n".join(self.all(word))

    def check(self, error, none=-1):
        """That an exception, or None, is what the case says."""
        status, *pos = self.text("status", "SHUB_OK").split()
        assert (error.name if error else "SHUB_OK") == status, (self.name, error)
        if pos:
            assert (none if error.pos is None else error.pos) == int(pos[0]), self.name
        if self.first("index"):
            assert error.index == int(self.first("index")), self.name
        if self.first("message"):
            assert str(error) == self.text("message")


def cases_of(source, name):
    cases = []
    for line in pathlib.Path(source, "tests/vectors", name).read_bytes().splitlines():
        word, _, rest = line.partition(b" ")
        if not word or word.startswith(b"#"):
            continue
        if word == b"case":
            cases.append(Case(rest.decode()))
        else:
            cases[-1].lines.append((word.decode(), unescaped(rest)))
    return cases
