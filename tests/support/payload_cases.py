"""The cases of tests/vectors/payload_*.txt; tests/support/payload_cases.h says how they are
written."""

import json
import pathlib

import sensorhub

FRAME_TIME = "2020-09-01T13:17:31Z"


def row(case, text):
    when, quantity, value, unit, *quality = text.split(" ")
    time_us = (sensorhub.parse_time(when) if "T" in when
               else case["time_us"] + int(when) * 1000000)
    return sensorhub.Sample("d", quantity, json.loads(value), time_us, "" if unit == "-" else unit,
                            *quality)


def add(case, word, rest):
    if word == "hex":
        case["payload"] += bytes.fromhex(rest)
    elif word == "row":
        case["rows"].append(row(case, rest))
    elif word == "time":
        case["time_us"] = sensorhub.parse_time(rest)
    elif word == "status":
        name, pos = rest.split()
        case["status"], case["pos"] = name, int(pos)
    elif word == "port":
        case["port"] = int(rest)
    else:
        assert word in ("decoder", "rate", "message"), word
        case[word] = rest


def read_cases(source):
    """A dict for each."""
    cases = []
    for path in sorted(pathlib.Path(source, "tests/vectors").glob("payload_*.txt")):
        for line in path.read_text().splitlines():
            word, _, rest = line.partition(" ")
            if not word or word.startswith("#"):
                continue
            if word == "case":
                cases.append({"name": rest, "decoder": path.stem.removeprefix("payload_"),
                              "payload": b"", "port": 1, "rate": "", "status": None,
                              "time_us": sensorhub.parse_time(FRAME_TIME), "rows": []})
            else:
                add(cases[-1], word, rest)
    return cases
