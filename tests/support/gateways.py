"""Simulated EAGLE gateways for tests written in Python: starts eagle_gateway, tells where its
gateways are, passes commands on."""

import collections
import os
import pathlib
import subprocess

Gateway = collections.namedtuple("Gateway", "number generation url cloud_id secrets")


class Gateways:
    """with Gateways("--eagle200", "2") as gateways: gateways[0].url, gateways.say("clock 0")"""

    def __init__(self, *options):
        program = pathlib.Path(os.environ["SHUB_BUILD"], "simulators", "eagle_gateway")
        self.process = subprocess.Popen(
            [program, "--until-eof", *map(str, options)], text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.gateways = []
        for line in self.process.stdout:
            word, *rest = line.split()
            if word == "ready":
                break
            number, generation, url, cloud_id, *secrets = rest
            self.gateways.append(Gateway(int(number), generation, url, cloud_id, secrets))

    def __getitem__(self, i):
        return self.gateways[i]

    def __len__(self):
        return len(self.gateways)

    def say(self, line):
        """Sends a line; the lines of the answer before its `ok`."""
        self.process.stdin.write(line + "\n")
        answer = []
        for reply in self.process.stdout:
            if reply.startswith("ok"):
                return answer
            assert not reply.startswith("error"), reply
            answer.append(reply.rstrip("\n"))
        raise AssertionError("the simulator has ended")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.stdin.close()
        self.process.wait(timeout=5)
        self.process.stdout.close()
