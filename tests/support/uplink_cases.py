"""The cases of tests/vectors/uplink_cases.txt, whose first lines say how they are written."""

import pathlib

from eagle_cases import unescaped

OURS = (b"topic", b"query", b"arrival", b"line")


def read_cases(source):
    """A dict for each: `name`, `body`, `facts` and of other words a list of what follows."""
    cases = []
    for line in pathlib.Path(source, "tests/vectors/uplink_cases.txt").read_bytes().splitlines():
        word, _, rest = line.partition(b" ")
        if not word or word.startswith(b"#"):
            continue
        if word == b"case":
            cases.append({"name": rest.decode(), "body": b"", "facts": []})
        elif word == b"body":
            cases[-1]["body"] += unescaped(rest)
        elif word in OURS:
            cases[-1].setdefault(word.decode(), []).append(rest)
        else:
            cases[-1]["facts"].append(line.decode())
    return cases
