"""A fleet under faults: no healthy gateway is asked late, none twice within a second."""

import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import sensorhub
from support.gateways import Gateways

COUNT = int(os.environ.get("SHUB_FLEET_GATEWAYS", "2000"))
SECONDS = float(os.environ.get("SHUB_FLEET_SECONDS", "300"))
INTERVAL_MS = 6000
LATE_MS = 500
GAP_MS = 1000

# Of a hundred gateways: what is wrong with them.
FAULTS = {"dead": ["stall"] * 5 + ["nobody"] * 5,
          "slow": ["delay=2500"] * 10,
          "garbage": ["html", "truncate", "wrong-root", "empty", "nan"]}
KINDS = [(kind, fault) for kind, faults in FAULTS.items() for fault in faults]


def fault_of(i):
    """The kind and the fault of the i-th gateway, spread over the generations."""
    place = i * 37 % 100
    return KINDS[place] if place < len(KINDS) else ("healthy", None)


def certificate(folder):
    """A key and a certificate for 127.0.0.1, in PEM files."""
    files = pathlib.Path(folder, "cert.pem"), pathlib.Path(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-out", files[0], "-keyout",
                    files[1]], check=True, capture_output=True)
    return files


def options_of(gateway, fault, ca_file):
    options = {"url": gateway.url, "cloud_id": gateway.cloud_id, "ca_file": ca_file}
    if gateway.generation == "relay":
        options |= {"transport": "relay", "user": gateway.secrets[0],
                    "password": gateway.secrets[1]}
    else:
        options["install_code"] = gateway.secrets[0]
    if fault == "nobody":
        options["url"] = options["url"].rsplit(":", 1)[0] + ":1"
    return options


def rss_kb():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * 4


def cpu_s():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def run(fleet, seconds):
    """CPU seconds, and failures by gateway and what they say."""
    end, cpu, errors = time.monotonic() + seconds, cpu_s(), {}
    batch = sensorhub.Batch()
    while (left := end - time.monotonic()) > 0:
        fleet.loop.run_once(int(left * 1000) + 1)
        try:
            while True:
                result = fleet.take(batch)
                if result.error:
                    errors.setdefault(result.id, set()).add(str(result.error))
                batch.clear()
        except sensorhub.NotReady:
            pass
    return cpu_s() - cpu, errors


def check(fleet, gateways, errors):
    """What went wrong, line by line; prints the figures of each kind."""
    wrong, figures = [], {}
    stats = {int(line.split()[1]): line for line in gateways.say("stats")}
    for i, gateway in enumerate(gateways):
        kind, fault = fault_of(i)
        name = f"gw-{gateway.number}"
        one, late_ms = fleet.stats(name), fleet.lateness_ms(0.99, name)
        words = dict(word.split("=") for word in stats[gateway.number].split()[3:])
        sums = figures.setdefault(kind, [0, 0, 0, 0, 0, 0])
        for k, value in enumerate((1, one.polls, one.failures, one.missed, 0, 0)):
            sums[k] += value
        sums[4] = max(sums[4], late_ms)
        sums[5] = max(sums[5], one.lateness_max_ms)
        if int(words["requests"]) > 1 and int(words["gap_ms"]) < GAP_MS:
            wrong.append(f"{name} ({fault}): asked twice within {words['gap_ms']} ms")
        if int(words["concurrent"]) > 1:
            wrong.append(f"{name} ({fault}): {words['concurrent']} requests at once")
        if kind != "healthy":
            continue
        if late_ms > LATE_MS:
            wrong.append(f"{name}: late by {late_ms} ms at p99 of {one.polls} polls")
        if one.failures or one.successes < SECONDS * 1000 / INTERVAL_MS - 3:
            wrong.append(f"{name}: {one.successes} polls succeeded, {one.failures} failed: "
                         f"{errors.get(name)}")
    print(f"{'':10}{'gateways':>10}{'polls':>10}{'failed':>10}{'missed':>10}{'late p99':>10}"
          f"{'at most':>10}")
    for kind, sums in figures.items():
        print(f"{kind:10}" + "".join(f"{value:10}" for value in sums))
    return wrong


def torture(title, *options, ca_file=None):
    share = COUNT // 5
    counts = ("--relay", share, "--eagle100", 2 * share, "--eagle200", COUNT - 3 * share)
    with Gateways(*counts, *options) as gateways:
        before = rss_kb()
        with sensorhub.Fleet(interval_ms=INTERVAL_MS) as fleet:
            for i, gateway in enumerate(gateways):
                fault = fault_of(i)[1]
                if fault and fault != "nobody":
                    gateways.say(f"fault {gateway.number} {fault}")
                fleet.add(f"gw-{gateway.number}", **options_of(gateway, fault, ca_file))
            cpu, errors = run(fleet, SECONDS)
            grown = (rss_kb() - before) / COUNT
            print(f"{title}: {COUNT} gateways, {SECONDS:.0f} s, {cpu / SECONDS * 100:.1f} % of a "
                  f"core, {grown:.1f} KB a gateway")
            wrong = check(fleet, gateways, errors)
    for line in wrong[:20]:
        print("WRONG", line)
    return len(wrong)


def main():
    with tempfile.TemporaryDirectory() as folder:
        cert, key = certificate(folder)
        wrong = torture("plain", "--cadence", 8)
        wrong += torture("TLS", "--cadence", 8, "--tls", cert, key, ca_file=str(cert))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
