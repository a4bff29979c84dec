"""A scripted S3 for tests written in Python: starts scripted_s3, passes commands on, and
signs requests with a signer of its own (Signature Version 4)."""

import collections
import hashlib
import hmac
import http.client
import os
import pathlib
import re
import ssl
import subprocess
import time
import urllib.parse

Answer = collections.namedtuple("Answer", "status headers body")


def quote(text, safe=""):
    return urllib.parse.quote(text, safe=safe + "-._~")


class Signer:
    """What a signature is made of; each part may be spoilt by a test."""

    def __init__(self, access, secret, token=None, region="us-east-1", service="s3"):
        self.access, self.secret, self.token = access, secret, token
        self.region, self.service = region, service

    def _scope(self, stamp):
        return f"{stamp[:8]}/{self.region}/{self.service}/aws4_request"

    def _signature(self, stamp, canonical):
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{self._scope(stamp)}\n{digest}"
        key = ("AWS4" + self.secret).encode()
        for step in (stamp[:8], self.region, self.service, "aws4_request"):
            key = hmac.new(key, step.encode(), hashlib.sha256).digest()
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    @staticmethod
    def _canonical(method, path, query, headers, payload):
        names = sorted(headers)
        pairs = sorted((quote(name), quote(value)) for name, value in query)
        return "\n".join([
            method, quote(path, "/"), "&".join(f"{name}={value}" for name, value in pairs),
            *(f"{name}:{' '.join(headers[name].split())}" for name in names), "",
            ";".join(names), payload])

    def sign(self, method, path, query, headers, payload, now):
        """Headers with what the signature needs; query is a list of pairs."""
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        headers = {name.lower(): value for name, value in headers.items()}
        headers["x-amz-date"] = stamp
        if self.service == "s3":
            headers["x-amz-content-sha256"] = payload
        if self.token:
            headers["x-amz-security-token"] = self.token
        canonical = self._canonical(method, path, query, headers, payload)
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access}/{self._scope(stamp)}, "
            f"SignedHeaders={';'.join(sorted(headers))}, "
            f"Signature={self._signature(stamp, canonical)}")
        return headers

    def presign(self, method, path, host, now, expires=900, query=()):
        """The target with its query."""
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        query = [*query, ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
                 ("X-Amz-Credential", f"{self.access}/{self._scope(stamp)}"),
                 ("X-Amz-Date", stamp), ("X-Amz-Expires", str(expires)),
                 ("X-Amz-SignedHeaders", "host")]
        if self.token:
            query.append(("X-Amz-Security-Token", self.token))
        canonical = self._canonical(method, path, query, {"host": host}, "UNSIGNED-PAYLOAD")
        query.append(("X-Amz-Signature", self._signature(stamp, canonical)))
        pairs = "&".join(f"{quote(name)}={quote(value)}" for name, value in query)
        return quote(path, "/") + "?" + pairs


class S3:
    """with S3() as s3: s3.request("PUT", "/bucket/key", b"text"), s3.say("quirk swift on")"""

    def __init__(self, *options):
        program = pathlib.Path(os.environ["SHUB_BUILD"], "simulators", "scripted_s3")
        self.process = subprocess.Popen(
            [program, *map(str, options)], text=True, bufsize=1, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        self.url, access, secret = self.process.stdout.readline().split()[1:]
        assert self.process.stdout.readline() == "ready\n"
        self.port = int(self.url.rsplit(":", 1)[1])
        self.signer = Signer(access, secret)
        self.clock = time.time
        self.connection = None

    def connect(self, timeout=5):
        if self.url.startswith("https"):
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout,
                                               context=context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def send(self, method, target, body=b"", headers=None, timeout=5):
        """As it stands, unsigned."""
        if self.connection is None:
            self.connection = self.connect()
            self.connection.connect()
        self.connection.sock.settimeout(timeout)
        try:
            self.connection.request(method, target, body or None, headers or {})
            response = self.connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if response.will_close:
            self.close()
        return answer

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def request(self, method, path, body=b"", query=(), headers=None, payload=None,
                signer=None, now=None, timeout=5, host=None, chunks=None):
        """Signed; query is a list of pairs, headers a dictionary; chunks: as they are."""
        query = list(query)
        payload = payload or hashlib.sha256(body).hexdigest()
        headers = {"host": host or f"127.0.0.1:{self.port}", **(headers or {})}
        headers = (signer or self.signer).sign(method, path, query, headers, payload,
                                               self.clock() if now is None else now)
        target = quote(path, "/")
        if query:
            target += "?" + "&".join(f"{quote(n)}={quote(v)}" if v else quote(n)
                                     for n, v in query)
        return self.send(method, target, chunks or body, headers, timeout)

    def say(self, line):
        """Sends a line; the lines of the answer before its `ok`."""
        self.process.stdin.write(line + "\n")
        answer = []
        for reply in self.process.stdout:
            if reply.startswith("ok"):
                return answer
            if reply.startswith("error"):
                raise ValueError(reply.strip())
            answer.append(reply.rstrip("\n"))
        raise AssertionError("the simulator has ended")

    def log(self):
        """One dictionary a request: operation, bucket, key, status, applied ..."""
        return [dict(field.split("=", 1) for field in line.split()[3:])
                | {"operation": line.split()[2]} for line in self.say("log")]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()
        self.process.stdin.close()
        self.process.wait(timeout=5)
        self.process.stdout.close()


def text_of(answer, element):
    """The first element of that name, its escapes undone; None when there is none."""
    found = re.search(f"<{element}>(.*?)</{element}>", answer.body.decode(), re.S)
    if not found:
        return None
    text = found.group(1)
    for escape, plain in (("&quot;", '"'), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(escape, plain)
    return text
