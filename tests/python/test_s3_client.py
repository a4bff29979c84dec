"""S3, against an S3 in memory: objects, uploads, streams, keys, what is refused, misuse."""

import gc
import gzip
import hashlib
import io
import os
import signal
import threading
import time
import urllib.request

import pytest

import sensorhub
from conftest import BUILD, T, Clock, forked

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


# ---- objects ---------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b"content", bytearray(b"x" * 70000), memoryview(b"view")])
def test_put_and_get(s3, body):
    put = s3.put("b", "a/key", body)
    assert type(put) is sensorhub.S3Object
    assert (put.key, put.bytes) == ("a/key", len(body)) and put.etag
    assert s3.get("b", "a/key") == bytes(body)
    assert put.sha256 == hashlib.sha256(body).digest()


def test_what_goes_along(s3):
    s3.put("b", "key", b"content", content_type="text/csv", content_encoding="gzip",
           cache_control="no-cache", storage_class="STANDARD_IA",
           metadata={"Site": "London"}, tags=[("kind", "log")])
    head = s3.head("b", "key")
    assert (head.content_type, head.content_encoding) == ("text/csv", "gzip")
    assert head.metadata["site"] == "London"
    assert head.sha256 == hashlib.sha256(b"content").digest()
    assert head.modified_us > T and head.part is None and head.is_prefix is False
    known = hashlib.sha256(b"content").digest()
    assert s3.put("b", "key", b"content", sha256=known).sha256 == known
    assert s3.put("b", "key", b"content", no_sha256=True).sha256 is None
    assert s3.head("b", "key").sha256 is None


class Slow(io.RawIOBase):
    """Takes a part of what it is given, as an unbuffered file may."""

    def __init__(self):
        self.taken = b""

    def write(self, chunk):
        self.taken += bytes(chunk[:1000])
        return min(len(chunk), 1000)


def test_get_into(s3, tmp_path):
    content = os.urandom(300000)
    s3.put("b", "key", content)
    for into in (tmp_path / "copy", str(tmp_path / "copy"), os.fsencode(tmp_path / "copy")):
        assert s3.get("b", "key", into).bytes == len(content)
        assert (tmp_path / "copy").read_bytes() == content
        (tmp_path / "copy").unlink()
    buffer, slow = io.BytesIO(), Slow()
    assert s3.get("b", "key", buffer).etag == s3.head("b", "key").etag
    s3.get("b", "key", slow)
    assert buffer.getvalue() == slow.taken == content
    assert s3.get("b", "key", offset=10, length=20) == content[10:30]
    assert s3.get("b", "key", offset=299990) == content[-10:]


def test_a_sink_that_raises(s3):
    class Broken:
        def write(self, chunk):
            raise RuntimeError("no room")

    s3.put("b", "key", b"x" * 100000)
    with pytest.raises(RuntimeError, match="no room"):
        s3.get("b", "key", Broken())
    Broken.write = lambda self, chunk: 0
    with pytest.raises(OSError, match="took nothing"):
        s3.get("b", "key", Broken())
    with pytest.raises(TypeError):
        s3.get("b", "key", 5)
    assert s3.get("b", "key") == b"x" * 100000


def test_a_get_within_a_get_is_refused(s3):
    seen = []

    class Nosy:
        def write(self, chunk):
            with pytest.raises(sensorhub.Busy):
                s3.head("b", "key")
            with pytest.raises(sensorhub.Busy):
                s3.close()
            seen.append(len(chunk))

    s3.put("b", "key", b"x" * 10)
    s3.get("b", "key", Nosy())
    assert sum(seen) == 10


def test_delete(s3):
    for key in "abc":
        s3.put("b", key, b"x")
    assert s3.delete("b", "a") is None and s3.delete("b", "a") is None
    assert s3.delete_many("b", ["b", "c", "none"]) is None
    assert list(s3.list("b")) == []
    with pytest.raises(TypeError):
        s3.delete_many("b", "abc")
    with pytest.raises(TypeError):
        s3.delete_many("b", ["a", 1])


def test_delete_many_tells_of_each(server, s3):
    server.say("fault delete_many status=403 always code=access_denied")
    with pytest.raises(sensorhub.AccessDenied) as caught:
        s3.delete_many("b", ["a", "b"])
    assert caught.value.report == [sensorhub.E_DENIED] * 2 and caught.value.index == 0


def test_copy_and_rename(s3):
    s3.put("b", "a", b"content", metadata={"word": "value"})
    assert s3.copy("b", "a", "b", "copy").bytes == 7
    assert s3.head("b", "copy").metadata["word"] == "value"
    assert s3.rename("b", "a", "new").bytes == s3.rename("b", "a", "new").bytes == 7
    assert s3.get("b", "new") == b"content"
    s3.put("b", "a", b"other content")
    with pytest.raises(sensorhub.UsageError) as caught:
        s3.rename("b", "a", "new")
    assert caught.value.code == sensorhub.E_EXISTS
    with pytest.raises(sensorhub.PreconditionFailed):
        s3.copy("b", "a", "b", "new", if_none_match=True)


def test_lists(s3):
    for i in range(5):
        s3.put("b", f"p/{i}", b"x" * i)
    s3.put("b", "q", b"")
    assert [(o.key, o.bytes) for o in s3.list("b", page=2)] == [
        *((f"p/{i}", i) for i in range(5)), ("q", 0)]
    first, second = s3.list("b", delimiter="/")
    assert (first.key, first.is_prefix, first.bytes) == ("p/", True, None)
    assert (second.key, second.is_prefix) == ("q", False)
    assert [o.key for o in s3.list("b", "p/", start_after="p/3")] == ["p/4"]


def test_presign(s3):
    s3.put("b", "key", b"content")
    url = s3.presign("GET", "b", "key", expires_s=60)
    assert "X-Amz-Expires=60&" in url
    assert "X-Amz-Expires=900&" in s3.presign("GET", "b", "key")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as answer:
        assert answer.read() == b"content"


def test_stats(s3):
    s3.put("b", "key", b"content")
    s3.get("b", "key")
    stats = s3.stats()
    assert stats.requests == 2 and stats.bytes_received == stats.bytes_sent == 7
    assert stats.conditions_ignored is False and stats.orphans == 0


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


# ---- keys ------------------------------------------------------------------------------


def test_keys_from_a_function(server):
    asked = []

    def keys():
        asked.append(1)
        return server.signer.access, server.signer.secret, None, sensorhub.now_us() + 3600 * 10**6

    more = {"access_key": None, "secret_key": None, "credentials": keys}
    with sensorhub.S3(**options_of(server, **more)) as s3:
        s3.put("b", "key", b"x")
        s3.put("b", "key", b"x")
        assert len(asked) == 1 and s3.stats().refreshes == 1


@pytest.mark.parametrize("keys,error", [
    (lambda: 1 / 0, ZeroDivisionError), (lambda: "text", TypeError),
    (lambda: ("only one",), TypeError), (lambda: (1, 2), TypeError)])
def test_a_function_that_brings_none(server, keys, error):
    more = {"access_key": None, "secret_key": None, "credentials": keys}
    with sensorhub.S3(**options_of(server, **more)) as s3:
        with pytest.raises(error):
            s3.put("b", "key", b"x")
    with pytest.raises(TypeError):
        sensorhub.S3(credentials=5)


# ---- what is refused -------------------------------------------------------------------


@pytest.mark.parametrize("change,error,code", [
    ({"secret_key": "S3CR3T"}, sensorhub.RemoteError, "E_SIGNATURE"),
    ({"access_key": "AKNOBODY"}, sensorhub.RemoteError, "E_AUTH"),
    ({"anonymous": True, "access_key": None, "secret_key": None}, sensorhub.AccessDenied,
     "E_DENIED"),
    ({"endpoint": "http://127.0.0.1:1"}, ConnectionError, "E_NETWORK")])
def test_who_is_refused(server, change, error, code):
    with sensorhub.S3(**options_of(server, **change)) as s3:
        with pytest.raises(error) as caught:
            s3.put("b", "key", b"x")
    assert caught.value.code == getattr(sensorhub, code)
    assert server.signer.secret not in str(caught.value) and "S3CR3T" not in str(caught.value)


def test_statuses_have_exceptions(s3, server):
    with pytest.raises(sensorhub.NotFound) as caught:
        s3.get("b", "none")
    assert caught.value.http_status == 404 and isinstance(caught.value, LookupError)
    etag = s3.put("b", "key", b"x").etag
    with pytest.raises(sensorhub.PreconditionFailed):
        s3.put("b", "key", b"y", if_none_match=True)
    with pytest.raises(sensorhub.PreconditionFailed):
        s3.put("b", "key", b"y", if_match="0" * 32)
    assert s3.put("b", "key", b"y", if_match=etag).etag != etag
    server.say("fault get corrupt_body=0 1")
    with pytest.raises(sensorhub.ChecksumMismatch):
        s3.get("b", "key")
    server.say("fault put status=409 1 code=conditional_request_conflict")
    with pytest.raises(sensorhub.Conflict):
        s3.put("b", "key", b"y", if_none_match=True)


@pytest.mark.parametrize("options", [
    {"addressing": "ip"}, {"integrity": "crc16"}, {"in_flight": -1}, {"access_key": "alone"},
    {"endpoint": "ftp://host"}, {"pin": "none"}, {"retries": -5}, {"region": ""}])
def test_options_that_are_none(server, options):
    with pytest.raises(sensorhub.InvalidArgument):
        sensorhub.S3(**{"anonymous": True, **options})


def test_what_are_no_arguments(s3, large):
    for wrong in (lambda: sensorhub.S3("positional"), lambda: sensorhub.S3(unknown=1),
                  lambda: s3.put("b", "key"), lambda: s3.put("b", "key", "text"),
                  lambda: s3.put("b", "key", b"", unknown=1),
                  lambda: s3.put("b", "key", b"", metadata={"a": 1}),
                  lambda: s3.put("b", "key", b"", tags=["a"]), lambda: s3.upload_file("b", "k", 5),
                  lambda: sensorhub.S3Upload(), lambda: sensorhub.S3Writer()):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(ValueError):
        s3.put("b", "key", b"", sha256=b"short")
    with pytest.raises(sensorhub.InvalidArgument):
        s3.put("", "key", b"")


# ---- in a process ----------------------------------------------------------------------


def test_a_call_waits_without_the_lock(s3, server):
    server.say("fault head delay=400 1")
    s3.put("b", "key", b"x")
    thread = threading.Thread(target=s3.head, args=("b", "key"))
    thread.start()
    busy = 0
    while thread.is_alive():
        try:
            s3.stats()
        except sensorhub.Busy:
            busy += 1
        time.sleep(0.001)
    thread.join()
    assert busy > 10


def test_a_signal_ends_a_wait(s3, server, large):
    server.say("fault part stall 1")

    def ring(*_):
        raise InterruptedError("rung")

    old = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    begin = time.monotonic()
    try:
        with pytest.raises(InterruptedError):
            s3.put_file("b", "large", large)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert time.monotonic() - begin < 10
    assert list(s3.list_uploads("b")) == []


def test_a_fork(s3, server, large):
    upload = s3.upload_file("b", "large", large)
    listed = s3.list("b")
    upload.poll(10)

    def child():
        said = []
        for call in (lambda: s3.head("b", "key"), lambda: upload.poll(), lambda: next(listed)):
            try:
                call()
            except sensorhub.Forked:
                said.append("forked")
        return " ".join(said)

    assert forked(child) == "forked forked forked"
    assert upload.wait().bytes == 2 * PART + 1
    assert body_of(server, "large") == large.read_bytes()


@pytest.mark.parametrize("more", [{}, {"journal": "journal.db"}])
def test_a_fork_that_closes(server, large, tmp_path, monkeypatch, more):
    monkeypatch.chdir(tmp_path)
    with sensorhub.S3(**options_of(server, **more)) as s3:
        server.say("fault part delay=200 always")
        upload = s3.upload_file("b", "large", large)
        while not operations(server, "UploadPart"):
            upload.poll(10)

        def child():
            upload.close()
            s3.close()
            return upload.closed and s3.closed

        assert forked(child) == "True"
        assert upload.wait().bytes == 2 * PART + 1
    assert body_of(server, "large") == large.read_bytes()
    assert operations(server, "AbortMultipartUpload") == 0
    assert operations(server, "CreateMultipartUpload") == 1


def test_closing(server):
    s3 = sensorhub.S3(**options_of(server))
    listed = s3.list("b")
    s3.close()
    s3.close()
    assert s3.closed
    for call in (s3.stats, lambda: s3.put("b", "k", b""), lambda: next(listed),
                 lambda: s3.list("b")):
        with pytest.raises(sensorhub.Closed):
            call()


def test_an_s3_outlives_its_name(server):
    listed = sensorhub.S3(**options_of(server)).list("b")
    assert list(listed) == []


def test_a_clock(server):
    clock = Clock(sensorhub.now_us())
    with sensorhub.S3(**options_of(server, clock=clock)) as s3:
        clock.time_us += 3600 * 10**6
        s3.put("b", "key", b"x")
        assert abs(s3.stats().skew_us + 3600 * 10**6) < 60 * 10**6


def test_nothing_leaks(server, no_leak, tmp_path):
    path = tmp_path / "small"
    path.write_bytes(b"x" * 100)
    s3 = sensorhub.S3(**options_of(server))

    def all_of_it():
        s3.put("b", "key", b"x", metadata={"a": "b"})
        s3.get("b", "key"), s3.get("b", "key", io.BytesIO())
        list(s3.list("b"))
        s3.put_file("b", "key", path)
        with s3.open("b", "key") as out:
            out.write(b"x")
        s3.open("b", "key").write(b"x")
        with pytest.raises(sensorhub.NotFound):
            s3.head("b", "none")
        with pytest.raises(TypeError):
            s3.put("b", "key", b"x", metadata={"a": 1})

    no_leak(all_of_it, rounds=100)
    s3.close()


def test_opening_leaks_nothing(server, no_leak):
    def open_and_close():
        sensorhub.S3(**options_of(server, credentials=lambda: ("a", "b"), clock=Clock())).close()
        with pytest.raises(sensorhub.InvalidArgument):
            sensorhub.S3(credentials=lambda: ("a", "b"), ca_file="/x", pin="bad")

    no_leak(open_and_close, rounds=50)


# ---- shipping to it --------------------------------------------------------------------


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
