"""Requests to S3, signed: the examples of Amazon's documentation, and what is refused."""

import pytest

import sensorhub

KEYS = {"access_key": "AKIAIOSFODNN7EXAMPLE",
        "secret_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "time_us": sensorhub.parse_time("2013-05-24T00:00:00Z")}
URL = "https://examplebucket.s3.amazonaws.com/test.txt"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
    "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature="
    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")


@pytest.mark.parametrize("headers", [
    {"Range": "bytes=0-9"}, [("range", " bytes=0-9 ")], iter([["Range", "bytes=0-9"]])])
def test_sign(headers):
    signature = sensorhub.s3_sign("GET", URL, EMPTY, headers=headers, **KEYS)
    assert type(signature) is sensorhub.S3Signature
    assert signature == (AUTHORIZATION, "20130524T000000Z")
    assert signature.authorization == AUTHORIZATION and signature.date == signature[1]


def test_presign():
    url = sensorhub.s3_presign("GET", URL, expires_s=86400, **KEYS)
    assert url.startswith(URL + "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA")
    assert url.endswith("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d"
                        "157751f604d404")


def test_every_option_reaches_the_library():
    plain = sensorhub.s3_presign("GET", URL, **KEYS)
    assert "&X-Amz-Expires=900&" in plain
    for changes in ({"region": "eu-west-1"}, {"service": "sts"}, {"session_token": "token"},
                    {"expires_s": 60}, {"time_us": 0}, {"access_key": "other"},
                    {"secret_key": "other"}, {"headers": {"a": "b"}}):
        assert sensorhub.s3_presign("GET", URL, **{**KEYS, **changes}) != plain
    assert sensorhub.s3_presign("PUT", URL, **KEYS) != plain
    signature = sensorhub.s3_sign("GET", URL, EMPTY, session_token="t", **KEYS)
    assert "x-amz-security-token" in signature.authorization


def test_what_is_refused():
    with pytest.raises(sensorhub.InvalidArgument) as caught:
        sensorhub.s3_sign("GET", "https://h/a b", EMPTY, **KEYS)
    assert caught.value.pos == 11
    with pytest.raises(sensorhub.InvalidArgument) as caught:
        sensorhub.s3_presign("GET", URL, headers=[("a", "b"), ("Host", "h")], **KEYS)
    assert caught.value.index == 1
    with pytest.raises(sensorhub.InvalidArgument):
        sensorhub.s3_sign("GET", URL, "", **KEYS)
    with pytest.raises(sensorhub.InvalidArgument):
        sensorhub.s3_presign("GET", URL, expires_s=604801, **KEYS)
    with pytest.raises(sensorhub.InputError) as caught:
        sensorhub.s3_sign("GET", URL, EMPTY, **{**KEYS, "time_us": 2**63 - 1})
    assert caught.value.code == sensorhub.E_RANGE


@pytest.mark.parametrize("headers", [1, ["a"], [("a",)], [("a", 1)], [(b"a", "b")], {"a": None}])
def test_what_are_no_headers(headers):
    with pytest.raises(TypeError):
        sensorhub.s3_sign("GET", URL, EMPTY, headers=headers, **KEYS)


def test_what_are_no_arguments():
    for wrong in ({}, {**KEYS, "secret_key": None}, {**KEYS, "time_us": "now"},
                  {**KEYS, "unknown": 1}):
        with pytest.raises(TypeError):
            sensorhub.s3_presign("GET", URL, **wrong)


def test_no_message_has_a_secret():
    for url in ("http://S3CR3T@h/", "http://h/?X-Amz-Signature=S3CR3T", URL):
        with pytest.raises(sensorhub.Error) as caught:
            sensorhub.s3_presign("GET", url, access_key="S3CR3T in the wrong place",
                                 secret_key="S3CR3T", session_token="S3CR3T", time_us=0)
        assert "S3CR3T" not in repr(caught.value) and "S3CR3T" not in str(caught.value)


def test_signing_leaks_nothing(no_leak):
    def both():
        sensorhub.s3_sign("GET", URL, EMPTY, headers={"a": "b"}, **KEYS)
        sensorhub.s3_presign("GET", URL, headers=[("a", "b")], **KEYS)
        with pytest.raises(TypeError):
            sensorhub.s3_sign("GET", URL, EMPTY, headers=[("a", "b"), ("c", 1)], **KEYS)

    no_leak(both)
