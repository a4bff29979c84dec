"""Every case of tests/vectors/eagle_cases.txt means in Python what it means in C."""

import pytest

import sensorhub
from conftest import SOURCE
from eagle_cases import read_cases, unescaped

ARRIVAL_US = 1577836800000000  # 2020-01-01T00:00:00Z
CASES = read_cases(SOURCE)


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
            sensorhub.parse_eagle(case["body"], part="part" in case)
        check_error(caught.value, *text_of(case, "parse").split()[:1], "pos",
                    text_of(case, "parse").split()[1])
        assert "message" not in case or str(caught.value) == text_of(case, "message")
        return
    reply = sensorhub.parse_eagle(case["body"], part="part" in case)
    assert reply.truncated == ("part" in case)
    assert reply.family == (text_of(case, "family") or reply.family)
    assert reply.gateway == (text_of(case, "gateway") or "")
    assert (reply.time_us or 0) == int(text_of(case, "envelope") or 0) * 1000000
    check_readings(case, reply)
    check_samples(case, reply)


def test_messages():
    reply = sensorhub.parse_eagle("<MessageCluster><Id>0x1b1</Id><Text>a &amp;lt; b</Text>"
                                  "<Priority>Low</Priority><Confirmed>Y</Confirmed>"
                                  "</MessageCluster><NetworkInfo><Status>x</Status></NetworkInfo>")
    assert reply.readings[0].message == {
        "text": "a < b", "priority": "Low", "queue": "", "id": 0x1b1,
        "confirmation_required": False, "confirmed": True}
    assert reply.readings[1].message is None
