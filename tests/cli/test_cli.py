"""The sensorhub command, as a shell sees it: output, exit status, what it leaves behind."""

import fcntl
import gzip
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time

try:
    import pytest
except ImportError:
    sys.exit(77)

SOURCE = pathlib.Path(os.environ["SHUB_SOURCE"])
BUILD = pathlib.Path(os.environ["SHUB_BUILD"])
PROGRAM = BUILD / "bin" / "sensorhub"
sys.path.insert(0, str(SOURCE / "tests" / "support"))

if not PROGRAM.exists():
    sys.exit(77)

from gateways import Gateways  # noqa: E402
from rest import Rest  # noqa: E402

COMMANDS = ["clair fixtures", "clair node", "convert", "decode", "decoders", "eagle detect",
            "eagle list", "eagle parse", "eagle poll", "eagle read", "eagle send", "eagle upload-server",
            "eagle watch", "log append", "log list", "log recover", "log retain", "log seal",
            "s3 cp", "s3 get", "s3 head", "s3 ls", "s3 mv", "s3 presign", "s3 put", "s3 rm",
            "s3 uploads", "ship", "uplink", "verify", "version"]
SAMPLE = ('{"device":"m","quantity":"power","time":"2015-03-10T17:54:%02dZ","value":0.5,'
          '"unit":"kW"}\n')
LINES = "".join(SAMPLE % i for i in range(10))
IN_HOUR = ["--now", "2015-03-10T17:59:00Z"]
HOUR_OVER = ["--now", "2015-03-10T18:02:00Z"]
DEMAND = """<InstantaneousDemand>
<DeviceMacId>0xd8d5b90000002aeb</DeviceMacId><MeterMacId>0x00135003007c2d12</MeterMacId>
<TimeStamp>0x1c91ec39</TimeStamp><Demand>0x0003b0</Demand><Multiplier>0x00000001</Multiplier>
<Divisor>0x000003e8</Divisor></InstantaneousDemand>"""

needs_simulator = pytest.mark.skipif(not (BUILD / "simulators" / "eagle_gateway").exists(),
                                     reason="the simulator is not built")


def run(*args, stdin="", code=0, env=None):
    """Runs the command; standard output when it ends with `code`."""
    done = subprocess.run([PROGRAM, *map(str, args)], input=stdin, text=True, timeout=50,
                          capture_output=True, env={**os.environ, **(env or {})})
    assert done.returncode == code, done.stderr
    assert bool(done.stderr) == (code != 0), done.stderr
    run.stderr = done.stderr
    return done.stdout


def rows(*args, **more):
    return [json.loads(line) for line in run(*args, "--json", **more).splitlines()]


@pytest.fixture
def root(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    return folder


@pytest.fixture
def dest(archive):
    return ["--dest", f"file://{archive}"]


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


@pytest.mark.skipif("SHUB_SANITIZE" in os.environ, reason="sanitizers want all addresses")
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


# ---- the command line ------------------------------------------------------------------


def test_help():
    text = run("--help")
    for command in COMMANDS:
        assert f"    {command} " in text
    assert run("help") == run("-h") == text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command):
    text = run(*command.split(), "--help")
    assert text.startswith(f"NAME\n    sensorhub {command} - ")
    for part in ["SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS"]:
        assert f"\n{part}\n" in text
    assert max(map(len, text.splitlines())) <= 90


def test_help_of_a_group():
    assert "log seal" in run("log", "--help")


@pytest.mark.parametrize("args", [
    [], ["lgo"], ["log"], ["log", "sael"], ["log", "list"], ["log", "list", "a", "b"],
    ["log", "append", "root"], ["log", "append", "root", "a/b"], ["log", "list", "root", "--x"],
    ["log", "append", "root", "s", "--durability", "sometimes"],
    ["log", "append", "root", "s", "--min-free", "12Q"],
    ["log", "seal", "root", "--grace", "-1"], ["log", "seal", "root", "--grace"],
    ["log", "seal", "root", "--level", "10"], ["log", "seal", "root", "--now", "noon"],
    ["log", "retain", "root"], ["log", "retain", "root", "--max-age", "9999999999999d"],
    ["decode"], ["decode", "elsys"], ["decode", "nobody", "0100e2"],
    ["decode", "elsys", "0100e2", "--port", "256"], ["decode", "elsys", "0100e2", "--time", "noon"],
    ["clair", "node", "ers"], ["clair", "fixtures", "--from", "csv"],
    ["clair", "fixtures", "--decoder", "nobody"], ["decoders", "more"],
    ["ship", "root"], ["verify", "root"], ["ship", "root", "--dest", "ftp://host"],
    ["log", "list", "root", "--trace", "loud"], ["version", "more"], ["eagle", "parse"],
    ["eagle", "poll"], ["eagle", "poll", "http://x", "--reads", "demand,all"],
    ["eagle", "poll", "http://x", "--relay", "--transport", "eagle200"],
    ["eagle", "poll", "http://x", "--install-code", "secret"],
    ["eagle", "poll", "http://x", "--password", "secret"],
    ["uplink", "--arrival", "noon"], ["uplink", "--topic"],
    ["eagle", "watch"], ["eagle", "watch", "http://x", "http://x"],
    ["eagle", "watch", "http://x", "--interval", "2d"], ["eagle", "watch", "http://me:x@y"]])
def test_wrong_command_line(tmp_path, args):
    (tmp_path / "root").mkdir()
    args = [str(tmp_path / a) if a == "root" else a for a in args]
    assert run(*args, code=2) == ""


def test_version():
    assert run("version") == run("--version") == f"sensorhub {rows('version')[0]['version']}\n"


def test_output_that_cannot_be_written():
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "version"], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 3 and b"No space" in done.stderr


# ---- eagle -----------------------------------------------------------------------------


def test_parse(tmp_path):
    reply = tmp_path / "reply.xml"
    reply.write_text(DEMAND)
    wanted = ('{"device":"0x00135003007c2d12","quantity":"power","time":"2015-03-10T17:54:01Z",'
              '"value":0.944,"unit":"kW"}\n')
    assert run("eagle", "parse", reply) == wanted
    assert run("eagle", "parse", "-", reply, stdin=DEMAND) == 2 * wanted


def test_parse_raw():
    reading, = map(json.loads, run("eagle", "parse", "--raw", "-", stdin=DEMAND).splitlines())
    assert reading["source"] == "-" and reading["reading"] == "InstantaneousDemand"
    assert reading["meter"] == "0x00135003007c2d12" and reading["time"] == "2015-03-10T17:54:01Z"
    assert {"name": "Demand", "value": "0x0003b0"} in reading["fields"]


def test_parse_goes_on(tmp_path):
    (tmp_path / "bad").write_text("<html>no</html>")
    (tmp_path / "good").write_text(DEMAND)
    assert run("eagle", "parse", tmp_path / "bad", tmp_path / "good", code=1).count("\n") == 1
    assert "bad: " in run.stderr and "SHUB_E_UNEXPECTED" in run.stderr
    assert run("eagle", "parse", tmp_path / "none", tmp_path / "good", code=3).count("\n") == 1


@needs_simulator
def test_poll(tmp_path):
    with Gateways("--eagle200", 1, "--eagle100", 1) as gateways:
        for gateway in gateways.gateways:
            secret = tmp_path / "code"
            secret.write_text(gateway.secrets[0] + "\n")
            options = ["--cloud-id", gateway.cloud_id, "--reads", "demand,summation", gateway.url]
            by_file = run("eagle", "poll", "--install-code-file", secret, *options)
            assert '"quantity":"power"' in by_file and '"energy_delivered"' in by_file
        gateway = next(g for g in gateways.gateways if g.generation == "eagle100")
        secret.write_text(gateway.secrets[0])
        options = ["--cloud-id", gateway.cloud_id, "--transport", "eagle100", gateway.url]
        by_env = run("eagle", "poll", *options,
                     env={"SENSORHUB_INSTALL_CODE": gateway.secrets[0]})
        assert '"quantity":"power"' in by_env
        by_env_file = run("eagle", "poll", "--raw", *options,
                          env={"SENSORHUB_INSTALL_CODE_FILE": str(secret)})
        assert "fields" in json.loads(by_env_file.splitlines()[0])
        run("eagle", "poll", *options, env={"SENSORHUB_INSTALL_CODE": "wrong"}, code=4)
        assert "SHUB_E_AUTH" in run.stderr and "wrong" not in run.stderr


@needs_simulator
def test_unstick():
    with Gateways("--eagle100", 1) as gateways:
        options = ["--transport", "eagle100", "--retries", "0", "--cloud-id", gateways[0].cloud_id,
                   gateways[0].url]
        secret = {"SENSORHUB_INSTALL_CODE": gateways[0].secrets[0]}
        gateways.say("fault 1 503 1")
        assert run("eagle", "poll", "--unstick", "1s", *options, env=secret)
        run("eagle", "poll", "--unstick", "soon", *options, code=2, env=secret)


@needs_simulator
def test_detect(tmp_path):
    with Gateways("--eagle200", 1, "--eagle100", 1) as gateways:
        for gateway in gateways.gateways:
            secret = {"SENSORHUB_INSTALL_CODE": gateway.secrets[0]}
            options = ["--cloud-id", gateway.cloud_id, gateway.url]
            assert run("eagle", "detect", *options, env=secret) == (
                f"{gateway.url} {gateway.generation}\n")
            run("eagle", "detect", *options, code=4, env={"SENSORHUB_INSTALL_CODE": "wrong"})


@needs_simulator
def test_list():
    with Gateways("--eagle200", 2, "--eagle100", 1, "--two-meters") as gateways:
        for gateway in gateways.gateways:
            options = ["--cloud-id", gateway.cloud_id, gateway.url]
            secret = {"SENSORHUB_INSTALL_CODE": gateway.secrets[0]}
            listed = rows("eagle", "list", *options, env=secret)
            assert "Connected" in [device["status"] for device in listed]
            assert all(device["gateway"] == gateway.url for device in listed)
            assert all(device["device"].startswith("0x") for device in listed)
            if gateway.generation == "eagle200":
                assert len(listed) > 1 and "Not joined" in [d["status"] for d in listed]
            table = run("eagle", "list", *options, env=secret).splitlines()
            assert table[0].split()[:3] == ["gateway", "device", "status"]
            assert len(table) == 1 + len(listed)
            run("eagle", "list", *options, env={"SENSORHUB_INSTALL_CODE": "wrong"}, code=4)
            assert "SHUB_E_AUTH" in run.stderr
    run("eagle", "list", code=2)


@needs_simulator
def test_older_firmware():
    with Gateways("--eagle100", 1, "--old-firmware") as gateways:
        gateway = gateways[0]
        options = ["--cloud-id", gateway.cloud_id, gateway.url]
        secret = {"SENSORHUB_INSTALL_CODE": gateway.secrets[0]}
        assert run("eagle", "detect", *options, env=secret) == f"{gateway.url} cgi\n"
        (device,) = rows("eagle", "list", *options, env=secret)
        assert device["status"] == "Connected" and device["model"] == "electric_meter"
        for named in [[], ["--transport", "cgi"]]:
            text = run("eagle", "read", *named, *options, env=secret)
            samples = list(map(json.loads, text.splitlines()))
            assert {sample["device"] for sample in samples} == {device["device"]}
            assert "link_strength" in [sample["quantity"] for sample in samples]
        run("eagle", "read", "--transport", "eagle100", "--retries", "0", *options, code=4,
            env=secret)
        assert "SHUB_E_HTTP" in run.stderr


@needs_simulator
def test_send(tmp_path):
    with Gateways("--eagle100", 1, "--eagle200", 1) as gateways:
        old, new = gateways.gateways
        options = ["--cloud-id", old.cloud_id, old.url]
        secret = {"SENSORHUB_INSTALL_CODE": old.secrets[0]}

        def send(*more, **how):
            return run("eagle", "send", *more, *options, env=secret, **how)

        (reading,) = map(json.loads, send("get_message").splitlines())
        assert reading["reading"] == "MessageCluster" and reading["source"] == old.url
        lines = send("get_historical_data", "--period", "day", "--samples", "--meter", "0x1")
        samples = list(map(json.loads, lines.splitlines()))
        assert len(samples) == 13 and all(s["quantity"] == "energy.net" for s in samples)
        assert send("set_schedule", "--event", "demand", "--frequency", "60") == ""
        assert "success" in send("set_price", "--price", "0.1287")
        send("set_price", code=2)
        assert "set_price needs a price" in run.stderr
        send("get_history_data", "--start", "2020-01-01T00:00:00Z", "--frequency", "5m",
             "--samples", "--meter", "0x1")
        for wrong in (["fly"], ["get_price", "--start", "now"],
                      ["set_fast_poll", "--duration", "90s"],
                      ["get_price", "--count", "5000000000"],
                      ["device_query", "--variables", ",".join("a" * 65)]):
            send(*wrong, code=2)
        run("eagle", "send", "get_price", code=2)
        run("eagle", "send", code=2)

        options = ["--cloud-id", new.cloud_id, new.url]
        secret = {"SENSORHUB_INSTALL_CODE": new.secrets[0]}
        send("device_control", "--hardware-address", "0x1", "--variables", "zigbee:OnOff",
             "--value", "on", code=2)
        assert "allow_control" in run.stderr
        assert "zigbee:Price" in send("device_query", "--variables", "zigbee:Price,zigbee:Nothing")


@needs_simulator
def test_send_uploader(tmp_path):
    header = tmp_path / "header"
    header.write_text("X-Token: hush-hush\n")
    options = ["--cloud-id", "0012ab", "--provider", "hub", "http://127.0.0.1:1"]
    secret = {"SENSORHUB_INSTALL_CODE": "0badc0de0badc0de"}
    with Rest(201, 409, 200) as rest:
        options += ["--rest-url", rest.url]
        add = ["uploader_add", "--hostname", "hub.example", "--tls", "--upload-period", "1m"]
        run("eagle", "send", *add, "--header-file", header, *options, env=secret)
        run("eagle", "send", *add, *options, env=secret, code=4)
        assert "SHUB_E_EXISTS" in run.stderr
        run("eagle", "send", "uploader_delete", *options, env=secret)
        added = json.loads(rest.requests[0][2])["parameters"]
        assert added["x-header1"] == "X-Token: hush-hush" and added["uploadPeriod"] == 60
        assert rest.requests[2][0] == "/rest/device/d8d5b90012ab/command"
    run("eagle", "send", "uploader_add", "--hostname", "x", *options[:-2], code=2)
    assert "install_code" in run.stderr


def on_terminal(*args, env):
    """What a command that ends with 0 shows on a terminal."""
    terminal, line = os.openpty()
    process = subprocess.Popen([PROGRAM, *args], stdout=line, env={**os.environ, **env})
    os.close(line)
    shown = b""
    try:
        while part := os.read(terminal, 65536):
            shown += part
    except OSError:  # how a terminal ends
        pass
    os.close(terminal)
    assert process.wait(timeout=20) == 0
    return shown.decode()


@needs_simulator
def test_read():
    with Gateways("--eagle200", 1, "--eagle100", 1) as gateways:
        for gateway in gateways.gateways:
            args = ["eagle", "read", "--cloud-id", gateway.cloud_id, gateway.url]
            secret = {"SENSORHUB_INSTALL_CODE": gateway.secrets[0]}
            samples = [json.loads(line) for line in run(*args, env=secret).splitlines()]
            quantities = {sample["quantity"] for sample in samples}
            assert {"power", "energy_delivered", "energy_received"} <= quantities
            assert ("link_strength" in quantities) == (gateway.generation == "eagle100")
            raw = [json.loads(line) for line in run(*args, "--raw", env=secret).splitlines()]
            assert all(reading["fields"] for reading in raw)
            shown = on_terminal(*args, env=secret)
            assert len(shown.splitlines()) == len(samples) and "{" not in shown
            power = next(line.split() for line in shown.splitlines() if " power " in line)
            assert power[3] == "kW"
            fewer = run(*args, "--reads", "demand", env=secret)
            assert gateway.generation == "eagle200" or "energy" not in fewer
    run("eagle", "read", code=2)


def test_upload_server():
    assert "content_by_lua_block" in run("eagle", "upload-server")
    run("eagle", "upload-server", "more", code=2)


def test_poll_relay():
    with Gateways("--relay", 2) as gateways:
        user, password = gateways[1].secrets
        text = run("eagle", "poll", "--relay", "--cloud-id", gateways[1].cloud_id,
                   gateways[1].url, env={"SENSORHUB_USER": user, "SENSORHUB_PASSWORD": password})
        assert '"quantity":"power"' in text


@pytest.mark.parametrize("args", [
    ["http://me:geheim@127.0.0.1:1"], ["http://x", "-pgeheim"], ["http://x", "--insecure=geheim"],
    ["http://x", "--user", "me", "--password=geheim"], ["http://x", "--passwd", "geheim"]])
def test_a_secret_on_the_command_line_is_not_said_again(args):
    run("eagle", "poll", *args, code=2)
    assert "geheim" not in run.stderr


@needs_simulator
def test_polls_that_come_late_are_left_out():
    with Gateways("--eagle200", 1) as gateways:
        gateway = gateways[0]
        gateways.say("fault 1 stall 1")
        begin = time.monotonic()
        run("eagle", "poll", "--interval", "1", "--count", "3", "--timeout", "2s", "--retries", "0",
            "--cloud-id", gateway.cloud_id, gateway.url, code=4,
            env={"SENSORHUB_INSTALL_CODE": gateway.secrets[0]})
        assert time.monotonic() - begin >= 3


@needs_simulator
def test_poll_again_and_again():
    seen = 0
    with Gateways("--eagle200", 1) as gateways:
        gateway = gateways[0]
        command = [PROGRAM, "eagle", "poll", "--cloud-id", gateway.cloud_id, "--interval", "1",
                   gateway.url]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={
            **os.environ, "SENSORHUB_INSTALL_CODE": gateway.secrets[0]})
        for line in process.stdout:
            seen += '"quantity":"power"' in line
            if seen == 2:
                break
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0 and seen == 2
        process.stdout.close()


def test_poll_nobody():
    run("eagle", "poll", "--transport", "eagle200", "--retries", "0", "--cloud-id", "0012ab",
        "http://127.0.0.1:1", env={"SENSORHUB_INSTALL_CODE": "x"}, code=4)
    assert "http://127.0.0.1:1: " in run.stderr
    run("eagle", "poll", "http://127.0.0.1:1", "--install-code-file", "/nonexistent", code=3)


def watch_config(tmp_path, gateways):
    """A configuration that lists every gateway, its secret in a file."""
    listed = []
    for g in gateways:
        secret = tmp_path / f"{g.number}.secret"
        secret.write_text(g.secrets[-1] + "\n")
        one = {"id": f"gw-{g.number}", "url": g.url, "cloud_id": g.cloud_id}
        if g.generation == "relay":
            one |= {"transport": "relay", "user": g.secrets[0], "password_file": str(secret)}
        else:
            one |= {"install_code_file": str(secret), "interval_s": 2}
        listed.append(one)
    path = tmp_path / "gateways.json"
    path.write_text(json.dumps({"gateways": listed}))
    return path


@needs_simulator
def test_watch(tmp_path):
    with Gateways("--relay", 2, "--eagle100", 2, "--eagle200", 2) as gateways:
        config = watch_config(tmp_path, gateways)
        lines = run("eagle", "watch", "--config", config, "--count", "6").splitlines()
        samples = [json.loads(line) for line in lines]
        assert len({s["device"] for s in samples if s["quantity"] == "power"}) == 6
        gateways.say("fault 3 401")
        run("eagle", "watch", "--config", config, "--count", "6", code=4)
        assert "gw-3: " in run.stderr and "SHUB_E_AUTH" in run.stderr
        assert gateways[2].secrets[-1] not in run.stderr


@needs_simulator
def test_watch_a_url():
    with Gateways("--eagle200", 1) as gateways:
        gateway = gateways[0]
        text = run("eagle", "watch", "--cloud-id", gateway.cloud_id, "--count", "1", gateway.url,
                   env={"SENSORHUB_INSTALL_CODE": gateway.secrets[0]})
        assert '"quantity":"power"' in text


@needs_simulator
def test_watch_on_a_terminal(tmp_path):
    terminal, line = os.openpty()
    with Gateways("--eagle100", 2, "--eagle200", 1) as gateways:
        gateways.say("fault 2 503")
        command = [PROGRAM, "eagle", "watch", "--config", watch_config(tmp_path, gateways),
                   "--retries", "0", "--count", "3"]
        process = subprocess.Popen(command, stdout=line, stderr=subprocess.PIPE)
        os.close(line)
        assert process.wait(timeout=20) == 4
        shown = b""
        try:
            while part := os.read(terminal, 65536):
                shown += part
        except OSError:  # how a terminal ends
            pass
        os.close(terminal)
        assert process.stderr.read() == b""
        process.stderr.close()
    last = shown.decode().split("\x1b[H")[-1].splitlines()
    assert last[0].split()[:2] == ["gateway", "power"]
    assert [row.split()[0] for row in last[1:4]] == ["gw-1", "gw-2", "gw-3"]
    assert " kW" in last[1] and "HTTP 503" in last[2]
    assert last[4].startswith("3 gateways, 3 shown, 3 polls, 1 failed")


def test_watch_a_bad_configuration(tmp_path):
    path = tmp_path / "gateways.json"
    path.write_text('{"gateways": [')
    run("eagle", "watch", "--config", path, code=1)
    path.write_text('{"gateways": [{"id": "a", "url": "http://x", "transport": "air"}]}')
    run("eagle", "watch", "--config", path, code=2)
    path.write_text('{"gateways": [{"url": "http://x", "install_code_file": "/nonexistent"}]}')
    run("eagle", "watch", "--config", path, code=3)


# ---- log -------------------------------------------------------------------------------


@pytest.mark.parametrize("args", [["seal"], ["recover"], ["retain", "--max-age", "1d"], ["list"]])
def test_a_log_that_is_not_there(root, args):
    run("log", *args, root, code=3)
    assert "SHUB_E_NOT_FOUND" in run.stderr and not root.exists()


def test_append_seal_ship_verify(root, archive, dest):
    report, = rows("log", "append", root, "meter", *IN_HOUR, stdin=LINES)
    assert report == {"lines": 10, "bytes": len(LINES), "acknowledged": 10, "refused": 0,
                      "late": 0}
    listed, = rows("log", "list", root)
    assert listed["state"] == "open" and listed["stream"] == "meter"
    assert listed["hour"] == "2015-03-10T17:00:00Z" and listed["bytes"] == len(LINES)
    assert [r["state"] for r in rows("verify", root, *dest)] == ["open"]
    report, = rows("log", "seal", root, *IN_HOUR)
    assert report["sealed"] == 0
    report, = rows("log", "seal", root, *HOUR_OVER)
    assert report["sealed"] == 1 and report["lines"] == 10
    assert [r["state"] for r in rows("verify", root, *dest)] == ["pending"]
    report, = rows("ship", root, *dest)
    assert report["files"] == 1 and report["waiting"] == 0
    row, = rows("verify", root, *dest, "--deep")
    assert row["state"] == "complete" and row["detail"] == ""
    assert gzip.open(archive / row["where"], "rt").read() == LINES
    assert rows("log", "list", root) == []


def test_append_reads_files(root, tmp_path):
    (tmp_path / "a").write_text(SAMPLE % 1)
    (tmp_path / "b").write_text((SAMPLE % 2).rstrip("\n"))
    report, = rows("log", "append", root, "meter", tmp_path / "a", tmp_path / "b", *IN_HOUR)
    assert report["lines"] == 2
    run("log", "append", root, "meter", tmp_path / "none", code=3)


def test_append_refuses_lines(root):
    report, = rows("log", "append", root, "meter", *IN_HOUR, code=1,
                   stdin=SAMPLE % 1 + "no sample\n" + SAMPLE % 2 + "{}\n")
    assert report["lines"] == 2 and report["refused"] == 2
    assert "-:2: " in run.stderr and "1 more" in run.stderr


def test_append_raw(root):
    report, = rows("log", "append", "--raw", root, "free", *IN_HOUR, stdin="any\ntext\n\nlast")
    assert report["lines"] >= 3 and report["refused"] == 0
    listed, = rows("log", "list", root)
    assert pathlib.Path(listed["path"]).read_text().split() == ["any", "text", "last"]


def test_append_a_line_too_long(root):
    report, = rows("log", "append", "--raw", root, "free", *IN_HOUR, code=1,
                   stdin="a\n" + "x" * (5 << 20) + "\nb\n" + "y" * (1 << 20) + "y\nc\n")
    assert report["lines"] == 3 and report["refused"] == 2
    assert "-:2: " in run.stderr and "-:4: " in run.stderr


def test_append_much(root):
    report, = rows("log", "append", root, "meter", *IN_HOUR, "--durability", "none",
                   stdin=LINES * 5000)
    assert report["lines"] == 50000 and report["bytes"] == 5000 * len(LINES)


def test_append_follows_a_pipe(root):
    process = subprocess.Popen([PROGRAM, "log", "append", root, "meter", *IN_HOUR], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdin.write(SAMPLE % 1)
    process.stdin.flush()
    deadline = time.monotonic() + 20
    while not (root.exists() and any(r["bytes"] for r in rows("log", "list", root))):
        assert time.monotonic() < deadline
    assert rows("log", "list", root)[0]["state"] == "live"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    assert process.stdout.read().splitlines()[1].startswith("1\t")
    process.stdin.close()
    process.stdout.close()


def test_append_refused_by_a_full_disk(root):
    run("log", "append", root, "meter", *IN_HOUR, "--min-free", "8000000G", stdin=LINES, code=3)
    assert "SHUB_E_FULL" in run.stderr


def test_recover(root):
    hour = root / "2015-03-10-17"
    hour.mkdir(parents=True)
    name = "sensorhub-meter-2015-03-10-17.jl"
    (hour / name).write_text(SAMPLE % 1 + '{"cut')
    (hour / (name + ".gz.tmp")).write_text("half")
    report, = rows("log", "recover", root, *HOUR_OVER)
    assert report["torn"] == 1 and report["failed"] == 0
    assert sorted(p.name for p in hour.iterdir()) == [name, name + ".torn"]


def test_retain(root, dest):
    run("log", "append", root, "meter", *IN_HOUR, stdin=LINES)
    run("log", "seal", root, *HOUR_OVER)
    report, = rows("log", "retain", root, "--max-age", "1d", "--now", "2015-03-12T00:00:00Z")
    assert report["removed"] == 0
    run("ship", root, *dest, "--keep")
    assert [r["state"] for r in rows("log", "list", root)] == ["shipped"]
    report, = rows("log", "retain", root, "--max-age", "1d", "--now", "2015-03-12T00:00:00Z")
    assert report["removed"] == 1 and report["removed_unshipped"] == 0
    assert rows("log", "list", root) == []


def test_list_as_a_table(root):
    run("log", "append", root, "meter", *IN_HOUR, stdin=LINES)
    names, values = (line.split("\t") for line in run("log", "list", root).splitlines())
    assert names == ["hour", "stream", "number", "state", "bytes", "path"]
    assert values[:4] == ["2015-03-10T17:00:00Z", "meter", "0", "open"]


def test_missing_root(tmp_path, dest):
    run("log", "list", tmp_path / "none", code=3)
    run("ship", tmp_path / "none", *dest, code=3)


# ---- ship, verify ----------------------------------------------------------------------


@pytest.fixture
def sealed(root):
    run("log", "append", root, "meter", *IN_HOUR, stdin=LINES)
    run("log", "seal", root, *HOUR_OVER)
    return next(root.glob("*/*.gz"))


def test_ship_options(root, archive, dest, tmp_path, sealed):
    run("ship", root, *dest, "--key", "{host}/{H}/{name}", "--host", "box", "--journal",
        tmp_path / "other.db")
    assert [str(p.relative_to(archive)) for p in archive.rglob("*") if p.is_file()] == [
        "box/17/sensorhub-meter-2015-03-10-17"]
    assert (tmp_path / "other.db").exists() and not (root / ".ship.db").exists()


def test_ship_says_what_it_does(root, dest, sealed):
    done = subprocess.run([PROGRAM, "ship", root, *dest, "--trace", "info"], text=True,
                          capture_output=True)
    assert done.returncode == 0 and "event=shipped" in done.stderr


def test_damaged_file(root, dest, sealed):
    sealed.write_bytes(sealed.read_bytes()[:-1])
    report, = rows("ship", root, *dest, code=1)
    assert report["failed"] == 1 and report["waiting"] == 1
    assert "SHUB_E_CORRUPT" in run.stderr and sealed.name in run.stderr


def test_damaged_journal(root, dest, sealed):
    (root / ".ship.db").write_text("no database at all, though it has the name of one")
    run("ship", root, *dest, code=1)
    assert ".ship.db" in run.stderr
    (root / ".ship.db").unlink()
    assert rows("ship", root, *dest)[0]["files"] == 1


def test_verify_needs_a_look(root, archive, dest, sealed):
    run("ship", root, *dest)
    row, = rows("verify", root, *dest)
    (archive / row["where"]).unlink()
    done = subprocess.run([PROGRAM, "verify", root, *dest, "--json"], text=True,
                          capture_output=True)
    assert done.returncode == 1 and json.loads(done.stdout)["state"] == "missing"


def test_two_shippers(root, dest, sealed):
    with open(root / ".ship.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run("ship", root, *dest, code=5)
        assert [r["state"] for r in rows("verify", root, *dest)] == ["pending"]
    assert rows("ship", root, *dest)[0]["files"] == 1


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
