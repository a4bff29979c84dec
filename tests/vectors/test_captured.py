"""Every row of lorawan, osm, chirpstack, lookit and influx in SENSORHUB_VECTORS: C gives what the
row says, and Python and every Lua give what C gives, to the byte. The tables beside this restate
the rules that these rows teach."""

import os
import sys

from captured import calls, clair, lines, payloads, signed, uplinks
from speakers import make

# What has no rows for these calls: a list of files, a server's answers.
OTHERS = {"lorawan/index.json", "influx/write_responses.json"}


def unread():
    folders = "lorawan", "osm", "chirpstack", "lookit", "influx"
    files = {f"{name}/{path.name}" for name in folders
             for path in calls.FOLDER.joinpath(name).glob("*json")}
    return files - calls.seen - OTHERS


def main():
    if "SENSORHUB_VECTORS" not in os.environ:
        print("SENSORHUB_VECTORS is not set")
        sys.exit(77)
    for module in payloads, uplinks, clair, lines, signed:
        for part in module.ALL:
            before = len(calls.noted)
            part()
            print(f"{module.__name__}.{part.__name__}: {len(calls.noted) - before}")
    assert not unread(), unread()
    names = make(calls.noted)
    print(f"{len(calls.noted)} calls give what is expected in C, {', '.join(names)}")


if __name__ == "__main__":
    main()
