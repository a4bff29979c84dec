"""Uplinks of network servers: the cases of uplink_cases.txt, and what they do not ask."""

import gc
import json

import pytest

import sensorhub
from conftest import SOURCE
from uplink_cases import read_cases

UP = b'{"end_device_ids":{"device_id":"d"},"uplink_message":{"f_port":1,"frm_payload":"AQI="}}'
STATUS = b"""{"deviceInfo":{"devEui":"0101010101010101"},"time":"2022-07-18T09:35:06Z",
"margin":10,"batteryLevel":88.5}"""

# Word of the cases, attribute, what is left out.
FACTS = [
    ("time", "time_us", (0, None)), ("port", "port", (0,)), ("counter", "counter", (None,)),
    ("application", "application", ("",)), ("tenant", "tenant", ("",)),
    ("device", "device", ("",)), ("name", "name", ("",)), ("dev_eui", "dev_eui", ("",)),
    ("dev_addr", "dev_addr", ("",)), ("session", "session", ("",)),
    ("payload", "payload", (b"",)), ("object", "object", (None,)),
    ("normalized", "normalized", (None,)), ("text", "text", ("",)), ("id", "id", ("",)),
    ("rate", "rate", ("",)), ("rate_index", "rate_index", (None,)),
    ("spreading_factor", "spreading_factor", (0,)), ("bandwidth", "bandwidth_hz", (0,)),
    ("bit_rate", "bit_rate", (0,)), ("frequency", "frequency_hz", (0,)),
    ("gateway", "gateway", ("",)), ("gateways", "gateway_count", (0,)),
    ("rssi", "rssi_dbm", (None,)), ("snr", "snr_db", (None,)),
    ("latitude", "latitude", (None,)), ("longitude", "longitude", (None,)),
    ("altitude", "altitude_m", (None,)), ("battery", "battery", (None,)),
    ("margin", "margin_db", (None,)),
]
NAMES = {code: name for name, code in vars(sensorhub).items() if name.startswith("E_")}


def said(up):
    yield f"dialect {up.dialect}"
    yield f"event {up.event}"
    if up.payload_status != sensorhub.E_UNEXPECTED:
        yield f"payload_status SHUB_{NAMES.get(up.payload_status, 'OK')}"
    yield from (flag for flag in ("confirmed", "simulated", "retry") if getattr(up, flag))
    yield f"time_source {up.time_source}"
    for word, attribute, absent in FACTS:
        value = getattr(up, attribute)
        if value in absent:
            continue
        if isinstance(value, bytes):
            value = value.hex()
        yield f"{word} {value}".replace("\n", " ")


def options(case):
    names = {"topic": "topic", "query": "event"}
    found = {ours: case[word][0].decode() for word, ours in names.items() if word in case}
    if "arrival" in case:
        found["arrival_us"] = int(case["arrival"][0])
    return found


@pytest.mark.parametrize("case", read_cases(SOURCE), ids=lambda case: case["name"])
def test_case(case):
    batch = sensorhub.Batch()
    facts = []
    walk = sensorhub.uplinks(case["body"], **options(case))
    try:
        for up in walk:
            facts += said(up)
            try:
                assert up.samples(batch) is batch
            except sensorhub.Error as error:
                facts.append(f"samples {error.name}")
        refused = walk.refused
    except sensorhub.InvalidArgument as error:
        refused = [error]
    told = [f"refused {error.name} {-1 if error.pos is None else error.pos} {error.index}"
            for error in refused]
    assert facts == [line for line in case["facts"] if not line.startswith("refused ")]
    assert told == [line for line in case["facts"] if line.startswith("refused ")]
    assert batch.to_jsonl().splitlines() == case.get("line", [])


def test_an_uplink_outlives_its_body():
    body = bytearray(UP)
    up = sensorhub.uplink(body)
    body[:] = b"x" * len(body)
    gc.collect()
    assert (up.device, up.payload, up.payload_status) == ("d", b"\x01\x02", 0)
    assert up.rssi_dbm is None and up.latitude is None and up.battery is None


def test_objects_are_json():
    body = UP.replace(b'"f_port"', b'"decoded_payload":{"t":[1,2.5]},"f_port"')
    assert json.loads(sensorhub.uplink(body).object) == {"t": [1, 2.5]}


def test_samples_into_a_batch():
    batch = sensorhub.uplink(STATUS).samples()
    assert [(s.quantity, s.value) for s in batch] == [("battery", 88.5), ("link_margin", 10.0)]
    assert sensorhub.uplink(STATUS).samples(batch) is batch and len(batch) == 4
    with pytest.raises(TypeError):
        sensorhub.uplink(STATUS).samples([])


def test_payloads_are_decoded():
    up = sensorhub.uplink(UP.replace(b"AQI=", b"AQDi"), arrival_us=5)
    batch = up.decode("elsys")
    (sample,) = batch
    assert (sample.device, sample.quantity, sample.value) == ("d", "temperature", 22.6)
    assert sample.time_us == 5 and sample.time_assumed
    assert up.decode("elsys", batch) is batch and len(batch) == 2
    with pytest.raises(sensorhub.Error) as caught:
        sensorhub.uplink(STATUS).decode("elsys")
    assert caught.value.code == sensorhub.E_UNEXPECTED
    with pytest.raises(sensorhub.InputError, match="without a time"):
        sensorhub.uplink(UP).decode("elsys")
    with pytest.raises(sensorhub.Error, match="no decoder 'nobody'"):
        up.decode("nobody")
    with pytest.raises(TypeError):
        up.decode("elsys", [])


def test_what_is_refused():
    with pytest.raises(sensorhub.InputError) as caught:
        sensorhub.uplink(b"{")
    assert caught.value.code == sensorhub.E_TRUNCATED and caught.value.pos == 1
    for wrong in (None, 1, []):
        with pytest.raises(TypeError):
            sensorhub.uplink(wrong)
        with pytest.raises(TypeError):
            sensorhub.uplinks(wrong)
    walk = sensorhub.uplinks(UP + b"\n{\n" + UP)
    assert [up.device for up in walk] == ["d", "d"] and next(walk, None) is None
    (error,) = walk.refused
    assert isinstance(error, sensorhub.InputError) and error.index == 1
    with pytest.raises(sensorhub.RemoteError) as caught:
        sensorhub.uplink(b'{"error":{"http_code":503,"message":"no"}}')
    assert caught.value.http_status == 503


def test_downlinks():
    assert json.loads(sensorhub.uplink_downlink("ttn_v3", b"\x01\x02", 5, id="x")) == {
        "downlinks": [{"f_port": 5, "frm_payload": "AQI=", "priority": "NORMAL",
                       "correlation_ids": ["x"]}]}
    body = sensorhub.uplink_downlink("chirpstack_v4", b"\x01", 5, confirmed=True,
                                     dev_eui="A81758FFFE053C84")
    assert json.loads(body) == {"devEui": "a81758fffe053c84", "confirmed": True, "fPort": 5,
                                "data": "AQ=="}
    assert sensorhub.uplink_downlink("ttn_v3") == b'{"downlinks":[]}'
    for form in ("smoke", "chirpstack_v4"):
        with pytest.raises(sensorhub.InvalidArgument):
            sensorhub.uplink_downlink(form, b"\x01", 5)
