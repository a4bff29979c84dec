"""chirpstack/influx_expected.json, influx/line-protocol-corpus.json: line protocol that is written
and read."""

import base64
import datetime
import fractions
import json
import math
import re

from captured.calls import EPOCH, Answer, call, decode, gives, load, time_us
from captured.payloads import osm_rows


def numbers(line):
    """A line with each number behind a '=' as the double that it is."""
    return re.sub(r"(?<==)-?[\d.]+(?:[eE][+-]?\d+)?", lambda found: float(found[0]).hex(), line)


def writes(lines):
    """These lines in any order, but for how a double is spelled."""
    def check(text):
        rows, status, written = text.split("\n", 2)
        assert (rows, status) == ("rows ok", "lines ok"), text
        assert written.endswith("\n"), text
        assert (sorted(map(numbers, written.splitlines()))
                == sorted(map(numbers, lines))), (written, lines)
    return check


def is_refused(text):
    assert re.fullmatch("rows ok\nlines SHUB_E_INVALID .* tag .*\n", text), text


def write(name, check, rows, tags, measurement="", device_tag="", naming="fields", one_line=0):
    call(name, check, "influx", "".join(rows), measurement, device_tag, naming, one_line,
         *(word for tag in tags for word in tag))


def row(device, quantity, value, time="1970-01-01T00:00:00Z"):
    return json.dumps({"device": device, "quantity": quantity, "time": time, "value": value}) + "\n"


# ---- as ChirpStack writes ------------------------------------------------------------------


def members(device, value, path=""):
    if isinstance(value, dict):
        for key, one in value.items():
            yield from members(device, one, f"{path}.{key}" if path else key)
    elif value is not None:
        yield row(device, path, value)


def radio(device, up):
    best = max(up["rx"], key=lambda gateway: (gateway["rssi"], gateway["snr"]), default=None)
    yield row(device, "f_cnt", up["f_cnt"])
    if best:
        yield row(device, "rssi", best["rssi"])
        yield row(device, "snr", float(best["snr"]))
    yield row(device, "value", 1)


def at_zero(lines):
    """ChirpStack's lines have no time, ours always do."""
    return [f"{line} 0" for line in lines]


def tags_of(device, **more):
    return {"application_name": device.get("application_name", "test-app"),
            "device_name": device["device_name"], **more, **device["tags"]}.items()


def uplink(up):
    name, eui, lines = up["name"], up["dev_eui"], up["expected_body"].splitlines()
    data = [line for line in lines if not line.startswith("device_uplink,")]
    write(name, writes(at_zero(data)), members(eui, up["object"]),
          tags_of(up, f_port=up["f_port"]), naming="chirpstack")
    write(f"{name}, the radio", writes(at_zero(line for line in lines if line not in data)),
          radio(eui, up), tags_of(up, dr=up["dr"], frequency=up["frequency"]), "device_uplink",
          "dev_eui")
    if "osm_hex" in up:
        decode(name, gives(osm_rows(up["object"])), "osm", up["osm_hex"])


def chirpstack():
    vectors = load("chirpstack/influx_expected.json")
    for up in vectors["uplink"]:
        uplink(up)
    status = vectors["status_event"]
    for line in status["expected_body"].splitlines():
        name, eui = re.match(r"device_status_(\w+),.*dev_eui=(\w+)", line).groups()
        write(f"status, {name}", writes(at_zero([line])), row(eui, "value", status[name]),
              tags_of(status), f"device_status_{name}", "dev_eui")


# ---- InfluxData's points -------------------------------------------------------------------


def value_of(field):
    ((kind, value),) = field["value"].items()
    return float(value) if kind == "float" else value


def point_of(case):
    """Rows, device's tag, other tags and line. A sample has a device: the first tag is its, or
    one more; and microseconds."""
    point, line = case["input"]["point"], case["output"].get("result")
    us = math.trunc(fractions.Fraction(point["time"], 1000))
    time = (EPOCH + datetime.timedelta(microseconds=us)).isoformat().replace("+00:00", "Z")
    tags = [(tag["key"], tag["value"]) for tag in point["tags"]]
    if line:
        assert line.endswith(f" {point['time']}")
        line = line.removesuffix(str(point["time"])) + str(us * 1000)
    if not tags or not line:
        line = line and re.sub(r"(?<!\\) ", ",d=d ", line, count=1)
        tags.insert(0, ("d", "d"))
    (key, device), *others = tags
    rows = [row(device, field["key"], value_of(field), time) for field in point["fields"]]
    return rows, key, others, line


def points():
    for name, case in load("influx/line-protocol-corpus.json")["encode"].items():
        rows, key, tags, line = point_of(case)
        write(name, writes([line]) if line else is_refused, rows, tags,
              case["input"]["point"]["name"], key, one_line=1)


# Our word, and how many nanoseconds it is.
PRECISIONS = {"1s": ("s", 10**9), "1ms": ("ms", 10**6), "1\u00b5s": ("us", 1000),
              "1ns": ("ns", 1)}


def has_rows(wanted):
    def check(text):
        answer = Answer(text)
        assert (answer.status, answer.lines[0]) == ("SHUB_OK", "refused 0"), text
        rows = map(json.loads, answer.lines[1:])
        for row, (device, quantity, at_us, value) in zip(rows, wanted, strict=True):
            assert (row["device"], row["quantity"]) == (device, quantity), text
            assert (time_us(row["time"]), row["value"]) == (at_us, value), text
    return check


def wants_device(lines):
    """Valid, but for the device: so is told of every line."""
    def check(text):
        answer = Answer(text)
        assert answer.lines == [f"refused {lines}"], text
        assert answer.status == ("SHUB_E_CONTENT" if lines else "SHUB_OK"), text
    return check


def is_bad(text):
    assert Answer(text).status != "SHUB_OK", text


def is_too_large(text):
    """An unsigned number beyond an int64 is a point of theirs, but no sample."""
    assert Answer(text).status == "SHUB_E_RANGE", text


def rows_of_points(points, device_tag, now_ns, now_us):
    for point in points:
        device = next(tag["value"] for tag in point["tags"] if tag["key"] == device_tag)
        at_us = now_us if point["time"] == now_ns else point["time"] // 1000
        for field in point["fields"]:
            yield device, field["key"], at_us, value_of(field)


def device_tag_of(text, points):
    """Of points their first tag; of what is bad what may be one."""
    if points is None:
        found = re.match(rb"\w+,(\w+)=", text)
        return found[1].decode() if found else ""
    return points[0]["tags"][0]["key"] if points and points[0]["tags"] else ""


def means(points, device_tag, now_ns, now_us):
    if points is None:
        return is_bad
    if not device_tag:
        return wants_device(len(points))
    rows = list(rows_of_points(points, device_tag, now_ns, now_us))
    return is_too_large if any(row[3] == 2**64 - 1 for row in rows) else has_rows(rows)


def texts():
    for name, case in load("influx/line-protocol-corpus.json")["decode"].items():
        given, points = case["input"], case["output"].get("result")
        text = given["text"]
        text = text.encode() if isinstance(text, str) else base64.b64decode(text["binary"])
        word, step = PRECISIONS[given["precision"]]
        now_ns = given["defaultTime"] // step * step
        now_us = now_ns // 1000 or 1  # 0: there is none
        tag = device_tag_of(text, points)
        call(name, means(points, tag, now_ns, now_us), "read", text, tag or "no such tag", word,
             now_us)


ALL = [chirpstack, points, texts]
