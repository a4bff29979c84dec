"""Uploads of files and streams, against an S3 in memory."""

import gc
import gzip
import os

import pytest

import sensorhub
from conftest import T
from simulated_s3 import PART, body_of, operations, options_of
from simulated_s3 import large, s3, server  # noqa: F401 fixtures


# ---- files -----------------------------------------------------------------------------


def test_put_file(s3, server, large):
    assert s3.put_file("b", "large", large, content_type="x/y").bytes == 2 * PART + 1
    assert body_of(server, "large") == large.read_bytes()
    assert s3.head("b", "large").content_type == "x/y"
    assert operations(server, "UploadPart") == 3
    with pytest.raises(sensorhub.NotFound):
        s3.put_file("b", "none", large.parent / "none")


def test_an_upload_is_polled(s3, server, large):
    seen = []
    with s3.upload_file("b", "large", large) as upload:
        assert upload.progress is None and upload.object is None
        while not upload.poll(1000):
            seen.append(upload.progress)
        assert upload.poll() is True
        assert upload.object.bytes == upload.progress.sent == 2 * PART + 1
        assert upload.wait() is upload.object
    assert seen and all(type(p) is sensorhub.S3Progress for p in seen)
    assert [p.sent for p in seen] == sorted(p.sent for p in seen)
    assert upload.progress.parts == upload.progress.parts_done == 3
    assert upload.closed and upload.object.bytes == 2 * PART + 1
    with pytest.raises(sensorhub.Closed):
        upload.poll()


def test_uploads_at_once(s3, server, tmp_path):
    paths = [tmp_path / str(i) for i in range(10)]
    for path in paths:
        path.write_bytes(os.urandom(100))
    uploads = [s3.upload_file("b", path.name, path) for path in paths]
    for upload in uploads:
        upload.wait()
    assert all(body_of(server, path.name) == path.read_bytes() for path in paths)


def test_an_upload_that_is_given_up(s3, server, large):
    server.say("fault part delay=100 always")
    upload = s3.upload_file("b", "large", large)
    while not operations(server, "UploadPart"):
        upload.poll(10)
    assert len(list(s3.list_uploads("b"))) == 1
    upload.abort()
    with pytest.raises(sensorhub.Closed):
        upload.poll()
    assert list(s3.list_uploads("b")) == [] and body_of(server, "large") is None


@pytest.mark.parametrize("how", ["close", "forget", "close the S3"])
def test_an_upload_that_is_left(server, large, how):
    s3 = sensorhub.S3(**options_of(server))
    server.say("fault part delay=100 always")
    upload = s3.upload_file("b", "large", large)
    while not operations(server, "UploadPart"):
        upload.poll(10)
    if how == "close":
        upload.close()
    elif how == "forget":
        del upload
        gc.collect()
    s3.close()
    assert operations(server, "AbortMultipartUpload") == 1


def test_an_upload_goes_on_with_a_journal(server, large, tmp_path):
    more = {"journal": tmp_path / "journal.db", "in_flight": 1}
    server.say("fault part status=500 always part=2")
    with sensorhub.S3(**options_of(server, **more)) as s3:
        with pytest.raises(sensorhub.RemoteError):
            s3.put_file("b", "large", large)
    server.say("fault clear")
    with sensorhub.S3(**options_of(server, **more)) as s3:
        found, = s3.list_uploads("b")
        part, = s3.list_parts("b", found.key, found.upload_id)
        assert (found.key, part.part, part.bytes) == ("large", 1, PART)
        upload = s3.upload_file("b", "large", large)
        upload.wait()
        assert upload.progress.reused == PART
    assert body_of(server, "large") == large.read_bytes()
    assert operations(server, "CreateMultipartUpload") == 1


def test_stale_uploads(s3, server, large, tmp_path):
    for key in ("a", "b"):
        server.request("POST", f"/b/{key}", query=[("uploads", "")])
    assert s3.abort_stale("b") == 0, "there is no journal"
    assert s3.abort_stale("b", before_us=T, all=True) == 0, "they are younger"
    assert s3.abort_stale("b", "a", all=True) == 1
    left, = s3.list_uploads("b")
    assert s3.abort("b", left.key, left.upload_id) is None
    assert s3.abort("b", left.key, left.upload_id) is None
    assert list(s3.list_uploads("b")) == []


# ---- streams ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1000, 2 * PART, 2 * PART + 1])
def test_a_stream(s3, server, size):
    content = os.urandom(size)
    with s3.open("b", "stream", "wb", metadata={"a": "b"}) as out:
        assert out.writable() and not out.readable() and not out.seekable()
        for at in range(0, size, 100000):
            assert out.write(content[at:at + 100000]) == len(content[at:at + 100000])
        assert out.flush() is None and out.object is None
    assert out.closed and out.object.bytes == size
    assert body_of(server, "stream") == content
    assert s3.head("b", "stream").metadata["a"] == "b"
    assert out.close() is None
    with pytest.raises(sensorhub.Closed):
        out.write(b"x")


def test_a_stream_that_others_write_to(s3, server):
    with s3.open("b", "lines.gz") as out, gzip.open(out, "wt") as lines:
        for i in range(1000):
            print(i, file=lines)
    assert gzip.decompress(body_of(server, "lines.gz")).split() == [
        str(i).encode() for i in range(1000)]


def test_a_stream_left_by_an_exception(s3, server):
    with pytest.raises(ZeroDivisionError):
        with s3.open("b", "stream") as out:
            out.write(bytes(2 * PART))
            1 / 0
    assert out.closed and out.object is None
    assert body_of(server, "stream") is None and list(s3.list_uploads("b")) == []


@pytest.mark.parametrize("how", ["abort", "forget"])
def test_a_stream_that_is_given_up(s3, server, how):
    out = s3.open("b", "stream")
    out.write(bytes(PART + 1))
    if how == "abort":
        out.abort()
        out.abort()
    del out
    gc.collect()
    assert body_of(server, "stream") is None and list(s3.list_uploads("b")) == []


def test_a_stream_that_fails(s3, server):
    server.say("fault part status=403 always code=access_denied")
    out = s3.open("b", "stream")
    with pytest.raises(sensorhub.AccessDenied):
        for _ in range(100):
            out.write(bytes(PART))
    with pytest.raises(sensorhub.AccessDenied):
        out.close()
    assert out.closed
    with pytest.raises(ValueError, match="mode"):
        s3.open("b", "key", "rb")
