"""Ship: run, verify; and the whole way from a gateway's reply to the archive."""

import gc
import gzip
import os

import pytest

import sensorhub
from conftest import T, Clock, batch_of, forked, sample
from test_eagle import DEMAND

HOUR_US = 3600 * 1000000
KEY = "sensorhub/meter/2015/03/10/sensorhub-meter-2015-03-10-17.jl.gz"


@pytest.fixture
def root(tmp_path):
    """A log with one sealed hour of two samples."""
    seal(tmp_path / "root", batch_of(sample(), sample(2.0)))
    return tmp_path / "root"


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    return folder


def seal(root, what, time_us=T):
    clock = Clock(time_us)
    with sensorhub.Log(root, clock=clock) as log:
        log.append("meter", what)
        clock.time_us += HOUR_US
        assert log.seal().sealed == 1


def ship_of(root, archive, **options):
    return sensorhub.Ship(root, f"file://{archive}", **options)


def test_run(root, archive):
    with ship_of(root, archive) as ship:
        report = ship.run()
        assert (report.files, report.failed, report.waiting) == (1, 0, 0)
        assert report.bytes == (archive / KEY).stat().st_size
        assert ship.run().files == 0
    with gzip.open(archive / KEY) as sealed:
        assert sealed.read() == batch_of(sample(), sample(2.0)).to_jsonl()
    assert list(sensorhub.log_files(root)) == []


def test_options(root, archive, tmp_path):
    options = {"prefix": "sensorhub", "key": "{host}/{stream}/{Y}.jl.gz", "host": "here",
               "journal": tmp_path / "journal.db", "keep": True, "clock": Clock()}
    with ship_of(str(root), archive, **options) as ship:
        assert ship.run().files == 1
    assert (archive / "here/meter/2015.jl.gz").exists()
    assert (tmp_path / "journal.db").exists()
    assert [file.state for file in sensorhub.log_files(root)] == ["shipped"]


@pytest.mark.parametrize("options,error", [
    ({"key": "{nothing}"}, sensorhub.InvalidArgument), ({"dest": 1}, TypeError),
    ({"dest": "ftp://x"}, sensorhub.InputError), ({"colour": 1}, TypeError),
    ({"dest": "file:///nothing/here"}, sensorhub.NotFound), ({"clock": 1}, TypeError),
    ({"journal": 1}, TypeError)])
def test_wrong_options(root, archive, options, error):
    with pytest.raises(error):
        sensorhub.Ship(**{"root": root, "dest": f"file://{archive}", **options})


def test_a_run_that_fails_in_part(root, archive):
    seal(root, sample(), T + 2 * HOUR_US)
    (file, _) = sensorhub.log_files(root)
    with open(file.path, "r+b") as damaged:
        damaged.truncate(file.bytes - 3)
    with ship_of(root, archive) as ship:
        with pytest.raises(sensorhub.InputError) as caught:
            ship.run()
    assert caught.value.code == sensorhub.E_CORRUPT
    assert (caught.value.report.files, caught.value.report.failed) == (1, 1)


def test_verify(root, archive):
    with ship_of(root, archive) as ship:
        assert [row.state for row in ship.verify()] == ["pending"]
        ship.run()
        (row,) = ship.verify(deep=True)
        assert (row.stream, row.where, row.detail) == ("meter", KEY, "")
        assert row.state == "complete" and row.hour_us == T // HOUR_US * HOUR_US
        assert row.bytes == (archive / KEY).stat().st_size
        os.unlink(archive / KEY)
        assert [row.state for row in ship.verify()] == ["missing"]


def test_one_verify_at_a_time(root, archive):
    with ship_of(root, archive) as ship:
        ship.run()
        first = ship.verify()
        second = ship.verify()
        with pytest.raises(sensorhub.Closed):
            next(first)
        assert next(second).state == "complete"
        assert next(second, None) is None
        third = ship.verify()
    for rows in (second, third):
        with pytest.raises(sensorhub.Closed):
            next(rows)


def test_closed(root, archive):
    ship = ship_of(root, archive)
    with ship as entered:
        assert entered is ship and not ship.closed
    ship.close()
    assert ship.closed
    for use in (ship.run, ship.verify):
        with pytest.raises(sensorhub.Closed):
            use()


def test_one_run_at_a_time(root, archive):
    """What a clock tries while the run around it goes on: another run, or its own Ship."""
    said = []

    class Trying(Clock):
        ships = ()

        def __call__(self):
            for ship in self.ships:
                with pytest.raises(sensorhub.Busy) as caught:
                    ship.run()
                said.append(str(caught.value))
            return self.time_us

    clock = Trying()
    with ship_of(root, archive, clock=clock) as ship, ship_of(root, archive) as other:
        clock.ships = ship, other
        assert ship.run().files == 1
        clock.ships = ()
        assert other.run().files == 0
    assert len(said) >= 2 and "Ship is in use" in said[0] and "in use" not in said[1]


def test_fork(root, archive):
    with ship_of(root, archive) as ship:
        def child():
            try:
                return ship.run()
            except sensorhub.Forked as error:
                return error.name

        assert forked(child) == "SHUB_E_FORKED"
        assert ship.run().files == 1


def test_no_leak(root, archive, no_leak):
    seal(root, sample(), T + 2 * HOUR_US)
    with ship_of(root, archive) as ship:
        ship.run()

    def use():
        with ship_of(root, archive, clock=Clock()) as ship:
            ship.run()
            assert len(list(ship.verify())) == 2
            next(ship.verify())
        with pytest.raises(sensorhub.InvalidArgument):
            ship_of(root, archive, key="{x}", journal=root / "journal.db")
        cycle = Clock()
        cycle.ship = ship_of(root, archive, clock=cycle)
        del cycle
        gc.collect(0)

    no_leak(use, 40)


def test_the_whole_way(tmp_path, archive):
    """A reply, its samples, their hour, its archive, and the samples again."""
    clock = Clock()
    batch = sensorhub.parse_eagle(DEMAND).samples(clock())
    with sensorhub.Log(tmp_path / "root", clock=clock) as log:
        log.append("meter", batch)
        clock.time_us += HOUR_US + 60000000
        assert log.seal().sealed == 1
    with ship_of(tmp_path / "root", archive) as ship:
        assert ship.run().files == 1
        assert all(row.state == "complete" for row in ship.verify(deep=True))
    again = sensorhub.Batch()
    with gzip.open(archive / KEY) as sealed:
        again.add_jsonl(sealed.read())
    assert list(again) == list(batch) == [sample()]
