"""sensorhub clair, as a shell sees it: lost samples, for the database to load."""

import json
import os
import pathlib
import subprocess
import sys
from functools import partial

try:
    import pytest
except ImportError:
    sys.exit(77)

BUILD = pathlib.Path(os.environ["SHUB_BUILD"])
PROGRAM = BUILD / "bin" / "sensorhub"

if not PROGRAM.exists():
    sys.exit(77)

NODE = "66b8ccaa-90b9-2d24-bf59-0ea9e23b3bb4"
ERS = "A81758FFFE053C84"
THREE = "BgLHBgKrBgL6"  # 762, 683, 711 ppm, the last first
PAIR = "node_id,timestamp_s\n" + NODE + ",1632220557\n"


def run(*args, stdin="", code=0, quiet=True, command="clair"):
    """Runs the command; what it printed."""
    done = subprocess.run([PROGRAM, command, *map(str, args)], input=stdin, text=True,
                          timeout=50, capture_output=True)
    assert done.returncode == code, done.stderr
    assert bool(done.stderr) == (code != 0 or not quiet), done.stderr
    run.stderr = done.stderr
    return done.stdout


def uplink(payload=THREE, received="2021-09-21T10:35:57.125514417Z", **ids):
    message = {"f_port": 5, "f_cnt": 41, "received_at": received, "settings": {
        "data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 12}}}}
    if payload:
        message["frm_payload"] = payload
    end = {"device_id": "my-ers", "application_ids": {"application_id": "a"}, "dev_eui": ERS}
    return json.dumps({"result": {"end_device_ids": {**end, **ids}, "received_at": received,
                                  "uplink_message": message}}) + "\n"


def samples(text):
    fixtures = json.loads(text)
    assert all(f["model"] == "core.sample" and "pk" not in f for f in fixtures)
    return [(f["fields"]["node"], f["fields"]["timestamp_s"], f["fields"]["co2_ppm"])
            for f in fixtures]


ALL = [(NODE, 1632219845, 762), (NODE, 1632220201, 683), (NODE, 1632220557, 711)]


def test_node():
    assert run("node", "ers", ERS, ERS.lower()) == (NODE + "\n") * 2
    assert json.loads(run("node", "ers", ERS, "--json")) == {"dev_eui": ERS, "node": NODE}
    assert run("node", "ers", "12", ERS, code=1) == NODE + "\n"
    assert "no 16 hexadecimal digits" in run.stderr
    run("node", "elsys", ERS, code=2)


def test_storage_from_standard_input_and_files(tmp_path):
    path = tmp_path / "storage.ndjson"
    path.write_text(uplink() + "\n" + uplink())
    assert samples(run("fixtures", path)) == ALL
    assert samples(run("fixtures", stdin=path.read_text())) == ALL
    assert samples(run("fixtures", path, "-", stdin=uplink())) == ALL
    assert run("fixtures") == "[]\n"


def test_what_the_database_has_is_left_out(tmp_path):
    dump = tmp_path / "dump"
    dump.write_text(PAIR)
    assert samples(run("fixtures", "--known", dump, stdin=uplink())) == ALL[:2]
    dump.write_text(run("fixtures", stdin=uplink()))
    assert run("fixtures", "--known", dump, stdin=uplink()) == "[]\n"


def test_nothing_is_printed_for_a_dump_that_is_wrong(tmp_path):
    dump = tmp_path / "dump"
    dump.write_text(PAIR + "x,1\n")
    assert run("fixtures", "--known", dump, stdin=uplink(), code=1) == ""
    assert f'sensorhub: {dump}: line 3: node "x" is no UUID' in run.stderr
    dump.write_text('[{"model":"core.sample","fields":{}}]')
    assert run("fixtures", "--known", dump, stdin=uplink(), code=1) == ""
    assert f"sensorhub: {dump}: fixture 1: a sample without timestamp_s" in run.stderr
    assert run("fixtures", "--known", tmp_path / "none", stdin=uplink(), code=3) == ""


def test_what_is_right_is_printed():
    hot = uplink("AX/9AgAGAAABf/0CAAYAAA==")  # 3276.5 degrees
    assert samples(run("fixtures", stdin="{}\n" + uplink() + hot, code=1)) == ALL
    lines = run.stderr.splitlines()
    assert "-: uplink 1: " in lines[0] and "-: uplink 3: 2 refused, the first:" in lines[1]
    assert f"-: uplink 3: {ERS.lower()} at 2021-09-21T10:30:31Z: " in lines[2]
    assert "temperature_celsius 3276.5 is not between -20 and 40" in lines[2]


def test_what_is_refused_is_told_with_its_place(tmp_path):
    path = tmp_path / "input"
    fixtures = json.loads(run("fixtures", stdin=uplink()))
    bad = [{"model": "core.sample", "fields": {}}]
    path.write_text(json.dumps(fixtures[:1] + bad + fixtures[1:] + bad))
    assert samples(run("fixtures", "--from", "fixtures", path, code=1)) == ALL
    assert run.stderr.splitlines() == [
        f"sensorhub: {path}: 2 refused, the first:",
        f"sensorhub: {path}: fixture 2: a sample without timestamp_s (SHUB_E_CONTENT)"]
    path.write_text('{"node_ref":"%s","timestamp_s":1,"co2_ppm":2}\n{}\n' % NODE)
    assert samples(run("fixtures", "--from", "mongo", path, code=1)) == [(NODE, 1, 2)]
    assert f"sensorhub: {path}: document 2: " in run.stderr
    row = '{"device":"%s","quantity":"co2","time":"2021-09-20T12:2%d:53Z","value":%d.0}\n'
    path.write_text(row % (NODE, 5, 800) + row % (NODE, 6, 10001) + "{\n" + row % (NODE, 7, 10001))
    assert samples(run("fixtures", "--from", "samples", path, code=1)) == [(NODE, 1632140753, 800)]
    lines = run.stderr.splitlines()
    assert lines[0].startswith(f"sensorhub: {path}: line 3: ")
    assert lines[1:] == [
        f"sensorhub: {path}: 2 refused, the first:",
        f"sensorhub: {path}: {NODE} at 2021-09-20T12:26:53Z: "
        "co2_ppm 10001 is not between 0 and 10000 (SHUB_E_RANGE)"]


def test_frames_of_other_kinds_are_counted():
    text = uplink() + uplink(None) + uplink("PgL1FQ==") + uplink()
    assert samples(run("fixtures", "--report", stdin=text, quiet=False)) == ALL
    assert run.stderr == ("sensorhub: 3 new samples, 0 known, 3 doubled, 0 refused; "
                          "uplinks: 1 without samples, 1 not decoded\n")


def test_other_decoders_and_devices_without_an_eui():
    clairchen = uplink("AjK0MrQytA==")
    node = run("node", "clairchen", ERS).strip()
    found = samples(run("fixtures", "--decoder", "clairchen", stdin=clairchen))
    assert [n for n, _, _ in found] == [node] * 3
    found = samples(run("fixtures", "--decoder", "clairchen", "--protocol", "ers",
                        stdin=clairchen))
    assert [n for n, _, _ in found] == [NODE] * 3
    assert samples(run("fixtures", stdin=uplink(dev_eui="", device_id=NODE))) == ALL


def test_convert_to_fixtures():
    text = "".join(
        json.dumps({"device": ERS.lower(), "quantity": "co2", "value": float(v), "unit": "ppm",
                    "time": f"2021-09-21T10:{(t - 1632219600) // 60 + 20:02}:{t % 60:02}Z"})
        + "\n" for _, t, v in ALL)
    bad = text.splitlines(True)[0].replace(ERS.lower(), "nowhere")
    convert = partial(run, "--to", "fixtures", command="convert")
    assert samples(convert(stdin=text)) == ALL
    assert samples(convert("--protocol", "ers", stdin=text * 2)) == ALL
    assert samples(convert(stdin=bad + text, code=1)) == ALL
    node = run("node", "clairchen", ERS).strip()
    found = samples(convert("--protocol", "clairchen", stdin=text))
    assert [n for n, _, _ in found] == [node] * 3


def test_other_forms(tmp_path):
    fixtures = run("fixtures", stdin=uplink())
    assert run("fixtures", "--from", "fixtures", stdin=fixtures) == fixtures
    lines = "".join(
        json.dumps({"device": n, "quantity": "co2", "value": float(v), "unit": "ppm",
                    "time": f"2021-09-21T10:{(t - 1632219600) // 60 + 20:02}:{t % 60:02}Z"})
        + "\n" for n, t, v in ALL)
    assert run("fixtures", "--from", "samples", stdin=lines) == fixtures
    export = "".join(json.dumps({"node_ref": n, "timestamp_s": {"$numberLong": str(t)},
                                 "co2_ppm": v}) + "\n" for n, t, v in ALL)
    assert run("fixtures", "--from", "mongo", stdin=export) == fixtures
    devices = tmp_path / "devices"
    devices.write_text(f"ers {ERS}\nclairchen 9876B600001193E0\n")
    older = "3c9ad3dd-0000-0000-0000-000000000000"
    assert samples(run("fixtures", "--from", "mongo", "--devices", devices,
                       stdin=export.replace(NODE, older)))[0][0] == older
    devices.write_text(f"ers {ERS}\r\n\r\nelsys {ERS}\n")
    run("fixtures", "--from", "mongo", "--devices", devices, stdin=export, code=2)
    assert f'sensorhub: {devices}: line 3: Clair has no protocol "elsys"' in run.stderr
    devices.write_text(f"ers {ERS}\n\0\nelsys {ERS}\n")
    assert run("fixtures", "--from", "mongo", "--devices", devices, stdin=export, code=1) == ""
    devices.write_text(f"ers {ERS}\ners")
    run("fixtures", "--from", "mongo", "--devices", devices, stdin=export, code=1)
    assert f'sensorhub: {devices}: line 2: EUI "" is no 16 hexadecimal digits' in run.stderr


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", __file__]))
