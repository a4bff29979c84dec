"""Sensor telemetry in process: decode, keep safely, ship on.

    import sensorhub

    with sensorhub.Eagle("http://eagle-004792.local", cloud_id="004792",
                         install_code=code) as eagle, sensorhub.Log("data") as log:
        batch = eagle.poll()
        log.append("meter", batch)
        for sample in batch:
            print(sample.device, sample.quantity, sample.value, sample.unit)

Times are `time_us`: microseconds since 1970-01-01T00:00:00Z. What fails raises a subclass of
Error, named by the class of its status. An object is used by one thread at a time: what
another thread, or a call within a call, tries meanwhile raises Busy. The library is linked,
not copied: docs of each option are in its C headers.
"""

import atexit as _atexit
import logging as _logging

from ._core import *  # noqa: F401, F403
from ._core import __version__, _trace_set  # noqa: F401

_LEVELS = {"off": 0, "error": 1, "warn": 2, "info": 3, "debug": 4}
_LOGGING = {1: _logging.ERROR, 2: _logging.WARNING, 3: _logging.INFO, 4: _logging.DEBUG}


def trace(level="info", logger=None):
    """Sends the library's diagnostics up to `level` ("off", "error", "warn", "info", "debug")
    to a logger, "sensorhub" when None: one line of key=value pairs each, without secrets.
    Process-wide."""
    if level not in _LEVELS:
        raise InvalidArgument(  # noqa: F405
            f"level {level!r} is none of {', '.join(_LEVELS)}")
    logger = logger or _logging.getLogger("sensorhub")
    _trace_set(_LEVELS[level], lambda n, line: logger.log(_LOGGING[n], "%s", line))


_atexit.register(_trace_set, 0, None)
