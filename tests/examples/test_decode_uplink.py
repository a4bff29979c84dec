"""decode_uplink: documents in, samples out; what is no document ends nothing."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(os.environ["SHUB_BUILD"])
PROGRAM = BUILD / "examples" / "decode_uplink"
TTN = json.dumps({
    "end_device_ids": {"device_id": "ers-1", "dev_eui": "A81758FFFE053C84"},
    "uplink_message": {"f_port": 5, "frm_payload": "AQDiAik=",
                       "received_at": "2021-09-21T10:35:57.5Z"}}) + "\n"
CHIRPSTACK = json.dumps({
    "time": "2022-07-18T09:34:15.775023242+00:00", "deviceInfo": {"devEui": "0101010101010101"},
    "fPort": 5, "data": "AQDj"}) + "\n"
JOIN = json.dumps({"end_device_ids": {"device_id": "ers-1"},
                   "join_accept": {"received_at": "2021-09-21T10:35:57Z"}}) + "\n"
SAMPLES = [("a81758fffe053c84", "temperature", 22.6, "2021-09-21T10:35:57.500Z"),
           ("a81758fffe053c84", "humidity", 41.0, "2021-09-21T10:35:57.500Z"),
           ("0101010101010101", "temperature", 22.7, "2022-07-18T09:34:15.775023Z")]


def run(*args, body="", code=0):
    done = subprocess.run([PROGRAM, *args], input=body, text=True, capture_output=True,
                          timeout=60)
    assert done.returncode == code and bool(done.stderr) == bool(code), done
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return [(r["device"], r["quantity"], r["value"], r["time"]) for r in rows], done.stderr


def main():
    if not PROGRAM.exists():
        sys.exit(77)
    everything = TTN + JOIN + CHIRPSTACK
    assert run("elsys", body=everything)[0] == SAMPLES
    with tempfile.NamedTemporaryFile("w", suffix=".jl") as file:
        file.write(everything)
        file.flush()
        assert run("elsys", file.name)[0] == SAMPLES
    found, said = run("elsys", body=TTN + "{\n" + CHIRPSTACK, code=1)
    assert found == SAMPLES and said.startswith("document 2: "), said
    found, said = run("ers", body=TTN, code=1)
    assert not found and said.startswith("document 1: invalid number"), said
    found, _ = run("elsys", body=TTN.replace("AQDiAik=", "AQDiBg=="), code=1)
    assert found == SAMPLES[:1]
    for args in ([], ["nobody"], ["elsys", "/nowhere/at-all"], ["elsys", "/"],
                 ["elsys", "/dev/zero"]):
        assert run(*args, code=1)[0] == []


if __name__ == "__main__":
    main()
