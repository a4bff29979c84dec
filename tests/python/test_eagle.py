"""Requests, replies, readings: what test_vectors.py does not ask."""

import gc

import json

import pytest

import sensorhub
from conftest import METER, T, sample

DEMAND = b"""<InstantaneousDemand>
  <DeviceMacId>0xd8d5b90000002aeb</DeviceMacId>
  <MeterMacId>0x00135003007c2d12</MeterMacId>
  <TimeStamp>0x1c91ec39</TimeStamp>
  <Demand>0x0003b0</Demand>
  <Multiplier>0x00000001</Multiplier>
  <Divisor>0x000003e8</Divisor>
  <Port></Port>
  <Port>second</Port>
</InstantaneousDemand>
"""
DEVICE = b"""<Device><DeviceDetails><HardwareAddress>0x1</HardwareAddress></DeviceDetails>
<Components><Component><Name>Main</Name><Variables><Variable>
<Name>zigbee:InstantaneousDemand</Name><Value>21.499</Value><Units>kW</Units></Variable>
</Variables></Component></Components></Device>"""


def test_reading():
    reply = sensorhub.parse_eagle(DEMAND)
    assert (reply.family, reply.gateway, reply.time_us) == ("fragment", "", None)
    (reading,) = reply.readings
    assert (reading.name, reading.root, reading.meter) == (
        "InstantaneousDemand", "demand", METER)
    assert reading.time_us == T and reading.connected is None
    assert reading.fields["Demand"] == "0x0003b0" and reading.fields["Port"] == ""
    assert reading.units == {}
    assert reading.field("dEMAND") == "0x0003b0" and reading.field("Nothing") == ""
    assert reading.u64("Demand") == 0x3B0
    with pytest.raises(sensorhub.NotFound):
        reading.u64("Nothing")
    with pytest.raises(sensorhub.InputError):
        sensorhub.parse_eagle(DEMAND.replace(b"0x0003b0", b"much")).readings[0].u64("Demand")


def test_units_of_variables():
    (reading,) = sensorhub.parse_eagle(DEVICE).readings
    assert reading.root == "device"
    assert reading.units == {"zigbee:InstantaneousDemand": "kW"}
    assert reading.fields["zigbee:InstantaneousDemand"].startswith("21.499")


def test_samples_into_a_batch():
    reply = sensorhub.parse_eagle(DEMAND)
    batch = sensorhub.Batch()
    assert reply.samples(T, batch) is batch and list(batch) == [sample()]
    assert list(reply.samples(arrival_us=T)) == list(reply.samples(T, None)) == [sample()]
    for wrong in (lambda: reply.samples(), lambda: reply.samples(T, []),
                  lambda: reply.samples("now")):
        with pytest.raises(TypeError):
            wrong()


@pytest.mark.parametrize("body", [DEMAND, bytearray(DEMAND), memoryview(DEMAND),
                                  DEMAND.decode()])
def test_bodies(body):
    assert len(sensorhub.parse_eagle(body).readings) == 1


def test_what_is_no_body():
    for wrong in (None, 1, []):
        with pytest.raises(TypeError):
            sensorhub.parse_eagle(wrong)
    with pytest.raises(sensorhub.RemoteError) as caught:
        sensorhub.parse_eagle(b"<Error><Text>no</Text></Error>")
    assert caught.value.code == sensorhub.E_REMOTE
    with pytest.raises(sensorhub.InputError) as caught:
        sensorhub.parse_eagle(b"")
    assert caught.value.code == sensorhub.E_EMPTY
    with pytest.raises(sensorhub.ResourceError):
        sensorhub.parse_eagle(b" " * (1 << 20) + DEMAND)


def test_every_truncation_is_an_answer_or_an_error():
    for end in range(len(DEMAND)):
        try:
            sensorhub.parse_eagle(DEMAND[:end])
        except sensorhub.Error:
            pass


def test_a_reading_keeps_its_reply():
    (reading,) = sensorhub.parse_eagle(DEMAND).readings
    gc.collect()
    assert reading.meter == METER


def test_made_only_here():
    for klass in (sensorhub.Reply, sensorhub.Reading):
        with pytest.raises(TypeError):
            klass()


def test_requests():
    body = sensorhub.eagle_request("get_instantaneous_demand")
    assert body.startswith(b"<Command>") and b"<Name>get_instantaneous_demand</Name>" in body
    body = sensorhub.eagle_request("get_price", mac_id="0x1", json=True)
    assert b"<MacId>0x1</MacId>" in body and b"<Format>JSON</Format>" in body
    body = sensorhub.eagle_request("device_query", hardware_address="0x2", component="Main",
                                   variables=(name for name in ["zigbee:Price", "zigbee:Tier"]))
    assert b"zigbee:Price" in body and b"zigbee:Tier" in body


@pytest.mark.parametrize("arguments,error", [
    ((("reboot",), {}), sensorhub.InvalidArgument), ((("device_query",), {}), ValueError),
    ((("get_price",), {"mac_id": "\x01"}), sensorhub.InputError),
    ((("get_price",), {"mac_id": "x" * 5000}), sensorhub.ResourceError),
    ((("device_query",), {"hardware_address": "0x2", "variables": [1]}), TypeError),
    ((("device_query",), {"hardware_address": "0x2", "variables": 1}), TypeError),
    ((("get_price", "0x1"), {}), TypeError), (((1,), {}), TypeError)])
def test_wrong_requests(arguments, error):
    with pytest.raises(error):
        sensorhub.eagle_request(*arguments[0], **arguments[1])


def test_no_leak(no_leak):
    def use():
        reply = sensorhub.parse_eagle(DEVICE)
        reply.family, reply.gateway, reply.time_us
        for r in reply.readings:
            r.name, r.root, r.meter, r.time_us, r.connected, r.fields, r.units
            with pytest.raises(sensorhub.NotFound):
                r.u64("x")
        reply.samples(T)
        sensorhub.eagle_request("device_query", hardware_address="0x2", variables=["a", "b"])
        with pytest.raises(sensorhub.InputError):
            sensorhub.parse_eagle(b"<")
        with pytest.raises(TypeError):
            sensorhub.eagle_request("device_query", hardware_address="0x2", variables=["a", 1])

    no_leak(use)


def test_commands_that_change_something():
    assert sensorhub.eagle_request("set_fast_poll", mac_id="0x1", frequency_s=4,
                                   duration_min=15) == (
        b"<RavenCommand>\n<Name>set_fast_poll</Name>\n<MacId>0x1</MacId>\n"
        b"<Frequency>0x04</Frequency>\n<Duration>0x0f</Duration>\n</RavenCommand>")
    assert sensorhub.eagle_request("set_price", mac_id="0x1", price="0.1287").endswith(
        b"<Price>0x00000507</Price>\n<TrailingDigits>0x04</TrailingDigits>\n</LocalCommand>")
    control = {"hardware_address": "0x1", "variables": ["zigbee:OnOff"], "value": "on"}
    with pytest.raises(sensorhub.Error, match="allow_control"):
        sensorhub.eagle_request("device_control", **control)
    assert b"<Value>on</Value>" in sensorhub.eagle_request("device_control", **control,
                                                           allow_control=True)


def test_commands_read_history():
    assert sensorhub.eagle_request("get_history_data", start_us=1355292573000000, json=True) == (
        b"<Command>\n<Name>get_history_data</Name>\n<StartTime>0x185adc1d</StartTime>\n"
        b"<Format>JSON</Format>\n</Command>")
    assert sensorhub.eagle_request("get_price", local=True, mac_id="0x1").startswith(
        b"<LocalCommand>")


def test_an_upload_is_answered_by_a_command():
    assert sensorhub.eagle_upload_answer("set_schedule", event="demand", frequency_s=10) == (
        b"<RavenCommand>\n<Name>set_schedule</Name>\n<Event>demand</Event>\n"
        b"<Frequency>0x000a</Frequency>\n<Enabled>Y</Enabled>\n</RavenCommand>")
    with pytest.raises(sensorhub.Error, match="not answered"):
        sensorhub.eagle_upload_answer("device_list")


def test_uploaders():
    added = json.loads(sensorhub.eagle_uploader_add("hub", "hub.example", path="/eagle", tls=True,
                                                    format="RFA"))
    assert added == {"command": "uploader", "parameters": {
        "name": "uploader_add", "description": "hub", "provider": "hub", "format": "RFA",
        "protocol": "https", "hostname": "hub.example", "port": 443, "url": "/eagle",
        "uploadSize": 0, "uploadPeriod": 0}}
    assert json.loads(sensorhub.eagle_uploader_delete("hub"))["parameters"] == {
        "name": "uploader_delete", "provider": "hub"}
    with pytest.raises(sensorhub.Error):
        sensorhub.eagle_uploader_delete("")


def test_a_guard_marks_totals_that_fall():
    guard = sensorhub.eagle_guard()
    batch = sensorhub.Batch()
    for i, value in enumerate([100, 0, 101], 1):
        sensorhub.parse_eagle(
            f"<CurrentSummation><MeterMacId>0x1</MeterMacId><TimeStamp>{i}</TimeStamp>"
            f"<SummationDelivered>{value}</SummationDelivered></CurrentSummation>"
        ).samples(0, batch, guard=guard)
    marked = [json.loads(line).get("quality") for line in batch.to_jsonl().splitlines()]
    assert marked == [None, "error", None]
    with pytest.raises(TypeError, match="guard"):
        sensorhub.parse_eagle("<a/>").samples(0, guard=batch)
