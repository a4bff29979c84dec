"""Sealed files on their way to a real S3 server, whose gateway is killed, over a way that is
cut, by a shipper that is killed: each arrives once and whole, nothing is left, and nothing is
sent twice but what was in flight, without an answer yet."""

import gzip
import hashlib
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(os.environ.get("SHUB_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "support"))

import s3_servers  # noqa: E402

MIB = 1 << 20
SIZES = [4 * MIB, 20 * MIB, 36 * MIB]  # of the files of an hour: one PUT, three parts, five
ROUNDS = int(os.environ.get("SHUB_ROUNDS", "10"))  # an hour each, with twice of every fault
IN_FLIGHT = 4 * 8 * MIB  # of the client, by default
HEADS = MIB              # of all requests, at most
PATIENCE_S = 120         # without a byte
# What is overwritten goes at once, not in two hours.
GC = "rgw gc obj min wait = 1\nrgw gc processor period = 1\nrgw gc processor max time = 1"


class Torture:
    def __init__(self, server, bucket, rounds, folder, seed=1):
        self.server, self.bucket, self.rounds = server, bucket, rounds
        self.root = pathlib.Path(folder, "log")
        self.random = random.Random(seed)
        self.wanted = {}  # size and SHA-256 by key
        self.done = {"kill": 0, "gateway": 0, "cut": 0}
        self.runs, self.process = 0, None

    def seal(self):
        """The files of each hour, of bytes that do not pack."""
        for hour in range(self.rounds):
            name = f"2015-03-{10 + hour // 24}-{hour % 24:02d}"
            folder = self.root / name
            folder.mkdir(parents=True)
            for stream, size in zip(("small", "middle", "large"), SIZES):
                file = f"sensorhub-{stream}-{name}.jl.gz"
                content = gzip.compress(self.random.randbytes(size - 4096), 0, mtime=0)
                (folder / file).write_bytes(content)
                day = name[:10].replace("-", "/")
                self.wanted[f"site/sensorhub/{stream}/{day}/{file}"] = (
                    len(content), hashlib.sha256(content).hexdigest())

    def plan(self):
        """(bytes that have gone, fault), in this order."""
        kinds = list(self.done) * 2 * self.rounds
        self.random.shuffle(kinds)
        total = sum(size for size, _ in self.wanted.values())
        places = sorted(self.random.uniform(0.01, 0.9) * total for _ in kinds)
        return list(zip(places, kinds))

    def start(self, proxy):
        environment = self.server.environment()
        environment["AWS_ENDPOINT_URL_S3"] = f"http://127.0.0.1:{proxy.port}"
        program = pathlib.Path(os.environ["SHUB_BUILD"], "bin", "sensorhub")
        self.process = subprocess.Popen(
            [program, "ship", self.root, "--dest", f"s3://{self.bucket}/site", "--json"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.runs += 1

    def end(self):
        said = self.process.communicate()
        return self.process.returncode, "".join(said)

    def fault(self, kind, proxy):
        if kind == "kill":
            self.process.kill()
            self.end()
            self.start(proxy)
        elif kind == "gateway":
            self.server.kill_gateway()
            time.sleep(self.random.uniform(0, 0.5))
            self.server.start_gateway()
        else:
            proxy.cut(self.random.choice(["rst", "fin"]))
        self.done[kind] += 1

    def ship(self, proxy):
        """Runs until everything has gone and every fault has come."""
        plan = self.plan()
        last, since = -1, time.monotonic()
        self.start(proxy)
        while True:
            if proxy.bytes_up != last:
                last, since = proxy.bytes_up, time.monotonic()
            assert time.monotonic() < since + PATIENCE_S, "nothing goes any more"
            if plan and proxy.bytes_up >= plan[0][0]:
                self.fault(plan.pop(0)[1], proxy)
            elif self.process.poll() is not None:
                status, said = self.end()
                assert status in (0, 1, 4), said
                if status == 0:
                    break
                self.start(proxy)
            else:
                time.sleep(0.002)
        assert not plan, plan
        self.start(proxy)  # it looks for what the last one may have left
        status, said = self.end()
        assert status == 0, said

    def check(self):
        """By a client that is not ours."""
        left = [path for path in self.root.rglob("*") if path.is_file() and path.name[0] != "."]
        assert left == []
        s3 = self.server.client()
        assert s3.list_objects(self.bucket) == {
            key: size for key, (size, _) in self.wanted.items()}
        for key, (_, sha256) in self.wanted.items():
            assert hashlib.sha256(s3.get(self.bucket, key)).hexdigest() == sha256, key
            assert s3.head(self.bucket, key)["x-amz-meta-shub-sha256"] == sha256, key
        assert s3.list_uploads(self.bucket) == []

    def run(self):
        self.seal()
        total = sum(size for size, _ in self.wanted.values())
        begin = time.monotonic()
        with self.server.proxy() as proxy:
            try:
                self.ship(proxy)
            finally:
                self.process.kill()
                self.process.wait()
            seconds = time.monotonic() - begin
            excess, lost = proxy.bytes_up - total, proxy.bytes_unanswered
        self.check()
        faults = sum(self.done.values())
        assert lost <= faults * IN_FLIGHT, lost
        assert excess - lost < HEADS, (excess, lost)
        return (f"{len(self.wanted)} files, {total / MIB:.0f} MiB in {seconds:.0f} s:"
                f" {self.done['kill']} kills of the shipper, {self.done['gateway']} of the"
                f" gateway, {self.done['cut']} cuts, {self.runs} runs; sent twice"
                f" {excess / MIB:.1f} MiB, of them {lost / MIB:.1f} in flight when"
                f" connections ended, the rest heads of requests")


def main():
    try:
        server = s3_servers.Server("radosgw", store_bytes=12 << 30, conf=GC)
    except s3_servers.NotInstalled as missing:
        print(missing)
        return 77
    with server, tempfile.TemporaryDirectory(prefix="sensorhub-torture-") as folder:
        server.client().make_bucket("torture")
        print(Torture(server, "torture", ROUNDS, folder).run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
