"""The cases of tests/vectors/eagle_cases.txt, whose first lines say how they are written."""

import pathlib
import re

ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)")
BYTES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\"}


def unescaped(text):
    def byte(match):
        escape = match.group(1)
        return BYTES.get(escape) or bytes([int(escape[1:], 16)])

    return ESCAPE.sub(byte, text)


def read_cases(source):
    """A dict for each: `name`, `body` whole, and of other words a list of what follows."""
    cases = []
    for line in pathlib.Path(source, "tests/vectors/eagle_cases.txt").read_bytes().splitlines():
        word, _, rest = line.partition(b" ")
        if not word or word.startswith(b"#"):
            continue
        if word == b"case":
            cases.append({"name": rest.decode(), "body": []})
        else:
            cases[-1].setdefault(word.decode(), []).append(rest)
    for case in cases:
        case["body"] = b"\n".join(map(unescaped, case["body"]))
    return cases
