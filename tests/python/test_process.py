"""The module in a process: its end, forks, reloads, other interpreters."""

import os
import subprocess
import sys

import pytest

from conftest import BUILD, T


def run(script, *arguments):
    """A Python of its own that runs the script; its output."""
    result = subprocess.run([sys.executable, "-X", "dev", "-W", "ignore", "-c", script,
                             *map(str, arguments)], capture_output=True, text=True, timeout=50)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout


def test_what_is_open_at_the_end_is_written(tmp_path):
    run("""
import sensorhub, sys
sensorhub.trace("debug")
log = sensorhub.Log(sys.argv[1], durability="none", clock=lambda: int(sys.argv[2]))
log.append("meter", sensorhub.Sample("d", "q", 1.5, int(sys.argv[2])))
loop = sensorhub.Loop()
eagle = sensorhub.Eagle("http://127.0.0.1:1", loop=loop)
eagle.start()
""", tmp_path, T)
    (hour,) = tmp_path.iterdir()
    (file,) = hour.iterdir()
    assert file.read_bytes().count(b"\n") == 1


def test_a_daemon_thread_waits_at_the_end():
    if not (BUILD / "simulators" / "eagle_gateway").exists():
        pytest.skip("the simulated gateways were not built")
    support = os.path.join(os.environ["SHUB_SOURCE"], "tests", "support")
    assert run("""
import sys, threading, time
sys.path.insert(0, sys.argv[1])
import sensorhub
from gateways import Gateways
gateways = Gateways("--eagle200", 1)
gateways.say("fault 1 stall")
eagle = sensorhub.Eagle(gateways[0].url, cloud_id=gateways[0].cloud_id, transport="eagle200",
                        install_code=gateways[0].secrets[0])
thread = threading.Thread(target=eagle.poll, daemon=True)
thread.start()
while thread.is_alive():
    try:
        eagle.loop.fileno()
    except sensorhub.Busy:
        break
    time.sleep(0.001)
print(thread.is_alive())
""", support) == "True\n"


def test_a_second_import():
    assert run("""
import sys
import sensorhub as first
for name in [name for name in sys.modules if name.startswith("sensorhub")]:
    del sys.modules[name]
import sensorhub as second
a, b = first.Batch(), second.Batch()
a.append(device="d", quantity="q", value=1.5, time_us=0)
try:
    b.append(a[0])
except TypeError:
    print("separate")
try:
    a.add_jsonl("x")
except first.InputError as error:
    print(isinstance(error, second.Error))
""") == "separate\nFalse\n"


def test_subinterpreters_are_refused():
    pytest.importorskip("_xxsubinterpreters", reason="this Python names them otherwise")
    assert run("""
import _xxsubinterpreters as interpreters
import sensorhub
other = interpreters.create()
try:
    interpreters.run_string(other, "import sensorhub")
except interpreters.RunFailedError as error:
    print("subinterpreter" in str(error))
interpreters.destroy(other)
print(sensorhub.Batch().to_jsonl())
""") == "True\nb''\n"


def test_multiprocessing(tmp_path):
    assert run("""
import multiprocessing, sys
import sensorhub

def work(i):
    with sensorhub.Log(sys.argv[1], clock=lambda: int(sys.argv[2])) as log:
        log.append("meter", sensorhub.Sample("d", "q", i, int(sys.argv[2])))
    return i

if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(3) as pool:
        print(sum(pool.map(work, range(20), chunksize=1)))
""", tmp_path, T) == "190\n"
    lines = [line for file in next(tmp_path.iterdir()).iterdir()
             for line in file.read_bytes().splitlines()]
    assert len(set(lines)) == len(lines) == 20
