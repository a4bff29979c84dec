"""A real InfluxDB takes our line protocol, and gives back the points that were written."""

import datetime
import json
import math
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

SOURCE = pathlib.Path(os.environ["SHUB_SOURCE"])
PROGRAM = pathlib.Path(os.environ["SHUB_BUILD"]) / "bin" / "sensorhub"
SERVER = SOURCE / "tests" / "servers" / "influxdb.sh"
T = 1426010041000000  # 2015-03-10T17:54:01Z
TEXTS = ["", "5", 'a "quoted" text', "back\\slash\\", "\\n is no line break", "a\nb\r\n\tc", "é €",
         "a,b=c d", "x" * 60000]
NAMES = ["0x00135003007c2d12", "with space", "comma,equals=", 'quo"te', "back\\slash", "back\\,comma",
         "é", "#5"]
FLOATS = [0.0, 0.944, -1.5, 1e22, 5e-324, 1.7976931348623157e308, 0.1, 123456789.125]
INTS = [0, -7, 2 ** 63 - 1, -2 ** 63]


def send(url, path, body=None, **query):
    """(status, body); the proxy of the environment is none of ours."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    address = f"{url}{path}?{urllib.parse.urlencode(query)}"
    try:
        with opener.open(urllib.request.Request(address, data=body), timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def points(url, query):
    """{(tags, field, time): value} of what the server has."""
    status, body = send(url, "/query", db="d", q=query, epoch="ns")
    assert status == 200, body
    found = {}
    for series in json.loads(body)["results"][0].get("series", []):
        tags = tuple(sorted((k, v) for k, v in series.get("tags", {}).items() if v))
        for row in series["values"]:
            for name, value in zip(series["columns"][1:], row[1:]):
                if value is not None:
                    found[series["name"], tags, name, row[0]] = value
    return found


def sample(device, quantity, value, time_us, unit="", **more):
    return {"device": device, "quantity": quantity, "value": value, "time_us": time_us,
            "unit": unit, **more}


def json_line(s):
    """As docs/log-format.md has it, but for the order of keys."""
    time = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=s["time_us"])
    fields = {k: v for k, v in s.items() if k not in ("time_us", "unit")}
    if s["unit"]:
        fields["unit"] = s["unit"]
    return json.dumps({**fields, "time": time.isoformat() + "Z"})


def convert(samples, *options):
    lines = "".join(json_line(s) + "\n" for s in samples)
    return subprocess.run([PROGRAM, "convert", "--to", "influx", *options], check=True,
                          input=lines.encode(), capture_output=True).stdout


def tags_of(s):
    tags = {"device": s["device"], "unit": s["unit"], "quality": s.get("quality", ""),
            "time_assumed": "true" if s.get("time_assumed") else ""}
    return tuple(sorted((k, v) for k, v in tags.items() if v))


def check_all_kinds(url):
    """Every kind of value, name, unit and flag, in one request."""
    samples = [sample(d, "x", 1.5, T + i, "k W") for i, d in enumerate(NAMES)]
    # The server takes no '\\' before a comma in a field's key, though the grammar has it.
    samples += [sample("d", n, 2.5, T) for n in NAMES if "\\," not in n]
    samples += [sample("d", "float", v, T + i) for i, v in enumerate(FLOATS)]
    samples += [sample("d", "int", v, T + i, "count") for i, v in enumerate(INTS)]
    samples += [sample("d", "bool", v, T + i) for i, v in enumerate([True, False])]
    samples += [sample("d", "text", v, T + i) for i, v in enumerate(TEXTS)]
    samples += [sample("d", "old", 1.0, -(10 ** 15) - 1), sample("d", "zero", 1.0, 0)]
    samples += [sample("d", "flagged", 1.0, T, quality="error"),
                sample("d", "flagged", 2.0, T, quality="replaced", time_assumed=True)]
    status, body = send(url, "/write", convert(samples), db="d")
    assert status == 204, body
    found = points(url, "select * from samples group by *")
    wanted = {("samples", tags_of(s), s["quantity"], s["time_us"] * 1000): s["value"]
              for s in samples}
    assert set(found) == set(wanted), set(found) ^ set(wanted)
    for key, value in wanted.items():
        assert type(value) is type(found[key]) or isinstance(value, float), key
        assert found[key] == value, (key, found[key], value)


def check_precisions(url):
    for precision, unit in [("ns", 1), ("us", 1000), ("ms", 10 ** 6), ("s", 10 ** 9)]:
        lines = convert([sample("d", "x", 1.0, T + 1234567)], "--precision", precision,
                        "--measurement", "p " + precision, "--no-units")
        status, body = send(url, "/write", lines, db="d",
                            precision={"us": "u"}.get(precision, precision))
        assert status == 204, body
        (key,) = points(url, f'select * from "p {precision}" group by *')
        assert key[3] == (T + 1234567) * 1000 // unit * unit, (precision, key)


def check_chirpstack(url):
    samples = [sample("0102", "latitude", 57.64911, T, "lat"),
               sample("0102", "longitude", 10.40744, T, "lon"),
               sample("0102", "pulses.2", 7, T)]
    status, body = send(url, "/write", convert(samples, "--naming", "chirpstack"), db="d")
    assert status == 204, body
    tags, time = (("dev_eui", "0102"),), T * 1000
    assert points(url, "select * from device_frmpayload_data_location group by *") == {
        ("device_frmpayload_data_location", tags, "geohash", time): "u4pruydqqvj8",
        ("device_frmpayload_data_location", tags, "latitude", time): 57.64911,
        ("device_frmpayload_data_location", tags, "longitude", time): 10.40744}
    found = points(url, "select * from device_frmpayload_data_pulses_2 group by *")
    assert list(found.values()) == [7] and list(found)[0][2] == "value"


def check_many(url):
    rows = 50000
    samples = [sample(f"d{i % 100}", "power", i / 8, T + i * 1000, "kW") for i in range(rows)]
    lines = convert(samples, "--measurement", "many", "--precision", "us")
    status, body = send(url, "/write", lines, db="d", precision="u")
    assert status == 204, body
    found = points(url, "select count(power), sum(power) from many")
    by_name = {key[2]: value for key, value in found.items()}
    assert by_name["count"] == rows
    assert math.isclose(by_name["sum"], sum(s["value"] for s in samples))


def check_that_the_server_checks(url):
    status, _ = send(url, "/write", b"samples,device=d x=1 1\nbad\n", db="d")
    assert status == 400
    # What we refuse for the server's sake: fields it drops, tags it has no room for.
    status, _ = send(url, "/write", b"dropped time=1,x=2 1\n", db="d")
    assert status == 204 and len(points(url, "select * from dropped group by *")) == 1
    tags = b"".join(b",t%d=%s" % (i, b"x" * 250) for i in range(257))
    status, body = send(url, "/write", b"m" + tags + b" x=1 1\n", db="d")
    assert status == 400 and b"max key length exceeded" in body


def main():
    if not PROGRAM.exists():
        print("the command is not built")
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="shub-influx-") as folder:
        where = pathlib.Path(folder, "server")
        server = subprocess.Popen(["sh", SERVER, "run", where], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        first = server.stdout.readline()
        try:
            if first != "ready\n":
                print(first, end="")
                sys.exit(server.wait())
            text = (where / "env").read_text()
            url = dict(word.split("=", 1) for word in shlex.split(text))["SENSORHUB_INFLUX_URL"]
            status, body = send(url, "/query", b"", q="create database d")
            assert status == 200, body
            for check in (check_all_kinds, check_precisions, check_chirpstack, check_many,
                          check_that_the_server_checks):
                check(url)
                print(f"{check.__name__}: ok")
        finally:
            server.stdin.close()
            server.wait()


if __name__ == "__main__":
    main()
