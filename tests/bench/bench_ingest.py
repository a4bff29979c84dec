"""examples/nginx/ingest.conf under load: uplinks posted by wrk to one worker, which decodes
them, appends their samples and answers, beside the same requests answered without work.
Figures are medians of five runs, taken in turns; at the end the log has every record that was
answered.

First wrk has processors of its own. "busy" is the part of theirs that each used: where wrk is the
busier, the rate is wrk's, and the worker could do more. A wrk that has to wait is woken up by the
worker, across processors, which costs the worker several microseconds in a virtual machine. Then
both have one processor: without that, what the worker used is its own work."""

import base64
import json
import os
import pathlib
import random
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["SHUB_SOURCE"], "tests/nginx"))
import nginx as support  # noqa: E402

RUNS = 5
SECONDS = 12 if "--full" in sys.argv else 3
CONNECTIONS = 32
BODIES = 256
TOKEN = "bench"
SAMPLES = 5  # of a payload
TICKS = os.sysconf("SC_CLK_TCK")
LOAD = pathlib.Path(__file__).parent / "ingest_wrk.lua"

WITHOUT_WORK = """listen 8080;

        location = /return {
            return 204;
        }
        location = /plain {
            content_by_lua_block {
                ngx.req.read_body()
                ngx.exit(204)
            }
        }
"""

# What each is, in the order of the runs.
LOCATIONS = {
    "/return": "nginx alone, body discarded",
    "/plain": "Lua, body read, no work",
    "/offices": "decoded, appended",
}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Server(support.Nginx):
    processes = 1

    def __init__(self, cpu):
        self.listen = f"127.0.0.1:{free_port()}"
        self.cpu = cpu
        super().__init__("ingest.conf", ["ingest.lua"])
        (self.worker,) = self.workers()

    def configure(self, text):
        for old, new in (("worker_processes 2;",
                          f"worker_processes 1;\nworker_cpu_affinity {1 << self.cpu:b};"),
                         ("listen 8080;", WITHOUT_WORK)):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        super().configure(text)

    def cpu_seconds(self):
        """User's and system's time of the worker."""
        fields = pathlib.Path(f"/proc/{self.worker}/stat").read_text().rpartition(")")[2].split()
        return [int(ticks) / TICKS for ticks in fields[11:13]]

    def records(self):
        return sum(path.read_bytes().count(b"\n") for path in self.data.glob("*/*.jl"))


def make_uplink(i):
    """What The Things Stack posts, heard by two gateways."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    moment = f"{now}.{random.randrange(10**9):09d}Z"
    payload = bytes([1, 0, random.randrange(256), 2, random.randrange(101), 4, 1,
                     random.randrange(256), 5, random.randrange(20), 6, 2, random.randrange(256)])

    def heard(name):
        return {
            "gateway_ids": {"gateway_id": f"eui-{name}", "eui": name.upper()},
            "time": moment, "timestamp": random.randrange(2**32),
            "rssi": -random.randrange(40, 130), "channel_rssi": -100,
            "snr": random.randrange(-200, 120) / 10,
            "location": {"latitude": 52.48453486, "longitude": 13.34653402, "altitude": 46,
                         "source": "SOURCE_REGISTRY"},
            "uplink_token": base64.b64encode(random.randbytes(150)).decode(),
            "channel_index": 4, "received_at": moment}

    document = {
        "end_device_ids": {
            "device_id": f"sensor-{i:04d}", "application_ids": {"application_id": "offices"},
            "dev_eui": f"A81758FFFE05{i:04X}", "join_eui": "70B3D57ED0035B40",
            "dev_addr": "260B530E"},
        "correlation_ids": ["as:up:01FG1JPY8VGZWRTHPJGY4Y41VM",
                            "ns:uplink:01FG1JPY2DYSQ25A54MTNHWRXZ",
                            "rpc:/ttn.lorawan.v3.GsNs/HandleUplink:01FG1JPY2DSWV5XCSEJ1M92T4J"],
        "received_at": moment,
        "uplink_message": {
            "session_key_id": "AXwFUO6mb0zrxADfwled5Q==", "f_port": 5,
            "f_cnt": random.randrange(100000), "frm_payload": base64.b64encode(payload).decode(),
            "rx_metadata": [heard("7276ff000b030c96"), heard("fcc23dfffe0e316a")],
            "settings": {"data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 9,
                                                "coding_rate": "4/5"}},
                         "frequency": "868100000", "timestamp": 1036912648, "time": moment},
            "received_at": moment, "consumed_airtime": "0.185344s",
            "version_ids": {"brand_id": "elsys", "model_id": "ers-co2",
                            "hardware_version": "1.0", "firmware_version": "1.0",
                            "band_id": "EU_863_870"},
            "network_ids": {"net_id": "000013", "tenant_id": "ttn", "cluster_id": "ttn-eu1"}}}
    return json.dumps(document, separators=(",", ":"))


def wrk_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def load(server, cpus, location, seconds):
    """Requests a second, user's and system's microseconds of the worker for each, how busy
    it and wrk were, and how many were answered; none but with 2xx."""
    before, wrk_before = server.cpu_seconds(), wrk_seconds()
    begin = time.monotonic()
    done = subprocess.run(
        ["taskset", "-c", ",".join(map(str, cpus)), "wrk", f"-t{len(cpus)}", f"-c{CONNECTIONS}",
         f"-d{seconds}s", "-s", LOAD, f"http://{server.listen}{location}",
         server.folder / "bodies", TOKEN],
        check=True, capture_output=True, text=True)
    elapsed = time.monotonic() - begin
    used = [after - b for after, b in zip(server.cpu_seconds(), before)]
    wrk_used = wrk_seconds() - wrk_before
    said = re.search(r"answered (\d+) in (\d+) us, errors (\d+)", done.stdout)
    answered, taken, errors = map(int, said.groups())
    assert errors == 0 and answered > 0, done.stdout
    return {"rate": answered / taken * 1e6, "user": used[0] / answered * 1e6,
            "system": used[1] / answered * 1e6, "busy": sum(used) / elapsed,
            "wrk": wrk_used / elapsed / len(cpus),
            "answered": answered}


def check_log(server, before, run):
    """What wrk had not read the answers of when its time was over may be there too."""
    found = server.records() - before
    most = run["answered"] + CONNECTIONS
    assert run["answered"] * SAMPLES <= found <= most * SAMPLES, (run, found)
    assert found % SAMPLES == 0, found


def measure(server, cpus):
    """Medians of each location's runs."""
    runs = {location: [] for location in LOCATIONS}
    for location in LOCATIONS:
        load(server, cpus, location, 1)
    for _ in range(RUNS):
        for location in LOCATIONS:
            before = server.records()
            run = load(server, cpus, location, SECONDS)
            if location == "/offices":
                check_log(server, before, run)
            runs[location].append(run)
    return {location: {key: statistics.median(run[key] for run in of) for key in of[0]}
            for location, of in runs.items()}


def check_exactly(server):
    """Every record that was answered, and no other."""
    before = server.records()
    address, port = server.listen.split(":")
    connection = support.http.client.HTTPConnection(address, int(port))
    bodies = (server.folder / "bodies").read_text().splitlines()
    for body in bodies:
        connection.request("POST", "/offices", body, {"Authorization": f"Bearer {TOKEN}"})
        answer = connection.getresponse()
        assert answer.status == 204, answer.read()
        answer.read()
    assert server.records() - before == len(bodies) * SAMPLES
    assert "[warn]" not in server.errors(), server.errors()


def tell(figures, where):
    print(f"wrk on {where}, load {os.getloadavg()[0]:.1f}")
    for location, what in LOCATIONS.items():
        f = figures[location]
        print(f"  {what:<28} {f['rate']:8.0f} requests/s  {f['user'] + f['system']:6.1f} us of "
              f"CPU a request ({f['user']:.1f} + {f['system']:.1f})  busy {f['busy']:.0%}, "
              f"wrk {f['wrk']:.0%}")
    plain, work = figures["/plain"], figures["/offices"]
    cost = [f["user"] + f["system"] for f in (plain, work)]
    print(f"  requests/s {work['rate'] / plain['rate']:.2f} of those without work, by CPU "
          f"{cost[0] / cost[1]:.2f}")


def main():
    support.skip_unless_there()
    cpus = sorted(os.sched_getaffinity(0))
    if not shutil.which("wrk") or len(cpus) < 2:
        print("wrk and two processors are needed: left out")
        sys.exit(77)
    os.environ["INGEST_TOKENS"] = TOKEN
    random.seed(1)
    with Server(cpus[0]) as server:
        bodies = [make_uplink(i) for i in range(BODIES)]
        (server.folder / "bodies").write_text("\n".join(bodies))
        print(f"{len(bodies[0])} bytes a body, {SAMPLES} samples, {CONNECTIONS} connections")
        tell(measure(server, cpus[1:]), "processors of its own")
        tell(measure(server, cpus[:1]), "the worker's processor")
        check_exactly(server)
        server.quit()


if __name__ == "__main__":
    main()
