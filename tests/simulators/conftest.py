"""The scripted S3 that its tests share."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(os.environ["SHUB_SOURCE"], "tests/support")))
from s3 import S3  # noqa: E402

from s3_requests import NOON  # noqa: E402


@pytest.fixture(scope="module")
def server():
    with S3("--clock-start", NOON) as s3:
        s3.say("rate 0")
        s3.clock = lambda: NOON
        yield s3
    assert s3.process.returncode == 0


@pytest.fixture
def s3(server):
    """Empty, its clock at noon, its limits and quirks as AWS has them."""
    for line in ("reset", f"clock {NOON}", "region us-east-1", "page 1000",
                 "part_minimum 5242880", "put_maximum 5368709120", "lifetime 3600"):
        server.say(line)
    yield server
    server.close()
    for line in ("quirk radosgw off", "quirk swift off", "quirk ignore_conditional off",
                 "quirk complete_once off", "quirk keep_alive_complete off",
                 "quirk no_such_bucket off", "quirk redirect off", "role simulated-role",
                 "container /credentials", "host localhost"):
        server.say(line)
