"""sensorhub ship and verify, as a shell sees them."""

import fcntl
import json
import subprocess
import sys

try:
    import pytest
except ImportError:
    sys.exit(77)

from shell import HOUR_OVER, IN_HOUR, LINES, PROGRAM, rows, run  # noqa: E402


@pytest.fixture
def sealed(root):
    run("log", "append", root, "meter", *IN_HOUR, stdin=LINES)
    run("log", "seal", root, *HOUR_OVER)
    return next(root.glob("*/*.gz"))


def test_ship_options(root, archive, dest, tmp_path, sealed):
    run("ship", root, *dest, "--key", "{host}/{H}/{name}", "--host", "box", "--journal",
        tmp_path / "other.db")
    assert [str(p.relative_to(archive)) for p in archive.rglob("*") if p.is_file()] == [
        "box/17/sensorhub-meter-2015-03-10-17"]
    assert (tmp_path / "other.db").exists() and not (root / ".ship.db").exists()


def test_ship_says_what_it_does(root, dest, sealed):
    done = subprocess.run([PROGRAM, "ship", root, *dest, "--trace", "info"], text=True,
                          capture_output=True)
    assert done.returncode == 0 and "event=shipped" in done.stderr


def test_damaged_file(root, dest, sealed):
    sealed.write_bytes(sealed.read_bytes()[:-1])
    report, = rows("ship", root, *dest, code=1)
    assert report["failed"] == 1 and report["waiting"] == 1
    assert "SHUB_E_CORRUPT" in run.stderr and sealed.name in run.stderr


def test_damaged_journal(root, dest, sealed):
    (root / ".ship.db").write_text("no database at all, though it has the name of one")
    run("ship", root, *dest, code=1)
    assert ".ship.db" in run.stderr
    (root / ".ship.db").unlink()
    assert rows("ship", root, *dest)[0]["files"] == 1


def test_verify_needs_a_look(root, archive, dest, sealed):
    run("ship", root, *dest)
    row, = rows("verify", root, *dest)
    (archive / row["where"]).unlink()
    done = subprocess.run([PROGRAM, "verify", root, *dest, "--json"], text=True,
                          capture_output=True)
    assert done.returncode == 1 and json.loads(done.stdout)["state"] == "missing"


def test_two_shippers(root, dest, sealed):
    with open(root / ".ship.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run("ship", root, *dest, code=5)
        assert [r["state"] for r in rows("verify", root, *dest)] == ["pending"]
    assert rows("ship", root, *dest)[0]["files"] == 1


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", __file__]))
