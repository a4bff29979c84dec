"""Every case of tests/vectors/eagle_cases.txt means in Python what it means in C."""

import re

import pytest

import sensorhub
from conftest import SOURCE

ARRIVAL_US = 1577836800000000  # 2020-01-01T00:00:00Z
ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)")
BYTES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\"}


def unescaped(text):
    def byte(match):
        escape = match.group(1)
        return BYTES.get(escape) or bytes([int(escape[1:], 16)])

    return ESCAPE.sub(byte, text)


def read_cases():
    cases = []
    for line in (SOURCE / "tests/vectors/eagle_cases.txt").read_bytes().splitlines():
        word, _, rest = line.partition(b" ")
        if not word or word.startswith(b"#"):
            continue
        if word == b"case":
            cases.append({"name": rest.decode()})
        else:
            cases[-1].setdefault(word.decode(), []).append(rest)
    return cases


CASES = read_cases()


def body_of(case):
    return b"\n".join(unescaped(line) for line in case.get("body", []))


def text_of(case, word):
    return case[word][0].decode() if word in case else None


def check_error(error, status, attribute, place):
    assert error.name == status and error.code == getattr(sensorhub, status[5:])
    number = getattr(error, attribute)
    assert (-1 if number is None else number) == int(place)


def check_readings(case, reply):
    wanted = [line.decode().split() for line in case.get("reading", [])]
    said = [[r.root, r.name or "-", r.meter or "-", str((r.time_us or 0) // 1000000),
             "-1" if r.connected is None else str(int(r.connected))] for r in reply.readings]
    assert not wanted or said == wanted
    for line in case.get("field", []):
        index, name, value = (unescaped(line).decode().split(" ", 2) + [""])[:3]
        assert reply.readings[int(index)].field(name) == value


def check_samples(case, reply):
    batch = sensorhub.Batch()
    try:
        reply.samples(ARRIVAL_US, batch)
        assert "samples" not in case
    except sensorhub.Error as error:
        check_error(error, text_of(case, "samples").split()[0], "index",
                    text_of(case, "samples").split()[1])
    assert batch.to_jsonl() == b"".join(line + b"\n" for line in case.get("line", []))


def test_there_are_cases():
    assert len(CASES) > 50


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case):
    if "parse" in case:
        with pytest.raises(sensorhub.Error) as caught:
            sensorhub.parse_eagle(body_of(case))
        check_error(caught.value, *text_of(case, "parse").split()[:1], "pos",
                    text_of(case, "parse").split()[1])
        assert "message" not in case or str(caught.value) == text_of(case, "message")
        return
    reply = sensorhub.parse_eagle(body_of(case))
    assert reply.family == (text_of(case, "family") or reply.family)
    assert reply.gateway == (text_of(case, "gateway") or "")
    assert (reply.time_us or 0) == int(text_of(case, "envelope") or 0) * 1000000
    check_readings(case, reply)
    check_samples(case, reply)
