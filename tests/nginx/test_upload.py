"""upload.conf in a real nginx: what gateways push is in the log, once, when it was
answered with 200; through broken bodies, many clients, reloads and the end."""

import collections
import gzip
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import nginx as support

sys.path.insert(0, str(support.SOURCE / "tests/support"))
from eagle_cases import read_cases  # noqa: E402

CLIENTS = 8
RELOADS = 3
EPOCH_2000 = 946684800

UPLOAD = """<?xml version="1.0"?>
<rainforest macId="0xf0ad4e00ce69" version="undefined" timestamp="{now}s">
<InstantaneousDemand>
<DeviceMacId>0x00158d0000000004</DeviceMacId><MeterMacId>{meter}</MeterMacId>
<TimeStamp>{stamp:#x}</TimeStamp><Demand>{demand:#x}</Demand>
<Multiplier>0x1</Multiplier><Divisor>0x3e8</Divisor>
</InstantaneousDemand>
{padding}</rainForest>
"""


def upload(meter, i, padding=""):
    """The i-th upload of a meter: a demand of i watts at a time of its own."""
    now = int(time.time())
    return UPLOAD.format(now=now, meter=meter, stamp=now - EPOCH_2000, demand=i,
                         padding=padding)


def live_records(server):
    """What is in the segments that are not sealed."""
    return [json.loads(line) for path in sorted(server.data.glob("*/*.jl"))
            for line in path.read_text().splitlines()]


def sealed_records(server):
    return [json.loads(line) for path in sorted(server.data.glob("*/*.jl.gz"))
            for line in gzip.open(path, "rt").read().splitlines()]


def cases():
    """(name, body, word -> rests) of the cases that the other languages read too."""
    for case in read_cases(support.SOURCE):
        name, body = case.pop("name"), case.pop("body")
        said = {word: [rest.decode() for rest in rests] for word, rests in case.items()}
        yield name, body, collections.defaultdict(list, said)


def without_time(record):
    """What does not depend on when an upload arrived."""
    return tuple((name, value) for name, value in record.items()
                 if name != "time" or not record.get("time_assumed"))


# ---- one upload after the other ----------------------------------------------------


def check_cases(server):
    """Every case is answered as its parsing says, and its samples are in the log."""
    connection = server.connection()
    wanted = collections.Counter()
    for name, body, said in cases():
        if said["with"] or said["part"]:
            continue  # more than an upload says by itself
        status, text = connection.post(body)
        stored = said["line"] or not (said["parse"] or said["samples"])
        assert status == (200 if stored else 400), (name, status, text)
        assert status == 200 or text.strip(), name
        if said["message"]:
            assert text == said["message"][0] + "\n", (name, text)
        wanted.update(without_time(json.loads(line)) for line in said["line"])
    assert sum(wanted.values()) > 20
    assert collections.Counter(map(without_time, live_records(server))) == wanted


def check_captures(server):
    """Uploads as real gateways sent them, where they are at hand."""
    folder = os.environ.get("SENSORHUB_VECTORS")
    paths = sorted(pathlib.Path(folder, "eagle").glob("up[12]-*.xml")) if folder else []
    connection = server.connection()
    for path in paths:
        status, text = connection.post(path.read_bytes())
        assert status == 200, (path.name, text)
    if paths:
        values = {(r["quantity"], r["value"]) for r in live_records(server)}
        assert {("power", 3.311), ("energy_delivered", 102546.839), ("price", 0.1287),
                ("link_strength", 100.0)} <= values
    return len(paths)


def check_sizes(server):
    """Bodies that nginx keeps in a file, and one that is too large."""
    connection = server.connection()
    padding = f"<Unknown>{'x' * 900000}</Unknown>\n"
    large = upload("0x00178d000000beef", 1, padding).encode()
    before = len(live_records(server))
    assert connection.post(large)[0] == 200
    chunks = iter([large[:5000], large[5000:]])
    assert connection.post(chunks, encode_chunked=True)[0] == 200
    assert len(live_records(server)) == before + 2
    assert connection.post(b"x" * (1 << 20) + b"x")[0] == 413
    connection = server.connection()
    assert connection.post(b"") == (400, "empty body\n")
    connection.request("GET", "/upload")
    assert connection.getresponse().status == 405


def check_disk(server):
    """When the log cannot be written the gateway is told to keep its data."""
    connection = server.connection()
    hours = [server.data / time.strftime("%Y-%m-%d-%H", time.gmtime(time.time() + s))
             for s in (0, 3600)]
    for hour in hours:
        hour.write_text("in the way")
    assert connection.post(upload("0x00178d000000dead", 1)) == (503, "not stored\n")
    for hour in hours:
        hour.unlink()
    assert connection.post(upload("0x00178d000000dead", 2))[0] == 200
    assert [round(r["value"] * 1000) for r in live_records(server)] == [2]


# ---- many clients, reloads, a killed worker ----------------------------------------


def meter_of(number):
    return f"0x00178d00000{number:05x}"


def post(connection, number, i):
    """Whether the i-th upload of a client was taken; else the answer."""
    answer = connection.post(upload(meter_of(number), i))
    return answer[0] == 200, answer


def check_once(found, clients):
    """Every acknowledged record is found once, and none twice."""
    count = collections.Counter((r["device"], round(r["value"] * 1000)) for r in found)
    acknowledged = [(meter_of(client.number), i) for client in clients
                    for i in client.acknowledged]
    lost = [key for key in acknowledged if count[key] != 1]
    assert not lost, lost[:10]
    assert max(count.values()) == 1
    assert len(count) <= len(acknowledged) + sum(client.lost for client in clients)


SEAL = """
local sensorhub = require "sensorhub"
local later = sensorhub.now() + 3 * 3600e6
local log = assert(sensorhub.log(arg[1], {clock = function() return later end}))
local report = assert(log:seal())
assert(report.busy == 0 and report.failed == 0 and report.torn == 0)
print(report.sealed, report.lines)
"""


def seal(server):
    """Three hours later; the number of files and lines."""
    script = server.folder / "seal.lua"
    script.write_text(SEAL)
    environment = dict(os.environ, LUA_CPATH=f"{support.BUILD}/lua/5.1/?.so;;")
    done = subprocess.run(["luajit", script, server.data], env=environment, check=True,
                          capture_output=True, text=True)
    return [int(word) for word in done.stdout.split()]


def check_load(server):
    """Nothing that was answered with 200 is lost or doubled, whatever befalls workers."""
    begin = time.monotonic()
    clients = support.disturbed(server, post, CLIENTS, RELOADS)
    elapsed = time.monotonic() - begin
    assert not any(client.failure for client in clients), [c.failure for c in clients]
    server.quit()
    hours = {path.parent for path in server.data.glob("*/*.jl")}
    assert len(list(server.data.glob("*/*.jl"))) >= 2
    check_once(live_records(server), clients)
    sealed, lines = seal(server)
    assert sealed == len(hours) and not list(server.data.glob("*/*.jl"))
    assert lines == len(sealed_records(server))
    check_once(sealed_records(server), clients)
    tell(clients, elapsed)


def tell(clients, elapsed):
    seconds = sorted(s for client in clients for s in client.seconds)
    p99 = seconds[len(seconds) * 99 // 100]
    print(f"{len(seconds)} uploads by {len(clients)} clients in {elapsed:.1f} s: "
          f"{len(seconds) / elapsed:.0f}/s, "
          f"median {statistics.median(seconds) * 1000:.2f} ms, p99 {p99 * 1000:.2f} ms, "
          f"{sum(client.lost for client in clients)} without an answer")


def check_errors(server):
    """nginx found nothing alarming but the worker that was killed."""
    for line in server.errors().splitlines():
        grave = any(level in line for level in ("[alert]", "[crit]", "[emerg]"))
        assert not grave or "exited on signal 9" in line, line


def main():
    support.skip_unless_there()
    for user in support.users():
        for check in (check_cases, check_captures, check_sizes, check_disk, check_load):
            with support.Nginx("upload.conf", ["upload.lua"], user) as server:
                check(server)
                if server.process.poll() is None:
                    server.quit()
                check_errors(server)


if __name__ == "__main__":
    main()
