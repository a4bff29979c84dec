"""The second way to build: a wheel by pip and setuptools, against an installed library."""

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from conftest import BUILD, SOURCE

LIST = """
import sys
sys.path.insert(0, sys.argv[1])
import sensorhub
batch = sensorhub.Batch()
batch.append(device="d", quantity="q", value=1.5, time_us=0)
print(sensorhub.__file__, len(batch), sensorhub.__version__)
"""


def cache_value(name):
    for line in (BUILD / "CMakeCache.txt").read_text().splitlines():
        if line.startswith(name + ":"):
            return line.partition("=")[2]
    raise AssertionError(f"{name} is not in the cache")


def run(command, **more):
    result = subprocess.run(command, capture_output=True, text=True, **more)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_wheel(tmp_path):
    for module in ("pip", "setuptools", "wheel"):
        if not importlib.util.find_spec(module):
            pytest.skip(f"{module} is not installed")
    if os.environ.get("LD_PRELOAD"):
        pytest.skip("not under a sanitizer")
    stage, source, dist = tmp_path / "stage", tmp_path / "source", tmp_path / "dist"
    run(["cmake", "--install", BUILD], env={**os.environ, "DESTDIR": str(stage)})
    shutil.copytree(SOURCE / "bindings" / "python", source)
    lib = f"{stage}{cache_value('CMAKE_INSTALL_PREFIX')}/{cache_value('CMAKE_INSTALL_LIBDIR')}"
    environment = {**os.environ, "PKG_CONFIG_PATH": lib + "/pkgconfig",
                   "PKG_CONFIG_SYSROOT_DIR": str(stage), "LD_LIBRARY_PATH": lib,
                   "CFLAGS": "-O0"}
    run([sys.executable, "-m", "pip", "wheel", "-q", "--no-build-isolation", "--no-index",
         "--no-deps", "--disable-pip-version-check", "-w", dist, source], env=environment)
    (wheel,) = dist.iterdir()
    assert "-cp311-abi3-" in wheel.name
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    assert {"sensorhub/__init__.py", "sensorhub/__init__.pyi", "sensorhub/py.typed",
            "sensorhub/_core.abi3.so"} <= names
    said = run([sys.executable, "-c", LIST, tmp_path / "site"], env=environment, cwd=tmp_path)
    assert said.startswith(str(tmp_path / "site")) and said.split()[1] == "1"
