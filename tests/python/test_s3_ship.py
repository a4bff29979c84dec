"""Shipping to an S3 in memory."""

import gzip

import pytest

import sensorhub
from conftest import Clock
from simulated_s3 import body_of, options_of
from simulated_s3 import server  # noqa: F401 a fixture


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "data" / "2015-03-10-17"
    folder.mkdir(parents=True)
    name = "sensorhub-meter-2015-03-10-17.jl.gz"
    (folder / name).write_bytes(gzip.compress(b"{}\n", mtime=0))
    return tmp_path / "data"


KEY = "logs/sensorhub/meter/2015/03/10/sensorhub-meter-2015-03-10-17.jl.gz"


def test_ship(server, root):
    keys = {"access_key": None, "secret_key": None,
            "credentials": lambda: (server.signer.access, server.signer.secret)}
    for options in (options_of(server), options_of(server, **keys)):
        with sensorhub.Ship(root, "s3://b/logs", s3=options) as ship:
            ship.run()
            assert [row.state for row in ship.verify(deep=True)] == ["complete"]
    assert gzip.decompress(body_of(server, KEY)) == b"{}\n"


def test_a_ship_tells_what_waits(server, root):
    server.say("fault any status=503 always")
    with sensorhub.Ship(root, "s3://b/logs", s3=options_of(server)) as ship:
        with pytest.raises(sensorhub.RemoteError) as caught:
            ship.run()
        report = caught.value.report
        assert report.waiting == 1 and report.waiting_bytes > 0
        assert report.oldest_us == sensorhub.parse_time("2015-03-10T17:00:00Z")
        server.say("fault clear")
        assert ship.run().oldest_us is None


@pytest.mark.parametrize("options,error", [
    ({"unknown": 1}, TypeError), (5, TypeError), ({"clock": Clock()}, TypeError),
    ({"credentials": 5}, TypeError), ({"integrity": "crc16"}, sensorhub.InvalidArgument)])
def test_what_a_ship_refuses(root, options, error):
    with pytest.raises(error):
        sensorhub.Ship(root, "s3://b/logs", s3=options)
