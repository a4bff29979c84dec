"""The library ships to the real servers."""

import gzip
import os
import time

import pytest

sensorhub = pytest.importorskip("sensorhub", reason="the Python module was not built")


def sealed(root, hours):
    """Sealed files of the log below `root`, by hour."""
    files = {}
    for hour in hours:
        folder = root / f"2015-03-10-{hour:02}"
        folder.mkdir(parents=True)
        path = folder / f"sensorhub-meter-2015-03-10-{hour:02}.jl.gz"
        path.write_bytes(gzip.compress(os.urandom(2000).hex().encode() + b"\n", mtime=0))
        files[hour] = path
    return files


def ship_of(server, root, bucket, **more):
    return sensorhub.Ship(root, f"s3://{bucket}/logs", s3={
        "endpoint": server.endpoint, "access_key": server.keys.access,
        "secret_key": server.keys.secret, "region": server.region, **more})


KEY = "logs/sensorhub/meter/2015/03/10/sensorhub-meter-2015-03-10-%02d.jl.gz"


def test_ship_and_verify(server, s3, bucket, tmp_path):
    files = sealed(tmp_path, range(10, 16))
    contents = {hour: path.read_bytes() for hour, path in files.items()}
    s3.put(bucket, KEY % 12, b"another's")
    with ship_of(server, tmp_path, bucket) as ship:
        assert [row.state for row in ship.verify()].count("pending") == 6
        report = ship.run()
        assert (report.files, report.renumbered, report.waiting) == (6, 1, 0)
        assert [row.state for row in ship.verify(deep=True)].count("complete") == 6
        assert not any(path.exists() for path in files.values())
        del contents[12]
        assert all(s3.get(bucket, KEY % hour) == text for hour, text in contents.items())
        assert s3.get(bucket, KEY % 12) == b"another's"
        s3.delete(bucket, KEY % 10)
        s3.put(bucket, KEY % 11, contents[11][:-1] + b"x")
        states = {row.where: row.state for row in ship.verify(deep=True)}
    assert states[(KEY % 10).removeprefix("logs/")] == "missing"
    assert states[(KEY % 11).removeprefix("logs/")] == "damaged"
    assert states[(KEY % 13).removeprefix("logs/")] == "complete"


def test_a_ship_whose_store_is_away(server, s3, bucket, tmp_path):
    sealed(tmp_path, (10, 11))
    with server.proxy() as proxy:
        proxy.set(refuse=10**6)
        with ship_of(server, tmp_path, bucket, retries=sensorhub.NONE,
                     endpoint=f"http://127.0.0.1:{proxy.port}") as ship:
            begin = time.monotonic()
            with pytest.raises(sensorhub.NetworkError) as caught:
                ship.run()
            report = caught.value.report
            assert (report.files, report.waiting) == (0, 2) and report.waiting_bytes > 0
            assert report.oldest_us == sensorhub.parse_time("2015-03-10T10:00:00Z")
            assert time.monotonic() - begin < 20
            proxy.set()
            assert ship.run().files == 2
    assert len(s3.list_objects(bucket)) == 2
