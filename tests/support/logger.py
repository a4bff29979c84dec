"""Runs examples/eagle_logger against simulated gateways, and reads what it logged."""

import collections
import gzip
import json
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time

PROGRAM = pathlib.Path(os.environ["SHUB_BUILD"], "examples", "eagle_logger")


def gateway_config(gateway, folder, name):
    """The configuration of one simulated gateway; its secret goes into a file."""
    secret = pathlib.Path(folder, f"{name}.secret")
    secret.write_text(gateway.secrets[-1] + "\n")
    config = {"id": name, "url": gateway.url, "cloud_id": gateway.cloud_id}
    if gateway.generation == "relay":
        config |= {"transport": "relay", "user": gateway.secrets[0],
                   "password_file": str(secret)}
    else:
        config["install_code_file"] = str(secret)
    return config


class Logger:
    """A running eagle_logger; `told` gathers its lines on standard output."""

    def __init__(self, folder, gateways, **settings):
        self.folder = pathlib.Path(folder)
        self.path = self.folder / "config.json"
        self.settings = {"root": str(self.folder / "log"), "interval_s": 0.05, "dedup": True,
                         "verbose": True, **settings}
        self.configure(gateways)
        self.told = queue.Queue()
        self.process = None

    def configure(self, gateways):
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps({**self.settings, "gateways": gateways}))
        new.replace(self.path)

    def start(self):
        self.process = subprocess.Popen([PROGRAM, self.path], stdout=subprocess.PIPE,
                                        stderr=(self.folder / "stderr").open("ab"), text=True)
        threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True).start()
        return self

    def _read(self, stream):
        for line in stream:
            if line.endswith("\n"):
                self.told.put(line.split())
        self.told.put(None)

    def wait_for(self, wanted, seconds=20):
        """Lines on standard output up to one for which `wanted` holds."""
        seen = []
        end = time.monotonic() + seconds
        while not seen or not wanted(seen[-1]):
            seen.append(self.told.get(timeout=max(0.01, end - time.monotonic())))
            assert seen[-1] is not None, self.errors()
        return seen

    def rest(self):
        """The lines told by a process that ended."""
        return list(iter(self.told.get, None))

    def end(self, number=signal.SIGTERM):
        """Seconds it took to end."""
        begin = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=10)
        return time.monotonic() - begin

    def errors(self):
        return (self.folder / "stderr").read_text()

    def lines(self):
        """Every whole line of every file, live or sealed, by stream."""
        found = collections.defaultdict(list)
        prefix = self.settings.get("prefix", "sensorhub") + "-"
        for path in sorted(pathlib.Path(self.settings["root"]).glob("*/*.jl*")):
            if path.name.endswith((".torn", ".tmp")):
                continue
            data = path.read_bytes()
            if path.name.endswith(".gz"):
                data = gzip.decompress(data)
            stream = path.name.removeprefix(prefix).split(".")[0][:-14]
            found[stream] += [json.loads(line) for line in data.split(b"\n")[:-1]]
        return found

    def torn(self):
        return list(pathlib.Path(self.settings["root"]).glob("*/*.torn"))
