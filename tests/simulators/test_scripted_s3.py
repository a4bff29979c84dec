"""scripted_s3: objects, checksums, uploads and listings, as S3 has them."""

import base64
import hashlib
import xml.etree.ElementTree as ET
import zlib

import pytest

from s3 import text_of
from s3_requests import (base64_of, begin, complete, complete_body, md5, put, put_part,
                         refused, upload_parts)


# ---- objects ------------------------------------------------------------------------


def test_a_body_of_unknown_length_is_refused(s3):
    answer = s3.request("PUT", "/b/k", b"", payload="UNSIGNED-PAYLOAD",
                        headers={"transfer-encoding": "chunked"},
                        chunks=[b"4\r\ntext\r\n0\r\n\r\n"])
    refused(answer, 411, "MissingContentLength")


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


def test_tags_and_what_else_an_object_has(s3):
    put(s3, "k", **{"x-amz-tagging": "a=1&b=%26"})
    answer = s3.request("GET", "/b/k", query=[("tagging", "")])
    assert b"<Tag><Key>b</Key><Value>&amp;</Value></Tag></TagSet>" in answer.body
    refused(s3.request("GET", "/b/k", query=[("acl", "")]), 501, "NotImplemented")
    refused(s3.request("PUT", "/c", b"x", query=[("lifecycle", "")]), 501, "NotImplemented")
    refused(s3.request("PUT", "/b/k", b"x", query=[("acl", "")]), 501, "NotImplemented")
    assert s3.request("GET", "/b/k").body == b"text"


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


def test_the_longest_key(s3):
    put(s3, "k" * 1024)
    refused(s3.request("PUT", "/b/" + "k" * 1025, b"1"), 400, "KeyTooLongError")


def test_the_largest_put_and_copy(s3):
    put(s3, "k", b"12345")
    s3.say("put_maximum 4")
    put(s3, "k4", b"1234")
    refused(s3.request("PUT", "/b/k", b"12345"), 400, "EntityTooLarge")
    refused(put_part(s3, begin(s3), 1, b"12345"), 400, "EntityTooLarge")
    refused(s3.request("PUT", "/b/c", headers={"x-amz-copy-source": "b/k"}), 400,
            "InvalidRequest")
    assert s3.request("PUT", "/b/c", headers={"x-amz-copy-source": "b/k4"}).status == 200


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
    refused(s3.request("PUT", "/c/x", headers={
        **source, "x-amz-copy-source-if-none-match": "*"}), 412, "PreconditionFailed")


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
    refused(s3.request("PUT", "/b/k", b"4", headers={"if-none-match": etag}), 501,
            "NotImplemented")


def test_buckets(s3):
    s3.say("quirk no_such_bucket on")
    refused(s3.request("PUT", "/b/k", b"1"), 404, "NoSuchBucket")
    assert s3.request("HEAD", "/b").status == 404
    assert s3.request("PUT", "/b").status == 200
    refused(s3.request("PUT", "/b"), 409, "BucketAlreadyOwnedByYou")
    put(s3, "k")
    answer = s3.request("HEAD", "/b")
    assert (answer.status, answer.headers["x-amz-bucket-region"]) == (200, "us-east-1")
    answer = s3.request("GET", "/")
    assert text_of(answer, "Name") == "b"
    assert text_of(answer, "CreationDate") == "2023-11-15T12:00:00.000Z"
    refused(s3.request("DELETE", "/b"), 409, "BucketNotEmpty")
    s3.request("DELETE", "/b/k")
    begin(s3)
    s3.say("bucket other")
    other = text_of(s3.request("POST", "/other/k", query=[("uploads", "")]), "UploadId")
    assert s3.request("DELETE", "/b").status == 204
    assert s3.say("list")[1:] == [f"upload other k {other} parts=0"]
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
    for body in (b"", b"<CompleteMultipartUpload>", b"<Other/>", complete_body(parts).replace(
            b"PartNumber", b"Number")):
        refused(s3.request("POST", "/b/big", body, query=[("uploadId", upload)]), 400,
                "MalformedXML")
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
    refused(s3.request("GET", "/b/a&b", query=[("uploadId", upload),
                                               ("part-number-marker", "x")]), 400,
            "InvalidArgument")
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
    answer = s3.request("GET", "/b/big", query=[("uploadId", upload)])
    assert [text_of(answer, name) for name in ("ChecksumAlgorithm", "ChecksumType",
                                               "ChecksumCRC32")] == [
        "CRC32", "COMPOSITE", crc32(b"11")]
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


@pytest.mark.parametrize("algorithm, kind", [("CRC5", "COMPOSITE"), ("SHA256", "FULL_OBJECT"),
                                             ("CRC64NVME", "COMPOSITE")])
def test_checksums_an_upload_cannot_have(s3, algorithm, kind):
    refused(s3.request("POST", "/b/k", query=[("uploads", "")], headers={
        "x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": kind}), 400,
        "InvalidRequest")


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


def test_the_order_of_a_listing(s3):
    put(s3, "a/b")
    put(s3, "c")
    answer = s3.request("GET", "/b", query=[("list-type", "2"), ("delimiter", "/")])
    names = [child.tag.split("}")[1] for child in ET.fromstring(answer.body)]
    assert names == ["Name", "Prefix", "Delimiter", "KeyCount", "MaxKeys", "IsTruncated",
                     "Contents", "CommonPrefixes"]


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
