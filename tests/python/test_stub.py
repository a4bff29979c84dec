"""The stubs say what the module has: mypy's stubtest compares them."""

import os
import subprocess
import sys

import pytest


def test_stubs():
    pytest.importorskip("mypy.stubtest", reason="mypy is not installed")
    if os.environ.get("LD_PRELOAD"):
        pytest.skip("not under a sanitizer")
    run = subprocess.run([sys.executable, "-m", "mypy.stubtest", "sensorhub"],
                         capture_output=True, text=True,
                         env={**os.environ, "MYPYPATH": os.environ.get("PYTHONPATH", ""),
                              "MYPY_CACHE_DIR": os.devnull})
    assert run.returncode == 0, run.stdout + run.stderr
