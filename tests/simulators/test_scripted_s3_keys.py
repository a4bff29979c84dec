"""scripted_s3: signatures, clocks, regions, and where keys come from."""

import datetime
import hashlib
import json
import os
import shutil
import subprocess
import time

import pytest

from s3 import Signer, text_of
from s3_requests import (NOON, put, refused)


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


def test_what_else_a_signature_is_refused_for(s3):
    access, secret = s3.signer.access, s3.signer.secret
    refused(s3.request("GET", "/b/k", signer=Signer(access, secret, service="ec2")), 400,
            "AuthorizationHeaderMalformed")
    empty = hashlib.sha256(b"").hexdigest()
    host = {"host": f"127.0.0.1:{s3.port}"}
    headers = s3.signer.sign("GET", "/b/k", [], host, empty, NOON)
    for date, status in (("20231115T120100Z", 403), ("noon", 403), (None, 403)):
        sent = {name: value for name, value in {**headers, "x-amz-date": date}.items()
                if value}
        assert s3.send("GET", "/b/k", headers=sent).status == status, date
    s3.say("clock 1700092790")  # ten seconds before midnight
    sent = s3.signer.sign("GET", "/b/k", [], host, empty, 1700092790)
    sent["x-amz-date"] = "20231116T000000Z"
    refused(s3.send("GET", "/b/k", headers=sent), 400, "AuthorizationHeaderMalformed")


def test_repeated_headers_are_signed_as_one(s3):
    empty = hashlib.sha256(b"").hexdigest()
    headers = {"host": f"127.0.0.1:{s3.port}", "x-amz-meta-a": "1,2  3"}
    headers = s3.signer.sign("PUT", "/b/k", [], headers, empty, NOON)
    lines = [f"{name}: {value}" for name, value in headers.items() if name != "x-amz-meta-a"]
    lines += ["x-amz-meta-a:  1 ", "x-amz-meta-a: 2  3", "content-length: 0"]
    connection = s3.connect()
    connection.connect()
    connection.sock.sendall(
        ("PUT /b/k HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode())
    assert connection.sock.recv(100).startswith(b"HTTP/1.1 200 ")
    connection.close()


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
