"""sensorhub decode, uplink, convert, as a shell sees them."""

import json
import os
import resource
import subprocess
import sys

try:
    import pytest
except ImportError:
    sys.exit(77)

from shell import IN_HOUR, LINES, PROGRAM, rows, run  # noqa: E402


# ---- payloads of sensors -----------------------------------------------------------------


WARM = {"device": "d", "quantity": "temperature", "time": "2020-09-01T13:17:31Z", "value": 22.6,
        "unit": "Cel"}
FRAME = ["--device", "d", "--time", "2020-09-01T13:17:31Z"]


def decoded(*args, **more):
    return [json.loads(line) for line in run("decode", *args, *FRAME, **more).splitlines()]


def test_decode():
    assert decoded("elsys", "0100e2") == [WARM]
    assert decoded("elsys", "01 00E2", "--port", 5) == [WARM]
    times = [s["time"] for s in decoded("clairchen", "0132b433b5", "--rate", "SF9BW125")]
    assert times == ["2020-09-01T13:14:33Z"] * 3 + ["2020-09-01T13:17:31Z"] * 3
    assert json.loads(run("decode", "elsys", "0100e2"))["device"] == "device"


def test_decode_refuses():
    assert decoded("elsys", "0100e206", code=1) == [WARM]
    assert "truncated co2 at byte 3 (SHUB_E_TRUNCATED)" in run.stderr
    assert decoded("ers", "0100e2", code=1) == []
    assert decoded("elsys", "0100e", code=1) == []
    assert "not two hexadecimal digits at character 5" in run.stderr
    assert decoded("elsys", "", code=1) == []
    assert run.stderr == "sensorhub: HEX: empty payload (SHUB_E_FORMAT)\n"


def test_decode_a_file(tmp_path):
    path = tmp_path / "payloads"
    path.write_text("0100e2\n\n 01 00 e2 \r\n01")
    assert decoded("elsys", path, code=1) == [WARM, WARM]
    assert f"sensorhub: {path}: line 4: truncated temperature" in run.stderr
    path.write_bytes(b"0100e2\r\n01 \x0000e2\r\n0100e2\r\n")
    assert decoded("elsys", path, code=1) == [WARM, WARM]
    assert f"{path}: line 2: not two hexadecimal digits at character 4" in run.stderr
    path.write_text("")
    assert decoded("elsys", path) == []
    named_by_digits = tmp_path / "beef"
    named_by_digits.write_text("0100e2\n")
    assert decoded("elsys", named_by_digits) == [WARM]
    assert decoded("elsys", "-", stdin="0100e2\n0100e2\n") == [WARM, WARM]
    assert decoded("elsys", tmp_path / "none", code=3) == []


def test_a_file_that_is_too_large_is_not_cut(tmp_path):
    path = tmp_path / "payloads"
    with open(path, "w") as file:
        file.write("0100e2\n")
        file.truncate((64 << 20) + 1)
    assert decoded("elsys", path, code=3) == []
    assert run.stderr == f"sensorhub: {path}: larger than 67108864 bytes\n"


@pytest.mark.skipif(bool(os.environ.get("SHUB_SANITIZE")), reason="sanitizers want all addresses")
def test_small_input_needs_little_memory():
    done = subprocess.run(
        [PROGRAM, "convert"], input=LINES, text=True, capture_output=True, timeout=50,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20)))
    assert (done.returncode, done.stdout, done.stderr) == (0, LINES, "")


def test_decoders():
    listed = rows("decoders")
    assert [d["name"] for d in listed] == sorted(d["name"] for d in listed)
    assert {"name": "osm", "vendor": "Devtank", "port": -1}.items() <= next(
        d for d in listed if d["name"] == "osm").items()


# ---- uplinks -----------------------------------------------------------------------------

UPLINK = ('{"result":{"end_device_ids":{"device_id":"d%d","dev_eui":"A81758FFFE053C84"},'
          '"uplink_message":{"f_port":5,"f_cnt":%d,"frm_payload":"BgLH","rx_metadata":[{'
          '"gateway_ids":{"gateway_id":"g"},"rssi":-119,"snr":-15.5}],"settings":{"data_rate":'
          '{"lora":{"bandwidth":125000,"spreading_factor":12}}},'
          '"received_at":"2021-09-21T10:35:57.125514417Z"}}}\n')
STATUS = ('{"deviceInfo":{"devEui":"0101010101010101"},"margin":10}\n')


def test_uplink():
    text = UPLINK % (1, 41)
    row, = rows("uplink", stdin=text)
    assert row == {
        "dialect": "ttn_v3", "event": "up", "time": "2021-09-21T10:35:57.125514Z",
        "dev_eui": "a81758fffe053c84", "device": "d1", "port": 5, "counter": "41",
        "rate": "SF12BW125", "rssi": "-119", "snr": "-15.5", "gateway": "g", "gateways": 1,
        "payload_status": "OK", "payload": "0602c7"}
    names, values = (line.split("\t") for line in run("uplink", "-", stdin=text).splitlines())
    assert dict(zip(names, values, strict=True))["payload"] == "0602c7"


def test_uplink_goes_on(tmp_path):
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text(UPLINK % (1, 1) + '{"result":{\n' + UPLINK % (2, 2))
    bad.write_text('{"hello":1}')
    found = rows("uplink", good, bad, good, code=1)
    assert [row["device"] for row in found] == ["d1", "d2"] * 2
    assert "good: document 2, byte" in run.stderr and "SHUB_E_UNEXPECTED" in run.stderr
    run("uplink", tmp_path / "none", code=3)


def test_uplink_samples():
    text = run("uplink", "--samples", "--arrival", "2015-03-10T17:54:00Z", stdin=STATUS)
    assert text == ('{"device":"0101010101010101","quantity":"link_margin",'
                    '"time":"2015-03-10T17:54:00Z","value":10.0,"unit":"dB","time_assumed":true}\n')
    assert run("uplink", "--samples", stdin=STATUS, code=1) == ""
    osm = '{"UNIX":1719840134,"NAME":"n","VALUES":{"TEMP":23.500}}'
    assert '"0BADF00D"' in run("uplink", "--samples", "--topic", "osm/0BADF00D/measurements",
                               stdin=osm)


MARK = "\ufeff"


def test_files_of_other_systems(tmp_path):
    file = tmp_path / "a.txt"
    osm = '{"UNIX":1719840134,"NAME":"n","VALUES":{"TEMP":%d}}\r\n'
    file.write_bytes((MARK + osm % 1 + osm % 2).encode())
    assert [json.loads(line)["value"] for line in run("uplink", "--samples", file).splitlines()] == [1, 2]
    assert run("convert", stdin=MARK + LINES.replace("\n", "\r\n")) == LINES
    for name in "influx", "senml":
        file.write_bytes((MARK + run("convert", "--to", name, stdin=LINES)).encode())
        assert run("convert", "--from", name, file) == LINES
    file.write_bytes(MARK.encode())
    assert run("convert", file) == run("convert", stdin=MARK[:0]) == ""


def test_a_small_file_takes_little_memory():
    limit = f"ulimit -v 200000 && exec {PROGRAM} convert"
    done = subprocess.run(["sh", "-c", limit], input=LINES, text=True, capture_output=True)
    assert done.stdout == LINES or "sanitizer" in done.stderr.lower(), done.stderr
    many = LINES * 3000
    assert run("convert", stdin=many) == many


def test_uplink_decoder(tmp_path):
    join = '{"end_device_ids":{"device_id":"d"},"join_accept":{"received_at":"2021-09-21T10:35:57Z"}}\n'
    text = UPLINK % (1, 41)
    found = [json.loads(line) for line in run("uplink", "--decoder", "elsys", stdin=join + text).splitlines()]
    assert [(s["device"], s["quantity"], s["value"]) for s in found] == [
        ("a81758fffe053c84", "co2", 711)]
    assert found[0]["time"] == "2021-09-21T10:35:57.125514Z"
    assert run("uplink", "--decoder", "ers", stdin=text, code=1) == ""
    assert "-: document 1: " in run.stderr
    both = run("uplink", "--decoder", "elsys", "--samples", "--arrival", "2015-03-10T17:54:00Z",
               stdin=text + STATUS)
    assert [json.loads(line)["quantity"] for line in both.splitlines()] == ["co2", "link_margin"]
    run("uplink", "--decoder", "nobody", stdin=text, code=2)


def test_uplink_event():
    body = '{"deviceInfo":{"devEui":"0101010101010101"}}'
    assert rows("uplink", "--event", "join", stdin=body)[0]["event"] == "join"
    run("uplink", "--event", "launch", stdin=body, code=2)


# ---- convert -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["jsonl", "influx", "senml"])
def test_convert_there_and_back(name, tmp_path):
    between = tmp_path / "between"
    between.write_text(run("convert", "--to", name, stdin=LINES))
    assert run("convert", "--from", name, between) == LINES
    assert run("convert", "--from", name, between, "-", stdin=between.read_text()) == LINES * 2


def test_convert_options(tmp_path):
    file = tmp_path / "a.jl"
    file.write_text(LINES)
    lines = run("convert", "--to", "csv", "--wide", file).splitlines()
    assert lines[0] == "time,device,power [kW]" and lines[1] == "2015-03-10T17:54:00Z,m,0.5"
    lines = run("convert", "--to", "influx", "--precision", "s", "--measurement", "meters",
                "--device-tag", "id", "--no-units", file).splitlines()
    assert lines[0] == "meters,id=m power=0.5 1426010040" and len(lines) == 10
    lines = run("convert", "--to", "influx", "--naming", "chirpstack", file).splitlines()
    assert lines[0].startswith("device_frmpayload_data_power,dev_eui=m value=0.5 ")
    price = '{"device":"d","quantity":"price","time":"2015-03-10T17:54:01Z","value":1.5,"unit":"EUR"}'
    assert '"t":1426010041,"v":1.5}' in run("convert", "--to", "senml", "--no-units", stdin=price)
    assert run("convert", "--from", "influx", "--device-tag", "id", "--precision", "ms",
               stdin="m,id=d x=1 1500\n") == (
        '{"device":"d","quantity":"x","time":"1970-01-01T00:00:01.500Z","value":1.0}\n')
    assert '"time_assumed":true' in run("convert", "--from", "influx", *IN_HOUR,
                                        stdin="m,device=d x=1\n")
    assert '"time":"2015-03-10T17:58:59Z"' in run(
        "convert", "--from", "senml", *IN_HOUR, stdin='[{"n":"d:x","v":1,"t":-1}]')


def test_convert_keeps_what_is_good():
    assert run("convert", stdin=LINES + "bad\nworse\n" + LINES, code=1) == LINES * 2
    assert "-: 2 refused" in run.stderr and "line 11" in run.stderr
    assert run("convert", "--from", "senml", stdin='[{"n":"d:x","v":1,"t":1426010041},{}, 1]',
               code=1).count("\n") == 1
    assert "record 3" in run.stderr
    assert run("convert", "--to", "senml", code=1, stdin=LINES.replace("kW", "bananas")) == ""


def test_convert_usage(tmp_path):
    run("convert", "--to", "xml", code=2)
    run("convert", "--from", "csv", code=2)
    run("convert", "--precision", "h", code=2)
    run("convert", "--to", "influx", "--measurement", "#", code=2)
    run("convert", tmp_path / "missing", code=3)


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", __file__]))


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", __file__]))
