"""An S3 in a process: other threads, signals, forks, clocks, ends, leaks."""

import io
import signal
import threading
import time

import pytest

import sensorhub
from conftest import Clock, forked
from simulated_s3 import PART, body_of, operations, options_of
from simulated_s3 import large, s3, server  # noqa: F401 fixtures


def test_a_call_waits_without_the_lock(s3, server):
    server.say("fault head delay=400 1")
    s3.put("b", "key", b"x")
    thread = threading.Thread(target=s3.head, args=("b", "key"))
    thread.start()
    busy = 0
    while thread.is_alive():
        try:
            s3.stats()
        except sensorhub.Busy:
            busy += 1
        time.sleep(0.001)
    thread.join()
    assert busy > 10


def test_a_signal_ends_a_wait(s3, server, large):
    server.say("fault part stall 1")

    def ring(*_):
        raise InterruptedError("rung")

    old = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    begin = time.monotonic()
    try:
        with pytest.raises(InterruptedError):
            s3.put_file("b", "large", large)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert time.monotonic() - begin < 10
    assert list(s3.list_uploads("b")) == []


def test_a_fork(s3, server, large):
    upload = s3.upload_file("b", "large", large)
    listed = s3.list("b")
    upload.poll(10)

    def child():
        said = []
        for call in (lambda: s3.head("b", "key"), lambda: upload.poll(), lambda: next(listed)):
            try:
                call()
            except sensorhub.Forked:
                said.append("forked")
        return " ".join(said)

    assert forked(child) == "forked forked forked"
    assert upload.wait().bytes == 2 * PART + 1
    assert body_of(server, "large") == large.read_bytes()


@pytest.mark.parametrize("more", [{}, {"journal": "journal.db"}])
def test_a_fork_that_closes(server, large, tmp_path, monkeypatch, more):
    monkeypatch.chdir(tmp_path)
    with sensorhub.S3(**options_of(server, **more)) as s3:
        server.say("fault part delay=200 always")
        upload = s3.upload_file("b", "large", large)
        while not operations(server, "UploadPart"):
            upload.poll(10)

        def child():
            upload.close()
            s3.close()
            return upload.closed and s3.closed

        assert forked(child) == "True"
        assert upload.wait().bytes == 2 * PART + 1
    assert body_of(server, "large") == large.read_bytes()
    assert operations(server, "AbortMultipartUpload") == 0
    assert operations(server, "CreateMultipartUpload") == 1


def test_closing(server):
    s3 = sensorhub.S3(**options_of(server))
    listed = s3.list("b")
    s3.close()
    s3.close()
    assert s3.closed
    for call in (s3.stats, lambda: s3.put("b", "k", b""), lambda: next(listed),
                 lambda: s3.list("b")):
        with pytest.raises(sensorhub.Closed):
            call()


def test_an_s3_outlives_its_name(server):
    listed = sensorhub.S3(**options_of(server)).list("b")
    assert list(listed) == []


def test_a_clock(server):
    clock = Clock(sensorhub.now_us())
    with sensorhub.S3(**options_of(server, clock=clock)) as s3:
        clock.time_us += 3600 * 10**6
        s3.put("b", "key", b"x")
        assert abs(s3.stats().skew_us + 3600 * 10**6) < 60 * 10**6


def test_nothing_leaks(server, no_leak, tmp_path):
    path = tmp_path / "small"
    path.write_bytes(b"x" * 100)
    s3 = sensorhub.S3(**options_of(server))

    def all_of_it():
        s3.put("b", "key", b"x", metadata={"a": "b"})
        s3.get("b", "key"), s3.get("b", "key", io.BytesIO())
        list(s3.list("b"))
        s3.put_file("b", "key", path)
        with s3.open("b", "key") as out:
            out.write(b"x")
        s3.open("b", "key").write(b"x")
        with pytest.raises(sensorhub.NotFound):
            s3.head("b", "none")
        with pytest.raises(TypeError):
            s3.put("b", "key", b"x", metadata={"a": 1})

    no_leak(all_of_it, rounds=100)
    s3.close()


def test_opening_leaks_nothing(server, no_leak):
    def open_and_close():
        sensorhub.S3(**options_of(server, credentials=lambda: ("a", "b"), clock=Clock())).close()
        with pytest.raises(sensorhub.InvalidArgument):
            sensorhub.S3(credentials=lambda: ("a", "b"), ca_file="/x", pin="bad")

    no_leak(open_and_close, rounds=50)
