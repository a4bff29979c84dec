"""sensorhub eagle, as a shell sees it, against simulated gateways."""

import json
import os
import signal
import subprocess
import sys
import time

try:
    import pytest
except ImportError:
    sys.exit(77)

from shell import BUILD, PROGRAM, rows, run  # noqa: E402

sys.path.insert(0, os.path.join(os.environ["SHUB_SOURCE"], "tests", "support"))
from gateways import Gateways  # noqa: E402
from rest import Rest  # noqa: E402

DEMAND = """<InstantaneousDemand>
<DeviceMacId>0xd8d5b90000002aeb</DeviceMacId><MeterMacId>0x00135003007c2d12</MeterMacId>
<TimeStamp>0x1c91ec39</TimeStamp><Demand>0x0003b0</Demand><Multiplier>0x00000001</Multiplier>
<Divisor>0x000003e8</Divisor></InstantaneousDemand>"""

needs_simulator = pytest.mark.skipif(not (BUILD / "simulators" / "eagle_gateway").exists(),
                                     reason="the simulator is not built")


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


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", __file__]))
