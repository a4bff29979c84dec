"""The library's uploads to the real servers: in parts, as streams, broken off, completed by
their rules, under load."""

import hashlib
import os

import pytest

import s3_servers
from conftest import MIB, PART, needs, ours, wait_until
from s3_servers import Refused

sensorhub = pytest.importorskip("sensorhub", reason="the Python module was not built")


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
