"""One table of exceptions, driven by the library's table of statuses."""

import pickle
import re

import pytest

import sensorhub
from conftest import SOURCE

CLASSES = {
    "USAGE": sensorhub.UsageError, "INPUT": sensorhub.InputError,
    "RESOURCE": sensorhub.ResourceError, "SYSTEM": sensorhub.IOFailure,
    "NETWORK": sensorhub.NetworkError, "REMOTE": sensorhub.RemoteError,
    "WAIT": sensorhub.NotReady,
}
ROW = re.compile(r"X\((E_\w+), (-\d+), (\w+), ")
STATUSES = ROW.findall((SOURCE / "include/sensorhub/base.h").read_text())


def test_the_header_was_read():
    assert len(STATUSES) > 25


@pytest.mark.parametrize("name,number,klass", STATUSES)
def test_every_status_has_a_constant_and_an_exception(name, number, klass):
    code = getattr(sensorhub, name)
    assert code == int(number)
    expected = MemoryError if name == "E_NOMEM" else CLASSES[klass]
    assert issubclass(sensorhub.ERRORS[code], expected)


def test_the_table_has_nothing_else():
    assert sorted(sensorhub.ERRORS) == sorted(int(number) for _, number, _ in STATUSES)


@pytest.mark.parametrize("name,builtin", [
    ("E_INVALID", ValueError), ("E_NOT_FOUND", LookupError), ("E_FORMAT", ValueError),
    ("E_IO", OSError), ("E_NETWORK", ConnectionError), ("E_TIMEOUT", TimeoutError),
    ("E_TIMEOUT", ConnectionError)])
def test_python_code_catches_them_too(name, builtin):
    klass = sensorhub.ERRORS[getattr(sensorhub, name)]
    assert issubclass(klass, builtin) and issubclass(klass, sensorhub.Error)


def test_of_their_own_classes():
    names = {"E_INVALID": "InvalidArgument", "E_CLOSED": "Closed", "E_FORKED": "Forked",
             "E_NOT_FOUND": "NotFound", "E_TIMEOUT": "Timeout", "E_BUSY": "Busy"}
    for status, name in names.items():
        klass = getattr(sensorhub, name)
        assert sensorhub.ERRORS[getattr(sensorhub, status)] is klass
        assert klass.code == getattr(sensorhub, status)
        assert klass.name == "SHUB_" + status


def test_what_an_error_tells():
    with pytest.raises(sensorhub.InputError) as caught:
        sensorhub.parse_time("2015-13-01T00:00:00Z")
    error = caught.value
    assert error.args == (str(error),) and len(str(error)) > 10
    assert (error.code, error.name) == (sensorhub.E_RANGE, "SHUB_E_RANGE")
    assert error.http_status is error.index is error.retry_after_us is None
    with pytest.raises(sensorhub.InputError) as caught:
        sensorhub.parse_time("2015-03x")
    assert caught.value.name == "SHUB_E_FORMAT" and caught.value.pos == 7


def test_errors_travel():
    with pytest.raises(sensorhub.InputError) as caught:
        sensorhub.parse_time("2015-03x")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is sensorhub.InputError
    assert (str(copy), copy.code, copy.pos) == (str(caught.value), caught.value.code, 7)


def test_raising_leaks_nothing(no_leak):
    def fail():
        with pytest.raises(sensorhub.InputError):
            sensorhub.parse_time("x")

    no_leak(fail)
