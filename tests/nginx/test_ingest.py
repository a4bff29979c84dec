"""ingest.conf in a real nginx: what was answered with 204 is in the log, the same lines as the
command prints; what was not says why; through broken bodies, a full disk, reloads and the end."""

import base64
import collections
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import nginx as support

sys.path.insert(0, str(support.SOURCE / "tests/support"))
from uplink_cases import read_cases  # noqa: E402

TOKENS = ["Sesame-2", "Sesame-1"]  # the new one, the old one
CLIENTS = 8
RELOADS = 3
DECODERS = {"/offices": "elsys", "/schools": "clairchen"}
TEMPERATURE = bytes.fromhex("0100e2")  # 22.6 degrees, says ELSYS


def post(server, body, path="/offices", token=TOKENS[0], **headers):
    return server.connection().post(body, path,
                                    headers={"Authorization": f"Bearer {token}", **headers})


def lines(server, stream="offices"):
    return [line for path in sorted(server.data.glob(f"*/sensorhub-{stream}-*.jl"))
            for line in path.read_text().splitlines()]


def values(server):
    return sorted((record["device"], record["value"])
                  for record in map(json.loads, lines(server)))


def refused(server, body, **kwargs):
    """The answer's status, and what it says."""
    status, text = post(server, body, **kwargs)
    return status, json.loads(text)


def printed(body, decoder, event):
    """What the command makes of a body: lines, and the first that is wrong with it."""
    arrival = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    options = ["--event", event] if event else []
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        done = subprocess.run([support.BUILD / "bin/sensorhub", "uplink", "--decoder", decoder,
                               "--arrival", arrival, *options, file.name],
                              capture_output=True, text=True)
    return done.stdout.splitlines(), done.stderr.partition("\n")[0]


# ---- bodies ------------------------------------------------------------------------


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def ttn(payload, device=1):
    return json.dumps({
        "end_device_ids": {"device_id": f"sensor-{device}", "dev_eui": f"A81758FFFE{device:06X}",
                           "application_ids": {"application_id": "offices"}},
        "received_at": now(),
        "uplink_message": {"f_port": 5, "f_cnt": 7, "received_at": now(),
                           "frm_payload": base64.b64encode(payload).decode(),
                           "rx_metadata": [{"gateway_ids": {"gateway_id": "g"}, "rssi": -50}]}})


def chirpstack(payload, device=2):
    return json.dumps({
        "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d", "time": now(),
        "deviceInfo": {"devEui": f"a81758fffe{device:06x}", "applicationName": "offices"},
        "fCnt": 7, "fPort": 5, "data": base64.b64encode(payload).decode()})


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    """A field of a protobuf message: an integer, or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def protobuf(payload, device=3):
    """ChirpStack v4's integration.UplinkEvent."""
    return (field(1, b"3ac7e3c4-4401-4b8d-9386-a5c902f9202d") + field(2, field(1, int(time.time())))
            + field(3, field(8, b"a81758fffe%06x" % device))
            + field(6, 7) + field(8, 5) + field(10, payload))


# ---- one uplink after the other ----------------------------------------------------


def check_servers(server):
    """What The Things Stack and ChirpStack post, with either of the tokens."""
    for body in ttn(TEMPERATURE), chirpstack(TEMPERATURE):
        assert post(server, body, **{"Content-Type": "application/json"}) == (204, "")
    assert post(server, protobuf(TEMPERATURE), "/offices?event=up", TOKENS[1],
                **{"Content-Type": "application/octet-stream"}) == (204, "")
    assert values(server) == [(f"a81758fffe{n:06x}", 22.6) for n in (1, 2, 3)], lines(server)
    assert all("time_assumed" not in line for line in lines(server))


def without_time(line):
    """What does not depend on when an uplink arrived."""
    record = json.loads(line)
    if record.get("time_assumed"):
        del record["time"]
    return tuple(record.items())


def check_as_printed(server):
    """Every case is answered, and logged, as the command reads it."""
    wanted = {path: collections.Counter() for path in DECODERS}
    codes = collections.Counter()
    for case in read_cases(support.SOURCE):
        if "topic" in case or not case["body"]:
            continue  # says more than a webhook does
        event = case.get("query", [b""])[0].decode()
        for path, decoder in DECODERS.items():
            out, err = printed(case["body"], decoder, event)
            status, text = post(server, case["body"], f"{path}?event={event}" if event else path)
            assert status == (204 if out or not err else 400), (case["name"], status, text, err)
            wanted[path].update(map(without_time, out))
            codes[status] += 1
            if status == 400:
                check_refusal(json.loads(text), err)
    for path, count in wanted.items():
        assert collections.Counter(map(without_time, lines(server, path[1:]))) == count
        assert count, path
    assert codes[204] > 20 and codes[400] > 20, codes


def check_refusal(said, err):
    """The reason is the command's, and so is the place, counted from 1."""
    name = re.search(r"\(SHUB_(\w+)\)$", err)
    assert name and said["error"] == name[1] and said["message"] in err, (said, err)
    place = re.search(r": document \d+, byte (-?\d+): ", err)
    if place and int(place[1]) >= 0:
        assert said["pos"] == int(place[1]) + 1, (said, err)


def check_events(server):
    """What is no uplink, or one without a payload, is none of the sender's mistakes."""
    ids = {"end_device_ids": {"device_id": "a", "dev_eui": "A81758FFFE000001"}}
    device = {"deviceInfo": {"devEui": "a81758fffe000001"}, "time": now()}
    join = (field(1, b"3ac7e3c4") + field(2, field(1, 1)) +
            field(3, field(8, b"a81758fffe000001")) + field(4, b"01020304"))
    for body, event in (
            ({**ids, "join_accept": {"session_key_id": "AA=="}}, ""),
            ({**ids, "downlink_ack": {"f_port": 1}}, ""),
            ({**ids, "downlink_queued": {"f_port": 1}}, ""),
            ({**ids, "uplink_message": {"f_cnt": 1, "received_at": now()}}, ""),
            ({**ids, "uplink_message": {"frm_payload": "AQ==", "received_at": now()}}, ""),
            ({**device, "devAddr": "01020304"}, "join"),
            ({**device, "margin": 7, "batteryLevel": 50}, "status"),
            ({**device, "queueItemId": "a", "acknowledged": True}, "ack"),
            (join, "join")):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        assert post(server, body, f"/offices?event={event}") == (204, ""), body
    assert lines(server) == []


def check_refused(server):
    body = ttn(TEMPERATURE)
    broken = body.replace('"f_cnt": 7', '"f_cnt": ?')
    status, said = refused(server, broken)
    assert (status, said["error"], said["pos"]) == (400, "E_FORMAT", broken.index("?") + 1), said
    status, said = refused(server, body[:-1])
    assert (status, said["error"], said["pos"]) == (400, "E_TRUNCATED", len(body)), said
    assert refused(server, '{"a":1}')[1]["error"] == "E_UNEXPECTED"
    assert refused(server, b"\xff\x00\x80")[0] == 400
    nobody = json.loads(body)
    nobody["end_device_ids"] = {"application_ids": {"application_id": 'of "Łódź"'}}
    status, said = refused(server, json.dumps(nobody))
    assert status == 400 and said["message"].startswith("payload of no device: \""), said
    assert refused(server, ttn(b"\x99\x01\x02"))[0] == 400
    assert refused(server, "") == (400, {"error": "E_EMPTY", "message": "empty body"})
    assert refused(server, "", token="Sesame")[0] == 401
    assert refused(server, body, token="Sesame") == (
        401, {"error": "E_AUTH", "message": "no token that holds"})
    assert server.connection().post(body, "/offices")[0] == 401
    assert post(server, b"x" * 65537)[0] == 413
    connection = server.connection()
    connection.request("GET", "/offices", headers={"Authorization": f"Bearer {TOKENS[0]}"})
    assert connection.getresponse().status == 405
    assert lines(server) == []
    errors = server.errors()
    assert "offices: uplink: " in errors
    assert not any(secret in errors for secret in ("Sesame", "frm_payload")), errors


def check_part(server):
    """What could be read of a payload is kept, and not asked for again."""
    whole = TEMPERATURE + bytes.fromhex("0229")
    assert post(server, ttn(whole + b"\x06\x01")) == (204, "")  # CO2 breaks off
    assert values(server) == [("a81758fffe000001", 22.6), ("a81758fffe000001", 41.0)]
    assert "offices: " in server.errors()


def check_sizes(server):
    """As many gateways as a body has room for, also in chunks: never in a file."""
    document = json.loads(ttn(TEMPERATURE))
    heard = document["uplink_message"]["rx_metadata"]
    heard += [dict(heard[0], uplink_token="x" * 500) for _ in range(110)]
    body = json.dumps(document).encode()
    assert 60000 < len(body) <= 65536
    assert post(server, body) == (204, "")
    connection = server.connection()
    assert connection.post(iter([body[:5000], body[5000:]]), "/offices", encode_chunked=True,
                           headers={"Authorization": f"Bearer {TOKENS[0]}"}) == (204, "")
    assert len(lines(server)) == 2


# ---- a disk that cannot --------------------------------------------------------------


def check_disk(server):
    """When the log cannot be written the server is told so, and may send it again."""
    hours = [server.data / time.strftime("%Y-%m-%d-%H", time.gmtime(time.time() + s))
             for s in (0, 3600)]
    for hour in hours:
        hour.write_text("in the way")
    status, said = refused(server, ttn(TEMPERATURE))
    assert (status, said["message"]) == (503, "not stored"), said
    for hour in hours:
        hour.unlink()
    assert post(server, ttn(TEMPERATURE)) == (204, "")
    assert values(server) == [("a81758fffe000001", 22.6)]


def check_full(server):
    """A full disk refuses, keeps what it has, and takes more when there is room."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=18m,mode=777", "tmpfs", server.data]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        print("no small file system can be mounted: a full disk was left out")
        return
    try:
        assert post(server, ttn(TEMPERATURE)) == (204, "")
        ballast = server.data / "ballast"
        ballast.write_bytes(b"x" * (2 << 20))  # 16 MiB are to stay free
        time.sleep(1.1)  # the room is looked at once a second
        assert refused(server, ttn(TEMPERATURE, 2)) == (
            503, {"error": "E_FULL", "message": "not stored"})
        ballast.unlink()
        assert post(server, ttn(TEMPERATURE, 3)) == (204, "")
        assert values(server) == [("a81758fffe000001", 22.6), ("a81758fffe000003", 22.6)]
        server.quit()
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()
        subprocess.run(["umount", "-l", server.data], check=True)


# ---- many clients, reloads, a killed worker ------------------------------------------


def post_numbered(connection, number, i):
    """Whether the i-th uplink of a client was taken; else the answer."""
    payload = b"\1" + (i % 1000).to_bytes(2, "big") + b"\6" + (i // 1000).to_bytes(2, "big")
    answer = connection.post(ttn(payload, number), "/offices",
                             headers={"Authorization": f"Bearer {TOKENS[0]}"})
    return answer[0] == 204, answer


def numbered(records):
    """(client, i) of uplinks that are whole, once for each time they are found."""
    temperatures, found = {}, collections.Counter()
    for record in records:
        key = record["device"], record["time"]
        if record["quantity"] == "temperature":
            temperatures[key] = round(record["value"] * 10)
        else:
            i = round(record["value"]) * 1000 + temperatures.pop(key)
            found[int(record["device"][-6:], 16), i] += 1
    assert not temperatures, temperatures
    return found


def check_load(server):
    """What was answered with 204 is there once and whole, whatever befalls workers."""
    clients = support.disturbed(server, post_numbered, CLIENTS, RELOADS)
    assert not any(client.failure for client in clients), [c.failure for c in clients]
    server.quit()
    found = numbered(map(json.loads, lines(server)))
    acknowledged = [(client.number, i) for client in clients for i in client.acknowledged]
    lost = [key for key in acknowledged if found[key] != 1]
    assert not lost, lost[:10]
    assert max(found.values()) == 1
    assert len(found) <= len(acknowledged) + sum(client.lost for client in clients)
    assert len(list(server.data.glob("*/*.jl"))) >= 2
    print(f"{len(acknowledged)} uplinks by {CLIENTS} clients, "
          f"{sum(client.lost for client in clients)} without an answer")


def check_mistakes(folder):
    """A decoder that is none is the server's mistake; without a token nginx does not start."""
    conf = pathlib.Path(folder, "mistaken.conf")
    conf.write_text((support.EXAMPLES / "ingest.conf").read_text().replace('"elsys"', '"elsis"'))
    with support.Nginx(conf, ["ingest.lua"]) as server:
        assert refused(server, ttn(TEMPERATURE)) == (
            500, {"error": "E_NOT_FOUND", "message": "no decoder 'elsis'"})
        server.quit()
    os.environ["INGEST_TOKENS"] = " "
    try:
        with support.Nginx("ingest.conf", ["ingest.lua"]):
            pass
    except AssertionError as error:
        assert "INGEST_TOKENS is empty" in str(error), error
    else:
        raise AssertionError("nginx started without a token")


def check_errors(server):
    """nginx found nothing alarming but the worker that was killed."""
    for line in server.errors().splitlines():
        grave = any(level in line for level in ("[alert]", "[crit]", "[emerg]"))
        assert not grave or "exited on signal 9" in line, line


def main():
    support.skip_unless_there()
    for user in support.users():
        os.environ["INGEST_TOKENS"] = " ".join(TOKENS)
        for check in (check_servers, check_as_printed, check_events, check_refused, check_part,
                      check_sizes, check_disk, check_full, check_load):
            with support.Nginx("ingest.conf", ["ingest.lua"], user) as server:
                check(server)
                if server.process.poll() is None:
                    server.quit()
                check_errors(server)
    with tempfile.TemporaryDirectory() as folder:
        check_mistakes(folder)


if __name__ == "__main__":
    main()
