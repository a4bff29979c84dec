"""Every row of lorawan, osm, chirpstack and lookit in SENSORHUB_VECTORS, and the points of influx
that are written: C gives what the row says, and Python and every Lua give what C gives, to the
byte. The tables beside this restate the rules that these rows teach."""

import os
import pathlib
import sys
import tempfile

from captured import calls, clair, lines, payloads, signed, uplinks
from speakers import compare


def note_calls():
    for module in payloads, uplinks, clair, lines, signed:
        for part in module.ALL:
            before = len(calls.noted)
            part()
            print(f"{module.__name__}.{part.__name__}: {len(calls.noted) - before}")


def check_answers(answers):
    for (name, _, check), answer in zip(calls.noted, answers, strict=True):
        try:
            check(answer.decode())
        except Exception:
            print(f"{name}:\n{answer.decode()}")
            raise


def main():
    if "SENSORHUB_VECTORS" not in os.environ:
        print("SENSORHUB_VECTORS is not set")
        sys.exit(77)
    note_calls()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "calls")
        path.write_text("".join(f"{line}\n" for _, line, _ in calls.noted))
        (*answers, rest), names = compare("call", [path], b"====\n")
    assert not rest and len(answers) > 300
    check_answers(answers)
    print(f"{len(answers)} calls give what is expected in C, {', '.join(names)}")


if __name__ == "__main__":
    main()
