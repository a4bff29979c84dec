"""Log and log_files: append, flush, tail, seal, recover, retain; misuse that is refused."""

import gc
import gzip
import os
import pathlib
import threading
import time

import pytest

import sensorhub
from conftest import METER, T, Clock, batch_of, forked, sample

HOUR_US = 3600 * 1000000
NAME = "2015-03-10-17/sensorhub-meter-2015-03-10-17"
LINE = batch_of(sample()).to_jsonl()


@pytest.fixture
def clock():
    return Clock(T)


@pytest.fixture
def log(tmp_path, clock):
    with sensorhub.Log(tmp_path, clock=clock) as log:
        yield log


def states(root):
    return [(file.stream, file.state) for file in sensorhub.log_files(root)]


# ---- appending --------------------------------------------------------------------------


def test_append(log, tmp_path):
    log.append("meter", sample())
    log.append("meter", batch_of(sample(1.0), sample(2.0)))
    log.append_line("meter", T, b'{"mine":1}')
    for line in ('{"mine":2}', bytearray(b"{}"), memoryview(b"{}")):
        log.append_line("meter", T, line)
    lines = (tmp_path / (NAME + ".jl")).read_bytes().splitlines()
    assert len(lines) == 7 and lines[0] + b"\n" == LINE
    assert lines[3:5] == [b'{"mine":1}', b'{"mine":2}']
    stats = log.stats()
    assert stats.lines == stats.acknowledged == 7 and stats.syncs >= 6
    assert stats.bytes == sum(len(line) + 1 for line in lines)


def test_an_empty_batch(log):
    log.append("meter", sensorhub.Batch())
    assert log.stats().lines == 0


@pytest.mark.parametrize("durability", ["every", "interval", "none"])
def test_durability(tmp_path, clock, durability):
    with sensorhub.Log(tmp_path, durability=durability, clock=clock) as log:
        log.append("meter", sample())
        assert log.stats().acknowledged == (1 if durability == "every" else 0)
        clock.time_us += 2000000
        log.tick()
        assert log.stats().acknowledged == (0 if durability == "none" else 1)
        log.append("meter", sample())
        log.flush()
        assert log.stats().acknowledged == 2
        assert (log.stats().syncs == 0) == (durability == "none")


def test_every_option(tmp_path, clock):
    options = {"prefix": "mine", "durability": "interval", "unbuffered": True,
               "interval_ms": 5, "buffer_bytes": 4096, "max_files": 2, "max_file_bytes": 150,
               "min_free_bytes": sensorhub.NONE, "late_us": sensorhub.NONE, "grace_us": 1,
               "gzip_level": 9, "clock": clock}
    with sensorhub.Log(str(tmp_path), **options) as log:
        for _ in range(3):
            log.append("meter", sample())
        log.append("meter", sample(time_us=T - 2 * HOUR_US))
        assert log.stats().late == 1
    files = list(sensorhub.log_files(str(tmp_path), prefix="mine"))
    assert len(files) > 1 and {file.number for file in files} >= {0, 1}
    assert list(sensorhub.log_files(tmp_path)) == []


@pytest.mark.parametrize("call,error", [
    (lambda log: log.append("../up", sample()), sensorhub.InvalidArgument),
    (lambda log: log.append("", batch_of(sample())), ValueError),
    (lambda log: log.append_line("meter", T, b"a\nb"), sensorhub.InvalidArgument),
    (lambda log: log.append_line("meter", T, b"x" * (1 + (1 << 20))), sensorhub.ResourceError),
    (lambda log: log.append("meter"), TypeError), (lambda log: log.append(), TypeError),
    (lambda log: log.append("meter", [sample()]), TypeError),
    (lambda log: log.append("meter", "x"), TypeError),
    (lambda log: log.append(b"meter", sample()), TypeError),
    (lambda log: log.append_line("meter", "now", b""), TypeError),
    (lambda log: log.append_line("meter", T, 1), TypeError),
    (lambda log: log.append("meter", sample(float("nan"))), sensorhub.InputError),
    (lambda log: log.tail("meter"), sensorhub.NotFound),
    (lambda log: log.tail("meter"), LookupError),
    (lambda log: log.tail("meter", -1), sensorhub.InvalidArgument),
    (lambda log: log.retain(max_age_us="x"), TypeError)])
def test_refused(log, call, error):
    with pytest.raises(error):
        call(log)
    assert log.stats().lines == 0
    log.append("meter", sample())


def test_the_disk_is_full(tmp_path):
    with sensorhub.Log(tmp_path, min_free_bytes=1 << 60) as log:
        with pytest.raises(sensorhub.ResourceError) as caught:
            log.append("meter", batch_of(sample(), sample()))
        assert (caught.value.code, caught.value.index) == (sensorhub.E_FULL, 0)
        assert log.stats().refused > 0


@pytest.mark.parametrize("options,error", [
    ({"durability": "sometimes"}, sensorhub.InvalidArgument), ({"durability": 1}, TypeError),
    ({"prefix": "a/b"}, sensorhub.InvalidArgument), ({"max_files": -1}, ValueError),
    ({"buffer_bytes": -1}, ValueError), ({"gzip_level": 10}, sensorhub.InvalidArgument),
    ({"clock": 1}, TypeError), ({"clock": lambda: None}, TypeError), ({"size": 1}, TypeError)])
def test_wrong_options(tmp_path, options, error):
    with pytest.raises(error):
        sensorhub.Log(tmp_path, **options)


def test_wrong_roots(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises((sensorhub.IOFailure, sensorhub.UsageError)):
        sensorhub.Log(tmp_path / "file")
    with pytest.raises(TypeError):
        sensorhub.Log(1)
    with pytest.raises(ValueError):
        sensorhub.Log("a\0b")
    with pytest.raises(sensorhub.NotFound):
        sensorhub.log_files(tmp_path / "nothing")


# ---- tail, files ------------------------------------------------------------------------


def test_tail(log):
    for i in range(5):
        log.append("meter", sample(float(i)))
    assert log.tail("meter", 5) == log.tail(stream="meter", lines=9)
    batch = sensorhub.Batch()
    batch.add_jsonl(log.tail("meter", 2))
    assert [s.value for s in batch] == [3.0, 4.0]
    assert log.tail("meter").count(b"\n") == 1


def test_files(log, tmp_path):
    log.append("meter", sample())
    log.append("other", sample(time_us=T - HOUR_US))
    files = list(sensorhub.log_files(tmp_path))
    assert [file.stream for file in files] == ["other", "meter"]
    meter = files[1]
    assert meter.path == str(tmp_path / (NAME + ".jl"))
    assert meter.name == pathlib.Path(meter.path).name and meter.number == 0
    assert meter.hour_us == T // HOUR_US * HOUR_US and meter.state == "live"
    assert meter.bytes == len(LINE) == os.path.getsize(meter.path)
    assert iter(sensorhub.log_files(tmp_path)) is not None


def test_roots_that_are_not_utf8(tmp_path):
    root = os.fsencode(tmp_path) + b"/\xff"
    with sensorhub.Log(root) as log:
        log.append("meter", sample(time_us=sensorhub.now_us()))
    (file,) = sensorhub.log_files(root)
    assert os.fsencode(file.path).startswith(root) and os.path.exists(file.path)


# ---- seal, recover, retain --------------------------------------------------------------


def test_seal(log, clock, tmp_path):
    log.append("meter", batch_of(sample(), sample(2.0)))
    assert log.seal().sealed == 0
    clock.time_us += HOUR_US
    report = log.seal()
    assert (report.sealed, report.lines, report.busy, report.failed) == (1, 2, 0, 0)
    assert report.bytes_in > report.bytes_out > 0
    assert states(tmp_path) == [("meter", "sealed")]
    with gzip.open(tmp_path / (NAME + ".jl.gz")) as sealed:
        assert sealed.read() == batch_of(sample(), sample(2.0)).to_jsonl()
    assert log.tail("meter") == batch_of(sample(2.0)).to_jsonl()


def test_recover(tmp_path, clock):
    with sensorhub.Log(tmp_path, clock=clock) as log:
        log.append("meter", sample())
    with open(tmp_path / (NAME + ".jl"), "ab") as file:
        file.write(b'{"torn')
    with sensorhub.Log(tmp_path, clock=clock) as log:
        assert log.recover().torn == 1
    assert sorted(state for _, state in states(tmp_path)) == ["open", "torn"]
    assert (tmp_path / (NAME + ".jl")).read_bytes() == LINE


def test_a_seal_that_fails_in_part(log, clock, tmp_path):
    log.append("meter", sample())
    log.append("other", sample())
    clock.time_us += HOUR_US
    os.mkdir(tmp_path / (NAME + ".jl.sealing"))
    with pytest.raises(sensorhub.Error) as caught:
        log.seal()
    assert (caught.value.report.failed, caught.value.report.sealed) == (1, 1)
    assert states(tmp_path).count(("other", "sealed")) == 1


def test_retain(log, clock, tmp_path):
    log.append("meter", sample())
    clock.time_us += HOUR_US
    log.seal()
    clock.time_us += 24 * HOUR_US
    assert log.retain(max_age_us=HOUR_US).removed == 0
    report = log.retain(max_age_us=HOUR_US, max_bytes=0, unshipped_too=True)
    assert (report.removed, report.removed_unshipped) == (1, 1) and report.removed_bytes > 0
    assert states(tmp_path) == []


# ---- closed, busy, forked ---------------------------------------------------------------


def test_closed(tmp_path):
    log = sensorhub.Log(tmp_path)
    with log as entered:
        assert entered is log and not log.closed
    assert log.closed
    log.close()
    for use in (log.flush, log.tick, log.stats, log.seal, log.recover, log.retain,
                lambda: log.tail("meter"), lambda: log.append("meter", sample()),
                lambda: log.append("meter", batch_of(sample())),
                lambda: log.append_line("meter", T, b"x")):
        with pytest.raises(sensorhub.Closed, match="Log is closed"):
            use()
    with pytest.raises(ZeroDivisionError):
        with sensorhub.Log(tmp_path) as log:
            1 / 0
    assert log.closed


def test_a_clock_cannot_use_its_log(tmp_path):
    caught = []

    class Using(Clock):
        def __call__(self):
            for use in (log.flush, log.close, log.stats) if log else ():
                with pytest.raises(sensorhub.Busy):
                    use()
                caught.append(use)
            return self.time_us

    log = None
    clock = Using()
    log = sensorhub.Log(tmp_path, clock=clock)
    log.append("meter", sample())
    assert caught and log.stats().lines == 1
    log, kept = None, log
    kept.close()


def test_a_clock_that_fails(tmp_path):
    class Failing(Clock):
        def __call__(self):
            return self.time_us if self.time_us else 1 / 0

    clock = Failing()
    with sensorhub.Log(tmp_path, clock=clock) as log:
        clock.time_us = None
        for use in (lambda: log.append("meter", sample()), log.tick, log.seal):
            with pytest.raises(ZeroDivisionError):
                use()
        clock.time_us = T
        log.append("meter", sample())
    assert states(tmp_path) == [("meter", "open")]


def test_threads(tmp_path):
    """Every append that returned is there, once; Busy was not appended."""
    with sensorhub.Log(tmp_path, durability="none", clock=Clock()) as log:
        def append(line):
            while True:
                try:
                    return log.append_line("meter", T, line)
                except sensorhub.Busy:
                    time.sleep(0.0001)

        def work(me):
            for i in range(1000):
                append(f"{me} {i}" + "x" * 100)

        threads = [threading.Thread(target=work, args=(me,)) for me in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        log.flush()
        assert log.stats().lines == 3000
    lines = (tmp_path / (NAME + ".jl")).read_bytes().splitlines()
    assert len(lines) == len(set(lines)) == 3000


def test_two_logs_on_one_root(tmp_path):
    with sensorhub.Log(tmp_path, clock=Clock()) as a, \
            sensorhub.Log(tmp_path, clock=Clock()) as b:
        a.append("meter", sample())
        b.append("meter", sample())
    assert sorted(file.number for file in sensorhub.log_files(tmp_path)) == [0, 1]


def test_fork(log, tmp_path):
    log.append("meter", sample())

    def child():
        said = set()
        for use in (log.flush, log.tick, log.seal, log.recover, log.retain,
                    lambda: log.append("meter", sample())):
            try:
                use()
                said.add("worked")
            except sensorhub.Forked:
                said.add("forked")
        log.close()
        return said

    assert forked(child) == "{'forked'}"
    log.append("meter", sample())
    assert (tmp_path / (NAME + ".jl")).read_bytes() == LINE * 2


# ---- forgotten --------------------------------------------------------------------------


def test_forgotten(tmp_path):
    """A Log that goes without close() writes what it has, in a cycle with its clock too."""
    log = sensorhub.Log(tmp_path, durability="none", clock=Clock())
    log.append("meter", sample())
    del log
    assert (tmp_path / (NAME + ".jl")).read_bytes() == LINE
    clock = Clock()
    clock.log = sensorhub.Log(tmp_path, durability="none", clock=clock)
    clock.log.append("other", sample())
    del clock
    assert gc.collect() > 0
    assert ("other", "open") in states(tmp_path)


def test_no_leak(tmp_path, no_leak):
    clock = Clock()

    def use():
        with sensorhub.Log(tmp_path, durability="none", clock=clock) as log:
            log.append("meter", sample())
            log.append("meter", batch_of(sample()))
            log.append_line("meter", T, "x")
            log.flush(), log.tick(), log.stats(), log.tail("meter"), log.seal(), log.recover()
            log.retain()
            with pytest.raises(sensorhub.InvalidArgument):
                log.append("a/b", batch_of(sample()))
            with pytest.raises(sensorhub.InvalidArgument):
                log.append_line("meter", T, "a\nb")
        list(sensorhub.log_files(tmp_path))
        with pytest.raises(sensorhub.InvalidArgument):
            sensorhub.Log(tmp_path, durability="x")
        with pytest.raises(ZeroDivisionError):
            sensorhub.Log(tmp_path, clock=lambda: 1 / 0)
        cycle = Clock()
        cycle.log = sensorhub.Log(tmp_path, clock=cycle)
        del cycle
        gc.collect(0)

    no_leak(use, 60)


def test_the_meter_is_written_as_it_is_read(log):
    log.append("meter", sample())
    batch = sensorhub.Batch()
    assert batch.add_jsonl(log.tail("meter")) == 1
    assert batch[0] == sample() and batch[0].device == METER
