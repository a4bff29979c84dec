"""sensorhub log, as a shell sees it: output, exit status, what it leaves behind."""

import gzip
import pathlib
import signal
import subprocess
import sys
import time

try:
    import pytest
except ImportError:
    sys.exit(77)

from shell import HOUR_OVER, IN_HOUR, LINES, PROGRAM, SAMPLE, rows, run  # noqa: E402


@pytest.mark.parametrize("args", [["seal"], ["recover"], ["retain", "--max-age", "1d"], ["list"]])
def test_a_log_that_is_not_there(root, args):
    run("log", *args, root, code=3)
    assert "SHUB_E_NOT_FOUND" in run.stderr and not root.exists()


def test_append_seal_ship_verify(root, archive, dest):
    report, = rows("log", "append", root, "meter", *IN_HOUR, stdin=LINES)
    assert report == {"lines": 10, "bytes": len(LINES), "acknowledged": 10, "refused": 0,
                      "late": 0}
    listed, = rows("log", "list", root)
    assert listed["state"] == "open" and listed["stream"] == "meter"
    assert listed["hour"] == "2015-03-10T17:00:00Z" and listed["bytes"] == len(LINES)
    assert [r["state"] for r in rows("verify", root, *dest)] == ["open"]
    report, = rows("log", "seal", root, *IN_HOUR)
    assert report["sealed"] == 0
    report, = rows("log", "seal", root, *HOUR_OVER)
    assert report["sealed"] == 1 and report["lines"] == 10
    assert [r["state"] for r in rows("verify", root, *dest)] == ["pending"]
    report, = rows("ship", root, *dest)
    assert report["files"] == 1 and report["waiting"] == 0
    row, = rows("verify", root, *dest, "--deep")
    assert row["state"] == "complete" and row["detail"] == ""
    assert gzip.open(archive / row["where"], "rt").read() == LINES
    assert rows("log", "list", root) == []


def test_append_reads_files(root, tmp_path):
    (tmp_path / "a").write_text(SAMPLE % 1)
    (tmp_path / "b").write_text((SAMPLE % 2).rstrip("\n"))
    report, = rows("log", "append", root, "meter", tmp_path / "a", tmp_path / "b", *IN_HOUR)
    assert report["lines"] == 2
    run("log", "append", root, "meter", tmp_path / "none", code=3)


def test_append_refuses_lines(root):
    report, = rows("log", "append", root, "meter", *IN_HOUR, code=1,
                   stdin=SAMPLE % 1 + "no sample\n" + SAMPLE % 2 + "{}\n")
    assert report["lines"] == 2 and report["refused"] == 2
    assert "-:2: " in run.stderr and "1 more" in run.stderr


def test_append_raw(root):
    report, = rows("log", "append", "--raw", root, "free", *IN_HOUR, stdin="any\ntext\n\nlast")
    assert report["lines"] >= 3 and report["refused"] == 0
    listed, = rows("log", "list", root)
    assert pathlib.Path(listed["path"]).read_text().split() == ["any", "text", "last"]


def test_append_a_line_too_long(root):
    report, = rows("log", "append", "--raw", root, "free", *IN_HOUR, code=1,
                   stdin="a\n" + "x" * (5 << 20) + "\nb\n" + "y" * (1 << 20) + "y\nc\n")
    assert report["lines"] == 3 and report["refused"] == 2
    assert "-:2: " in run.stderr and "-:4: " in run.stderr


def test_append_much(root):
    report, = rows("log", "append", root, "meter", *IN_HOUR, "--durability", "none",
                   stdin=LINES * 5000)
    assert report["lines"] == 50000 and report["bytes"] == 5000 * len(LINES)


def test_append_follows_a_pipe(root):
    process = subprocess.Popen([PROGRAM, "log", "append", root, "meter", *IN_HOUR], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdin.write(SAMPLE % 1)
    process.stdin.flush()
    deadline = time.monotonic() + 20
    while not (root.exists() and any(r["bytes"] for r in rows("log", "list", root))):
        assert time.monotonic() < deadline
    assert rows("log", "list", root)[0]["state"] == "live"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    assert process.stdout.read().splitlines()[1].startswith("1\t")
    process.stdin.close()
    process.stdout.close()


def test_append_refused_by_a_full_disk(root):
    run("log", "append", root, "meter", *IN_HOUR, "--min-free", "8000000G", stdin=LINES, code=3)
    assert "SHUB_E_FULL" in run.stderr


def test_recover(root):
    hour = root / "2015-03-10-17"
    hour.mkdir(parents=True)
    name = "sensorhub-meter-2015-03-10-17.jl"
    (hour / name).write_text(SAMPLE % 1 + '{"cut')
    (hour / (name + ".gz.tmp")).write_text("half")
    report, = rows("log", "recover", root, *HOUR_OVER)
    assert report["torn"] == 1 and report["failed"] == 0
    assert sorted(p.name for p in hour.iterdir()) == [name, name + ".torn"]


def test_retain(root, dest):
    run("log", "append", root, "meter", *IN_HOUR, stdin=LINES)
    run("log", "seal", root, *HOUR_OVER)
    report, = rows("log", "retain", root, "--max-age", "1d", "--now", "2015-03-12T00:00:00Z")
    assert report["removed"] == 0
    run("ship", root, *dest, "--keep")
    assert [r["state"] for r in rows("log", "list", root)] == ["shipped"]
    report, = rows("log", "retain", root, "--max-age", "1d", "--now", "2015-03-12T00:00:00Z")
    assert report["removed"] == 1 and report["removed_unshipped"] == 0
    assert rows("log", "list", root) == []


def test_list_as_a_table(root):
    run("log", "append", root, "meter", *IN_HOUR, stdin=LINES)
    names, values = (line.split("\t") for line in run("log", "list", root).splitlines())
    assert names == ["hour", "stream", "number", "state", "bytes", "path"]
    assert values[:4] == ["2015-03-10T17:00:00Z", "meter", "0", "open"]


def test_missing_root(tmp_path, dest):
    run("log", "list", tmp_path / "none", code=3)
    run("ship", tmp_path / "none", *dest, code=3)


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", __file__]))
