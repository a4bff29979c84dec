"""The library's client against the real servers. What it put is read back by curl, which signs
by itself, and what curl put by it; the tests name the servers that they are for."""

import base64
import contextlib
import gzip
import hashlib
import json
import os
import pathlib
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

import pytest

import s3_servers
from conftest import SOURCE, needs, wait_until
from s3_servers import Keys, Refused

sensorhub = pytest.importorskip("sensorhub", reason="the Python module was not built")

MIB = 1 << 20
PART = 5 * MIB
ODD_KEYS = ["a b+c/\u00e9", "a//b", "~x=y&z;'(*)", "%41", "x/../y", "\u00fc" * 100]


def ours(server, keys=None, **more):
    """The library's client; `more` are its options."""
    keys = keys or server.keys
    return sensorhub.S3(**{"endpoint": server.endpoint, "access_key": keys.access,
                           "secret_key": keys.secret, "region": server.region,
                           "part_bytes": PART, "retries": 3, **more})


@pytest.fixture
def client(server):
    with ours(server) as client:
        yield client


@pytest.fixture
def large(tmp_path):
    """A file of 20 MiB and a byte."""
    path = tmp_path / "large"
    path.write_bytes(os.urandom(20 * MIB + 1))
    return path


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


# ---- uploads ---------------------------------------------------------------------------


def test_an_upload_in_parts(client, s3, server, bucket, large):
    put = client.put_file(bucket, "large", large, content_type="x/y", metadata={"a": "b"})
    head = client.head(bucket, "large")
    assert put.bytes == head.bytes == 20 * MIB + 1 and put.etag in ("", head.etag)
    assert head.etag.endswith("-5") and head.content_type == "x/y" and head.metadata["a"] == "b"
    assert head.sha256 == hashlib.sha256(large.read_bytes()).digest()
    assert s3.get(bucket, "large") == client.get(bucket, "large") == large.read_bytes()
    assert s3.list_uploads(bucket) == []
    if s3_servers.AWS.exists():
        server.aws("s3", "cp", "--quiet", f"s3://{bucket}/large", large.parent / "aws")
        assert (large.parent / "aws").read_bytes() == large.read_bytes()


@pytest.mark.parametrize("size", [0, 1000, PART, 2 * PART, 13 * MIB])
def test_a_stream(client, s3, bucket, size):
    content = os.urandom(size)
    with client.open(bucket, "stream") as out:
        for at in range(0, size, 700001):
            out.write(content[at:at + 700001])
    assert s3.get(bucket, "stream") == content and out.object.bytes == size


def test_a_stream_that_is_given_up(client, s3, bucket):
    with pytest.raises(ZeroDivisionError):
        with client.open(bucket, "stream") as out:
            out.write(bytes(2 * PART))
            1 / 0
    assert s3.list_objects(bucket) == {} and s3.list_uploads(bucket) == []


@pytest.fixture
def way(server):
    """The way to the server, to be broken; a journal is about one endpoint."""
    with server.proxy() as proxy:
        yield proxy


def by(way, server, **more):
    return ours(server, endpoint=f"http://127.0.0.1:{way.port}", **more)


def break_off(way, server, bucket, path, journal):
    """Begins an upload that breaks off after two parts and more."""
    with by(way, server, journal=journal, in_flight=1, retries=sensorhub.NONE) as client:
        upload = client.upload_file(bucket, "large", path)
        while upload.progress is None or upload.progress.parts_done < 2:
            upload.poll(100)
        way.set(refuse=10**6)
        way.cut("rst")
        with pytest.raises(sensorhub.NetworkError):
            upload.wait()
    way.set()


def test_an_upload_goes_on_where_it_broke_off(server, way, s3, bucket, large, tmp_path):
    journal = tmp_path / "journal.db"
    break_off(way, server, bucket, large, journal)
    (key, upload_id), = s3.list_uploads(bucket)
    there = len(s3.list_parts(bucket, key, upload_id))
    with by(way, server, journal=journal) as client:
        assert [o.upload_id for o in client.list_uploads(bucket)] == [upload_id]
        assert len(list(client.list_parts(bucket, key, upload_id))) == there >= 2
        upload = client.upload_file(bucket, "large", large)
        upload.wait()
        assert upload.progress.reused == there * PART and upload.progress.restarts == 0
    assert s3.get(bucket, "large") == large.read_bytes() and s3.list_uploads(bucket) == []


def test_a_file_that_changed_meanwhile_starts_anew(server, way, s3, bucket, large, tmp_path):
    journal = tmp_path / "journal.db"
    break_off(way, server, bucket, large, journal)
    large.write_bytes(os.urandom(20 * MIB + 1))
    with by(way, server, journal=journal) as client:
        upload = client.upload_file(bucket, "large", large)
        upload.wait()
        assert upload.progress.reused == 0
        assert client.abort_stale(bucket) == 1
    assert s3.get(bucket, "large") == large.read_bytes() and s3.list_uploads(bucket) == []


def test_an_upload_that_somebody_aborted_starts_anew(server, way, s3, bucket, large, tmp_path):
    journal = tmp_path / "journal.db"
    break_off(way, server, bucket, large, journal)
    (key, upload_id), = s3.list_uploads(bucket)
    s3.good("DELETE", f"/{bucket}/{key}", {"uploadId": upload_id})
    with by(way, server, journal=journal) as client:
        client.put_file(bucket, "large", large)
    assert s3.get(bucket, "large") == large.read_bytes() and s3.list_uploads(bucket) == []


def test_the_gateway_dies_in_the_middle(server, s3, bucket, large):
    with ours(server, in_flight=2, retries=20) as client:
        upload = client.upload_file(bucket, "large", large)
        while upload.progress is None or upload.progress.parts_done < 1:
            upload.poll(100)
        server.kill_gateway()
        try:
            upload.poll(500)
        finally:
            server.start_gateway()
        upload.wait()
    assert s3.get(bucket, "large") == large.read_bytes() and s3.list_uploads(bucket) == []


@pytest.mark.parametrize("faults", [{"cut_down": 100000}, {"cut_down": 100000, "how": "fin"}])
def test_a_get_that_breaks_off_goes_on(server, s3, bucket, faults):
    content = os.urandom(1000000)
    s3.put(bucket, "key", content)
    with server.proxy() as proxy:
        proxy.set(times=3, **faults)
        with ours(server, endpoint=f"http://127.0.0.1:{proxy.port}", retries=5) as client:
            assert client.get(bucket, "key") == content
        assert proxy.cuts == 3


def test_stale_uploads(client, s3, bucket):
    for key in ("a", "b"):
        s3.create_upload(bucket, key)
    assert client.abort_stale(bucket) == 0
    assert client.abort_stale(bucket, before_us=1, all=True) == 0
    assert client.abort_stale(bucket, "a", all=True) == 1
    (key, upload_id), = s3.list_uploads(bucket)
    for _ in range(2):
        assert client.abort(bucket, key, upload_id) is None
    assert s3.list_uploads(bucket) == []


# ---- rules on Complete -----------------------------------------------------------------


def replace_part(s3, bucket, number):
    """Somebody else sends another part under the same number."""
    (key, upload_id), = s3.list_uploads(bucket)
    query = {"uploadId": upload_id, "partNumber": str(number)}
    s3.good("PUT", f"/{bucket}/{key}", query, body=os.urandom(PART))


def test_a_part_that_is_not_ours_any_more(server, s3, bucket, large):
    with ours(server, in_flight=1) as client:
        upload = client.upload_file(bucket, "large", large)
        while upload.progress is None or upload.progress.parts_done < 2:
            upload.poll(100)
        replace_part(s3, bucket, 1)
        upload.wait()
        assert upload.progress.restarts >= 1, "InvalidPart"
    assert s3.get(bucket, "large") == large.read_bytes() and s3.list_uploads(bucket) == []


def test_a_part_of_a_stream_that_is_not_ours_any_more(client, s3, bucket):
    out = client.open(bucket, "stream")
    out.write(bytes(6 * PART))  # four are in flight, so that two have arrived
    arrived = [number for number, _, _ in s3.list_parts(bucket, *s3.list_uploads(bucket)[0])]
    replace_part(s3, bucket, arrived[0])
    with pytest.raises(sensorhub.RemoteError, match="InvalidPart"):
        out.close()
    assert s3.list_objects(bucket) == {} and s3.list_uploads(bucket) == []


def test_a_stream_whose_upload_somebody_aborted(client, s3, bucket):
    out = client.open(bucket, "stream")
    out.write(bytes(2 * PART))
    wait_until(lambda: out.write(b"x") and s3.list_uploads(bucket))
    (key, upload_id), = s3.list_uploads(bucket)
    s3.good("DELETE", f"/{bucket}/{key}", {"uploadId": upload_id})
    with pytest.raises(sensorhub.NotFound):
        out.write(bytes(4 * PART))
        out.close()
    assert s3.list_objects(bucket) == {}


def complete(s3, bucket, sizes, order, spoil=lambda etag: etag):
    """What the server says to a Complete that the client cannot be made to send."""
    upload_id = s3.create_upload(bucket, "key")
    etags = {}
    for number, size in enumerate(sizes, 1):
        answer = s3.good("PUT", f"/{bucket}/key", {"uploadId": upload_id,
                                                  "partNumber": str(number)}, body=bytes(size))
        etags[number] = spoil(answer.headers["etag"])
    body = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{etags[n]}</ETag></Part>"
                   for n in order)
    with pytest.raises(Refused) as caught:
        s3.good("POST", f"/{bucket}/key", {"uploadId": upload_id},
                body=f"<CompleteMultipartUpload>{body}</CompleteMultipartUpload>".encode())
    assert s3.list_objects(bucket) == {}
    return caught.value.code


def test_parts_that_are_too_small_are_refused(s3, bucket):
    assert complete(s3, bucket, (1000, 1000), (1, 2)) == "EntityTooSmall"


def test_a_part_with_another_etag_is_refused(s3, bucket):
    code = complete(s3, bucket, (PART, 1000), (1, 2), lambda etag: f'"{"0" * 32}"')
    assert code == "InvalidPart"


@needs("swift")
def test_parts_out_of_order_are_refused(s3, bucket):
    """radosgw takes them."""
    assert complete(s3, bucket, (PART, PART), (2, 1)) == "InvalidPartOrder"


@needs("swift")
def test_an_object_that_appears_before_complete(server, s3, bucket, large):
    """radosgw completes all the same: it does not know conditions there."""
    with ours(server, in_flight=1) as client:
        upload = client.upload_file(bucket, "key", large, if_none_match=True)
        while upload.progress is None or upload.progress.parts_done < 1:
            upload.poll(100)
        s3.put(bucket, "key", b"first")
        with pytest.raises(sensorhub.PreconditionFailed):
            upload.wait()
    assert s3.get(bucket, "key") == b"first" and s3.list_uploads(bucket) == []


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


# ---- what is refused -------------------------------------------------------------------


@pytest.mark.parametrize("tls", [False, True])
def test_a_wrong_secret(server, s3, bucket, tls):
    wrong = Keys(server.keys.access, server.keys.secret[::-1])
    endpoint = server.tls_endpoint if tls else server.endpoint
    with ours(server, wrong, endpoint=endpoint, ca_file=server.ca_file) as client:
        with pytest.raises(sensorhub.RemoteError) as caught:
            client.put(bucket, "key", b"x")
    assert (caught.value.code, caught.value.http_status) == (sensorhub.E_SIGNATURE, 403)
    assert wrong.secret not in str(caught.value) and s3.list_objects(bucket) == {}


def test_an_unknown_key(server, bucket):
    with ours(server, Keys("AKNOBODY", "x" * 40)) as client:
        with pytest.raises(sensorhub.RemoteError) as caught:
            client.put(bucket, "key", b"x")
    # Swift does not say which of the two it was.
    wanted = {"radosgw": sensorhub.E_AUTH, "swift": sensorhub.E_SIGNATURE}
    assert (caught.value.code, caught.value.http_status) == (wanted[server.name], 403)


def test_another_user(server, s3, bucket):
    s3.put(bucket, "key", b"mine")
    with ours(server, server.other_keys) as client:
        for call in (lambda: client.put(bucket, "key", b"x"), lambda: client.get(bucket, "key")):
            with pytest.raises((sensorhub.AccessDenied, sensorhub.NotFound)) as caught:
                call()
            assert caught.value.code == (sensorhub.E_NOT_FOUND if server.name == "swift"
                                         else sensorhub.E_DENIED)
    assert s3.get(bucket, "key") == b"mine"


@contextlib.contextmanager
def altering(port, old, new):
    """The way to the server, on which bytes change."""
    listener = socket.create_server(("127.0.0.1", 0))
    open_ones = [listener]

    def pump(source, target, change):
        with contextlib.suppress(OSError):
            while block := source.recv(1 << 16):
                target.sendall(block.replace(old, new) if change else block)
            target.shutdown(socket.SHUT_WR)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", port))
                open_ones.extend((client, server))
                for ends in ((client, server, True), (server, client, False)):
                    threading.Thread(target=pump, args=ends, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        for one in open_ones:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@pytest.mark.parametrize("integrity", ["sha256", "md5"])
def test_a_body_that_changes_on_the_way(server, s3, bucket, integrity):
    port = urllib.parse.urlsplit(server.endpoint).port
    with altering(port, b"the true content", b"THE TRUE CONTENT") as way:
        with ours(server, endpoint=f"http://127.0.0.1:{way}", integrity=integrity,
                  retries=sensorhub.NONE) as client:
            with pytest.raises(sensorhub.ChecksumMismatch) as caught:
                client.put(bucket, "key", b"the true content")
    assert caught.value.http_status in (400, 422) and s3.list_objects(bucket) == {}


def test_an_object_that_was_altered_there(client, s3, bucket):
    digest = hashlib.sha256(b"what it was").hexdigest()
    s3.put(bucket, "key", b"what it is!", {"x-amz-meta-shub-sha256": digest})
    with pytest.raises(sensorhub.ChecksumMismatch):
        client.get(bucket, "key")
    assert client.get(bucket, "key", offset=0, length=4) == b"what"


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_clock_that_is_wrong_is_learnt(server, s3, bucket, hours):
    with ours(server, clock=lambda: sensorhub.now_us() + hours * 3600 * 10**6) as client:
        client.put(bucket, "key", b"content")
        skew_s = client.stats().skew_us / 10**6
    assert abs(skew_s + hours * 3600) < 60 and s3.get(bucket, "key") == b"content"


def test_a_clock_that_cannot_be_learnt(server, bucket):
    calls = []

    def runaway():
        calls.append(1)
        return sensorhub.now_us() + len(calls) * 3600 * 10**6

    with ours(server, clock=runaway) as client:
        with pytest.raises(sensorhub.RemoteError) as caught:
            client.put(bucket, "key", b"content")
    assert (caught.value.code, caught.value.http_status) == (sensorhub.E_SKEWED, 403)


# ---- TLS, addresses --------------------------------------------------------------------


def pin_of(server):
    """sha256// of the public key that the server has."""
    url = urllib.parse.urlsplit(server.tls_endpoint)
    pem = ssl.get_server_certificate((url.hostname, url.port))
    key = subprocess.run(["openssl", "x509", "-pubkey", "-noout"], input=pem.encode(),
                         capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key,
                         capture_output=True, check=True).stdout
    return "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()


def test_tls(server, s3, bucket, large):
    with ours(server, endpoint=server.tls_endpoint, ca_file=server.ca_file) as client:
        client.put(bucket, "key", b"content")
        client.put_file(bucket, "large", large)
        assert client.get(bucket, "key") == b"content"
    assert s3.get(bucket, "large") == large.read_bytes()
    with ours(server, endpoint=server.tls_endpoint, retries=sensorhub.NONE) as client:
        with pytest.raises(sensorhub.NetworkError) as caught:
            client.get(bucket, "key")
    assert caught.value.code == sensorhub.E_TLS


def test_a_pin(server, s3, bucket):
    s3.put(bucket, "key", b"content")
    right = pin_of(server)
    wrong = "sha256//" + base64.b64encode(bytes(32)).decode()
    for trust in ({"ca_file": server.ca_file}, {"insecure": True}):
        with ours(server, endpoint=server.tls_endpoint, pin=right, **trust) as client:
            assert client.get(bucket, "key") == b"content"
        with ours(server, endpoint=server.tls_endpoint, pin=wrong, retries=sensorhub.NONE,
                  **trust) as client:
            with pytest.raises(sensorhub.NetworkError) as caught:
                client.get(bucket, "key")
        assert caught.value.code == sensorhub.E_TLS


def test_a_bucket_has_a_host_of_its_own(server, s3, bucket):
    port = urllib.parse.urlsplit(server.endpoint).port
    with ours(server, endpoint=f"http://{server.domain}:{port}", addressing="virtual") as client:
        client.put(bucket, "a b/\u00e9", b"content")
    assert s3.get(bucket, "a b/\u00e9") == b"content"


# ---- under load ------------------------------------------------------------------------


@needs("radosgw")
def test_a_store_that_says_slow_down(start_server, tmp_path):
    paths = [tmp_path / str(i) for i in range(8)]
    for path in paths:
        path.write_bytes(os.urandom(MIB))
    with start_server(conf="rgw max concurrent requests = 2\nrgw scheduler type = throttler",
                      store_bytes=1 << 30) as server:
        s3 = server.client()
        s3.make_bucket("bucket")
        with ours(server, in_flight=4, retries=20) as client:
            uploads = [client.upload_file("bucket", path.name, path) for path in paths]
            for upload in uploads:
                upload.wait()
            assert client.stats().throttled > 0
        assert all(s3.get("bucket", path.name) == path.read_bytes() for path in paths)


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


# ---- shipping --------------------------------------------------------------------------


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
