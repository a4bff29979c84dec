"""Batch: rows, columns, groups, JSON lines."""

import array
import gc
import math
import threading

import pytest

import sensorhub
from conftest import METER, T, batch_of, sample

LINE = (b'{"device":"0x00135003007c2d12","quantity":"power","time":"2015-03-10T17:54:01Z",'
        b'"value":0.944,"unit":"kW"}\n')
MIXED = [
    sample(), sample(5, quantity="pulses", unit=""), sample(True, quantity="contact", unit=""),
    sample("ünïcode", quantity="message", unit="", device="other", quality="error"),
    sample(1.0, time_us=T + 6000000, quality="replaced", time_assumed=True)]


def test_a_sequence_of_samples():
    batch = batch_of(*MIXED)
    assert len(batch) == len(MIXED) and list(batch) == MIXED
    assert [batch[i] for i in range(len(batch))] == MIXED
    assert batch[-1] == MIXED[-1] and [type(s.value) for s in batch] == [
        float, int, bool, str, float]
    for i in (len(MIXED), -len(MIXED) - 1, 10 ** 9):
        with pytest.raises(IndexError):
            batch[i]
    assert MIXED[2] in batch and sample(9.0) not in batch
    assert list(reversed(batch)) == MIXED[::-1]


def test_empty():
    batch = sensorhub.Batch()
    assert len(batch) == 0 and list(batch) == [] and batch.to_jsonl() == b""
    assert batch.groups() == []
    assert batch.read_into(array.array("q", [1]), array.array("d", [1])) == 0
    with pytest.raises(TypeError):
        sensorhub.Batch(1)


def test_append_by_parts_in_any_order():
    batch = sensorhub.Batch()
    batch.append(device=METER, quantity="power", value=0.944, time_us=T, unit="kW")
    batch.append(unit="kW", time_us=T, value=0.944, quantity="power", device=METER,
                 quality="measured", time_assumed=False)
    batch.append(**{"value": 1, "device": "d", "time_us": 0, "quantity": "q",
                    "quality": "replaced", "time_assumed": 1})
    assert batch[0] == batch[1] == sample()
    assert batch[2] == sensorhub.Sample("d", "q", 1, 0, "", "replaced", True)


@pytest.mark.parametrize("call", [
    lambda b: b.append(), lambda b: b.append(1), lambda b: b.append(sample(), sample()),
    lambda b: b.append(sample(), unit="kW"), lambda b: b.append(device=METER),
    lambda b: b.append(device=METER, quantity="q", value=1.0, time_us="x"),
    lambda b: b.append(device=METER, quantity="q", value=None, time_us=1),
    lambda b: b.append(device=1, quantity="q", value=1.0, time_us=1),
    lambda b: b.append(device=METER, quantity="q", value=1.0, time_us=1, unit=2),
    lambda b: b.append(device=METER, quantity="q", value=1.0, time_us=1, colour=2)])
def test_wrong_calls(call):
    batch = sensorhub.Batch()
    with pytest.raises(TypeError):
        call(batch)
    assert len(batch) == 0


@pytest.mark.parametrize("changes,name", [
    ({"value": math.nan}, "SHUB_E_CONTENT"), ({"value": math.inf}, "SHUB_E_CONTENT"),
    ({"device": ""}, "SHUB_E_CONTENT"), ({"quantity": ""}, "SHUB_E_CONTENT"),
    ({"device": "x" * 256}, "SHUB_E_LIMIT"), ({"value": "x" * 65537}, "SHUB_E_LIMIT"),
    ({"quantity": "temperature", "unit": "Cel", "value": -300.0}, "SHUB_E_CONTENT")])
def test_refused_samples(changes, name):
    batch = batch_of(sample())
    with pytest.raises(sensorhub.Error) as caught:
        batch.append(sample(**changes))
    assert caught.value.name == name and caught.value.index == 1
    assert list(batch) == [sample()]


def test_clear():
    batch = batch_of(*MIXED)
    assert len(list(batch)) == len(MIXED)
    batch.clear()
    assert len(batch) == 0
    batch.append(sample(device="new", quantity="price", unit="USD/kWh"))
    assert batch[0].device == "new" and batch[0].unit == "USD/kWh"


def test_iteration_sees_what_changes():
    batch = batch_of(sample())
    rows = iter(batch)
    assert next(rows) == sample()
    batch.append(sample(2.0, device="later"))
    assert next(rows).device == "later"
    assert next(rows, None) is None
    rows = iter(batch)
    batch.clear()
    assert next(rows, None) is None


def test_names_are_shared():
    a, b = batch_of(sample(), sample(2.0))
    assert a.device is b.device and a.quantity is b.quantity and a.unit is b.unit


def test_groups():
    batch = batch_of(*MIXED)
    groups = batch.groups()
    assert [(g.first, g.count) for g in groups] == [(0, 3), (3, 1), (4, 1)]
    assert groups[1].device == "other" and groups[2].time_us == T + 6000000
    assert tuple(groups[0]) == (0, 3, METER, T)


def test_read_into():
    batch = batch_of(*MIXED)
    times, values = array.array("q", [0] * 9), array.array("d", [0] * 9)
    assert batch.read_into(times, values) == 5
    assert list(times[:5]) == [T] * 4 + [T + 6000000]
    assert list(values[:3]) == [0.944, 5.0, 1.0] and math.isnan(values[3])
    assert list(values[4:]) == [1.0, 0, 0, 0, 0]
    assert batch.read_into(times, values, first=4) == 1 and times[0] == T + 6000000
    assert batch.read_into(times, values, first=5) == 0
    assert batch.read_into(memoryview(times)[:2], values) == 2
    assert batch.read_into(memoryview(bytearray(32)).cast("q"),
                           memoryview(bytearray(24)).cast("d")) == 3


def test_read_into_refuses_other_buffers():
    batch = batch_of(sample())
    good = array.array("q", [0]), array.array("d", [0])
    for times, values in ((good[1], good[1]), (good[0], good[0]), (bytes(8), good[1]),
                          (array.array("i", [0, 0]), good[1]), (good[0], bytearray(8)),
                          (1, good[1]), (good[0], None)):
        with pytest.raises((TypeError, BufferError)):
            batch.read_into(times, values)
    with pytest.raises(ValueError):
        batch.read_into(*good, first=-1)


def test_json_lines():
    batch = batch_of(sample())
    assert batch.to_jsonl() == LINE
    other = sensorhub.Batch()
    assert other.add_jsonl(batch_of(*MIXED).to_jsonl()) == len(MIXED)
    assert list(other) == MIXED
    for text in (bytearray(LINE), memoryview(LINE), LINE.decode()):
        other.clear()
        assert other.add_jsonl(text) == 1 and other[0] == sample()
    with pytest.raises(TypeError):
        other.add_jsonl(1)


def test_json_lines_keeps_the_good_ones():
    batch = sensorhub.Batch()
    with pytest.raises(sensorhub.InputError) as caught:
        batch.add_jsonl(LINE + b"nonsense\n" + LINE + b"{}\n")
    assert list(batch) == [sample(), sample()]
    assert caught.value.refused == 2 and caught.value.index == 1
    assert len(LINE) <= caught.value.pos <= len(LINE) + 9


def test_json_lines_outside_the_years():
    with pytest.raises(sensorhub.InputError) as caught:
        batch_of(sample(), sample(time_us=2 ** 62)).to_jsonl()
    assert caught.value.name == "SHUB_E_RANGE" and caught.value.index == 1


def test_two_threads():
    """What one thread does while another encodes works or raises Busy: no crash, no loss."""
    batch = batch_of(*[sample(float(i)) for i in range(2000)])
    appended = busy = 0
    stop = threading.Event()

    def encode():
        while not stop.is_set():
            try:
                assert batch.to_jsonl().count(b"\n") >= 2000
            except sensorhub.Busy:
                pass

    threads = [threading.Thread(target=encode) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(3000):
        try:
            batch.append(sample())
            appended += 1
        except sensorhub.Busy:
            busy += 1
    stop.set()
    for thread in threads:
        thread.join()
    assert appended + busy == 3000 and len(batch) == 2000 + appended


def test_no_leak(no_leak):
    def use():
        batch = batch_of(*MIXED)
        list(batch), batch.groups(), batch[0].time
        other = sensorhub.Batch()
        other.add_jsonl(batch.to_jsonl())
        other.read_into(array.array("q", [0] * 9), array.array("d", [0] * 9))
        for wrong in (lambda: other.add_jsonl(b"x"), lambda: other.append(sample(math.nan))):
            with pytest.raises(sensorhub.InputError):
                wrong()
        with pytest.raises(TypeError):
            other.read_into(array.array("q", [0]), array.array("q", [0]))
        batch.clear()

    no_leak(use)


def test_an_iterator_keeps_its_batch():
    rows = iter(batch_of(*MIXED))
    gc.collect()
    assert list(rows) == MIXED
