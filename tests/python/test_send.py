"""Eagle: an EAGLE-100 with cgi_manager alone, lists of devices, single commands."""

import base64
import json

import pytest

import sensorhub
from conftest import BUILD

if not (BUILD / "simulators" / "eagle_gateway").exists():
    pytest.skip("the simulated gateways were not built", allow_module_level=True)

from gateways import Gateways  # noqa: E402
from rest import Rest  # noqa: E402


@pytest.fixture(scope="module")
def gateways():
    with Gateways("--relay", 1, "--eagle100", 1, "--eagle200", 1, "--two-meters",
                  "--old-firmware") as gateways:
        yield gateways


def eagle_of(gateway, **more):
    options = {"cloud_id": gateway.cloud_id, "retries": sensorhub.NONE, "min_gap_ms": 1}
    if gateway.generation == "relay":
        options["user"], options["password"] = gateway.secrets
        options["transport"] = "relay"
    else:
        (options["install_code"],) = gateway.secrets
    return sensorhub.Eagle(gateway.url, **{**options, **more})


@pytest.mark.parametrize("named", ["auto", "cgi"])
def test_cgi(gateways, named):
    with eagle_of(gateways[1], transport=named, reads=("demand", "network")) as eagle:
        assert eagle.detect() == "cgi"
        values = {sample.quantity: sample for sample in eagle.poll()}
        assert eagle.transport == "cgi"
        assert {"power", "energy_delivered", "price", "link_strength"} <= set(values)
        assert len({sample.device for sample in values.values()}) == 1
        assert not any(values[name].time_assumed for name in ("power", "price"))


def test_a_fleet_has_it_too(gateways):
    with sensorhub.Fleet(spread_ms=sensorhub.NONE) as fleet:
        fleet.add("one", gateways[1].url, cloud_id=gateways[1].cloud_id, transport="cgi",
                  install_code=gateways[1].secrets[0])
        while True:
            fleet.loop.run_once()
            try:
                result = fleet.take()
                break
            except sensorhub.NotReady:
                pass
        assert result.error is None and len(result.batch) > 2


def test_list(gateways):
    with eagle_of(gateways[2]) as eagle:
        eagle.poll()
        reply = eagle.list()
        assert reply.family == "device_list"
        assert [reading.connected for reading in reply.readings] == [False, True]
        assert eagle.last_replies == []
        eagle.poll()
        assert len(reply.readings) == 2  # it is the program's own
    for number, family in [(0, "fragment"), (1, "cgi")]:
        with eagle_of(gateways[number]) as eagle:
            (reading,) = eagle.list().readings
            assert reading.meter.startswith("0x")
    with eagle_of(gateways[1], install_code="wrong") as eagle:
        with pytest.raises(sensorhub.RemoteError):
            eagle.list()


def test_send(gateways):
    with eagle_of(gateways[1]) as eagle:
        reply = eagle.send("get_historical_data", period="day")
        batch = reply.samples(0, meter="0x1")
        assert len(batch) == 13 and not any(sample.time_assumed for sample in batch)
        reply = eagle.send("set_price", price="0.1287")
        assert reply.readings[0].fields["set_price_status"] == "success"
        assert eagle.send("set_fast_poll", frequency_s=4, duration_min=5) is None
        with pytest.raises(sensorhub.InvalidArgument):
            eagle.send("set_fast_poll", duration_min=5)
    with eagle_of(gateways[2]) as eagle:
        assert eagle.send("device_query", variables=["zigbee:Price"]).family == "device"
        control = {"hardware_address": "0x1", "variables": ["zigbee:OnOff"], "value": "on"}
        with pytest.raises(sensorhub.InvalidArgument):
            eagle.send("device_control", **control)
        assert eagle.send("device_control", **control, allow_control=True) is None
    with eagle_of(gateways[0]) as eagle:
        with pytest.raises(sensorhub.Error) as caught:
            eagle.send("device_list")
        assert caught.value.code == sensorhub.E_UNSUPPORTED
        assert eagle.send("set_schedule", event="demand", frequency_s=60) is None
        for wrong in ({}, {"command": "fly"}, {"command": "get_price", "colour": 1},
                      {"command": "get_price", "variables": [1]}):
            with pytest.raises((TypeError, sensorhub.InvalidArgument)):
                eagle.send(**wrong)


def test_start_run_take(gateways):
    with sensorhub.Loop() as loop, eagle_of(gateways[2], loop=loop) as eagle:
        for start in (eagle.start_list, lambda: eagle.start_send("device_list")):
            with pytest.raises(sensorhub.NotReady):
                eagle.take_reply()
            assert start() is None
            with pytest.raises(sensorhub.Busy):
                eagle.start()
            with pytest.raises(sensorhub.NotReady):
                eagle.take()
            while True:
                loop.run_once()
                try:
                    reply = eagle.take_reply()
                    break
                except sensorhub.NotReady:
                    pass
            assert len(reply.readings) == 2
    for use in (eagle.list, eagle.start_list, eagle.take_reply,
                lambda: eagle.send("device_list"), lambda: eagle.start_send("device_list")):
        with pytest.raises(sensorhub.Closed):
            use()


def test_uploaders(gateways):
    gateway = gateways[2]
    with Rest(201, 409, 200) as rest, eagle_of(gateway, rest_url=rest.url) as eagle:
        uploader = {"provider": "hub", "hostname": "hub.example", "path": "/eagle", "tls": True}
        assert eagle.send("uploader_add", **uploader) is None
        with pytest.raises(sensorhub.Error) as caught:
            eagle.send("uploader_add", **uploader)
        assert caught.value.code == sensorhub.E_EXISTS and caught.value.http_status == 409
        assert eagle.send("uploader_delete", provider="hub") is None
        pair = base64.b64encode(f"{gateway.cloud_id}:{gateway.secrets[0]}".encode()).decode()
        for path, authorization, _ in rest.requests:
            assert path == f"/rest/device/d8d5b9{gateway.cloud_id}/command"
            assert authorization == "Basic " + pair
        added, _, deleted = (json.loads(body)["parameters"] for *_, body in rest.requests)
        assert (added["name"], added["hostname"], added["port"]) == (
            "uploader_add", "hub.example", 443)
        assert deleted == {"name": "uploader_delete", "provider": "hub"}
    body = sensorhub.eagle_request("uploader_delete", provider="hub")
    assert body == sensorhub.eagle_uploader_delete("hub")
