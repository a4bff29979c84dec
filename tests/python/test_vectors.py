"""Every case of tests/vectors/eagle_cases.txt means in Python what it means in C."""

import os
import pathlib
import re
import subprocess

import pytest

import sensorhub
from conftest import SOURCE

COMMAND = pathlib.Path(os.environ["SHUB_BUILD"]) / "bin/sensorhub"
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


def options_of(case):
    options = {}
    for line in case.get("with", []):
        name, value = line.decode().split()
        if name == "zone":
            options["zone_us"] = int(value) * 1000000
        else:
            options[name] = value if name == "meter" else int(value)
    return options


def check_samples(case, reply):
    batch = sensorhub.Batch()
    try:
        reply.samples(ARRIVAL_US, batch, **options_of(case))
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
            sensorhub.parse_eagle(body_of(case), part="part" in case)
        check_error(caught.value, *text_of(case, "parse").split()[:1], "pos",
                    text_of(case, "parse").split()[1])
        assert "message" not in case or str(caught.value) == text_of(case, "message")
        return
    reply = sensorhub.parse_eagle(body_of(case), part="part" in case)
    assert reply.truncated == ("part" in case)
    assert reply.family == (text_of(case, "family") or reply.family)
    assert reply.gateway == (text_of(case, "gateway") or "")
    assert (reply.time_us or 0) == int(text_of(case, "envelope") or 0) * 1000000
    check_readings(case, reply)
    check_samples(case, reply)


METER = "0x000781000081fd0b"  # of readings that name none


def by_command(path):
    done = subprocess.run([COMMAND, "eagle", "parse", "--now", "2020-01-01T00:00:00Z", "--meter",
                           METER, path], capture_output=True)
    return done.stdout, done.returncode != 0


def by_python(path):
    batch = sensorhub.Batch()
    try:
        sensorhub.parse_eagle(path.read_bytes()).samples(ARRIVAL_US, batch, meter=METER)
        refused = False
    except sensorhub.Error:
        refused = True
    return batch.to_jsonl(), refused


@pytest.mark.skipif("SENSORHUB_VECTORS" not in os.environ or not COMMAND.exists(),
                    reason="SENSORHUB_VECTORS and the command are needed")
def test_captured_bodies_mean_in_python_what_they_mean_in_c():
    files = sorted((pathlib.Path(os.environ["SENSORHUB_VECTORS"]) / "eagle").iterdir())
    results = [(path.name, by_command(path), by_python(path)) for path in files]
    assert len(results) > 50
    for name, wanted, said in results:
        assert said == wanted, name
    assert b"".join(said[0] for _, _, said in results).count(b"\n") >= 50


def test_messages():
    reply = sensorhub.parse_eagle("<MessageCluster><Id>0x1b1</Id><Text>a &amp;lt; b</Text>"
                                  "<Priority>Low</Priority><Confirmed>Y</Confirmed>"
                                  "</MessageCluster><NetworkInfo><Status>x</Status></NetworkInfo>")
    assert reply.readings[0].message == {
        "text": "a < b", "priority": "Low", "queue": "", "id": 0x1b1,
        "confirmation_required": False, "confirmed": True}
    assert reply.readings[1].message is None
