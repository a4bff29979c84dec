"""Sample, times, names, the table of quantities."""

import copy
import datetime
import decimal
import fractions
import math
import pickle

import pytest

import sensorhub
from conftest import METER, T, sample


class Indexed:
    """Neither int nor float, but an index, as the integers of numpy."""

    def __init__(self, number):
        self.number = number

    def __index__(self):
        return self.number


def test_attributes():
    s = sample()
    assert (s.device, s.quantity, s.value, s.unit) == (METER, "power", 0.944, "kW")
    assert (s.time_us, s.quality, s.time_assumed) == (T, "measured", False)
    assert s.time == datetime.datetime(2015, 3, 10, 17, 54, 1, tzinfo=datetime.timezone.utc)


def test_time_is_exact_to_the_microsecond():
    for time_us in (-1, 1, T + 1, 253402300799999999, -62135596800000000):
        since = sample(time_us=time_us).time - datetime.datetime(
            1970, 1, 1, tzinfo=datetime.timezone.utc)
        assert since // datetime.timedelta(microseconds=1) == time_us
    with pytest.raises(OverflowError):
        sample(time_us=2 ** 62).time


def test_flags():
    s = sample(quality="replaced", time_assumed=True)
    assert (s.quality, s.time_assumed) == ("replaced", True)
    assert sample(quality="error").quality == "error"
    with pytest.raises(sensorhub.InvalidArgument):
        sample(quality="guessed")


@pytest.mark.parametrize("value", [0.5, -0.0, 7, True, False, "on", "", 2 ** 63 - 1, -2 ** 63])
def test_values_keep_their_kind(value):
    s = sample(value)
    assert s.value == value and type(s.value) is type(value)


@pytest.mark.parametrize("value,error", [
    (None, TypeError), (b"x", TypeError), ([], TypeError), (2 ** 63, OverflowError)])
def test_values_refused(value, error):
    with pytest.raises(error):
        sample(value)


def test_values_that_turn_into_numbers():
    class Text(str):
        pass

    for value, plain in ((decimal.Decimal("0.5"), 0.5), (fractions.Fraction(1, 4), 0.25),
                         (Indexed(7), 7), (Text("on"), "on")):
        assert sample(value).value == plain and type(sample(value).value) is type(plain)


def test_arguments():
    assert sensorhub.Sample(METER, "power", 0.944, T, "kW") == sample()
    for wrong in ({"device": 1}, {"quantity": b"x"}, {"unit": None}, {"time_us": 0.5},
                  {"colour": 1}):
        with pytest.raises(TypeError):
            sample(**wrong)
    with pytest.raises(TypeError):
        sensorhub.Sample(METER, "power", 1.0)


def test_a_sample_is_a_value():
    a, b = sample(), sample()
    assert a == b and hash(a) == hash(b) and not a != b
    for other in (sample(1.0), sample(time_us=0), sample(unit="W"), sample(device="x"),
                  sample(quantity="price"), sample(quality="error"),
                  sample(time_assumed=True)):
        assert a != other and not a == other
    assert a != 1 and a != tuple()
    with pytest.raises(TypeError):
        a < b
    with pytest.raises(AttributeError):
        a.value = 1
    assert copy.copy(a) == a and pickle.loads(pickle.dumps(a)) == a
    odd = sample("x", quality="error", time_assumed=True)
    assert pickle.loads(pickle.dumps(odd)) == odd
    assert eval(repr(odd), vars(sensorhub)) == odd


def test_final():
    with pytest.raises(TypeError):
        type("Mine", (sensorhub.Sample,), {})
    with pytest.raises(TypeError):
        sensorhub.Sample.device = "x"


def test_times_as_text():
    assert sensorhub.parse_time("2015-03-10T17:54:01Z") == T
    assert sensorhub.format_time(T) == "2015-03-10T17:54:01Z"
    assert sensorhub.format_time(T + 250000) == "2015-03-10T17:54:01.250Z"
    with pytest.raises(sensorhub.InputError):
        sensorhub.format_time(2 ** 62)
    for wrong in (0.5, "x", None):
        with pytest.raises(TypeError):
            sensorhub.format_time(wrong)
    with pytest.raises(TypeError):
        sensorhub.parse_time(b"2015-03-10T17:54:01Z")
    now = datetime.datetime.now(datetime.timezone.utc).timestamp()
    assert abs(sensorhub.now_us() / 1e6 - now) < 60


def test_names():
    assert sensorhub.name_valid("meter-1.a_b")
    for name in ("", ".hidden", "a/b", "a" * 65, "ü"):
        assert not sensorhub.name_valid(name)
    with pytest.raises(TypeError):
        sensorhub.name_valid(1)


def test_quantities():
    table = sensorhub.quantities()
    names = [row.name for row in table]
    assert names == sorted(names) and len(set(names)) == len(names)
    power = sensorhub.find_quantity("power")
    assert power in table and power.unit == "kW" and power.kind == "float"
    assert isinstance(power, tuple) and power.min == -math.inf
    assert {row.kind for row in table} <= {"float", "int", "bool", "str", "none"}
    assert sensorhub.find_quantity("temperature.2").name == "temperature"
    assert sensorhub.find_quantity("wisdom") is None
    with pytest.raises(TypeError):
        sensorhub.find_quantity(None)


def test_no_leak(no_leak):
    def use():
        s = sample(str(1.5), quality="error")
        repr(s), hash(s), s == sample(), s.time, s.quality, pickle.dumps(s)
        sensorhub.find_quantity("power")
        with pytest.raises(TypeError):
            sample(value=None)

    no_leak(use)
    no_leak(sensorhub.quantities, 50)
