"""Calls that rows of $SENSORHUB_VECTORS ask for, and what their answers must hold.

Each module beside this has functions that note calls with `call(name, check, word, *args)`;
call.c says what a word does. `check` gets the answer, a text, and raises when it is wrong."""

import datetime
import json
import os
import pathlib
import re

FOLDER = pathlib.Path(os.environ.get("SENSORHUB_VECTORS", ""))
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
AT_US = 1000000000  # of payloads whose row says no time

noted = []  # as speakers.make() takes them
seen = set()  # files that were read


def read(name):
    seen.add(name)
    return FOLDER.joinpath(name).read_bytes()


def load(name):
    return json.loads(read(name))


def call(name, check, word, *args):
    args = [arg if isinstance(arg, bytes) else str(arg).encode() for arg in args]
    noted.append((name, word, args, check))


def decode(name, check, decoder, payload, rate="", at_us=AT_US):
    call(name, check, "decode", decoder, bytes.fromhex(payload), rate, at_us, "d")


# ---- answers -----------------------------------------------------------------------------


def time_us(text):
    """Of RFC 3339; digits behind the sixth are cut."""
    whole, fraction, zone = re.fullmatch(r"([^.]*?)(?:\.(\d+))?(Z|[+-]..:..)", text).groups()
    time = datetime.datetime.fromisoformat(whole + zone.replace("Z", "+00:00")) - EPOCH
    return (time // datetime.timedelta(seconds=1) * 1000000
            + int((fraction or "0")[:6].ljust(6, "0")))


def rows_of(lines):
    """{(quantity, microseconds): value} of lines of JSON; no key comes twice."""
    rows = {}
    for row in map(json.loads, lines):
        key = row["quantity"], time_us(row["time"])
        assert key not in rows, f"{key} twice"
        rows[key] = row["value"]
    return rows


class Answer:
    """Of a line with a status, and what follows."""

    def __init__(self, text):
        first, *self.lines = text.splitlines()
        _, status, *rest = first.split(" ", 4)
        self.status = "SHUB_OK" if status == "ok" else status
        self.message = rest[-1] if rest else ""

    @property
    def rows(self):
        return rows_of(line for line in self.lines if line.startswith("{"))

    @property
    def bodies(self):
        return [json.loads(line.removeprefix("body ")) for line in self.lines
                if line.startswith("body ")]


class Uplinks:
    """Facts of each document, {word: rest}; samples, and samples decoded."""

    def __init__(self, text):
        said, *blocks = re.split(r"^(?=(?:samples|decode) )", text, flags=re.MULTILINE)
        self.documents = []
        for line in said.splitlines():
            word, _, rest = line.partition(" ")
            if word == "dialect":
                self.documents.append({})
            self.documents[-1][word] = rest
        self.samples, self.decoded = (Answer(block) for block in [*blocks, blocks[-1]][:2])


def same_value(got, wanted):
    if isinstance(wanted, str):
        return got == wanted
    return abs(got - wanted) <= 1e-12 * abs(wanted)


def same_rows(rows, wanted):
    assert rows.keys() == wanted.keys(), (rows, wanted)
    for key, value in wanted.items():
        assert same_value(rows[key], value), (key, rows[key], value)


def holds(facts, wanted):
    for word, value in wanted.items():
        got = facts.get(word, "")
        same = float(got) == value if isinstance(value, float) else got == str(value)
        assert same, (word, got, value)


# ---- checks ------------------------------------------------------------------------------


def gives(rows):
    def check(text):
        answer = Answer(text)
        assert answer.status == "SHUB_OK", answer.message
        same_rows(answer.rows, rows)
    return check


def refuses(status, words="{}", part=()):
    """`{}` in the words stands for any."""
    def check(text):
        answer = Answer(text)
        assert answer.status == status, text
        assert re.fullmatch(re.escape(words).replace(r"\{\}", ".*"), answer.message), \
            (answer.message, words)
        same_rows(answer.rows, dict(part))
    return check


def says(line):
    def check(text):
        answer = Answer(text)
        assert answer.status == "SHUB_OK" and answer.lines == [line], (text, line)
    return check


def is_uplink(facts):
    def check(text):
        (document,) = Uplinks(text).documents
        holds(document, facts)
    return check
