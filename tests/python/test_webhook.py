"""Signed calls: every case of tests/vectors/webhook_cases.txt, and what is Python's own."""

import hmac
import json
import random

import pytest

import sensorhub
from conftest import SOURCE
from cases import cases_of

CASES = cases_of(SOURCE, "webhook_cases.txt")
T = 1700000000 * 1000000


def verify(case, header, secrets):
    kind = case.text("kind")
    body = case.first("body", b"")
    if kind == "timed":
        sensorhub.webhook_verify(header, body, secrets, now_us=int(case.first("now")) * 1000000,
                                 window_us=int(case.first("window", 0)) * 1000000)
    elif kind == "pipe":
        sensorhub.webhook_pipe_verify(header, case.first("url"), body, secrets)
    elif kind == "lambda":
        sensorhub.webhook_lambda_verify(header, body, secrets)
    else:
        assert sensorhub.webhook_form_field(body, case.first("field")) == case.first("value")


def sign(case, secret):
    kind = case.text("kind")
    body = case.first("body", b"")
    if kind == "timed":
        return sensorhub.webhook_sign(secret, body, now_us=int(case.first("now")) * 1000000)
    if kind == "pipe":
        return sensorhub.webhook_pipe_sign(secret, case.first("url"), body)
    return sensorhub.webhook_lambda_sign(secret, body)


def test_there_are_cases():
    assert len(CASES) > 50


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_case(case):
    error = None
    try:
        verify(case, case.first("header", b""), case.all("secret"))
    except sensorhub.Error as caught:
        error = caught
    case.check(error)
    if case.first("signs") is not None:
        assert sign(case, case.first("secret")) == case.text("header")


def test_a_call_without_a_header():
    for call in (lambda: sensorhub.webhook_verify(None, b"body", "Sesame"),
                 lambda: sensorhub.webhook_pipe_verify(None, "url", "{}", "Sesame"),
                 lambda: sensorhub.webhook_lambda_verify(None, "{}", "Sesame")):
        with pytest.raises(sensorhub.Error) as caught:
            call()
        assert caught.value.code == sensorhub.E_EMPTY


def test_one_secret_or_several_of_text_or_bytes():
    header = sensorhub.webhook_sign("Sesame", b"body", now_us=T)
    for secrets in "Sesame", b"Sesame", ["no", b"Sesame"], ("Sesame",):
        sensorhub.webhook_verify(header, "body", secrets, now_us=T)
    with pytest.raises(TypeError):
        sensorhub.webhook_verify(header, "body", [1], now_us=T)
    with pytest.raises(TypeError):
        sensorhub.webhook_verify(header, "body", 1, now_us=T)


def test_by_the_wall_clock():
    header = sensorhub.webhook_sign("Sesame", b"body")
    sensorhub.webhook_verify(header, b"body", "Sesame")
    seconds = header.split(",")[0][2:]
    assert abs(int(seconds) * 1000000 - sensorhub.now_us()) < 10e6
    ids = {sensorhub.webhook_verify(header, b"body", s) for s in ("Sesame", ["a", "Sesame"])}
    assert len(ids) == 1 and len(ids.pop()) == 32
    wanted = hmac.new(b"Sesame", seconds.encode() + b".body", "sha256").hexdigest()
    assert header == f"t={seconds},v1={wanted}"


def any_text(rng):
    return "".join(chr(rng.choice([rng.randrange(0x20, 0x7f), rng.randrange(0x20),
                                   rng.randrange(0x7f, 0xd800), rng.randrange(0xe000, 0x110000)]))
                   for _ in range(rng.randrange(6)))


def any_value(rng, depth):
    return rng.choice([
        lambda: any_text(rng), lambda: rng.randrange(-10**20, 10**20), lambda: rng.random(),
        lambda: rng.uniform(-1, 1) * 10.0 ** rng.randrange(-300, 300), lambda: None,
        lambda: rng.choice([True, False, 0, -0.0, 1e16, 1e-5, 123456.0]),
        lambda: [any_value(rng, depth - 1) for _ in range(rng.randrange(4) if depth else 0)],
        lambda: {any_text(rng): any_value(rng, depth - 1)
                 for _ in range(rng.randrange(4) if depth else 0)}])()


def test_documents_are_signed_as_python_writes_them():
    rng = random.Random(5)
    for _ in range(500):
        attributes = {any_text(rng): any_value(rng, 4) for _ in range(rng.randrange(6))}
        left_out = {name: any_value(rng, 2) for name in ("type", "study", "response")}
        document = json.dumps({"data": {"attributes": {**left_out, **attributes}}},
                              indent=rng.choice([None, 2]), ensure_ascii=rng.random() < 0.5)
        kept = {k: v for k, v in attributes.items() if k not in left_out}
        message = json.dumps(kept, separators=(",", ":")).encode()
        assert (sensorhub.webhook_lambda_sign("Sesame", document)
                == hmac.new(b"Sesame", message, "sha256").hexdigest()), document


def test_replay():
    replay = sensorhub.webhook_replay(10)
    header = sensorhub.webhook_sign("Sesame", b"body", now_us=T)
    sensorhub.webhook_verify(header, b"body", "Sesame", now_us=T, replay=replay)
    with pytest.raises(sensorhub.RemoteError) as caught:
        sensorhub.webhook_verify(header, b"body", "Sesame", now_us=T, replay=replay)
    assert caught.value.code == sensorhub.E_REPLAYED
    sensorhub.webhook_verify(header, b"body", "Sesame", now_us=T, replay=None)
    call_id = sensorhub.webhook_verify(header, b"body", "Sesame", now_us=T)
    replay.forget(call_id)
    assert sensorhub.webhook_verify(header, b"body", "Sesame", now_us=T, replay=replay) == call_id
    with pytest.raises(sensorhub.NotFound):
        sensorhub.webhook_replay().forget(call_id)
    with pytest.raises(sensorhub.InputError):
        replay.forget("")
    with pytest.raises(TypeError):
        replay.forget(None)
    with pytest.raises(TypeError):
        sensorhub.webhook_verify(header, b"body", "Sesame", now_us=T, replay=1)
    with pytest.raises(sensorhub.InvalidArgument):
        sensorhub.webhook_replay(-1)
    with pytest.raises(TypeError):
        sensorhub.WebhookReplay()


def test_nothing_is_left_behind(no_leak):
    def call():
        replay = sensorhub.webhook_replay(2)
        header = sensorhub.webhook_sign("Sesame", b"body", now_us=T)
        for _ in range(2):
            try:
                sensorhub.webhook_verify(header, b"body", ["a", "Sesame"], now_us=T,
                                         replay=replay)
            except sensorhub.Error:
                pass

    no_leak(call)
