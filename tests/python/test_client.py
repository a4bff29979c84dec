"""Loop and Eagle, against simulated gateways: polls, errors, threads, signals, asyncio, fork."""

import asyncio
import gc
import inspect
import logging
import select
import signal
import threading
import time

import pytest

import sensorhub
from conftest import BUILD, Clock, T, forked

if not (BUILD / "simulators" / "eagle_gateway").exists():
    pytest.skip("the simulated gateways were not built", allow_module_level=True)

from gateways import Gateways  # noqa: E402

READS = ("demand", "summation", "price", "network")


def options_of(gateway, **more):
    options = {"url": gateway.url, "cloud_id": gateway.cloud_id, "retries": sensorhub.NONE,
               "min_gap_ms": 1, "transport": gateway.generation}
    if gateway.generation == "relay":
        options["user"], options["password"] = gateway.secrets
    else:
        (options["install_code"],) = gateway.secrets
    return {**options, **more}


def eagle_of(gateway, **more):
    return sensorhub.Eagle(**options_of(gateway, **more))


@pytest.fixture(scope="module")
def gateways():
    with Gateways("--relay", 1, "--eagle100", 1, "--eagle200", 2) as gateways:
        yield gateways


@pytest.fixture
def stalled(gateways):
    """A gateway that takes requests and says nothing."""
    gateway = gateways[3]
    gateways.say(f"fault {gateway.number} stall")
    yield gateway
    gateways.say(f"fault {gateway.number} clear")


# ---- polls ------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 1, 2])
def test_every_generation(gateways, number):
    with eagle_of(gateways[number], reads=READS) as eagle:
        batch = eagle.poll()
        assert eagle.transport == options_of(gateways[number])["transport"]
        values = {sample.quantity: sample for sample in batch}
        assert {"power", "energy_delivered", "energy_received"} <= set(values)
        assert values["power"].unit == "kW" and type(values["power"].value) is float
        assert values["power"].device.startswith("0x")
        replies = eagle.last_replies
        assert replies and all(reply.readings for reply in replies)
        assert sum(len(reply.samples(0)) for reply in replies) == len(batch)


def test_the_transport_is_found(gateways):
    with eagle_of(gateways[2], transport="auto") as eagle:
        assert eagle.transport == "auto"
        assert len(eagle.poll()) >= 1
        assert eagle.transport == "eagle200"


@pytest.mark.parametrize("number", [1, 2])
def test_detect(gateways, number):
    kind = gateways[number].generation
    with eagle_of(gateways[number], transport="auto") as eagle:
        assert eagle.detect() == eagle.transport == kind
        assert eagle.detect() == kind
        assert len(eagle.poll()) >= 1
    with eagle_of(gateways[number], transport="relay", user="a", password="b") as eagle:
        assert eagle.detect() == "relay"  # what is named is believed
    with eagle_of(gateways[number], transport="auto", install_code="wrong") as eagle:
        with pytest.raises(sensorhub.Error) as caught:
            eagle.detect()
        assert caught.value.code == sensorhub.E_AUTH and eagle.transport == "auto"


def test_unstick(gateways):
    gateway = gateways[1]
    with eagle_of(gateway, unstick_ms=20) as eagle:
        gateways.say(f"fault {gateway.number} 503 1")
        assert len(eagle.poll()) == 1


def test_into_a_batch(gateways):
    with eagle_of(gateways[2]) as eagle:
        batch = sensorhub.Batch()
        assert eagle.poll(batch) is batch
        count = len(batch)
        assert count > 0 and len(eagle.poll(batch=batch)) == 2 * count
        for wrong in (1, []):
            with pytest.raises(TypeError):
                eagle.poll(wrong)


def test_start_run_take(gateways):
    with sensorhub.Loop() as loop, eagle_of(gateways[2], loop=loop) as eagle:
        assert eagle.loop is loop
        with pytest.raises(sensorhub.NotReady):
            eagle.take()
        assert loop.timeout_ms() is None
        eagle.start()
        with pytest.raises(sensorhub.Busy):
            eagle.start()
        assert eagle.last_replies == []
        while True:
            timeout_ms = loop.timeout_ms()
            timeout = None if timeout_ms is None else timeout_ms / 1000
            select.select([loop], [], [], timeout)
            loop.run_once()
            try:
                batch = eagle.take()
                break
            except sensorhub.NotReady as error:
                assert error.code == sensorhub.E_AGAIN
        assert len(batch) > 0
        with pytest.raises(sensorhub.NotReady):
            eagle.take(batch)


def test_many_on_one_loop(gateways):
    with sensorhub.Loop() as loop:
        eagles = [eagle_of(gateways[i % 4], loop=loop) for i in range(12)]
        for eagle in eagles:
            eagle.start()
        open_eagles = set(eagles)
        while open_eagles:
            loop.run_once(1000)
            for eagle in list(open_eagles):
                try:
                    assert len(eagle.take()) > 0
                    open_eagles.remove(eagle)
                    eagle.close()
                except sensorhub.NotReady:
                    pass


def test_replies_go_with_the_next_poll(gateways):
    with eagle_of(gateways[2]) as eagle:
        eagle.poll()
        (reply,) = eagle.last_replies
        reading = reply.readings[0]
        assert reading.fields and reply.family == "device"
        eagle.poll()
        for use in (lambda: reply.family, lambda: reply.readings, lambda: reading.fields,
                    lambda: reading.u64("x"), lambda: reply.samples(0)):
            with pytest.raises(sensorhub.Closed):
                use()
        (reply,) = eagle.last_replies
        reading = reply.readings[0]
    for use in (lambda: reply.family, lambda: reading.name):
        with pytest.raises(sensorhub.Closed):
            use()


def test_a_reply_goes_while_it_is_asked(gateways):
    """Arguments that poll when they are converted, finalizers that poll in a collection."""
    class Polling:
        def __index__(self):
            eagle.poll()
            return T

    class Last:
        def __del__(self):
            eagle.poll()

    with eagle_of(gateways[2]) as eagle:
        eagle.poll()
        (reply,) = eagle.last_replies
        with pytest.raises(sensorhub.Closed):
            reply.samples(Polling())
        old = gc.get_threshold()
        try:
            for call in (lambda: reply.readings, lambda: reading.fields):
                eagle.poll()
                (reply,) = eagle.last_replies
                (reading,) = reply.readings
                for _ in range(3):
                    last = Last()
                    last.self = last
                    del last
                    gc.set_threshold(1)
                    try:
                        call()
                    except sensorhub.Closed:
                        pass
                    gc.set_threshold(*old)
        finally:
            gc.set_threshold(*old)
            gc.collect()


def test_the_arrival_is_read_from_the_clock(gateways):
    clock = Clock(T)
    with eagle_of(gateways[2], clock=clock) as eagle:
        eagle.poll()
        clock.time_us = T + 5
        assert all(sample.time_us for sample in eagle.poll())


# ---- errors -----------------------------------------------------------------------------


@pytest.mark.parametrize("fault,error,http_status", [
    ("401", sensorhub.RemoteError, 401), ("503", sensorhub.RemoteError, 503),
    ("error", sensorhub.RemoteError, 200), ("reset", sensorhub.NetworkError, None),
    ("stall", sensorhub.Timeout, None), ("stall", TimeoutError, None),
    ("html", sensorhub.InputError, 200), ("oversize", sensorhub.ResourceError, 200)])
def test_faults(gateways, fault, error, http_status):
    gateways.say(f"fault 3 {fault}")
    try:
        with eagle_of(gateways[2], timeout_ms=300) as eagle:
            with pytest.raises(error) as caught:
                eagle.poll()
            assert caught.value.http_status == http_status
            assert gateways[2].secrets[0] not in str(caught.value)
    finally:
        gateways.say("fault 3 clear")


def test_the_circuit_opens(gateways):
    gateways.say("fault 3 503")
    try:
        with eagle_of(gateways[2], circuit_failures=1, circuit_rest_ms=60000) as eagle:
            with pytest.raises(sensorhub.RemoteError):
                eagle.poll()
            with pytest.raises(sensorhub.NetworkError) as caught:
                eagle.poll()
            assert caught.value.code == sensorhub.E_CIRCUIT
            assert 0 < caught.value.retry_after_us <= 120000000
    finally:
        gateways.say("fault 3 clear")


def test_what_was_read_before_a_failure_stays(gateways):
    batch = sensorhub.Batch()
    with eagle_of(gateways[1], reads=READS, timeout_ms=300) as eagle:
        eagle.poll(batch)
        before = len(batch)
        gateways.say("fault 2 delay=1 1")
        gateways.say("fault 2 503 9")
        try:
            with pytest.raises(sensorhub.RemoteError):
                eagle.poll(batch)
        finally:
            gateways.say("fault 2 clear")
        assert len(batch) > before


@pytest.mark.parametrize("options,error", [
    ({"url": "not a url"}, sensorhub.InvalidArgument),
    ({"transport": "pigeon"}, sensorhub.InvalidArgument),
    ({"reads": ["weather"]}, sensorhub.InvalidArgument), ({"reads": "demand"}, TypeError),
    ({"reads": [1]}, TypeError), ({"loop": 1}, TypeError), ({"clock": 1}, TypeError),
    ({"clock": lambda: "now"}, TypeError), ({"clock": lambda: 1 / 0}, ZeroDivisionError),
    ({"cloud_id": "x\0y"}, ValueError), ({"colour": 1}, TypeError),
    ({"timeout_ms": 0.5}, TypeError)])
def test_wrong_options(options, error):
    with pytest.raises(error):
        sensorhub.Eagle(**{"url": "http://127.0.0.1", **options})


@pytest.mark.parametrize("kind,given", [
    (sensorhub.Eagle, {"url": "http://127.0.0.1"}),
    (sensorhub.Log, {"root": "log"}),
    (sensorhub.Ship, {"root": ".", "dest": "file:///tmp"})])
def test_the_defaults_may_be_given(kind, given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = inspect.signature(kind).parameters.values()
    kind(**{p.name: p.default for p in names if p.default is not p.empty} | given).close()


def test_a_clock_that_fails(gateways):
    class Failing(Clock):
        def __call__(self):
            if self.time_us is None:
                raise ZeroDivisionError
            return self.time_us

    clock = Failing()
    with eagle_of(gateways[2], clock=clock) as eagle:
        clock.time_us = None
        with pytest.raises(ZeroDivisionError):
            while True:
                eagle.poll()
        clock.time_us = T


# ---- closing ----------------------------------------------------------------------------


def test_closed(gateways):
    loop = sensorhub.Loop()
    eagle = eagle_of(gateways[2], loop=loop)
    with pytest.raises(sensorhub.Busy):
        loop.close()
    assert not loop.closed and not eagle.closed
    eagle.close()
    eagle.close()
    loop.close()
    assert loop.closed and eagle.closed
    for use in (eagle.start, eagle.take, eagle.poll, lambda: eagle.last_replies,
                lambda: eagle.transport, loop.fileno, loop.timeout_ms, loop.run_once):
        with pytest.raises(sensorhub.Closed):
            use()
    with pytest.raises(sensorhub.Closed):
        eagle_of(gateways[2], loop=loop)


def test_forgotten(gateways):
    loop = sensorhub.Loop()
    eagle = eagle_of(gateways[2], loop=loop)
    eagle.start()
    del eagle
    loop.run_once(0)
    loop.close()
    eagle = eagle_of(gateways[2])
    eagle.start()
    clock = Clock()
    clock.eagle = eagle_of(gateways[2], clock=clock)  # a cycle
    del clock, eagle
    assert gc.collect() > 0


def test_no_leak(no_leak):
    def use():
        with sensorhub.Loop() as loop:
            with sensorhub.Eagle("http://127.0.0.1:1", loop=loop, clock=Clock(),
                                 retries=sensorhub.NONE, reads=READS) as eagle:
                eagle.start()
                loop.timeout_ms(), loop.fileno(), eagle.transport, eagle.last_replies
            for wrong in ({"clock": lambda: 1 / 0}, {"reads": ["x"]}, {"transport": "x"}):
                with pytest.raises((sensorhub.InvalidArgument, ZeroDivisionError)):
                    sensorhub.Eagle("http://127.0.0.1:1", loop=loop, **wrong)
        clock = Clock()
        clock.eagle = sensorhub.Eagle("http://127.0.0.1:1", clock=clock)
        del clock
        gc.collect(0)

    no_leak(use, 40)


def test_no_leak_of_polls(gateways, no_leak):
    with eagle_of(gateways[2]) as eagle:
        def use():
            eagle.poll()
            eagle.last_replies[0].readings

        no_leak(use, 40)


# ---- threads, signals -------------------------------------------------------------------


def until_busy(call):
    """Calls until it says Busy, as when another thread is in."""
    for _ in range(5000):
        try:
            call()
        except sensorhub.Busy as error:
            return error
        time.sleep(0.001)
    raise AssertionError("never busy")


def test_busy_from_another_thread(stalled):
    loop = sensorhub.Loop()
    eagle = eagle_of(stalled, loop=loop, timeout_ms=2000)
    other = eagle_of(stalled, loop=loop)
    batch = sensorhub.Batch()
    outcome = []

    def poll():
        try:
            eagle.poll(batch)
        except sensorhub.Error as error:
            outcome.append(error)

    thread = threading.Thread(target=poll)
    thread.start()
    assert "in use" in str(until_busy(loop.timeout_ms))
    for call in (eagle.close, eagle.poll, eagle.start, other.close, loop.close, loop.run_once,
                 lambda: other.transport, batch.to_jsonl, batch.clear, lambda: len(batch),
                 lambda: eagle_of(stalled, loop=loop)):
        with pytest.raises(sensorhub.Busy):
            call()
    del other  # is closed once the loop is free
    thread.join()
    assert [type(error) for error in outcome] == [sensorhub.Timeout]
    eagle.close()
    loop.close()


def test_a_signal_ends_the_wait(stalled):
    class Alarm(Exception):
        pass

    def ring(*_):
        raise Alarm

    old = signal.signal(signal.SIGALRM, ring)
    with eagle_of(stalled, timeout_ms=30000) as eagle:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        try:
            with pytest.raises(Alarm):
                eagle.poll()
            with pytest.raises(sensorhub.NotReady):
                eagle.take()
            with pytest.raises(sensorhub.Busy):
                eagle.poll()
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(Alarm):
                while True:
                    eagle.loop.run_once(None)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, old)


# ---- asyncio, fork, trace ---------------------------------------------------------------


async def run(loop, done):
    """Runs a Loop on asyncio's until `done` says so: its descriptor, and its timer."""
    running = asyncio.get_running_loop()
    finished = running.create_future()
    timer = None

    def step():
        nonlocal timer
        if finished.done():
            return
        loop.run_once()
        if timer:
            timer.cancel()
        if done():
            finished.set_result(None)
            return
        timeout_ms = loop.timeout_ms()
        timer = running.call_later(timeout_ms / 1000, step) if timeout_ms is not None else None

    running.add_reader(loop.fileno(), step)
    try:
        step()
        await asyncio.wait_for(finished, 10)
    finally:
        running.remove_reader(loop.fileno())


def test_asyncio(gateways):
    async def main():
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        gateways.say("fault all delay=50")
        with sensorhub.Loop() as loop:
            eagles = [eagle_of(gateway, loop=loop) for gateway in gateways]
            batches = {}
            for eagle in eagles:
                eagle.start()

            def done():
                for eagle in eagles:
                    if eagle not in batches:
                        try:
                            batches[eagle] = eagle.take()
                        except sensorhub.NotReady:
                            pass
                return len(batches) == len(eagles)

            ticking = asyncio.create_task(tick())
            await run(loop, done)
            ticking.cancel()
            for eagle in eagles:
                eagle.close()
        assert all(len(batch) > 0 for batch in batches.values())
        assert ticks > 5

    try:
        asyncio.run(main())
    finally:
        gateways.say("fault all clear")


def test_fork(gateways):
    loop = sensorhub.Loop()
    eagle = eagle_of(gateways[2], loop=loop)
    eagle.poll()

    def child():
        said = []
        for use in (eagle.poll, eagle.start, eagle.take, loop.run_once):
            try:
                use()
                said.append("worked")
            except sensorhub.Forked as error:
                said.append(error.name)
        eagle.close()
        loop.close()
        return set(said)

    assert forked(child) == "{'SHUB_E_FORKED'}"
    assert len(eagle.poll()) > 0
    eagle.close()
    loop.close()


def test_trace(gateways, caplog):
    caplog.set_level(logging.DEBUG)
    try:
        sensorhub.trace("debug")
        with eagle_of(gateways[2]) as eagle:
            eagle.poll()
        lines = [record for record in caplog.records if record.name == "sensorhub"]
        assert lines and all("=" in record.message for record in lines)
        assert {record.levelno for record in lines} <= {10, 20, 30, 40}
        assert not any(gateways[2].secrets[0] in record.message for record in lines)
        sensorhub.trace("debug", logging.getLogger("mine"))
        with eagle_of(gateways[2]) as eagle:
            eagle.poll()
        assert any(record.name == "mine" for record in caplog.records)
    finally:
        sensorhub.trace("off")
    caplog.clear()
    with eagle_of(gateways[2]) as eagle:
        eagle.poll()
    assert not caplog.records
    with pytest.raises(sensorhub.InvalidArgument) as caught:
        sensorhub.trace("loud")
    assert caught.value.code == sensorhub.E_INVALID


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_logger_that_fails(gateways):
    class Failing(logging.Logger):
        def log(self, *_):
            raise ZeroDivisionError

    sensorhub.trace("debug", Failing("x"))
    try:
        with eagle_of(gateways[2]) as eagle:
            assert len(eagle.poll()) > 0
    finally:
        sensorhub.trace("off")
