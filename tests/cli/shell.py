"""The command, as a shell runs it, and what the tests of it share."""

import json
import os
import pathlib
import subprocess
import sys

BUILD = pathlib.Path(os.environ["SHUB_BUILD"])
PROGRAM = BUILD / "bin" / "sensorhub"

if not PROGRAM.exists():
    sys.exit(77)

SAMPLE = ('{"device":"m","quantity":"power","time":"2015-03-10T17:54:%02dZ","value":0.5,'
          '"unit":"kW"}\n')
LINES = "".join(SAMPLE % i for i in range(10))
IN_HOUR = ["--now", "2015-03-10T17:59:00Z"]
HOUR_OVER = ["--now", "2015-03-10T18:02:00Z"]


def run(*args, stdin="", code=0, env=None):
    """Runs the command; standard output when it ends with `code`."""
    done = subprocess.run([PROGRAM, *map(str, args)], input=stdin, text=True, timeout=50,
                          capture_output=True, env={**os.environ, **(env or {})})
    assert done.returncode == code, done.stderr
    assert bool(done.stderr) == (code != 0), done.stderr
    run.stderr = done.stderr
    return done.stdout


def rows(*args, **more):
    return [json.loads(line) for line in run(*args, "--json", **more).splitlines()]
