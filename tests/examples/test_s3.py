"""The examples that ask a store, each run against an S3 in memory; each is a page."""

import os
import pathlib
import re
import subprocess
import sys
import urllib.request

try:
    import pytest
except ImportError:
    sys.exit(77)

SOURCE = pathlib.Path(os.environ["SHUB_SOURCE"])
BUILD = pathlib.Path(os.environ["SHUB_BUILD"])
sys.path.insert(0, str(SOURCE / "tests" / "support"))

if not (BUILD / "simulators" / "scripted_s3").exists():
    sys.exit(77)

from s3 import S3  # noqa: E402

MIB = 1 << 20


@pytest.fixture
def s3():
    with S3() as s3:
        assert s3.request("PUT", "/bucket").status == 200
        yield s3


def run(s3, name, *args, stdin=b"", code=0):
    """Runs an example; its output."""
    clean = {k: v for k, v in os.environ.items()
             if not re.fullmatch(r"AWS_.*|.*_proxy", k, re.I)}
    done = subprocess.run(
        [BUILD / "examples" / name, *map(str, args)], input=stdin, capture_output=True,
        timeout=50, env={**clean, "AWS_ACCESS_KEY_ID": s3.signer.access,
                         "AWS_SECRET_ACCESS_KEY": s3.signer.secret, "AWS_ENDPOINT_URL": s3.url})
    assert done.returncode == code, done.stderr
    assert bool(done.stderr) == (code != 0), done.stderr
    assert s3.signer.secret.encode() not in done.stdout + done.stderr
    return (done.stdout if code == 0 else done.stderr).decode()


def body_of(s3, key):
    answer = s3.request("GET", f"/bucket/{key}")
    return answer.body if answer.status == 200 else None


@pytest.mark.parametrize("path", sorted((SOURCE / "examples").glob("s3_*.c")), ids=lambda p: p.stem)
def test_each_is_a_page(s3, path):
    assert len(path.read_text().splitlines()) <= 80
    assert "usage: " in run(s3, path.stem, code=2)


def test_upload_file(s3, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(os.urandom(20 * MIB))
    text = run(s3, "s3_upload_file", path, "bucket", "a/key")
    assert "part 2 of 3" in text and f"done: {20 * MIB} bytes" in text
    assert body_of(s3, "a/key") == path.read_bytes()
    assert "SHUB_E_PRECONDITION" in run(s3, "s3_upload_file", path, "bucket", "a/key", code=1)


def test_an_upload_that_broke_off_goes_on(s3, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(os.urandom(20 * MIB))
    s3.say("fault part status=403 always part=3 code=access_denied")
    assert "SHUB_E_DENIED" in run(s3, "s3_upload_file", path, "bucket", "key", code=1)
    s3.say("fault clear")
    run(s3, "s3_upload_file", path, "bucket", "key")
    assert body_of(s3, "key") == path.read_bytes()
    assert [e["operation"] for e in s3.log()].count("CreateMultipartUpload") == 1


@pytest.mark.parametrize("size", [0, 1000, 20 * MIB])
def test_stream(s3, size):
    content = os.urandom(size)
    assert run(s3, "s3_stream", "bucket", "key", stdin=content) == f"{size} bytes\n"
    assert body_of(s3, "key") == content


def test_a_stream_that_fails_leaves_nothing(s3):
    s3.say("fault part status=403 always code=access_denied")
    assert "SHUB_E_DENIED" in run(s3, "s3_stream", "bucket", "key", stdin=bytes(9 * MIB), code=1)
    assert body_of(s3, "key") is None
    assert b"<Upload>" not in s3.request("GET", "/bucket", query=[("uploads", "")]).body


def test_rename_as_often_as_it_is_told_to(s3):
    s3.request("PUT", "/bucket/from", b"content")
    for _ in range(2):
        assert run(s3, "s3_rename", "bucket", "from", "to") == "to has 7 bytes\n"
    assert body_of(s3, "from") is None and body_of(s3, "to") == b"content"
    s3.request("PUT", "/bucket/from", b"other")
    assert "both stay" in run(s3, "s3_rename", "bucket", "from", "to", code=1)
    assert body_of(s3, "from") == b"other" and body_of(s3, "to") == b"content"
    assert "neither" in run(s3, "s3_rename", "bucket", "x", "y", code=1)


def test_presign(s3):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    put = run(s3, "s3_presign", "PUT", "bucket", "key", 60).strip()
    opener.open(urllib.request.Request(put, data=b"content", method="PUT"))
    with opener.open(run(s3, "s3_presign", "GET", "bucket", "key", 60).strip()) as answer:
        assert answer.read() == b"content"
    assert "SHUB_E_INVALID" in run(s3, "s3_presign", "GET", "", "key", 60, code=1)


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", __file__]))
