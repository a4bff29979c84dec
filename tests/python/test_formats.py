"""Batch: CSV, line protocol, SenML, out and in."""

import csv
import io
import json
import math

import pytest

import sensorhub
from conftest import METER, T, batch_of, sample

MIXED = [
    sample(), sample(5, quantity="pulses", unit="count"), sample(True, quantity="door", unit=""),
    sample("a,\"b\" é\n", quantity="note", unit=""),
    sample(1.0, time_us=T + 1500000, quality="replaced", time_assumed=True)]


def test_csv_reads_with_pythons_reader():
    rows = list(csv.reader(io.StringIO(batch_of(*MIXED).to_csv().decode(), newline="")))
    assert rows[0] == ["time", "device", "quantity", "value", "unit", "quality", "time_assumed"]
    assert rows[1] == ["2015-03-10T17:54:01Z", METER, "power", "0.944", "kW", "", ""]
    assert [r[3] for r in rows[1:]] == ["0.944", "5", "true", "a,\"b\" é\n", "1.0"]
    assert rows[5][5:] == ["replaced", "true"]


def test_csv_options():
    batch = batch_of(*MIXED)
    text = batch.to_csv(layout="wide", lf=True).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert "\r" not in text and len(rows) == 2
    assert rows[0]["power [kW]"] == "0.944" and rows[0]["door"] == "true"
    assert rows[1] == {"time": "2015-03-10T17:54:02.500Z", "device": METER,
                       "quality": "replaced", "time_assumed": "true", "power [kW]": "1.0",
                       "pulses [count]": "", "door": "", "note": ""}
    assert batch.to_csv(no_header=True).count(b"time,device") == 0


def test_line_protocol():
    batch = batch_of(*MIXED[:3])
    assert batch.to_influx() == (
        f"samples,device={METER},unit=kW power=0.944 {T}000\n"
        f"samples,device={METER},unit=count pulses=5i {T}000\n"
        f"samples,device={METER} door=true {T}000\n").encode()
    assert batch.to_influx(measurement="m x", device_tag="id", tags={"site": "a b"},
                           precision="s", no_units=True) == (
        f"m\\ x,id={METER},site=a\\ b power=0.944,pulses=5i,door=true {T // 10**6}\n").encode()
    assert batch.to_influx(naming="chirpstack").startswith(
        f"device_frmpayload_data_power,dev_eui={METER} value=0.944 ".encode())
    assert b"a\\nb" in batch_of(sample("a\nb")).to_influx(one_line=True)


def test_line_protocol_in():
    batch = sensorhub.Batch()
    assert batch.add_influx(b"m,device=d x=1,y=2i 1000\nm,device=d z=t 2000\n") == 3
    assert list(batch) == [
        sensorhub.Sample("d", "x", 1.0, 1), sensorhub.Sample("d", "y", 2, 1),
        sensorhub.Sample("d", "z", True, 2)]
    assert batch.add_influx("m,id=d x=1", device_tag="id", precision="s", now_us=T) == 1
    assert batch[3] == sensorhub.Sample("d", "x", 1.0, T, "", "measured", True)
    with pytest.raises(sensorhub.InputError) as caught:
        batch.add_influx("m,device=d x=1 1\nbad\nm x=1 1\nm,device=d x=1 2\n")
    assert (caught.value.refused, caught.value.index, caught.value.pos) == (2, 1, 20)
    assert len(batch) == 6


def test_senml():
    batch = batch_of(*MIXED)
    pack = json.loads(batch.to_senml())
    assert pack[0] == {"bver": 26, "bn": METER + ":", "bt": T // 10**6, "n": "power", "u": "kW",
                       "v": 0.944}
    assert pack[3] == {"n": "note", "vs": "a,\"b\" é\n"}
    assert json.loads(batch_of(sample(time_us=T - 5 * 10**6)).to_senml(now_us=T)) == [
        {"bver": 26, "n": METER + ":power", "u": "kW", "t": -5, "v": 0.944}]
    price = batch_of(sample(0.1, quantity="price", unit="USD/kWh"))
    with pytest.raises(sensorhub.InputError) as caught:
        price.to_senml()
    assert caught.value.index == 0
    assert "u" not in json.loads(price.to_senml(units="omit"))[0]


def test_senml_in():
    batch = sensorhub.Batch()
    assert batch.add_senml('[{"n":"d:x","v":1,"t":-1}]', now_us=T) == 1
    assert batch[0] == sensorhub.Sample("d", "x", 1, T - 10**6)
    with pytest.raises(sensorhub.InputError) as caught:
        batch.add_senml(b'[{"n":"d:x","v":1,"t":-1},{"n":"d:x","v":1,"t":1426010041}]')
    assert (caught.value.refused, caught.value.index, len(batch)) == (1, 0, 2)


@pytest.mark.parametrize("name", ["jsonl", "influx", "senml"])
def test_there_and_back(name):
    batch = batch_of(*MIXED)
    back = sensorhub.Batch()
    text = getattr(batch, "to_" + name)()
    assert getattr(back, "add_" + name)(memoryview(text)) == len(MIXED)
    assert list(back) == MIXED


@pytest.mark.parametrize("call,error", [
    (lambda b: b.to_csv("wide"), TypeError), (lambda b: b.to_csv(wide=True), TypeError),
    (lambda b: b.to_csv(layout="tall"), ValueError),
    (lambda b: b.to_influx(precision="h"), ValueError),
    (lambda b: b.to_influx(naming=""), ValueError),
    (lambda b: b.to_influx(measurement=b"m"), TypeError),
    (lambda b: b.to_influx(measurement="#"), ValueError),
    (lambda b: b.to_influx(tags=[1]), (AttributeError, TypeError)),
    (lambda b: b.to_influx(tags={"a": 1}), TypeError),
    (lambda b: b.to_influx(tags={"a": ""}), ValueError),
    (lambda b: b.to_influx(tags={f"t{i}": "v" for i in range(300)}), ValueError),
    (lambda b: b.to_influx(tags={f"t{i}": "v" for i in range(256)}), ValueError),
    (lambda b: b.to_senml(units="si"), ValueError),
    (lambda b: b.add_influx(1), TypeError), (lambda b: b.add_influx("", precision="h"), ValueError),
    (lambda b: b.add_senml(), TypeError)])
def test_wrong_calls(call, error):
    with pytest.raises(error):
        call(batch_of(sample()))


def test_no_leaks(no_leak):
    batch = batch_of(*MIXED)
    tags = {"a": "b"}

    def everything():
        batch.to_csv(layout="wide")
        batch.to_senml(now_us=T)
        back = sensorhub.Batch()
        back.add_influx(batch.to_influx(tags=tags))
        with pytest.raises(ValueError):
            batch.to_influx(tags={"a": ""})
        with pytest.raises(ValueError):
            batch.to_influx(tags=tags, precision="h")
        with pytest.raises(ValueError):
            back.add_influx("m", precision="h")
        with pytest.raises(sensorhub.InputError):
            back.add_senml("[{}, 1]")

    no_leak(everything)


def test_extremes_survive():
    values = [math.pi, 5e-324, 1.7976931348623157e308, -0.0, 2 ** 63 - 1, -2 ** 63]
    batch = batch_of(*(sample(v, quantity="x") for v in values))
    for name in ("jsonl", "influx", "senml"):
        back = sensorhub.Batch()
        getattr(back, "add_" + name)(getattr(batch, "to_" + name)())
        assert [repr(s.value) for s in back] == [repr(v) for v in values]
