"""eagle_gateway: every generation, every fault, credentials, clock and figures."""

import base64
import http.client
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import pytest

sys.path.insert(0, str(pathlib.Path(os.environ["SHUB_SOURCE"], "tests/support")))
from gateways import Gateways  # noqa: E402

PROGRAM = os.environ["EAGLE_GATEWAY"]
NOON = 1700049600  # 2023-11-15T12:00:00Z
EPOCH_2000 = 946684800
POST_MANAGER = "/cgi-bin/post_manager"
CGI_MANAGER = "/cgi-bin/cgi_manager"


class Gateway:
    def __init__(self, number, generation, url, cloud_id, secrets):
        self.number, self.generation, self.url = number, generation, url
        self.cloud_id, self.secrets = cloud_id, secrets
        self.port = int(self.url.rsplit(":", 1)[1])

    def headers(self):
        if self.generation == "relay":
            user, password = self.secrets
            return {"Cloud-ID": self.cloud_id, "User": user, "Password": password}
        pair = f"{self.cloud_id}:{self.secrets[0]}".encode()
        return {"Authorization": "Basic " + base64.b64encode(pair).decode()}

    def post(self, body, headers=None, path=POST_MANAGER, timeout=5):
        """A whole exchange over HTTP/1.1: the response and its body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            headers = self.headers() if headers is None else headers
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    def ask(self, name, extra="", path=POST_MANAGER):
        response, body = self.post(command(name, extra), path=path)
        assert response.status == 200
        return body.decode()

    def xml(self, name, extra=""):
        return ET.fromstring(self.ask(name, extra))

    def raw(self, request):
        """What comes back for these bytes, up to the end of the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as peer:
            peer.sendall(request)
            answer = b""
            while True:
                got = peer.recv(65536)
                if not got:
                    return answer
                answer += got

    def request_bytes(self, body, version="1.1"):
        lines = [f"POST {POST_MANAGER} HTTP/{version}", "Host: eagle",
                 f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers().items()]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


class Simulator(Gateways):
    def __init__(self, *options):
        super().__init__(*options)
        self.gateways = [Gateway(*told) for told in self.gateways]
        assert self.gateways

    def __exit__(self, *exception):
        super().__exit__(*exception)
        assert self.process.returncode == 0

    def stats(self, number):
        words = self.say("stats")[number - 1].split()
        assert words[:2] == ["stats", str(number)]
        return dict(word.split("=") for word in words[3:])


def command(name, extra=""):
    return f"<Command>\r\n<Name>{name}</Name>\r\n{extra}</Command>\r\n"


def query(meter, variables=None):
    components = "<All>Y</All>" if variables is None else (
        "<Component><Name>Main</Name><Variables>" + "".join(
            f"<Variable><Name>{name}</Name></Variable>" for name in variables)
        + "</Variables></Component>")
    return (f"<DeviceDetails><HardwareAddress>{meter}</HardwareAddress></DeviceDetails>"
            f"<Components>{components}</Components>")


def signed(text):
    digits = len(text) - 2
    value = int(text, 16)
    bits = 32 if digits > 6 else 24
    return value - (1 << bits) if value >> (bits - 1) & 1 else value


@pytest.fixture(scope="module")
def mixed():
    """Two of each; one and two are the relay's, three and four EAGLE-100, the rest 200."""
    with Simulator("--relay", 2, "--eagle100", 2, "--eagle200", 2, "--clock-start", NOON,
                   "--clock-rate", 0, "--cadence", 8) as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def no_faults_left(request):
    yield
    if "mixed" in request.fixturenames:
        request.getfixturevalue("mixed").say("fault all clear")


# ---- generations --------------------------------------------------------------------


@pytest.mark.parametrize("index", [0, 1, 2, 3])
def test_demand_in_xml_and_json(mixed, index):
    gateway = mixed.gateways[index]
    demand = gateway.xml("get_instantaneous_demand")
    assert demand.tag == "InstantaneousDemand"
    assert [field.tag for field in demand] == [
        "DeviceMacId", "MeterMacId", "TimeStamp", "Demand", "Multiplier", "Divisor",
        "DigitsRight", "DigitsLeft", "SuppressLeadingZero"]
    assert NOON - 8 < int(demand.findtext("TimeStamp"), 16) + EPOCH_2000 <= NOON
    assert -8000 < signed(demand.findtext("Demand")) < 8000
    as_json = json.loads(gateway.ask("get_instantaneous_demand", "<Format>JSON</Format>"))
    assert as_json == {"InstantaneousDemand": {f.tag: f.text for f in demand}}


def test_relay_commands(mixed):
    relay = mixed.gateways[0]
    assert relay.port == mixed.gateways[1].port and relay.cloud_id.startswith("00")
    summation = relay.xml("get_current_summation")
    assert summation.tag == "CurrentSummation"
    assert len(summation.findtext("SummationDelivered")) == 18
    price = relay.xml("get_price")
    assert (price.findtext("Price"), price.findtext("Currency")) == ("0x0000000d", "0x03d2")
    assert relay.xml("get_network_status").findtext("Status") == "Connected"
    assert relay.xml("get_network_info").findtext("ModelId") == "Z109-EAGLE"
    assert relay.xml("get_message").findtext("TimeStamp") == "0x00000000"
    assert relay.xml("get_schedule").findtext("Frequency") == "10"
    assert relay.xml("get_demand_peaks").findtext("PeakDelivered") == "5.000000"
    history = relay.ask("get_history_data", "<Format>JSON</Format>")
    assert history.startswith('"HistoryData"') and json.loads("{" + history + "}")
    assert relay.ask("no_such_command") == ""
    _, shouted = relay.post("<COMMAND><NAME> GET_PRICE </NAME></COMMAND>")
    assert shouted.startswith(b"<PriceCluster>")


def test_eagle100_is_no_eagle200(mixed):
    roots = {gateway.xml("device_list").tag for gateway in mixed.gateways[2:4]}
    assert roots == {"Error", "CommandResponse"}
    price = mixed.gateways[2].xml("get_price")
    assert (price.findtext("Price"), price.findtext("TrailingDigits")) == (
        "0x00000514", "0x04")


def test_cgi_manager(mixed):
    gateway = mixed.gateways[2]

    def local(name, mac=""):
        return f"<LocalCommand>\n<Name>{name}</Name>\n{mac}</LocalCommand>\n"

    def ask(body):
        return gateway.post(body, path=CGI_MANAGER)[1].decode()

    devices = json.loads(ask(local("get_device_list")))
    assert devices["device_model_id[0]"] == "Z109-EAGLE"
    mac = f"<MacId>{devices['device_mac_id[0]']}</MacId>\n"
    both = json.loads(ask(local("get_timezone", mac) + local("get_usage_data", mac)))
    zone = int(both["timezone_utcTime"]) - int(both["timezone_localTime"])
    assert zone >= 3600
    assert NOON - 8 < int(both["demand_timestamp"]) + zone <= NOON
    assert float(both["summation_delivered"]) > 0 and both["price"] == "0.1300"
    assert ask(local("get_usage_data")) == "" and ask(local("reboot", mac)) == ""
    assert mixed.gateways[4].post("", path=CGI_MANAGER)[0].status == 404


def meter_of(gateway):
    return gateway.xml("device_list").findtext("Device/HardwareAddress")


def test_eagle200(mixed):
    styles = {}
    for gateway in mixed.gateways[4:]:
        device = gateway.xml("device_list").find("Device")
        assert device.findtext("ConnectionStatus") == "Connected"
        assert NOON - 8 < int(device.findtext("LastContact"), 16) <= NOON
        meter = device.findtext("HardwareAddress")
        details = gateway.xml("device_details", query(meter))
        every = gateway.xml("device_query", query(meter))
        names = [v.findtext("Name") for v in every.iter("Variable")]
        assert names == [v.text for v in details.iter("Variable")] and len(names) == 43
        named = gateway.xml("device_query", query(meter, [
            "zigbee:InstantaneousDemand", "zigbee:Price", "zigbee:NoSuch"]))
        demand, price = named.iter("Variable")
        styles[gateway.number] = (demand.findtext("Value"), demand.findtext("Units"),
                                  price.findtext("Value"))
    value, units, price = styles[5]
    assert re.fullmatch(r"-?\d+\.\d{6}", value) and (units, price) == ("kW", "invalid")
    value, units, price = styles[6]
    assert re.fullmatch(r"-?\d+\.\d{3} kW", value) and (units, price) == (None, "0.1300")


def test_eagle200_odds_and_ends(mixed):
    gateway = mixed.gateways[4]
    assert gateway.xml("wifi_status").findtext("SSID") == f"eagle-{gateway.cloud_id} (router)"
    assert gateway.xml("device_query", query("0x00000000deadbeef")).tag == "Error"
    refresh = query(meter_of(gateway), ["zigbee:InstantaneousDemand"]).replace(
        "</Name></Variable>", "</Name><Refresh>Y</Refresh></Variable>")
    reply = gateway.xml("device_query", refresh)
    assert reply.findtext(".//Variable/Value") == ""
    assert gateway.ask("get_instantaneous_demand") == ""
    response, body = gateway.post(command("device_list"), path=POST_MANAGER + "/")
    assert response.status == 200 and body.startswith(b"<DeviceList>")


def test_stale_meter_comes_first():
    with Simulator("--eagle200", 1, "--two-meters") as simulator:
        gateway = simulator.gateways[0]
        stale, live = gateway.xml("device_list").findall("Device")
        assert stale.findtext("ConnectionStatus") == "Not joined"
        assert stale.findtext("LastContact") == "0x00000000"
        assert live.findtext("ConnectionStatus") == "Connected"
        reply = gateway.xml("device_query", query(stale.findtext("HardwareAddress")))
        assert reply.find("Components") is None


def test_http_versions(mixed):
    gateway = mixed.gateways[4]
    body = command("wifi_status")
    old = gateway.raw(gateway.request_bytes(body, "1.0"))
    assert old.startswith(b"HTTP/1.0 200") and b"Content-Length:" in old
    response, _ = gateway.post(body)
    assert response.getheader("Transfer-Encoding") == "chunked"
    assert response.getheader("Content-Type") == "text/html"


def test_keep_alive(mixed):
    gateway = mixed.gateways[0]
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=5)
    connection.connect()
    port = connection.sock.getsockname()[1]
    for _ in range(3):
        connection.request("POST", POST_MANAGER, command("get_price"), gateway.headers())
        assert b"PriceCluster" in connection.getresponse().read()
        assert connection.sock.getsockname()[1] == port
    connection.close()


# ---- credentials --------------------------------------------------------------------


def test_local_credentials(mixed):
    gateway = mixed.gateways[3]
    before = int(mixed.stats(4)["unauthorized"])
    for headers in ({}, {"Authorization": "Basic bm9ib2R5OnNlY3JldA=="}):
        response, _ = gateway.post(command("get_price"), headers)
        assert response.status == 401 and response.getheader("WWW-Authenticate")
    stats = mixed.stats(4)
    assert stats["auth"] == "bad" and int(stats["unauthorized"]) == before + 2
    gateway.ask("get_price")
    assert mixed.stats(4)["auth"] == "ok"


def test_relay_credentials(mixed):
    gateway = mixed.gateways[1]
    good = gateway.headers()
    for bad in ({"Password": "x"}, {"User": "x"}, {"Cloud-ID": "ffffff"}, {"Cloud-ID": "x"}):
        response, body = gateway.post(command("get_price"), {**good, **bad})
        assert response.status == 200 and ET.fromstring(body).tag == "Error"


def test_open_gateway():
    with Simulator("--eagle100", 1, "--no-auth") as simulator:
        response, body = simulator.gateways[0].post(command("get_price"), {})
        assert response.status == 200 and b"PriceCluster" in body


# ---- the meter ----------------------------------------------------------------------


def reading(gateway):
    demand = gateway.xml("get_instantaneous_demand")
    summation = gateway.xml("get_current_summation")
    return (int(demand.findtext("TimeStamp"), 16), signed(demand.findtext("Demand")),
            int(summation.findtext("SummationDelivered"), 16),
            int(summation.findtext("SummationReceived"), 16))


def test_counters_integrate_the_demand():
    with Simulator("--relay", 8, "--clock-start", NOON - 12 * 3600, "--clock-rate", 0,
                   "--cadence", 10) as simulator:
        plain, solar = simulator.gateways[0], simulator.gateways[3]
        first, first_solar = reading(plain), reading(solar)
        energy, negative, last = 0.0, set(), first
        for step in range(1, 145):
            simulator.say(f"clock {NOON - 12 * 3600 + step * 600}")
            time_s, demand, delivered, received = reading(plain)
            assert time_s - last[0] == 600 and delivered >= last[2] and demand > 0
            assert received == 0
            energy += demand / 6
            last = (time_s, demand, delivered, received)
            if step == 72:
                for gateway in simulator.gateways[3::4]:
                    text = gateway.xml("get_instantaneous_demand").findtext("Demand")
                    assert signed(text) < 0
                    negative.add(len(text))
        assert negative == {8, 10}  # both of the widths in use
        assert abs(last[2] - first[2] - energy) < 0.1 * energy
        night = reading(solar)
        assert night[1] > 0 and night[3] > first_solar[3] and night[2] > first_solar[2]
        simulator.say(f"clock {NOON}")
        assert reading(plain)[2] == last[2]
        simulator.say(f"clock {NOON + 400 * 86400}")
        assert reading(plain)[2] > last[2]


def test_duplicates_until_the_next_tick(mixed):
    gateway = mixed.gateways[2]
    times = []
    for second in range(24):
        mixed.say(f"clock {NOON + second}")
        times.append(int(gateway.xml("get_instantaneous_demand")
                         .findtext("TimeStamp"), 16))
    mixed.say(f"clock {NOON}")
    assert 3 <= len(set(times)) <= 4 and times == sorted(times)
    assert {b - a for a, b in zip(times, times[1:])} == {0, 8}


def test_clock_runs_at_its_rate():
    with Simulator("--relay", 1, "--clock-start", NOON, "--cadence", 1) as simulator:
        simulator.say("rate 100000")
        deadline = time.monotonic() + 5
        while reading(simulator.gateways[0])[0] + EPOCH_2000 < NOON + 3600:
            assert time.monotonic() < deadline


def test_seed_decides():
    def ready(seed):
        with Simulator("--relay", 1, "--eagle200", 1, "--seed", seed) as simulator:
            return [(g.cloud_id, g.secrets) for g in simulator.gateways]

    assert ready(7) == ready(7) != ready(8)


# ---- faults -------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_fault_status(mixed, status):
    gateway = mixed.gateways[0]
    mixed.say(f"fault 1 {status} 1")
    response, body = gateway.post(command("get_price"))
    assert response.status == status and body
    if status == 503:
        assert body == b"Timeout waiting for response"
    assert gateway.xml("get_price").tag == "PriceCluster"
    assert mixed.stats(1)[f"fault.{status}"] == "1"


@pytest.mark.parametrize("kind, body", [
    ("wrong-root", r"<Playlist>.*"), ("empty", r""), ("html", r"<!DOCTYPE html>.*"),
    ("error", r"<Error>\s*<Text>.+</Text>.*"), ("doctype", r".*<!ENTITY g .*")])
def test_fault_body(mixed, kind, body):
    mixed.say(f"fault 3 {kind} 1")
    text = mixed.gateways[2].ask("get_instantaneous_demand")
    assert re.fullmatch(body, text, re.DOTALL)


def test_fault_oversize(mixed):
    mixed.say("fault 3 oversize 1")
    text = mixed.gateways[2].ask("get_instantaneous_demand")
    assert len(text) > 1 << 20 and ET.fromstring(text).tag == "InstantaneousDemand"


def test_fault_redirect(mixed):
    mixed.say("fault 5 redirect 1")
    response, _ = mixed.gateways[4].post(command("device_list"))
    assert response.status == 302
    assert response.getheader("Location") == "https://192.168.7.1/"


def test_fault_truncate(mixed):
    gateway = mixed.gateways[4]
    mixed.say("fault 5 truncate 1")
    answer = gateway.raw(gateway.request_bytes(command("device_list")))
    head, body = answer.split(b"\r\n\r\n", 1)
    promised = int(re.search(rb"Content-Length: (\d+)", head).group(1))
    assert 0 < len(body) < promised and b"<DeviceList>" in body
    assert b"</DeviceList>" not in body


def test_fault_cut(mixed):
    gateway = mixed.gateways[4]
    mixed.say("fault 5 cut 1")
    answer = gateway.raw(gateway.request_bytes(command("device_list")))
    assert b"Transfer-Encoding: chunked" in answer and b"<DeviceList>" in answer
    assert not answer.endswith(b"0\r\n\r\n") and b"</DeviceList>" not in answer


def test_fault_reset(mixed):
    gateway = mixed.gateways[0]
    mixed.say("fault 1 reset 1")
    with pytest.raises(ConnectionResetError):
        gateway.raw(gateway.request_bytes(command("get_price")))
    assert gateway.xml("get_price").tag == "PriceCluster"


def test_fault_stall(mixed):
    gateway = mixed.gateways[2]
    mixed.say("fault 3 stall 2")
    for _ in range(2):
        with pytest.raises(socket.timeout):
            gateway.post(command("get_price"), timeout=0.15)
    assert gateway.xml("get_price").tag == "PriceCluster"
    assert mixed.stats(3)["concurrent"] == "1"  # a client that leaves is noticed


def test_fault_drip_and_delay(mixed):
    gateway = mixed.gateways[0]
    size = len(gateway.ask("get_schedule"))
    mixed.say("fault 1 drip=2 1")
    begin = time.monotonic()
    assert len(gateway.ask("get_schedule")) == size
    assert time.monotonic() - begin >= size * 0.002
    mixed.say("fault 1 delay=150 1")
    begin = time.monotonic()
    assert gateway.xml("get_schedule").tag == "ScheduleInfo"
    assert time.monotonic() - begin >= 0.15


def test_fault_nan(mixed):
    for number in (1, 3, 5):
        mixed.say(f"fault {number} nan 1")
    for gateway in mixed.gateways[0], mixed.gateways[2]:
        assert gateway.xml("get_instantaneous_demand").findtext("Demand") == "nan"
    meter = meter_of(mixed.gateways[4])
    mixed.say("fault 5 nan 1")
    reply = mixed.gateways[4].xml("device_query",
                                  query(meter, ["zigbee:InstantaneousDemand"]))
    assert reply.findtext(".//Value") == "nan"


def test_fault_zero(mixed):
    gateway = mixed.gateways[0]
    mixed.say("fault 1 zero 1")
    assert int(gateway.xml("get_current_summation").findtext("SummationDelivered"), 16) == 0
    assert int(gateway.xml("get_current_summation").findtext("SummationDelivered"), 16) > 0


def test_fault_not_joined(mixed):
    old, with_values, without = mixed.gateways[0], mixed.gateways[4], mixed.gateways[5]
    meters = {g.number: meter_of(g) for g in (with_values, without)}
    last = old.xml("get_instantaneous_demand").findtext("TimeStamp")
    mixed.say("fault all not-joined")
    mixed.say(f"clock {NOON + 3600}")
    assert old.xml("get_network_status").findtext("Status") == "Rejoining"
    assert old.xml("get_instantaneous_demand").findtext("TimeStamp") == last
    device = with_values.xml("device_list").find("Device")
    assert device.findtext("ConnectionStatus") == "Not joined"
    assert device.findtext("NetworkAddress") == "0xffff"
    values = with_values.xml("device_query", query(meters[5])).iter("Value")
    assert {value.text for value in values} == {None}
    assert without.xml("device_query", query(meters[6])).find("Components") is None
    mixed.say(f"clock {NOON}")


def test_faults_in_turn_and_by_chance(mixed):
    gateway = mixed.gateways[1]

    def statuses(count):
        return [gateway.post(command("get_price"))[0].status for _ in range(count)]

    mixed.say("fault 2 503 2")
    mixed.say("fault 2 404 1")
    assert statuses(4) == [503, 503, 404, 200]
    mixed.say("fault 2 500 0.5")
    assert 20 < statuses(80).count(500) < 60
    mixed.say("fault 2 clear")
    assert statuses(1) == [200]


def test_faults_from_the_command_line():
    with Simulator("--relay", 1, "--fault", "1:503:1", "--fault", "all:delay=10") as simulator:
        statuses = [simulator.gateways[0].post(command("get_price"))[0].status
                    for _ in range(2)]
        assert statuses == [503, 200]
        assert simulator.stats(1)["fault.delay"] == "1"


@pytest.mark.parametrize("line", [
    "fault 99 503", "fault 1 nonsense", "fault 1 503 0", "fault 1 503 1.5", "fault 1",
    "fault 1 drip=x", "clock", "clock 12", "rate -1", "dance", "fault 1 503 1 1"])
def test_wrong_lines(mixed, line):
    mixed.process.stdin.write(line + "\n")
    assert mixed.process.stdout.readline().startswith("error " + line.split()[0])


# ---- figures, TLS, crowds, endings --------------------------------------------------


def test_stats():
    with Simulator("--eagle200", 2) as simulator:
        gateway = simulator.gateways[0]
        assert simulator.stats(1)["gap_ms"] == "-1"
        gateway.ask("device_list")
        time.sleep(0.1)
        gateway.ask("device_list")
        gateway.ask("wifi_status")
        stats = simulator.stats(1)
        assert stats["requests"] == "3" and stats["command.device_list"] == "2"
        assert stats["command.wifi_status"] == "1" and int(stats["gap_ms"]) < 100
        assert stats["auth"] == "ok" and stats["concurrent"] == "1"
        assert simulator.stats(2)["requests"] == "0"


def test_gap_and_concurrency():
    with Simulator("--eagle100", 1, "--fault", "1:delay=1000") as simulator:
        gateway = simulator.gateways[0]
        request = gateway.request_bytes(command("get_price"))
        peers = []
        for _ in range(3):
            peers.append(socket.create_connection(("127.0.0.1", gateway.port), timeout=5))
            peers[-1].sendall(request)
            time.sleep(0.2)
        for peer in peers:
            assert peer.recv(4096).startswith(b"HTTP/1.1 200")
            peer.close()
        stats = simulator.stats(1)
        assert stats["concurrent"] == "3" and 20 <= int(stats["gap_ms"]) < 1000


def test_tls(tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=eagle", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key,
                    "-out", certificate], check=True, stderr=subprocess.DEVNULL)
    with Simulator("--eagle200", 1, "--tls", certificate, key) as simulator:
        gateway = simulator.gateways[0]
        assert gateway.url.startswith("https://127.0.0.1:")
        trust = ssl.create_default_context(cafile=certificate)
        for fault, size in ((None, 0), ("drip=1 1", 0), ("delay=20 1", 0)):
            if fault:
                simulator.say(f"fault 1 {fault}")
            connection = http.client.HTTPSConnection("127.0.0.1", gateway.port, timeout=5,
                                                     context=trust)
            connection.request("POST", POST_MANAGER, command("wifi_status"),
                               gateway.headers())
            body = connection.getresponse().read()
            assert ET.fromstring(body).tag == "WiFiStatus"
            connection.close()
        simulator.say("fault 1 reset 1")
        connection = http.client.HTTPSConnection("127.0.0.1", gateway.port, timeout=5,
                                                 context=trust)
        connection.request("POST", POST_MANAGER, command("wifi_status"), gateway.headers())
        with pytest.raises((ConnectionResetError, ssl.SSLError)):
            connection.getresponse()
        connection.close()


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_many_gateways_idle_without_cpu():
    with Simulator("--relay", 50, "--eagle100", 50, "--eagle200", 50) as simulator:
        for gateway in simulator.gateways:
            name = "wifi_status" if gateway.generation == "eagle200" else "get_price"
            assert gateway.xml(name) is not None
        simulator.say("fault 1 delay=60000")
        simulator.say("fault all stall")
        peers = []
        for gateway in simulator.gateways:
            peers.append(socket.create_connection(("127.0.0.1", gateway.port), timeout=5))
            peers[-1].sendall(gateway.request_bytes(command("get_price")))
        while simulator.stats(150)["requests"] != "2":
            time.sleep(0.01)
        begin = cpu_seconds(simulator.process.pid)
        time.sleep(0.5)
        assert cpu_seconds(simulator.process.pid) - begin < 0.1
        assert len(os.listdir(f"/proc/{simulator.process.pid}/task")) == 1
        for peer in peers:
            peer.close()


@pytest.mark.parametrize("end", ["quit", "SIGTERM", "eof"])
def test_ends_with_a_stalled_client(end):
    simulator = Simulator("--relay", 1, "--fault", "1:stall:1", "--fault", "1:drip=1000")
    gateway = simulator.gateways[0]
    peers = []
    for _ in range(2):
        peers.append(socket.create_connection(("127.0.0.1", gateway.port), timeout=5))
        peers[-1].sendall(gateway.request_bytes(command("get_price")))
    while simulator.stats(1)["faults"] != "2":
        time.sleep(0.01)
    if end == "quit":
        simulator.say("quit")
    elif end == "SIGTERM":
        simulator.process.terminate()
    with simulator:
        pass
    for peer in peers:
        peer.close()


def test_input_that_epoll_cannot_watch(tmp_path):
    script = tmp_path / "lines"
    script.write_text("clock 1700000000\nstats\nquit\n")
    with open(script) as lines:
        done = subprocess.run([PROGRAM, "--relay", "1"], stdin=lines, text=True, timeout=5,
                              stdout=subprocess.PIPE, check=True)
    assert done.stdout.splitlines()[1::2] == ["ready", "stats 1 relay requests=0 faults=0 "
                                              "gap_ms=-1 concurrent=0 auth=none "
                                              "unauthorized=0", "ok quit"]


@pytest.mark.parametrize("options", [
    [], ["--relay", "x"], ["--relay", "1", "--fault", "1:what"], ["--relay", "1", "more"],
    ["--relay", "1", "--tls", "/nonexistent", "/nonexistent"]])
def test_wrong_options(options):
    done = subprocess.run([PROGRAM, *options], stdin=subprocess.DEVNULL, timeout=5,
                          stderr=subprocess.PIPE)
    assert done.returncode == 2 and done.stderr
