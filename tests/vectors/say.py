"""say.py FILE...: what say.c says, in Python."""

import pathlib
import sys

import sensorhub

ARRIVAL_US = 1577836800000000  # 2020-01-01T00:00:00Z
METER = "0x000781000081fd0b"  # of readings that name none
FIELDS = ["demand", "MULTIPLIER", "Divisor", "Timestamp", "Price", "Status", "Text",
          "zigbee:Price"]


def say(text):
    sys.stdout.buffer.write(text.encode(errors="surrogateescape"))


def or_none(number):
    return sensorhub.NONE if number is None else number


def attempt(what, call):
    """What the call returns, None when it failed."""
    try:
        result = call()
    except sensorhub.Error as error:
        say(f"{what} {error.name} pos={or_none(error.pos)} index={or_none(error.index)} {error}\n")
        return None, error.refused
    say(f"{what} ok\n")
    return result, 0


def say_batch(batch):
    copy = sensorhub.Batch()
    for sample in batch:
        copy.append(sample)
    for what, rows in (("rows", batch), ("copy", copy)):
        say(f"{what}\n")
        sys.stdout.buffer.write(rows.to_jsonl())
    batch.clear()


def say_reading(reading):
    connected = or_none(reading.connected)
    say(f"reading {reading.name} {reading.meter} {reading.time_us or 0} {int(connected)}\n")
    say("".join(f" {reading.field(name)}" for name in FIELDS) + "\n")


def say_body(body, batch):
    reply, _ = attempt("body", lambda: sensorhub.parse_eagle(body))
    if not reply:
        return
    say(f"gateway {reply.gateway} {reply.time_us or 0}\n")
    for reading in reply.readings:
        say_reading(reading)
    attempt("samples", lambda: reply.samples(ARRIVAL_US, batch, meter=METER))
    say_batch(batch)


def say_lines(text, batch):
    _, refused = attempt("lines", lambda: batch.add_jsonl(text))
    say(f"refused {refused}\n")
    say_batch(batch)


def say_encoded(batch):
    for what, encode in (("csv", lambda: batch.to_csv(layout="wide")),
                         ("influx", batch.to_influx),
                         ("senml", lambda: batch.to_senml(units="omit"))):
        text, _ = attempt(what, encode)
        say((text or b"").decode(errors="surrogateescape"))
    batch.clear()


def say_influx(text, batch):
    _, refused = attempt("line protocol", lambda: batch.add_influx(
        text, device_tag="host", now_us=ARRIVAL_US))
    say(f"refused {refused}\n")
    say_encoded(batch)


def say_senml(text, batch):
    _, refused = attempt("pack", lambda: batch.add_senml(text, now_us=ARRIVAL_US))
    say(f"refused {refused}\n")
    say_encoded(batch)


def main():
    batch = sensorhub.Batch()
    for path in map(pathlib.Path, sys.argv[1:]):
        content = path.read_bytes()
        say(f"file {path.name}\n")
        say_body(content, batch)
        say_lines(content, batch)
        say_influx(content, batch)
        say_senml(content, batch)


main()
