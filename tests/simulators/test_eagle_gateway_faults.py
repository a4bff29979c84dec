"""eagle_gateway: every fault."""

import re
import socket
import time
import xml.etree.ElementTree as ET

import pytest

from eagle_requests import NOON, Simulator, command, meter_of, query
from eagle_requests import mixed, no_faults_left  # noqa: F401 fixtures


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
