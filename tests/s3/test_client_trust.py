"""Whom the real servers trust, and whom the library's client does: secrets, clocks, bodies that
change, certificates, addresses."""

import base64
import contextlib
import hashlib
import socket
import ssl
import subprocess
import threading
import urllib.parse

import pytest

from conftest import ours
from s3_servers import Keys

sensorhub = pytest.importorskip("sensorhub", reason="the Python module was not built")


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
