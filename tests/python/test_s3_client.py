"""S3, against an S3 in memory: objects, keys, what is refused, misuse."""

import hashlib
import io
import os
import urllib.request

import pytest

import sensorhub
from conftest import T
from simulated_s3 import options_of
from simulated_s3 import large, s3, server  # noqa: F401 fixtures


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
