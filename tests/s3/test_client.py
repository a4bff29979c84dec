"""The library's client against the real servers. What it put is read back by curl, which signs
by itself, and what curl put by it; the tests name the servers that they are for."""

import hashlib
import json
import os
import pathlib
import subprocess

import pytest

import s3_servers
from conftest import MIB, SOURCE, ours

sensorhub = pytest.importorskip("sensorhub", reason="the Python module was not built")

ODD_KEYS = ["a b+c/\u00e9", "a//b", "~x=y&z;'(*)", "%41", "x/../y", "\u00fc" * 100]


# ---- objects ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 3 * MIB])
def test_put_and_get(client, s3, bucket, size):
    content = os.urandom(size)
    put = client.put(bucket, "a/key", content)
    assert s3.get(bucket, "a/key") == client.get(bucket, "a/key") == content
    head = client.head(bucket, "a/key")
    assert (head.bytes, head.etag) == (size, put.etag)
    assert head.sha256 == hashlib.sha256(content).digest()
    assert s3.head(bucket, "a/key")["x-amz-meta-shub-sha256"] == head.sha256.hex()
    assert abs(head.modified_us - sensorhub.now_us()) < 60 * 10**6


def test_odd_keys(client, s3, bucket):
    for key in ODD_KEYS:
        client.put(bucket, key, key.encode())
        assert s3.get(bucket, key) == key.encode()
        assert client.head(bucket, key).bytes == len(key.encode())
    assert {o.key: o.bytes for o in client.list(bucket, page=2)} == s3.list_objects(bucket)
    client.delete_many(bucket, ODD_KEYS + ["none"])
    assert s3.list_objects(bucket) == {}


def test_what_goes_along(client, s3, bucket):
    client.put(bucket, "key", b"content", content_type="text/csv", content_encoding="gzip",
               cache_control="no-cache", metadata={"site": "London", "x": "a=b, c"})
    headers = s3.head(bucket, "key")
    assert headers["content-type"] == "text/csv" and headers["content-encoding"] == "gzip"
    assert headers["x-amz-meta-site"] == "London" and headers["x-amz-meta-x"] == "a=b, c"
    head = client.head(bucket, "key")
    assert (head.content_type, head.content_encoding) == ("text/csv", "gzip")
    assert head.metadata["site"] == "London"


def test_tags(client, s3, bucket, may_lack):
    with may_lack("tags"):
        client.put(bucket, "key", b"content", tags={"kind": "log", "a": "b c"})
    text = s3.good("GET", f"/{bucket}/key", {"tagging": ""}).body
    assert b"<Key>kind</Key>" in text and b"<Value>b c</Value>" in text


def test_ranges_and_files(client, s3, bucket, tmp_path):
    content = os.urandom(300000)
    s3.put(bucket, "key", content)
    assert client.get(bucket, "key", offset=10, length=100) == content[10:110]
    assert client.get(bucket, "key", offset=299990) == content[-10:]
    found = client.get(bucket, "key", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content
    with pytest.raises(sensorhub.InputError) as caught:
        client.get(bucket, "key", offset=300000)
    assert caught.value.code == sensorhub.E_RANGE
    with pytest.raises(sensorhub.PreconditionFailed):
        client.get(bucket, "key", if_match="0" * 32)
    assert client.get(bucket, "key", if_match=found.etag) == content


@pytest.mark.parametrize("integrity", ["none", "md5", "sha256", "crc32c", "crc64nvme"])
def test_every_way_to_tell_that_a_body_arrived(server, s3, bucket, tmp_path, integrity):
    path = tmp_path / "file"
    path.write_bytes(os.urandom(11 * MIB))
    with ours(server, integrity=integrity) as client:
        client.put(bucket, "small", b"content")
        assert s3.get(bucket, "small") == b"content"
        if server.name == "swift" and integrity.startswith("crc"):
            # Its schema knows no checksums of parts.
            with pytest.raises(sensorhub.RemoteError, match="MalformedXML"):
                client.put_file(bucket, "large", path)
            assert s3.list_uploads(bucket) == []
            return
        client.put_file(bucket, "large", path)
    assert s3.get(bucket, "large") == path.read_bytes()


def test_lists(client, s3, bucket):
    for i in range(5):
        s3.put(bucket, f"p/{i}", b"x" * i)
    s3.put(bucket, "q", b"")
    assert [o.key for o in client.list(bucket, page=2)] == [*(f"p/{i}" for i in range(5)), "q"]
    assert [(o.key, o.is_prefix) for o in client.list(bucket, delimiter="/")] == [
        ("p/", True), ("q", False)]
    assert [o.key for o in client.list(bucket, "p/", start_after="p/2")] == ["p/3", "p/4"]
    with pytest.raises(sensorhub.NotFound):
        next(client.list("no-such-bucket-anywhere"))


def test_copy_and_rename(client, s3, bucket):
    s3.put(bucket, "a b/\u00e9", b"content", {"x-amz-meta-word": "value", "Content-Type": "x/y"})
    client.copy(bucket, "a b/\u00e9", bucket, "copy")
    headers = s3.head(bucket, "copy")
    assert headers["x-amz-meta-word"] == "value" and headers["content-type"] == "x/y"
    for _ in range(2):
        assert client.rename(bucket, "a b/\u00e9", "c d/\u00fc").bytes == 7
    assert s3.list_objects(bucket) == {"copy": 7, "c d/\u00fc": 7}
    s3.put(bucket, "other", b"another content")
    with pytest.raises(sensorhub.UsageError) as caught:
        client.rename(bucket, "copy", "other")
    assert caught.value.code == sensorhub.E_EXISTS
    assert s3.get(bucket, "other") == b"another content"


def test_presign(client, s3, server, bucket, tmp_path):
    def curl(url, *options):
        return subprocess.run(["curl", "-q", "-sSf", "--noproxy", "*", *options, url], check=True,
                              capture_output=True, env=s3_servers.foreign_environment()).stdout

    path = tmp_path / "file"
    path.write_bytes(b"content")
    curl(client.presign("PUT", bucket, "a b/\u00e9", 60), "-T", path)
    assert s3.get(bucket, "a b/\u00e9") == b"content"
    url = client.presign("GET", bucket, "a b/\u00e9", 60)
    assert curl(url) == b"content"
    with pytest.raises(subprocess.CalledProcessError):
        curl(url[:-1] + ("0" if url[-1] != "0" else "1"))


# ---- conditions ------------------------------------------------------------------------


def test_conditions_are_kept(server, client, s3, bucket, large):
    etag = client.put(bucket, "key", b"first", if_none_match=True).etag
    for call in (lambda: client.put(bucket, "key", b"second", if_none_match=True),
                 lambda: client.put(bucket, "key", b"second", if_match="0" * 32),
                 lambda: client.put(bucket, "none", b"second", if_match=etag),
                 lambda: client.put_file(bucket, "key", large, if_none_match=True)):
        with pytest.raises((sensorhub.PreconditionFailed, sensorhub.NotFound)):
            call()
    assert s3.get(bucket, "key") == b"first"
    if server.name == "radosgw":  # compares with the quotation marks, so that nothing matches
        with pytest.raises(sensorhub.PreconditionFailed):
            client.put(bucket, "key", b"second", if_match=etag)
    else:
        client.put(bucket, "key", b"second", if_match=etag)
        assert s3.get(bucket, "key") == b"second"
    assert client.stats().conditions_ignored == (server.name == "swift")


# ---- the command -----------------------------------------------------------------------

PROGRAM = pathlib.Path(os.environ.get("SHUB_BUILD", SOURCE / "build" / "dev"), "bin", "sensorhub")


@pytest.mark.skipif(not PROGRAM.exists(), reason="the command was not built")
def test_the_command(server, s3, bucket, large):
    def run(*words, **more):
        return subprocess.run([PROGRAM, *words], check=True, capture_output=True, env={
            **server.environment(), "AWS_ENDPOINT_URL": server.endpoint}, **more).stdout

    run("s3", "put", large, f"s3://{bucket}/p/", "--meta", "site=London")
    run("s3", "put", "-", f"s3://{bucket}/p/stream", input=b"content")
    assert s3.get(bucket, "p/large") == large.read_bytes()
    assert s3.head(bucket, "p/large")["x-amz-meta-site"] == "London"
    assert run("s3", "get", f"s3://{bucket}/p/stream", "-") == b"content"
    listed = run("s3", "ls", "--recursive", "--json", f"s3://{bucket}").splitlines()
    assert [json.loads(line)["key"] for line in listed] == ["p/large", "p/stream"]
    run("s3", "mv", f"s3://{bucket}/p/stream", f"s3://{bucket}/moved")
    run("s3", "rm", "--recursive", "--yes", f"s3://{bucket}/p/")
    assert s3.list_objects(bucket) == {"moved": 7}
