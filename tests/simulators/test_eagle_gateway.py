"""eagle_gateway: every generation, credentials, the meter and its clock."""

import http.client
import json
import re
import time
import xml.etree.ElementTree as ET

import pytest

from eagle_requests import (
    CGI_MANAGER, EPOCH_2000, NOON, POST_MANAGER, Simulator, command, meter_of, query, signed)
from eagle_requests import mixed, no_faults_left  # noqa: F401 fixtures


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
