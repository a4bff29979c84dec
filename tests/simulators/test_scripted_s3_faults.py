"""scripted_s3: each quirk, each fault, and the program around them."""

import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

import pytest

from s3 import S3, Signer, text_of
from s3_requests import (begin, code, complete, md5, put, put_part, refused,
                         upload_parts)

PROGRAM = pathlib.Path(os.environ["SHUB_BUILD"], "simulators", "scripted_s3")


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


def test_a_connection_that_ends_over_the_body(s3):
    s3.say("fault part drop_during=1000000 1 part=2")
    upload = begin(s3)
    body = b"x" * 20000000
    assert put_part(s3, upload, 1, b"1").status == 200
    dropped(s3, "PUT", "/b/big", body, query=[("partNumber", "2"), ("uploadId", upload)])
    assert last(s3, "status", "applied", "fault", "part") == ("0", "no", "drop_during", "2")
    assert 1000000 <= int(last(s3, "body")[0]) < 20000000
    assert put_part(s3, upload, 2, body).status == 200
    s3.say("fault any drop_during=10 1")  # more than comes
    dropped(s3, "PUT", "/b/k", b"1")
    assert last(s3, "body", "applied") == ("1", "no")


@pytest.mark.parametrize("fault, status, name", [
    ("status=500", 500, "InternalError"), ("status=502", 502, "BadGateway"),
    ("status=503", 503, "SlowDown"), ("status=429", 429, "TooManyRequests"),
    ("status=400", 400, "RequestTimeout"), ("status=403", 403, "AccessDenied"),
    ("status=404", 404, "NoSuchKey"), ("status=409", 409, "ConditionalRequestConflict"),
    ("status=412", 412, "PreconditionFailed"), ("status=501", 501, "NotImplemented"),
    ("status=504", 504, "GatewayTimeout"), ("error=throttling", 400, "Throttling"),
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
        if told.get("delay", 0) > 1:
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
    "fault put delay=5 1 work=no", "fault put drop_during=5 1 work=yes",
    "fault put error=slow_down 1 code=slow_down", "fault put status=500 1 colour",
    "fault put drop_during=-1 1", "drop_key NOBODY", f"key {'A' * 64} secret", "fault put reply=/nonexistent 1", "fault put delay=-5 1",
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
