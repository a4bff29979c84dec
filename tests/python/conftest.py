"""What the tests of the Python binding share."""

import ctypes
import gc
import os
import pathlib
import sys

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


class Mallinfo(ctypes.Structure):
    """struct mallinfo2 of glibc."""

    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
        "fordblks", "keepcost")]


def allocated():
    """Bytes that C code has from malloc; 0 where a sanitizer has its own."""
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = Mallinfo
    return mallinfo().uordblks


def usage():
    gc.collect()
    return {"objects": len(gc.get_objects()), "files": len(os.listdir("/proc/self/fd")),
            "blocks": sys.getallocatedblocks(), "malloc": allocated()}


@pytest.fixture
def no_leak():
    """no_leak(call): calls leave no objects, no memory and no open files behind. What only
    settles (caches, the cuts of malloc) does not grow twelve times in a row, a leak does."""

    def check(call, rounds=200):
        def run():
            for _ in range(rounds):
                call()
            return usage()

        allowed = {"objects": rounds // 2, "files": 0, "blocks": rounds // 2,
                   "malloc": 1024 + rounds * 16}
        after = run()
        for _ in range(12):
            before, after = after, run()
            grown = {what: after[what] - before[what] for what in after
                     if after[what] - before[what] > allowed[what]}
            if not grown:
                return
        assert not grown

    return check
