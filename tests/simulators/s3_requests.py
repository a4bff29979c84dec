"""Requests that the tests of scripted_s3 make, and what they look at."""

import base64
import hashlib

from s3 import text_of

NOON = 1700049600  # 2023-11-15T12:00:00Z


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
