"""scripted_s3: what it does as S3 does, what it refuses, each quirk and each fault."""

import base64
import datetime
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import zlib

import pytest

sys.path.insert(0, str(pathlib.Path(os.environ["SHUB_SOURCE"], "tests/support")))
from s3 import S3, Signer, text_of  # noqa: E402

PROGRAM = pathlib.Path(os.environ["SHUB_BUILD"], "simulators", "scripted_s3")
NOON = 1700049600  # 2023-11-15T12:00:00Z


@pytest.fixture(scope="module")
def server():
    with S3("--clock-start", NOON) as s3:
        s3.say("rate 0")
        s3.clock = lambda: NOON
        yield s3
    assert s3.process.returncode == 0


@pytest.fixture
def s3(server):
    """Empty, its clock at noon, its limits and quirks as AWS has them."""
    for line in ("reset", f"clock {NOON}", "region us-east-1", "page 1000",
                 "part_minimum 5242880", "lifetime 3600"):
        server.say(line)
    yield server
    server.close()
    for line in ("quirk radosgw off", "quirk swift off", "quirk ignore_conditional off",
                 "quirk complete_once off", "quirk keep_alive_complete off",
                 "quirk no_such_bucket off", "quirk redirect off", "role simulated-role",
                 "container /credentials", "host localhost"):
        server.say(line)


def code(answer):
    return text_of(answer, "Code")


def refused(answer, status, name):
    assert (answer.status, code(answer)) == (status, name), answer
    return answer


def md5(data):
    return hashlib.md5(data).hexdigest()


def base64_of(digest):
    return base64.b64encode(digest).decode()


def put(s3, key, body=b"text", **headers):
    answer = s3.request("PUT", f"/b/{key}", body, headers=headers)
    assert answer.status == 200, answer
    return answer


def begin(s3, key="big", headers=None):
    answer = s3.request("POST", f"/b/{key}", query=[("uploads", "")], headers=headers)
    assert answer.status == 200
    return text_of(answer, "UploadId")


def put_part(s3, upload, number, body, key="big", **more):
    return s3.request("PUT", f"/b/{key}", body, **more,
                      query=[("partNumber", str(number)), ("uploadId", upload)])


def complete_body(parts, more=""):
    return ("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            + "".join(f"<Part><ETag>{etag}</ETag><PartNumber>{number}</PartNumber>{more}"
                      f"</Part>" for number, etag in parts)
            + "</CompleteMultipartUpload>").encode()


def complete(s3, upload, parts, key="big", more="", **headers):
    return s3.request("POST", f"/b/{key}", complete_body(parts, more),
                      query=[("uploadId", upload)], headers=headers)


def upload_parts(s3, upload, bodies, key="big"):
    return [(number, put_part(s3, upload, number, body, key).headers["ETag"])
            for number, body in enumerate(bodies, 1)]


# ---- objects ------------------------------------------------------------------------


def test_what_was_put_is_given_back(s3):
    answer = put(s3, "a b+c/ü~", b"hello", **{
        "content-type": "text/plain", "content-encoding": "gzip", "cache-control": "no-store",
        "x-amz-meta-device": "d  8", "x-amz-storage-class": "STANDARD_IA",
        "x-amz-server-side-encryption": "AES256", "x-amz-tagging": "a=1&b=2"})
    assert answer.headers["ETag"] == f'"{md5(b"hello")}"'
    assert answer.headers["x-amz-server-side-encryption"] == "AES256"
    for method in ("GET", "HEAD"):
        answer = s3.request(method, "/b/a b+c/ü~")
        assert answer.status == 200
        assert answer.body == (b"hello" if method == "GET" else b"")
        for name, value in {
                "ETag": f'"{md5(b"hello")}"', "content-type": "text/plain",
                "content-encoding": "gzip", "cache-control": "no-store",
                "x-amz-meta-device": "d  8", "x-amz-storage-class": "STANDARD_IA",
                "x-amz-server-side-encryption": "AES256", "x-amz-tagging-count": "2",
                "Content-Length": "5", "Last-Modified": "Wed, 15 Nov 2023 12:00:00 GMT",
                "Date": "Wed, 15 Nov 2023 12:00:00 GMT"}.items():
            assert answer.headers[name] == value, name


@pytest.mark.parametrize("given, status, body, content_range", [
    ("bytes=0-0", 206, b"0", "bytes 0-0/10"),
    ("bytes=7-", 206, b"789", "bytes 7-9/10"),
    ("bytes=-4", 206, b"6789", "bytes 6-9/10"),
    ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
    ("bytes=a-b", 200, b"0123456789", None),
    ("bytes=5-4", 200, b"0123456789", None),
])
def test_ranges(s3, given, status, body, content_range):
    put(s3, "digits", b"0123456789")
    answer = s3.request("GET", "/b/digits", headers={"range": given})
    assert (answer.status, answer.body) == (status, body)
    assert answer.headers["Content-Range"] == content_range


def test_a_range_behind_the_end_is_refused(s3):
    put(s3, "digits", b"0123456789")
    refused(s3.request("GET", "/b/digits", headers={"range": "bytes=10-"}), 416,
            "InvalidRange")


def test_missing_key_and_deleted_key(s3):
    answer = refused(s3.request("GET", "/b/no<ne"), 404, "NoSuchKey")
    assert text_of(answer, "Key") == "no<ne"
    answer = s3.request("HEAD", "/b/none")
    assert (answer.status, answer.body) == (404, b"")
    put(s3, "k")
    for _ in range(2):
        assert s3.request("DELETE", "/b/k").status == 204
    refused(s3.request("GET", "/b/k"), 404, "NoSuchKey")


@pytest.mark.parametrize("quiet", [False, True])
def test_delete_objects(s3, quiet):
    for key in ("a", "b&c", "kept"):
        put(s3, key)
    body = ("<Delete>" + ("<Quiet>true</Quiet>" if quiet else "")
            + "<Object><Key>a</Key></Object><Object><Key>b&amp;c</Key></Object>"
            + "<Object><Key>never</Key></Object></Delete>").encode()
    headers = {"content-md5": base64_of(hashlib.md5(body).digest())}
    answer = s3.request("POST", "/b", body, query=[("delete", "")], headers=headers)
    assert answer.status == 200
    assert answer.body.count(b"<Deleted>") == (0 if quiet else 3)
    assert [line for line in s3.say("list") if line.startswith("object")] == [
        f"object b kept size=4 etag={md5(b'text')}"]


def test_delete_objects_needs_a_digest_and_keys(s3):
    def delete(body, **headers):
        return s3.request("POST", "/b", body, query=[("delete", "")], headers=headers)
    refused(delete(b"<Delete><Object><Key>a</Key></Object></Delete>"), 400, "InvalidRequest")
    for body in (b"<Delete></Delete>", b"<Delete><Object></Object></Delete>", b"<Delete>",
                 b"<Other><Object><Key>a</Key></Object></Other>"):
        crc = base64_of(zlib.crc32(body).to_bytes(4, "big"))
        refused(delete(body, **{"x-amz-checksum-crc32": crc}), 400, "MalformedXML")


def test_copy(s3):
    put(s3, "from/ü", b"0123456789", **{"x-amz-meta-a": "1"})
    source = {"x-amz-copy-source": "/b/from/%C3%BC"}
    answer = s3.request("PUT", "/c/to", headers=source)
    assert (answer.status, text_of(answer, "ETag")) == (200, f'"{md5(b"0123456789")}"')
    assert s3.request("HEAD", "/c/to").headers["x-amz-meta-a"] == "1"
    replaced = {**source, "x-amz-metadata-directive": "REPLACE", "x-amz-meta-b": "2"}
    assert s3.request("PUT", "/c/to", headers=replaced).status == 200
    headers = s3.request("HEAD", "/c/to").headers
    assert (headers["x-amz-meta-a"], headers["x-amz-meta-b"]) == (None, "2")
    refused(s3.request("PUT", "/b/from/ü", headers=source), 400, "InvalidRequest")
    refused(s3.request("PUT", "/c/x", headers={"x-amz-copy-source": "/b/none"}), 404,
            "NoSuchKey")
    refused(s3.request("PUT", "/c/x", headers={"x-amz-copy-source": "b"}), 400,
            "InvalidArgument")
    refused(s3.request("PUT", "/c/to", headers={**source, "if-none-match": "*"}), 412,
            "PreconditionFailed")
    refused(s3.request("PUT", "/c/x", headers={
        **source, "x-amz-copy-source-if-match": '"other"'}), 412, "PreconditionFailed")


def test_conditional_put_and_get(s3):
    put(s3, "k", b"1", **{"if-none-match": "*"})
    refused(s3.request("PUT", "/b/k", b"2", headers={"if-none-match": "*"}), 412,
            "PreconditionFailed")
    put(s3, "k", b"3", **{"if-match": f'"{md5(b"1")}"'})
    refused(s3.request("PUT", "/b/k", b"4", headers={"if-match": f'"{md5(b"1")}"'}), 412,
            "PreconditionFailed")
    refused(s3.request("PUT", "/b/none", b"4", headers={"if-match": "*"}), 404, "NoSuchKey")
    etag = f'"{md5(b"3")}"'
    answer = s3.request("GET", "/b/k", headers={"if-none-match": etag})
    assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", etag)
    refused(s3.request("GET", "/b/k", headers={"if-match": '"no"'}), 412, "PreconditionFailed")
    assert s3.request("GET", "/b/k", headers={"if-match": etag}).body == b"3"


def test_buckets(s3):
    s3.say("quirk no_such_bucket on")
    refused(s3.request("PUT", "/b/k", b"1"), 404, "NoSuchBucket")
    assert s3.request("HEAD", "/b").status == 404
    assert s3.request("PUT", "/b").status == 200
    refused(s3.request("PUT", "/b"), 409, "BucketAlreadyOwnedByYou")
    put(s3, "k")
    answer = s3.request("HEAD", "/b")
    assert (answer.status, answer.headers["x-amz-bucket-region"]) == (200, "us-east-1")
    assert text_of(s3.request("GET", "/"), "Name") == "b"
    refused(s3.request("DELETE", "/b"), 409, "BucketNotEmpty")
    s3.request("DELETE", "/b/k")
    assert s3.request("DELETE", "/b").status == 204
    refused(s3.request("GET", "/b/k"), 404, "NoSuchBucket")


@pytest.mark.parametrize("host", ["big.data.localhost", "big.data.s3.us-east-1.amazonaws.com",
                                  "big.data.s3-fips.us-east-1.amazonaws.com:443",
                                  "big.data.s3.dualstack.us-east-1.amazonaws.com"])
def test_virtual_host_style(s3, host):
    assert s3.request("PUT", "/dir/key", b"1", host=host).status == 200
    assert s3.log()[-1]["bucket"] == "big.data" and s3.log()[-1]["key"] == "dir/key"
    assert s3.request("GET", "/big.data/dir/key").body == b"1"


@pytest.mark.parametrize("host", ["s3.us-east-1.amazonaws.com", "localhost", "127.0.0.1:1"])
def test_path_style_of_other_hosts(s3, host):
    assert s3.request("PUT", "/b/key", b"1", host=host).status == 200
    assert s3.log()[-1]["bucket"] == "b"


# ---- checksums ----------------------------------------------------------------------


CHECKSUMS = {  # of "123456789", as the catalogues of CRCs give them
    "crc32": bytes.fromhex("cbf43926"),
    "crc32c": bytes.fromhex("e3069283"),
    "crc64nvme": bytes.fromhex("ae8b14860a799888"),
    "sha1": hashlib.sha1(b"123456789").digest(),
    "sha256": hashlib.sha256(b"123456789").digest(),
}


@pytest.mark.parametrize("algorithm", CHECKSUMS)
def test_checksums_are_verified_and_given_back(s3, algorithm):
    name = f"x-amz-checksum-{algorithm}"
    value = base64_of(CHECKSUMS[algorithm])
    assert put(s3, "k", b"123456789", **{name: value}).headers[name] == value
    answer = s3.request("GET", "/b/k", headers={"x-amz-checksum-mode": "ENABLED"})
    assert answer.headers[name] == value
    assert answer.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    assert s3.request("GET", "/b/k").headers[name] is None
    ranged = {"x-amz-checksum-mode": "ENABLED", "range": "bytes=0-1"}
    assert s3.request("GET", "/b/k", headers=ranged).headers[name] is None
    refused(s3.request("PUT", "/b/k", b"123456780", headers={name: value}), 400, "BadDigest")
    refused(s3.request("PUT", "/b/k", b"1", headers={name: "AA=="}), 400, "InvalidRequest")
    assert s3.request("GET", "/b/k").body == b"123456789"


def test_crc64nvme_is_added_to_an_object_without_checksum(s3):
    put(s3, "k", b"123456789")
    answer = s3.request("HEAD", "/b/k", headers={"x-amz-checksum-mode": "ENABLED"})
    assert answer.headers["x-amz-checksum-crc64nvme"] == base64_of(CHECKSUMS["crc64nvme"])


def test_content_md5(s3):
    good = base64_of(hashlib.md5(b"text").digest())
    put(s3, "k", b"text", **{"content-md5": good})
    refused(s3.request("PUT", "/b/k", b"tex", headers={"content-md5": good}), 400, "BadDigest")
    refused(s3.request("PUT", "/b/k", b"tex", headers={"content-md5": "x"}), 400,
            "InvalidDigest")


def test_payload_hash(s3):
    answer = refused(s3.request("PUT", "/b/k", b"text", payload="0" * 64), 400,
                     "XAmzContentSHA256Mismatch")
    assert text_of(answer, "ClientComputedContentSHA256") == "0" * 64
    assert text_of(answer, "S3ComputedContentSHA256") == hashlib.sha256(b"text").hexdigest()
    assert s3.request("PUT", "/b/k", b"text", payload="UNSIGNED-PAYLOAD").status == 200
    refused(s3.request("PUT", "/b/k", b"text", payload="STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            501, "NotImplemented")


# ---- uploads ------------------------------------------------------------------------


def test_multipart_upload(s3):
    s3.say("part_minimum 4")
    upload = begin(s3, headers={"x-amz-meta-a": "1", "content-type": "text/plain"})
    parts = upload_parts(s3, upload, [b"1111", b"2222", b"3"])
    assert parts[0][1] == f'"{md5(b"1111")}"'
    assert "parts=3" in s3.say("list")[1]
    answer = complete(s3, upload, parts)
    digests = b"".join(hashlib.md5(p).digest() for p in (b"1111", b"2222", b"3"))
    etag = f'"{md5(digests)}-3"'
    assert (answer.status, text_of(answer, "ETag")) == (200, etag)
    answer = s3.request("GET", "/b/big")
    assert (answer.body, answer.headers["ETag"]) == (b"111122223", etag)
    assert answer.headers["x-amz-meta-a"] == "1"
    assert answer.headers["content-type"] == "text/plain"
    assert text_of(complete(s3, upload, parts), "ETag") == etag  # once more
    refused(put_part(s3, upload, 1, b"1"), 404, "NoSuchUpload")
    s3.say("quirk complete_once on")
    refused(complete(s3, upload, parts), 404, "NoSuchUpload")


def test_a_part_replaces_its_predecessor_and_a_subset_is_enough(s3):
    s3.say("part_minimum 1")
    upload = begin(s3)
    parts = upload_parts(s3, upload, [b"1", b"2", b"3"])
    replaced = put_part(s3, upload, 3, b"three").headers["ETag"]
    refused(complete(s3, upload, [parts[0], parts[2]]), 400, "InvalidPart")
    assert complete(s3, upload, [parts[0], (3, replaced)]).status == 200
    assert s3.request("GET", "/b/big").body == b"1three"


def test_refusals_of_complete(s3):
    upload = begin(s3)
    parts = upload_parts(s3, upload, [b"1", b"2"])
    answer = refused(complete(s3, upload, parts), 400, "EntityTooSmall")
    assert text_of(answer, "PartNumber") == "1"
    assert text_of(answer, "MinSizeAllowed") == "5242880"
    s3.say("part_minimum 1")
    refused(complete(s3, upload, parts[::-1]), 400, "InvalidPartOrder")
    refused(complete(s3, upload, [parts[0], parts[0]]), 400, "InvalidPartOrder")
    answer = refused(complete(s3, upload, [parts[0], (2, '"bad"')]), 400, "InvalidPart")
    assert text_of(answer, "PartNumber") == "2"
    refused(complete(s3, upload, [(5, parts[0][1])]), 400, "InvalidPart")
    refused(complete(s3, upload, []), 400, "MalformedXML")
    refused(complete(s3, "none", parts), 404, "NoSuchUpload")
    refused(complete(s3, upload, parts, key="other"), 404, "NoSuchUpload")
    refused(complete(s3, upload, parts, **{"x-amz-mp-object-size": "3"}), 400,
            "InvalidRequest")
    assert complete(s3, upload, parts, **{"x-amz-mp-object-size": "2"}).status == 200


@pytest.mark.parametrize("number", ["0", "10001", "-1", "x"])
def test_part_numbers(s3, number):
    refused(put_part(s3, begin(s3), number, b"1"), 400, "InvalidArgument")
    assert put_part(s3, begin(s3), 10000, b"1").status == 200


def test_abort(s3):
    upload = begin(s3)
    upload_parts(s3, upload, [b"1"])
    target = dict(query=[("uploadId", upload)])
    assert s3.request("DELETE", "/b/big", **target).status == 204
    refused(s3.request("DELETE", "/b/big", **target), 404, "NoSuchUpload")
    refused(s3.request("GET", "/b/big", **target), 404, "NoSuchUpload")
    refused(complete(s3, upload, [(1, '"x"')]), 404, "NoSuchUpload")
    assert s3.say("list") == ["bucket b us-east-1"]


def test_conditional_complete(s3):
    put(s3, "big", b"there")
    upload = begin(s3)
    parts = upload_parts(s3, upload, [b"1"])
    refused(complete(s3, upload, parts, **{"if-none-match": "*"}), 412, "PreconditionFailed")
    refused(complete(s3, upload, parts, **{"if-match": '"x"'}), 412, "PreconditionFailed")
    assert complete(s3, upload, parts, **{"if-match": f'"{md5(b"there")}"'}).status == 200


def test_parts_are_listed_in_pages(s3):
    s3.say("page 2")
    upload = begin(s3, key="a&b")
    upload_parts(s3, upload, [b"1", b"22", b"333"], key="a&b")
    answer = s3.request("GET", "/b/a&b", query=[("uploadId", upload)])
    assert (text_of(answer, "IsTruncated"), text_of(answer, "NextPartNumberMarker")) == (
        "true", "2")
    assert answer.body.count(b"<Part>") == 2 and text_of(answer, "Key") == "a&b"
    answer = s3.request("GET", "/b/a&b",
                        query=[("uploadId", upload), ("part-number-marker", "2")])
    assert [text_of(answer, name) for name in ("PartNumber", "ETag", "Size", "IsTruncated")
            ] == ["3", f'"{md5(b"333")}"', "3", "false"]
    answer = s3.request("GET", "/b/a&b", query=[("uploadId", upload), ("max-parts", "1")])
    assert answer.body.count(b"<Part>") == 1


def test_uploads_are_listed_in_pages(s3):
    s3.say("page 2")
    uploads = [begin(s3, key) for key in ("b", "a", "a", "c", "other")]
    seen, markers = [], []
    while True:
        answer = s3.request("GET", "/b", query=[("uploads", ""), *markers])
        seen += [part.split("</UploadId>")[0] for part in
                 answer.body.decode().split("<Upload>")[1:]]
        if text_of(answer, "IsTruncated") == "false":
            break
        markers = [("key-marker", text_of(answer, "NextKeyMarker")),
                   ("upload-id-marker", text_of(answer, "NextUploadIdMarker"))]
    order = [uploads[i] for i in (1, 2, 0, 3, 4)]
    assert [text.rsplit("<UploadId>")[1] for text in seen] == order
    answer = s3.request("GET", "/b", query=[("uploads", ""), ("prefix", "oth")])
    assert answer.body.count(b"<Upload>") == 1


def test_upload_part_copy(s3):
    put(s3, "from", b"0123456789")
    upload = begin(s3)
    source = {"x-amz-copy-source": "b/from", "x-amz-copy-source-range": "bytes=2-4"}
    answer = put_part(s3, upload, 1, b"", headers=source)
    assert (answer.status, text_of(answer, "ETag")) == (200, f'"{md5(b"234")}"')
    source["x-amz-copy-source-range"] = "bytes=20-30"
    refused(put_part(s3, upload, 2, b"", headers=source), 400, "InvalidArgument")
    assert complete(s3, upload, [(1, md5(b"234"))]).status == 200
    assert s3.request("GET", "/b/big").body == b"234"


def crc32(data):
    return base64_of(zlib.crc32(data).to_bytes(4, "big"))


def test_composite_checksum_of_an_upload(s3):
    s3.say("part_minimum 1")
    upload = begin(s3, headers={"x-amz-checksum-algorithm": "CRC32"})
    refused(put_part(s3, upload, 1, b"1"), 400, "InvalidRequest")
    etags = []
    for number, body in ((1, b"11"), (2, b"2")):
        headers = {"x-amz-checksum-crc32": crc32(body)}
        etags.append(put_part(s3, upload, number, body, headers=headers).headers["ETag"])
    parts = list(enumerate(etags, 1))
    refused(complete(s3, upload, parts), 400, "InvalidRequest")
    refused(complete(s3, upload, parts, more="<ChecksumCRC32>AAAAAA==</ChecksumCRC32>"), 400,
            "InvalidPart")
    body = complete_body(parts[:1], f"<ChecksumCRC32>{crc32(b'11')}</ChecksumCRC32>")
    body = body.replace(b"</CompleteMultipartUpload>", complete_body(
        parts[1:], f"<ChecksumCRC32>{crc32(b'2')}</ChecksumCRC32>").split(b">", 1)[1])
    answer = s3.request("POST", "/b/big", body, query=[("uploadId", upload)])
    both = b"".join(zlib.crc32(part).to_bytes(4, "big") for part in (b"11", b"2"))
    assert text_of(answer, "ChecksumCRC32") == crc32(both) + "-2"
    answer = s3.request("HEAD", "/b/big", headers={"x-amz-checksum-mode": "ENABLED"})
    assert answer.headers["x-amz-checksum-crc32"] == crc32(both) + "-2"
    assert answer.headers["x-amz-checksum-type"] == "COMPOSITE"


def test_full_object_checksum_of_an_upload(s3):
    s3.say("part_minimum 1")
    upload = begin(s3, headers={"x-amz-checksum-algorithm": "CRC32",
                                "x-amz-checksum-type": "FULL_OBJECT"})
    parts = []
    for number, body in ((1, b"1234"), (2, b"56789")):
        headers = {"x-amz-checksum-crc32": crc32(body)}
        parts.append((number, put_part(s3, upload, number, body,
                                       headers=headers).headers["ETag"]))
    refused(complete(s3, upload, parts, **{"x-amz-checksum-crc32": "AAAAAA=="}), 400,
            "BadDigest")
    value = crc32(b"123456789")
    answer = complete(s3, upload, parts, **{"x-amz-checksum-crc32": value})
    assert text_of(answer, "ChecksumCRC32") == value


# ---- listing ------------------------------------------------------------------------


def list_all(s3, *query):
    keys, prefixes, token = [], [], []
    while True:
        answer = s3.request("GET", "/b", query=[("list-type", "2"), *query, *token])
        assert answer.status == 200
        text = answer.body.decode()
        keys += [part.split("</Key>")[0] for part in text.split("<Contents><Key>")[1:]]
        prefixes += [part.split("</Prefix>")[0]
                     for part in text.split("<CommonPrefixes><Prefix>")[1:]]
        if text_of(answer, "IsTruncated") == "false":
            return keys, prefixes
        token = [("continuation-token", text_of(answer, "NextContinuationToken"))]


@pytest.mark.parametrize("page", [1, 2, 1000])
def test_list(s3, page):
    names = ["a/1", "a/2", "a/b/3", "b", "c/4", "c&d", "ü"]
    for name in reversed(names):
        put(s3, name)
    s3.say(f"page {page}")
    shown = sorted(names, key=str.encode)
    assert list_all(s3) == ([name.replace("&", "&amp;") for name in shown], [])
    assert list_all(s3, ("prefix", "a/")) == (["a/1", "a/2", "a/b/3"], [])
    assert list_all(s3, ("delimiter", "/")) == (["b", "c&amp;d", "ü"], ["a/", "c/"])
    assert list_all(s3, ("prefix", "a/"), ("delimiter", "/")) == (["a/1", "a/2"], ["a/b/"])
    assert list_all(s3, ("start-after", "b"), ("encoding-type", "url")) == (
        ["c%26d", "c/4", "%C3%BC"], [])


def test_list_limits(s3):
    for name in "abc":
        put(s3, name)
    answer = s3.request("GET", "/b", query=[("list-type", "2"), ("max-keys", "2")])
    assert (text_of(answer, "KeyCount"), text_of(answer, "IsTruncated")) == ("2", "true")
    answer = s3.request("GET", "/b", query=[("list-type", "2"), ("max-keys", "0")])
    assert (text_of(answer, "KeyCount"), text_of(answer, "IsTruncated")) == ("0", "false")
    refused(s3.request("GET", "/b", query=[("list-type", "2"), ("continuation-token", "x")]),
            400, "InvalidArgument")
    refused(s3.request("GET", "/b"), 501, "NotImplemented")  # the first version


# ---- signatures and keys ------------------------------------------------------------


def test_wrong_secret_and_wrong_key(s3):
    access, secret = s3.signer.access, s3.signer.secret
    answer = refused(s3.request("GET", "/b/k", signer=Signer(access, secret + "x")), 403,
                     "SignatureDoesNotMatch")
    assert text_of(answer, "StringToSign").startswith("AWS4-HMAC-SHA256\n20231115T120000Z\n")
    answer = refused(s3.request("GET", "/b/k", signer=Signer("AKIANOBODY", secret)), 403,
                     "InvalidAccessKeyId")
    assert text_of(answer, "AWSAccessKeyId") == "AKIANOBODY"
    refused(s3.send("GET", "/b/k"), 403, "AccessDenied")
    refused(s3.send("GET", "/b/k", headers={"Authorization": "AWS x:y"}), 400,
            "InvalidRequest")
    refused(s3.send("GET", "/b/k", headers={"Authorization": "AWS4-HMAC-SHA256 x"}), 400,
            "AuthorizationHeaderMalformed")


def test_what_is_signed_cannot_be_changed(s3):
    query = [("a", "1"), ("list-type", "2")]
    host = f"127.0.0.1:{s3.port}"
    empty = hashlib.sha256(b"").hexdigest()
    headers = s3.signer.sign("GET", "/b", query, {"host": host}, empty, NOON)
    assert s3.send("GET", "/b?list-type=2&a=1", headers=headers).status == 200
    refused(s3.send("GET", "/b?list-type=2&a=2", headers=headers), 403,
            "SignatureDoesNotMatch")
    refused(s3.send("GET", "/c?list-type=2&a=1", headers=headers), 403,
            "SignatureDoesNotMatch")
    answer = refused(s3.send("GET", "/b?list-type=2&a=1",
                             headers={**headers, "x-amz-acl": "private"}), 403,
                     "AccessDenied")
    assert text_of(answer, "HeadersNotSigned") == "x-amz-acl"
    del headers["x-amz-content-sha256"]
    refused(s3.send("GET", "/b?list-type=2&a=1", headers=headers), 400, "InvalidRequest")


def test_paths_are_not_normalized(s3):
    for key in ("a//b", "a/../b", "./c", "trailing/", "%41", "a=b&c;d,e(f)'g'*!$@:"):
        assert s3.request("PUT", f"/b/{key}", key.encode()).status == 200
        assert s3.request("GET", f"/b/{key}").body == key.encode()
    assert len(s3.say("list")) == 1 + 6


@pytest.mark.parametrize("seconds, good", [(899, True), (-899, True), (901, False),
                                           (-901, False)])
def test_clock_skew(s3, seconds, good):
    answer = s3.request("PUT", "/b/k", now=NOON + seconds)
    if good:
        assert answer.status == 200
        return
    refused(answer, 403, "RequestTimeTooSkewed")
    assert text_of(answer, "ServerTime") == "2023-11-15T12:00:00Z"
    assert text_of(answer, "RequestTime") == datetime.datetime.fromtimestamp(
        NOON + seconds, datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    assert text_of(answer, "MaxAllowedSkewMilliseconds") == "900000"
    assert answer.headers["Date"] == "Wed, 15 Nov 2023 12:00:00 GMT"


def test_the_clock_can_be_moved(s3):
    s3.say("advance 7200")
    refused(s3.request("PUT", "/b/k"), 403, "RequestTimeTooSkewed")
    answer = s3.request("PUT", "/b/k", now=NOON + 7200)
    assert answer.headers["Date"] == "Wed, 15 Nov 2023 14:00:00 GMT"


def test_several_keys_and_session_tokens(s3):
    s3.say("key AKOTHER othersecret")
    s3.say("key ASTEMP tempsecret to/ken== ")
    assert s3.request("PUT", "/b/k", signer=Signer("AKOTHER", "othersecret")).status == 200
    assert s3.log()[-1]["access"] == "AKOTHER"
    temporary = Signer("ASTEMP", "tempsecret", "to/ken==")
    assert s3.request("GET", "/b/k", signer=temporary).status == 200
    refused(s3.request("GET", "/b/k", signer=Signer("ASTEMP", "tempsecret", "wrong")), 400,
            "InvalidToken")
    refused(s3.request("GET", "/b/k", signer=Signer("ASTEMP", "tempsecret")), 403,
            "InvalidAccessKeyId")
    refused(s3.request("GET", "/b/k", signer=Signer("AKOTHER", "othersecret", "x")), 400,
            "InvalidToken")
    s3.say(f"expire ASTEMP {NOON + 1}")
    assert s3.request("GET", "/b/k", signer=temporary).status == 200
    s3.say("expire ASTEMP")
    refused(s3.request("GET", "/b/k", signer=temporary), 400, "ExpiredToken")
    s3.say("drop_key AKOTHER")
    refused(s3.request("PUT", "/b/k", signer=Signer("AKOTHER", "othersecret")), 403,
            "InvalidAccessKeyId")


def test_presigned(s3):
    put(s3, "a b", b"text")
    host = f"127.0.0.1:{s3.port}"
    target = s3.signer.presign("GET", "/b/a b", host, NOON, 60)
    assert s3.send("GET", target).body == b"text"
    refused(s3.send("GET", target[:-1] + ("0" if target[-1] != "0" else "1")), 403,
            "SignatureDoesNotMatch")
    refused(s3.send("PUT", target, b"x"), 403, "SignatureDoesNotMatch")
    s3.say("advance 60")
    assert s3.send("GET", target).status == 200
    s3.say("advance 1")
    answer = refused(s3.send("GET", target), 403, "AccessDenied")
    assert text_of(answer, "Message") == "Request has expired"
    for expires in (0, 604801):
        refused(s3.send("GET", s3.signer.presign("GET", "/b/a b", host, NOON, expires)), 400,
                "AuthorizationQueryParametersError")
    future = s3.signer.presign("GET", "/b/a b", host, NOON + 2000, 60)
    assert text_of(s3.send("GET", future), "Message") == "Request is not yet valid"
    s3.say("key ASTEMP tempsecret token==")
    signer = Signer("ASTEMP", "tempsecret", "token==")
    target = signer.presign("PUT", "/b/put", host, NOON, 600)
    assert s3.send("PUT", target, b"sent").status == 200
    assert s3.request("GET", "/b/put").body == b"sent"


def test_regions(s3):
    s3.say("bucket far eu-west-2")
    here = s3.signer
    there = Signer(here.access, here.secret, region="eu-west-2")
    answer = refused(s3.request("PUT", "/far/k", b"1"), 400, "AuthorizationHeaderMalformed")
    assert text_of(answer, "Region") == "eu-west-2"
    assert answer.headers["x-amz-bucket-region"] == "eu-west-2"
    answer = s3.request("HEAD", "/far/k")
    assert (answer.status, answer.body) == (400, b"")
    assert answer.headers["x-amz-bucket-region"] == "eu-west-2"
    s3.say("quirk redirect on")
    answer = refused(s3.request("PUT", "/far/k", b"1"), 301, "PermanentRedirect")
    assert text_of(answer, "Endpoint") == "far.s3.eu-west-2.amazonaws.com"
    answer = s3.request("HEAD", "/far/k")
    assert (answer.status, answer.headers["x-amz-bucket-region"]) == (301, "eu-west-2")
    assert s3.request("PUT", "/far/k", b"1", signer=there).status == 200
    answer = s3.request("GET", "/far", query=[("location", "")], signer=there)
    assert text_of(answer.__class__(200, None, answer.body.replace(
        b' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"', b"")),
        "LocationConstraint") == "eu-west-2"
    refused(s3.request("PUT", "/near/k", b"1", signer=there), 400,
            "AuthorizationHeaderMalformed")


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_signature_of_curl(s3, tmp_path):
    """A signer that nobody here has written."""
    s3.say(f"clock {int(time.time())}")
    body = tmp_path / "body"
    body.write_bytes(os.urandom(100000))
    digest = hashlib.sha256(body.read_bytes()).hexdigest()
    curl = ["curl", "-sS", "--noproxy", "*", "--aws-sigv4", "aws:amz:us-east-1:s3", "-w",
            "%{http_code}"]
    user = ["--user", f"{s3.signer.access}:{s3.signer.secret}"]

    def run(*arguments):
        return subprocess.run([*curl, *arguments], capture_output=True, check=True,
                              timeout=20).stdout
    for payload in (digest, "UNSIGNED-PAYLOAD"):
        assert run(*user, "-H", f"x-amz-content-sha256: {payload}", "-T", body,
                   f"{s3.url}/b/from-curl") == b"200"
    unsigned = ["-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]
    assert run(*user, *unsigned, f"{s3.url}/b/from-curl") == body.read_bytes() + b"200"
    answer = run(*user, *unsigned, "-X", "POST", f"{s3.url}/b/k?uploads=")
    assert b"<UploadId>" in answer and answer.endswith(b"200")
    answer = run("--user", f"{s3.signer.access}:wrong", *unsigned, f"{s3.url}/b/from-curl")
    assert b"SignatureDoesNotMatch" in answer and answer.endswith(b"403")


# ---- credential services ------------------------------------------------------------


def use_key(s3, access, secret, token):
    signer = Signer(access, secret, token)
    assert s3.request("PUT", "/b/k", signer=signer).status == 200
    assert s3.log()[-1]["access"] == access
    s3.say("advance 61")
    s3.clock = lambda: NOON + 61
    try:
        refused(s3.request("PUT", "/b/k", signer=signer), 400, "ExpiredToken")
    finally:
        s3.clock = lambda: NOON


def use_json(s3, answer):
    assert answer.status == 200
    told = json.loads(answer.body)
    assert told["Expiration"] == "2023-11-15T12:01:00Z"
    use_key(s3, told["AccessKeyId"], told["SecretAccessKey"], told["Token"])
    return told


def test_instance_metadata(s3):
    s3.say("lifetime 60")
    s3.say("role the-role")
    base = "/latest/meta-data/iam/security-credentials/"
    ttl = {"x-aws-ec2-metadata-token-ttl-seconds": "21600"}
    assert s3.send("PUT", "/latest/api/token").status == 400
    assert s3.send("GET", "/latest/api/token", headers=ttl).status == 405
    answer = s3.send("PUT", "/latest/api/token", headers=ttl)
    token = {"x-aws-ec2-metadata-token": answer.body.decode()}
    assert s3.send("GET", base).status == 401
    assert s3.send("GET", base + "the-role").status == 401
    assert s3.send("GET", base, headers=token).body == b"the-role"
    assert s3.send("GET", base + "other", headers=token).status == 404
    told = use_json(s3, s3.send("GET", base + "the-role", headers=token))
    assert told["Code"] == "Success"
    s3.say("role -")
    assert s3.send("GET", base, headers=token).status == 404
    assert "ImdsCredentials=1/3" in s3.say("stats")[0].split()


def test_container_endpoint(s3):
    s3.say("lifetime 60")
    s3.say("container /v2/keys secret-token")
    assert s3.send("GET", "/v2/keys").status == 401
    assert s3.send("GET", "/v2/keys", headers={"Authorization": "other"}).status == 401
    use_json(s3, s3.send("GET", "/v2/keys", headers={"Authorization": "secret-token"}))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_web_identity(s3, method):
    s3.say("lifetime 60")
    query = ("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam"
             "&RoleSessionName=me&WebIdentityToken=ey.J")
    form = {"content-type": "application/x-www-form-urlencoded"}

    def ask(text):
        if method == "GET":
            return s3.send("GET", "/?" + text)
        return s3.send("POST", "/", text.encode(), form)
    answer = ask(query)
    assert answer.status == 200
    assert text_of(answer, "Expiration") == "2023-11-15T12:01:00Z"
    use_key(s3, *(text_of(answer, name)
                  for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")))
    refused(ask(query.replace("ey.J", "")), 400, "InvalidIdentityToken")
    refused(ask(query.replace("RoleArn", "x")), 400, "ValidationError")
    s3.say("fault web_identity error=idp_communication_error 1")
    refused(ask(query), 400, "IDPCommunicationError")


def test_assume_role_is_signed(s3):
    s3.say("lifetime 60")
    form = (b"Action=AssumeRole&Version=2011-06-15&RoleArn=arn&RoleSessionName=me")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    signer = Signer(s3.signer.access, s3.signer.secret, service="sts")
    answer = s3.request("POST", "/", form, headers=headers, signer=signer)
    assert answer.status == 200 and b"<AssumeRoleResult>" in answer.body
    use_key(s3, *(text_of(answer, name)
                  for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")))
    signer.secret += "x"
    refused(s3.request("POST", "/", form, headers=headers, signer=signer), 403,
            "SignatureDoesNotMatch")


# ---- quirks -------------------------------------------------------------------------


def test_radosgw(s3):
    s3.say("quirk radosgw on")
    answer = refused(complete(s3, "none", [(1, "x")]), 500, "InternalError")
    assert b"<Message></Message>" in answer.body
    s3.say("part_minimum 1")
    put(s3, "big", b"there", **{"x-amz-checksum-crc32": "AAAAAA=="})
    refused(s3.request("PUT", "/b/big", headers={"if-none-match": "*"}), 412,
            "PreconditionFailed")
    upload = begin(s3)
    parts = upload_parts(s3, upload, [b"1", b"2"])
    refused(complete(s3, upload, parts[:1]), 400, "InvalidPart")
    answer = complete(s3, upload, parts[::-1], **{"if-none-match": "*"})
    assert (answer.status, text_of(answer, "ETag")) == (200, "")
    assert s3.request("GET", "/b/big").body == b"12"
    assert put_part(s3, begin(s3), 0, b"1").status == 200


def test_swift_and_servers_without_conditions(s3):
    put(s3, "k")
    s3.say("quirk swift on")
    refused(s3.request("PUT", "/b/k", headers={"if-none-match": "*"}), 501, "NotImplemented")
    s3.say("quirk swift off")
    s3.say("quirk ignore_conditional on")
    put(s3, "k", b"over", **{"if-none-match": "*"})
    assert s3.request("GET", "/b/k").body == b"over"


def test_white_space_before_a_good_complete(s3):
    s3.say("quirk keep_alive_complete on")
    upload = begin(s3)
    answer = complete(s3, upload, upload_parts(s3, upload, [b"1"]))
    assert answer.body.startswith(b"  \n \n<?xml") and b"<ETag>" in answer.body
    assert answer.headers["Transfer-Encoding"] == "chunked"


# ---- faults -------------------------------------------------------------------------


def dropped(s3, *arguments, **more):
    with pytest.raises((http.client.RemoteDisconnected, http.client.IncompleteRead,
                        ConnectionError)):
        s3.request(*arguments, **more)
    s3.close()


def last(s3, *fields):
    return tuple(s3.log()[-1][field] for field in fields)


def test_connections_that_end_without_an_answer(s3):
    s3.say("fault put drop_before 1")
    dropped(s3, "PUT", "/b/k", b"1")
    assert last(s3, "status", "applied", "fault", "body") == ("0", "no", "drop_before", "1")
    assert s3.request("HEAD", "/b/k").status == 404
    s3.say("fault put drop_after 1")
    dropped(s3, "PUT", "/b/k", b"1")
    assert last(s3, "status", "applied", "fault") == ("0", "yes", "drop_after")
    assert s3.request("GET", "/b/k").body == b"1"
    assert s3.say("stats") == ["stats PutObject=0/2 GetObject=1/1 HeadObject=0/1 "
                               "fault.drop_before=1 fault.drop_after=1"]


@pytest.mark.parametrize("fault, status, name", [
    ("status=500", 500, "InternalError"), ("status=502", 502, "BadGateway"),
    ("status=503", 503, "SlowDown"), ("status=429", 429, "TooManyRequests"),
    ("error=slow_down", 503, "SlowDown"), ("error=internal_error", 500, "InternalError"),
    ("error=request_timeout", 400, "RequestTimeout"),
    ("error=access_denied", 403, "AccessDenied"), ("error=bad_digest", 400, "BadDigest"),
    ("error=no_such_upload", 404, "NoSuchUpload"), ("error=ExpiredToken", 400, "ExpiredToken"),
    ("error=conditional_request_conflict", 409, "ConditionalRequestConflict"),
])
def test_errors(s3, fault, status, name):
    s3.say(f"fault put {fault} 1")
    refused(s3.request("PUT", "/b/k", b"1"), status, name)
    assert last(s3, "applied", "code", "status") == ("no", name, str(status))
    assert s3.say("list") == []
    put(s3, "k")


def test_a_status_with_another_code_and_the_work_done(s3):
    s3.say("fault put status=500 1 code=slow_down work=yes")
    refused(s3.request("PUT", "/b/k", b"1"), 500, "SlowDown")
    assert last(s3, "applied") == ("yes",)
    assert s3.request("GET", "/b/k").body == b"1"


def test_which_requests_a_fault_strikes(s3):
    s3.say("fault put status=500 2 key=log skip=1")
    statuses = [s3.request("PUT", f"/b/{key}", b"1").status
                for key in ("log1", "other", "log2", "log3", "log4")]
    assert statuses == [200, 200, 500, 500, 200]
    s3.say("fault part status=503 always part=2")
    upload = begin(s3)
    assert [put_part(s3, upload, number, b"1").status for number in (1, 2, 2, 3)] == [
        200, 503, 503, 200]
    s3.say("fault clear")
    assert put_part(s3, upload, 2, b"1").status == 200
    s3.say("fault any status=500 1")
    assert s3.request("HEAD", "/b/log1").status == 500


@pytest.mark.parametrize("work", ["no", "yes"])
def test_an_error_inside_a_200(s3, work):
    upload = begin(s3)
    parts = upload_parts(s3, upload, [b"1"])
    s3.say(f"fault complete error_in_200=internal_error 1 work={work}")
    answer = complete(s3, upload, parts)
    refused(answer, 200, "InternalError")
    before = answer.body[:answer.body.index(b"<?xml")]
    assert before and not before.strip()
    assert last(s3, "status", "code") == ("200", "InternalError")
    assert s3.request("HEAD", "/b/big").status == (200 if work == "yes" else 404)
    assert complete(s3, upload, parts).status == 200


def test_delay(s3):
    s3.say("fault get delay=300 1")
    put(s3, "k")
    start = time.monotonic()
    assert s3.request("GET", "/b/k").body == b"text"
    assert 0.25 < time.monotonic() - start < 4


def test_stall_lasts_until_it_is_dropped(s3):
    s3.say("fault any stall 2")
    with pytest.raises(socket.timeout):
        s3.request("PUT", "/b/k", b"1", timeout=0.3)
    other = s3.connect()
    other.request("GET", "/b/k")
    while len(s3.log()) < 2:
        time.sleep(0.01)
    s3.say("drop_stalled")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        other.getresponse()
    other.close()
    assert s3.say("list") == []
    put(s3, "k")


def test_bodies_that_end_early_or_are_spoilt(s3):
    put(s3, "k", b"0123456789")
    s3.say("fault get cut_body=4 1")
    with pytest.raises(http.client.IncompleteRead) as caught:
        s3.request("GET", "/b/k")
    assert caught.value.partial == b"0123"
    s3.close()
    s3.say("fault get corrupt_body=3 1")
    answer = s3.request("GET", "/b/k")
    assert [a ^ b for a, b in zip(answer.body, b"0123456789")] == [
        0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0]
    assert s3.request("GET", "/b/k").body == b"0123456789"


def test_objects_that_are_acknowledged_and_lost(s3):
    s3.say("fault put lose_object 1")
    assert put(s3, "k").headers["ETag"] == f'"{md5(b"text")}"'
    assert s3.request("HEAD", "/b/k").status == 404
    upload = begin(s3)
    parts = upload_parts(s3, upload, [b"1"])
    s3.say("fault complete lose_object 1")
    assert complete(s3, upload, parts).status == 200
    assert s3.request("HEAD", "/b/big").status == 404


def test_wrong_sizes(s3):
    s3.say("fault head wrong_size=2 1")
    s3.say("fault put wrong_size 1")
    put(s3, "k", b"0123")
    assert s3.request("HEAD", "/b/k").headers["Content-Length"] == "5"
    answer = s3.request("GET", "/b/k")
    assert (answer.body, answer.headers["ETag"]) == (b"012", f'"{md5(b"0123")}"')


def test_retry_after(s3):
    s3.say("fault put retry_after=7 1")
    answer = refused(s3.request("PUT", "/b/k", b"1"), 503, "SlowDown")
    assert answer.headers["Retry-After"] == "7"


def test_canned_replies(s3, tmp_path):
    file = tmp_path / "reply.json"
    file.write_text(json.dumps({
        "status": 206, "headers": {"ETag": "odd", "Content-Range": "<request-range>/99"},
        "body": ["<data-to-send>", "end"]}))
    put(s3, "k", b"0123456789")
    s3.say(f"fault get reply={file} 1")
    answer = s3.request("GET", "/b/k", headers={"range": "bytes=2-4"})
    assert (answer.status, answer.body) == (206, b"234\nend")
    assert answer.headers["Content-Range"] == "bytes 2-4/99"
    assert answer.headers["ETag"] == "odd"


def test_every_canned_reply_of_the_vectors(s3):
    folder = pathlib.Path(os.environ.get("SENSORHUB_VECTORS", ""), "s3/mock_s3_responses")
    files = sorted(folder.glob("*/*.json"))
    if not files:
        pytest.skip("no vectors")
    for file in files:
        told = json.loads(file.read_text())
        if told.get("delay"):
            continue
        s3.say(f"fault any reply={file} 1")
        method = "HEAD" if file.stem.endswith("head") else "GET"
        answer = s3.request(method, "/b/k")
        assert answer.status == told["status"]
        if method == "GET" and b"<data-to-send>" not in "".join(told.get("body", [])).encode():
            assert answer.body.decode() == "\n".join(told.get("body", []))
        s3.close()


# ---- the program --------------------------------------------------------------------


@pytest.mark.parametrize("line", [
    "fault", "fault put", "fault put nothing 1", "fault nobody status=500 1",
    "fault put status 1", "fault put status=99 1", "fault put drop_after=1 1",
    "fault put error=nothing 1", "fault put status=500 0", "fault put status=500 x",
    "fault put status=500 1 colour=red", "fault put status=500 1 part=0",
    "fault put delay=5 1 work=no", "fault put reply=/nonexistent 1", "fault put delay=-5 1",
    "quirk nothing on", "quirk radosgw perhaps", "page 0", "clock x", "rate -1", "nothing",
    "expire NOBODY", "delete b none", "bucket", " ".join("a" * 40)])
def test_lines_it_does_not_obey(s3, line):
    with pytest.raises(ValueError, match=f"error {line.split()[0]}: "):
        s3.say(line)


def test_help():
    run = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True)
    for word in ("drop_before", "upload", "SlowDown", "ignore_conditional", "web_identity"):
        assert word in run.stdout


def test_options_and_the_first_lines():
    with S3("--key", "AK", "secret/key", "--region", "eu-west-2", "--script",
            "fault put status=500 1") as s3:
        s3.signer = Signer("AK", "secret/key", region="eu-west-2")
        assert s3.request("PUT", "/b/k", b"1").status == 500
        assert s3.request("PUT", "/b/k", b"1").status == 200
        s3.process.terminate()
        assert s3.process.wait(timeout=5) == 0
    for options in (["--port", "x"], ["--nothing"], ["word"], ["--key", "one"],
                    ["--script", "nothing"], ["--tls", "/nonexistent", "/nonexistent"]):
        run = subprocess.run([PROGRAM, *options], capture_output=True, stdin=subprocess.DEVNULL)
        assert run.returncode == 2 and run.stderr


def test_ipv6():
    if not socket.has_ipv6 or not pathlib.Path("/proc/net/if_inet6").exists():
        pytest.skip("no IPv6 here")
    with S3("--ipv6") as s3:
        connection = http.client.HTTPConnection("::1", s3.port, timeout=5)
        connection.request("GET", s3.signer.presign("GET", "/b/k", f"[::1]:{s3.port}",
                                                    time.time()))
        assert connection.getresponse().status == 404
        connection.close()
        assert s3.request("GET", "/b/k").status == 404


def test_https(tmp_path):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    with S3("--tls", certificate, key) as s3:
        assert s3.url.startswith("https://")
        put(s3, "k", b"x" * 1000000)
        assert s3.request("GET", "/b/k").body == b"x" * 1000000
        s3.say("fault get drop_before 1")
        dropped(s3, "GET", "/b/k")
