"""A client of an S3 in memory: what the tests of it share."""

import os

import pytest

import sensorhub
from conftest import BUILD

if not (BUILD / "simulators" / "scripted_s3").exists():
    pytest.skip("the simulated store was not built", allow_module_level=True)

from s3 import S3 as Simulator  # noqa: E402

MIB = 1 << 20
PART = 5 * MIB


@pytest.fixture
def server(monkeypatch):
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    with Simulator() as server:
        assert server.request("PUT", "/b").status == 200
        yield server


def options_of(server, **more):
    return {"endpoint": server.url, "access_key": server.signer.access,
            "secret_key": server.signer.secret, "retries": sensorhub.NONE,
            "part_bytes": PART, "seed": 1, **more}


@pytest.fixture
def s3(server):
    with sensorhub.S3(**options_of(server)) as s3:
        yield s3


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(os.urandom(2 * PART + 1))
    return path


def operations(server, name):
    return [entry["operation"] for entry in server.log()].count(name)


def body_of(server, key):
    answer = server.request("GET", f"/b/{key}")
    return answer.body if answer.status == 200 else None
