"""What the Python binding costs, beside the same work in pure Python: medians of CPU time, ns an item.

    cmake --build --preset release && PYTHONPATH=build/release/python python3 tests/python/bench.py
"""

import array
import json
import statistics
import tempfile
import time
import xml.etree.ElementTree as ET

import sensorhub
from test_eagle import DEMAND

N = 100_000
T = 1426010041000000
EPOCH_2000 = 946684800


def ns_each(call, count, rounds=7):
    times = []
    for _ in range(rounds):
        begin = time.process_time_ns()
        call()
        times.append(time.process_time_ns() - begin)
    return statistics.median(times) / count


def report(what, ns, peer=None, peer_ns=None):
    beside = f"{peer_ns:8.0f}  {peer_ns / ns:5.1f}x  {peer}" if peer else ""
    print(f"{what:44} {ns:8.0f}  {beside}")


def parse_by_elementtree():
    root = ET.fromstring(DEMAND)

    def number(name):
        return int(root.findtext(name), 16)

    value = number("Demand") * (number("Multiplier") or 1) / (number("Divisor") or 1)
    return {"device": root.findtext("MeterMacId"), "quantity": "power",
            "time": number("TimeStamp") + EPOCH_2000, "value": value, "unit": "kW"}


def bench_batch():
    batch = sensorhub.Batch()
    sample = sensorhub.Sample("0x00135003007c2d12", "power", 0.944, T, "kW")
    rows = []

    def fill(append):
        batch.clear()
        for _ in range(N):
            append(sample)

    def fill_by_parts():
        batch.clear()
        for i in range(N):
            batch.append(device="0x00135003007c2d12", quantity="power", value=0.944,
                         time_us=T + i, unit="kW")

    def fill_list():
        rows.clear()
        for i in range(N):
            rows.append({"device": "0x00135003007c2d12", "quantity": "power", "value": 0.944,
                         "time_us": T + i, "unit": "kW"})

    fill_list()
    report("Batch.append(sample)", ns_each(lambda: fill(batch.append), N))
    report("Batch.append(device=, ...)", ns_each(fill_by_parts, N), "list.append(dict)",
           ns_each(fill_list, N))
    report("for sample in batch", ns_each(lambda: [s.value for s in batch], N),
           "for row in list of dicts", ns_each(lambda: [r["value"] for r in rows], N))
    times, values = array.array("q", bytes(8 * N)), array.array("d", bytes(8 * N))
    report("Batch.read_into", ns_each(lambda: batch.read_into(times, values), N))
    lines = batch.to_jsonl()
    report("Batch.to_jsonl", ns_each(batch.to_jsonl, N), "json.dumps of a dict",
           ns_each(lambda: "\n".join(map(json.dumps, rows)), N))
    other = sensorhub.Batch()

    def read():
        other.clear()
        other.add_jsonl(lines)

    report("Batch.add_jsonl", ns_each(read, N), "json.loads",
           ns_each(lambda: [json.loads(line) for line in lines.splitlines()], N))
    return batch, sample


def bench_eagle():
    count = 2000

    def samples():
        for _ in range(count):
            sensorhub.parse_eagle(DEMAND).samples(T)

    def parse():
        for _ in range(count):
            sensorhub.parse_eagle(DEMAND)

    def peer():
        for _ in range(count):
            parse_by_elementtree()

    report("parse_eagle(demand)", ns_each(parse, count))
    report("parse_eagle(demand).samples()", ns_each(samples, count), "ElementTree, one dict",
           ns_each(peer, count))


def bench_log(batch, sample):
    with tempfile.TemporaryDirectory() as root:
        with sensorhub.Log(root, durability="none", clock=None) as log, \
                open(root + "/peer.jl", "w") as peer:
            log.append("meter", sample)

            def append():
                for _ in range(N):
                    log.append("meter", sample)

            def line():
                for _ in range(N):
                    log.append_line("meter", T, "x" * 120)

            def write():
                for _ in range(N):
                    peer.write(json.dumps({"device": sample.device, "time": sample.time_us,
                                           "value": sample.value}) + "\n")

            report("Log.append(sample), buffered", ns_each(append, N), "json.dumps, file.write",
                   ns_each(write, N))
            report("Log.append(batch), buffered",
                   ns_each(lambda: log.append("meter", batch), N))
            report("Log.append_line(120 bytes), buffered", ns_each(line, N))


if __name__ == "__main__":
    print(f"{'ns an item, median of 7':44} {'sensorhub':>8}  {'Python':>8}  ratio")
    bench_log(*bench_batch())
    bench_eagle()
