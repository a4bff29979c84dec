"""What the tests of the Python binding share."""

import gc
import os
import pathlib
import sys
import tracemalloc

import pytest

import sensorhub

SOURCE = pathlib.Path(os.environ.get("SHUB_SOURCE", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("SHUB_BUILD", SOURCE / "build" / "dev"))
sys.path.insert(0, str(SOURCE / "tests" / "support"))

METER = "0x00135003007c2d12"
T = 1426010041000000  # 2015-03-10T17:54:01Z


def sample(value=0.944, **changes):
    parts = {"device": METER, "quantity": "power", "value": value, "time_us": T, "unit": "kW"}
    return sensorhub.Sample(**{**parts, **changes})


def batch_of(*samples):
    batch = sensorhub.Batch()
    for one in samples:
        batch.append(one)
    return batch


class Clock:
    """A clock= that tests turn."""

    def __init__(self, time_us=T):
        self.time_us = time_us

    def __call__(self):
        return self.time_us


def forked(child):
    """What `child` returns, as text, when it runs in a forked process."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(write, str(child()).encode())
        except BaseException as error:
            os.write(write, repr(error).encode())
        finally:
            os._exit(0)
    os.close(write)
    with open(read) as answer:
        text = answer.read()
    os.waitpid(pid, 0)
    return text


@pytest.fixture
def no_leak():
    """no_leak(call): many calls leave neither memory nor objects behind."""

    def check(call, rounds=200):
        def run():
            for _ in range(rounds):
                call()
            gc.collect()

        run()
        tracemalloc.start()
        run()
        before, objects = tracemalloc.get_traced_memory()[0], len(gc.get_objects())
        run()
        after, more = tracemalloc.get_traced_memory()[0], len(gc.get_objects())
        tracemalloc.stop()
        assert more - objects < rounds / 2
        assert after - before < rounds * 8

    return check
