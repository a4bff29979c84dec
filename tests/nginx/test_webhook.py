"""webhook.conf in a real nginx: what was signed is in the log, once; what was not is refused."""

import base64
import hashlib
import hmac
import json
import os
import time
import urllib.parse

import nginx as support

SECRETS = ["Sesame-2", "Sesame-1"]  # the new one, the old one
URL = "https://example.org/pipe"
PIPE = '{"version": "1.0", "event": "video_copied_s3"}'
LAMBDA = '{"data": {"type": "videos", "attributes": {"pipe_name": "a.mp4", "pk": null}}}'


def sha256(secret, text):
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def call_header(body, secret=SECRETS[0], age=0):
    seconds = int(time.time()) - age
    return f"t={seconds},v1={sha256(secret, str(seconds).encode() + b'.' + body)}"


def post(server, path, body, **headers):
    connection = server.connection()
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def lines(server, stream):
    """What is in the log's files of a stream."""
    return [line for path in sorted(server.data.glob(f"*/sensorhub-{stream}-*.jl"))
            for line in path.read_text().splitlines()]


def check_calls(server):
    for number, secret in enumerate(SECRETS):
        body = json.dumps({"number": number}).encode()
        assert post(server, "/call", body,
                    X_Sensorhub_Signature=call_header(body, secret)) == (200, "")
    assert sorted(map(json.loads, lines(server, "call")), key=str) == [
        {"number": 0}, {"number": 1}]


def check_refused(server):
    body = b'{"number":2}'
    good = call_header(body)
    for header in ("", "nonsense", call_header(body, "Sesame"), call_header(body, age=400),
                   call_header(body, age=-400), call_header(b"other"),
                   good.replace("t=", "t=1")):
        assert post(server, "/call", body, X_Sensorhub_Signature=header) == (403, "refused\n")
    assert post(server, "/call", body) == (403, "refused\n")
    assert post(server, "/call", b"other", X_Sensorhub_Signature=good)[0] == 403
    assert lines(server, "call") == []
    errors = server.errors()
    assert "no signature of the call is of a secret of ours" in errors
    assert " s ago, at most 300 s are taken" in errors
    assert not any(secret in errors for secret in SECRETS)


def check_twice(server):
    """A header that comes twice is none, whichever of them is right."""
    body = b'{"number": 5}'
    connection = server.connection()
    connection.putrequest("POST", "/call")
    for header in call_header(body), call_header(body, "Sesame"):
        connection.putheader("X-Sensorhub-Signature", header)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    assert connection.getresponse().status == 403
    assert lines(server, "call") == []


def check_replay(server):
    """A call is kept once, however it comes again and whichever worker it meets."""
    body = b'{"number": 3}\n'
    header = call_header(body)
    seconds, signature = header.split(",")
    again = [header, f"{signature},{seconds}", f"xt=9,{header}", f"{header},v1={'0' * 64}",
             header.upper().replace("T=", "t=").replace("V1=", "v1=")]
    for copy in again * 8:
        assert post(server, "/call", body, X_Sensorhub_Signature=copy) == (200, "")
    assert lines(server, "call") == ['{"number": 3}']


def check_disk(server):
    """What could not be kept may come again, with the same signature."""
    body = b'{"number": 4}'
    header = call_header(body)
    hours = [server.data / time.strftime("%Y-%m-%d-%H", time.gmtime(time.time() + s))
             for s in (0, 3600)]
    for hour in hours:
        hour.write_text("in the way")
    assert post(server, "/call", body, X_Sensorhub_Signature=header) == (503, "not stored\n")
    for hour in hours:
        hour.unlink()
    assert post(server, "/call", body, X_Sensorhub_Signature=header) == (200, "")
    assert lines(server, "call") == ['{"number": 4}']
    empty = call_header(b"")
    assert post(server, "/call", b"", X_Sensorhub_Signature=empty)[0] == 400
    assert post(server, "/call", b"x" * 70000)[0] == 413


def check_pipe(server):
    digest = hmac.new(SECRETS[1].encode(), (URL + PIPE).encode(), hashlib.sha1).digest()
    signature = base64.b64encode(digest).decode()
    form = urllib.parse.urlencode({"payload": PIPE})
    form_type = "application/x-www-form-urlencoded"
    for body, kind in (form, form_type), (PIPE, "application/json"):
        assert post(server, "/pipe", body, X_Pipe_Signature=signature,
                    Content_Type=kind) == (200, "")
    for body, kind, given in ((form, "application/json", signature),
                              (form + "&", form_type, signature[::-1]),
                              ("x=1", form_type, signature), (PIPE, "application/json", "")):
        assert post(server, "/pipe", body, X_Pipe_Signature=given,
                    Content_Type=kind)[0] == 403
    assert lines(server, "pipe") == [PIPE, PIPE]


def check_lambda(server):
    signature = sha256(SECRETS[0], b'{"pipe_name":"a.mp4","pk":null}')
    assert post(server, "/lambda", LAMBDA, X_AWS_LAMBDA_HMAC_SIG=signature) == (200, "")
    for body, given in (LAMBDA.replace("a.mp4", "b.mp4"), signature), (LAMBDA, "0" * 64):
        assert post(server, "/lambda", body, X_AWS_LAMBDA_HMAC_SIG=given)[0] == 403
    assert lines(server, "lambda") == [LAMBDA]


def main():
    support.skip_unless_there()
    os.environ["WEBHOOK_SECRETS"] = " ".join(SECRETS)
    os.environ["WEBHOOK_URL"] = URL
    for user in support.users():
        for check in (check_calls, check_refused, check_twice, check_replay, check_disk, check_pipe,
                      check_lambda):
            with support.Nginx("webhook.conf", ["webhook.lua"], user) as server:
                check(server)
                server.quit()
                assert "[alert]" not in server.errors(), server.errors()
    print("calls are verified, and kept once")


if __name__ == "__main__":
    main()
