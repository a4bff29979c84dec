"""ttn_recover: what was stored and is not in the database, as fixtures; and the lines of
Python in docs/clair.md say the same."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ["SHUB_SOURCE"])
BUILD = pathlib.Path(os.environ["SHUB_BUILD"])
PROGRAM = BUILD / "examples" / "ttn_recover"
NODE = "66b8ccaa-90b9-2d24-bf59-0ea9e23b3bb4"


def uplink(payload, received="2021-09-21T10:35:57.125514417Z"):
    message = {"f_port": 5, "received_at": received, "frm_payload": payload}
    return json.dumps({"result": {
        "end_device_ids": {"device_id": "ers-1", "application_ids": {"application_id": "a"},
                           "dev_eui": "A81758FFFE053C84"},
        "uplink_message": {k: v for k, v in message.items() if v}}}) + "\n\n"


STORED = (uplink("BgLHBgKrBgL6") + uplink("PgL1FQ==") + uplink(None)
          + uplink("BgLIBgKsBgL7", "2021-09-21T10:53:45.6Z") + uplink("BgLHBgKrBgL6"))
SECONDS = [1632219845, 1632220201, 1632220557, 1632220914, 1632221270, 1632221626]


def run(*args, body=STORED):
    return subprocess.run([PROGRAM, *args], input=body, text=True, capture_output=True,
                          timeout=60)


def seconds(text):
    return [fixture["fields"]["timestamp_s"] for fixture in json.loads(text)]


def python_of_the_page():
    page = (SOURCE / "docs/clair.md").read_text()
    lines = re.search(r"```\n(fixtures = .*?)```", page, re.S).group(1)
    lines = lines.replace('sensorhub.decode("ers"', 'decode("ers"')
    return ("import sys, sensorhub\n"
            "def decode(*args, **more):\n"
            "    try:\n        return sensorhub.decode(*args, **more)\n"
            "    except sensorhub.InputError:\n        return sensorhub.Batch()\n"
            "body = sys.stdin.buffer.read()\n" + lines)


def main():
    if not PROGRAM.exists():
        sys.exit(77)
    done = run()
    assert done.returncode == 0 and seconds(done.stdout) == SECONDS, done
    assert done.stderr == (
        "ers-1: unsupported sensor type: 62\n"
        "ers-1: no frame of \"a81758fffe053c84\": uplink without a payload\n"), done.stderr
    with tempfile.TemporaryDirectory() as folder:
        dump = pathlib.Path(folder, "known.csv")
        dump.write_text(f"node_id,timestamp_s\n{NODE},{SECONDS[1]}\n")
        assert seconds(run(dump).stdout) == SECONDS[:1] + SECONDS[2:]
        dump.write_text("nonsense")
        assert (run(dump).returncode, run(dump).stdout) == (1, "")
        assert run(dump.with_suffix(".none")).returncode == 1
    again = run(body='{"code":16,"message":"no such key"}\n' + STORED)
    assert (again.returncode, again.stdout) == (1, done.stdout) and "uplink 1: " in again.stderr
    with open("/dev/zero") as endless:
        again = subprocess.run([PROGRAM], stdin=endless, text=True, capture_output=True, timeout=60)
    assert (again.returncode, again.stdout) == (1, ""), again
    if not os.environ.get("SHUB_SANITIZE") and (BUILD / "python").exists():
        again = subprocess.run(
            [os.environ["PYTHON"], "-c", python_of_the_page()], input=STORED, text=True,
            capture_output=True, timeout=60,
            env={**os.environ, "PYTHONPATH": str(BUILD / "python")})
        assert again.stdout == done.stdout, again


if __name__ == "__main__":
    main()
