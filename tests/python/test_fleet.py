"""Fleet, against simulated gateways: an iterator, asyncio, failures, shards, duplicates."""

import asyncio
import gc
import signal
import time

import pytest

import sensorhub
from conftest import BUILD, Clock, T, batch_of, forked, sample

if not (BUILD / "simulators" / "eagle_gateway").exists():
    pytest.skip("the simulated gateways were not built", allow_module_level=True)

from gateways import Gateways  # noqa: E402
from test_client import options_of  # noqa: E402

COUNT = 9


@pytest.fixture(scope="module")
def gateways():
    with Gateways("--relay", 3, "--eagle100", 3, "--eagle200", 3, "--cadence", 1) as gateways:
        yield gateways


def fleet_of(gateways, **options):
    fleet = sensorhub.Fleet(**{"interval_ms": 100, "seed": 1, **options})
    for gateway in gateways:
        fleet.add(f"gw-{gateway.number}", **options_of(gateway))
    return fleet


# ---- results ----------------------------------------------------------------------------


def test_an_iterator(gateways):
    with fleet_of(gateways) as fleet:
        seen = {}
        for result in fleet:
            assert result.error is None, result
            seen.setdefault(result.id, []).append(result)
            if len(seen) == COUNT and min(map(len, seen.values())) >= 2:
                break
        for results in seen.values():
            assert "power" in [s.quantity for s in results[0].batch]
        stats = fleet.stats()
        assert stats.gateways == COUNT and stats.failures == 0 and stats.failed == {}
        assert stats.samples >= COUNT and stats.last_success_us > 0
        assert fleet.stats("gw-1").gateways == 1 and fleet.stats("gw-1").successes >= 2
        assert fleet.lateness_ms() <= stats.lateness_max_ms <= 5000
        assert fleet.lateness_ms(0.5, "gw-1") >= 0


def test_into_a_batch(gateways):
    with fleet_of(gateways[:3]) as fleet:
        batch, results = sensorhub.Batch(), []
        while len(results) < 3:
            fleet.loop.run_once(100)
            try:
                results.append(fleet.take(batch))
            except sensorhub.NotReady:
                pass
        assert all(result.batch is batch for result in results)
        assert len(batch) >= 1


def test_an_empty_fleet_ends():
    with sensorhub.Fleet() as fleet:
        assert list(fleet) == []
        with pytest.raises(sensorhub.NotReady):
            fleet.take()
        assert fleet.stats().last_success_us is None


def test_failures_are_results(gateways):
    gateway = gateways[4]
    gateways.say(f"fault {gateway.number} 401")
    try:
        with fleet_of([gateway]) as fleet:
            result = next(fleet)
            assert isinstance(result.error, sensorhub.RemoteError), result.error
            assert result.error.code == sensorhub.E_AUTH
            assert result.error.http_status == 401 and len(result.batch) == 0
            assert fleet.stats().failed == {"remote": 1}
    finally:
        gateways.say(f"fault {gateway.number} clear")


def test_duplicates(gateways):
    with fleet_of([gateways[3]], interval_ms=20) as fleet:
        first = next(fleet)
        assert len(first.batch) == 1 and first.duplicates == 0
        while not (result := next(fleet)).duplicates:
            first = result
        assert len(result.batch) == 0
        assert fleet.stats().duplicates == 1
    with fleet_of([gateways[3]], interval_ms=20) as fleet:
        fleet.note("gw-4", first.batch)
        result = next(fleet)
        assert result.duplicates or result.batch[0].time_us > first.batch[0].time_us


def test_the_clock(gateways):
    with fleet_of([gateways[3]], clock=Clock()) as fleet:
        next(fleet)
        assert fleet.stats().last_success_us == T


def test_asyncio(gateways):
    async def main():
        running, results = asyncio.get_running_loop(), asyncio.Queue()
        timer = None

        def step():
            nonlocal timer
            fleet.loop.run_once()
            try:
                while True:
                    results.put_nowait(fleet.take())
            except sensorhub.NotReady:
                pass
            if timer:
                timer.cancel()
            wait_ms = fleet.loop.timeout_ms()
            timer = running.call_later(wait_ms / 1000, step) if wait_ms is not None else None

        with fleet_of(gateways) as fleet:
            running.add_reader(fleet.loop.fileno(), step)
            step()
            seen = set()
            while len(seen) < COUNT:
                seen.add((await asyncio.wait_for(results.get(), 10)).id)
            running.remove_reader(fleet.loop.fileno())
            timer.cancel()

    asyncio.run(main())


# ---- gateways ---------------------------------------------------------------------------


def test_coming_and_going(gateways):
    with fleet_of(gateways[:2]) as fleet:
        with pytest.raises(sensorhub.UsageError) as error:
            fleet.add("gw-1", **options_of(gateways[0]))
        assert error.value.code == sensorhub.E_EXISTS
        next(fleet)
        fleet.remove("gw-1")
        fleet.add("gw-3", **options_of(gateways[2]), interval_ms=50)
        with pytest.raises(sensorhub.NotFound):
            fleet.remove("gw-1")
        with pytest.raises(sensorhub.NotFound):
            fleet.stats("gw-1")
        seen = set()
        while "gw-3" not in seen:
            seen.add(next(fleet).id)
        assert fleet.stats().gateways == 2


def test_shards():
    ids = [f"{i:06x}" for i in range(300)]
    fleets = [sensorhub.Fleet(shard=i, shards=3) for i in range(3)]
    for one in ids:
        assert sum(fleet.owns(one) for fleet in fleets) == 1
        for fleet in fleets:
            fleet.add(one, "http://127.0.0.1:1")
    assert sum(fleet.stats().gateways for fleet in fleets) == 300
    for fleet in fleets:
        fleet.close()


def test_wrong_arguments():
    with pytest.raises(sensorhub.InvalidArgument, match="no shard 2 of 2"):
        sensorhub.Fleet(shard=2, shards=2)
    with pytest.raises(TypeError):
        sensorhub.Fleet(loop=1)
    with sensorhub.Fleet() as fleet:
        for arguments, options in [((), {}), ((1,), {}), (("a",), {"loop": None}),
                                   (("a", "http://x"), {"nonsense": 1}),
                                   (("a", "http://x"), {"interval_ms": "1"})]:
            with pytest.raises(TypeError):
                fleet.add(*arguments, **options)
        with pytest.raises(sensorhub.InvalidArgument):
            fleet.add("a", "http://x", interval_ms=-1)
        with pytest.raises(TypeError):
            fleet.note("a", sample())
        with pytest.raises(sensorhub.NotFound):
            fleet.note("a", batch_of(sample()))
    with pytest.raises(sensorhub.Closed):
        fleet.stats()
    with pytest.raises(sensorhub.Closed):
        next(fleet)


# ---- signals, fork, memory --------------------------------------------------------------


def test_a_signal_ends_the_wait(gateways):
    class Alarm(Exception):
        pass

    def on_alarm(number, frame):
        raise Alarm

    before = signal.signal(signal.SIGALRM, on_alarm)
    try:
        with fleet_of([gateways[3]], interval_ms=60000) as fleet:
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            start = time.monotonic()
            with pytest.raises(Alarm):
                while True:
                    next(fleet)
            assert time.monotonic() - start < 5
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_forked():
    with sensorhub.Fleet() as fleet:
        def child():
            try:
                fleet.take()
            except sensorhub.Forked as error:
                return error.name

        assert forked(child) == "SHUB_E_FORKED"


def test_no_leak(no_leak):
    def open_and_close():
        with sensorhub.Fleet() as fleet:
            fleet.add("a", "http://127.0.0.1:1", cloud_id="004792", install_code="0123")
            fleet.note("a", batch_of(sample()))
            fleet.stats("a")

    no_leak(open_and_close, 50)


def test_collected():
    fleet = sensorhub.Fleet()
    fleet.add("a", "http://127.0.0.1:1")
    del fleet
    gc.collect()
