"""Every case of tests/vectors/payload_*.txt means in Python what it means in C; decoders in
Python; what is sent to devices."""

import gc

import pytest

import sensorhub
from conftest import SOURCE, T, sample
from payload_cases import read_cases

CASES = read_cases(SOURCE)
TEMPERATURE = bytes.fromhex("0100e2")


def decode(case, batch=None):
    return sensorhub.decode(case["decoder"], case["payload"], device="d", port=case["port"],
                            time_us=case["time_us"], rate=case["rate"], batch=batch)


def test_there_are_cases():
    assert len(CASES) > 100
    assert {case["decoder"] for case in CASES} == {
        d.name for d in sensorhub.decoders() if not d.name.startswith("own")}


@pytest.mark.parametrize("case", CASES, ids=[f"{c['decoder']}: {c['name']}" for c in CASES])
def test_case(case):
    batch = sensorhub.Batch()
    if case["status"]:
        with pytest.raises(sensorhub.InputError) as raised:
            decode(case, batch)
        error = raised.value
        assert error.name == case["status"]
        assert (-1 if error.pos is None else error.pos) == case["pos"]
        assert str(error) == case.get("message", str(error))
        assert error.batch is (batch if case["rows"] else None)
    else:
        assert decode(case, batch) is batch
    assert list(batch) == case["rows"]
    assert [type(s.value) for s in batch] == [type(s.value) for s in case["rows"]]


def test_a_new_batch():
    batch = sensorhub.decode("elsys", bytearray(TEMPERATURE), device="d", time_us=T)
    assert [s.value for s in batch] == [22.6] and not batch[0].time_assumed
    batch = sensorhub.decode("elsys", memoryview(TEMPERATURE), device="d", time_us=T,
                             time_assumed=True)
    assert batch[0].time_assumed


def test_the_part_before_an_error():
    with pytest.raises(sensorhub.InputError) as raised:
        sensorhub.decode("elsys", TEMPERATURE + b"\x06", device="d", time_us=T)
    assert [s.value for s in raised.value.batch] == [22.6]
    assert sensorhub.Error().batch is None


def test_wrong_calls():
    with pytest.raises(sensorhub.NotFound, match="no decoder 'nobody'"):
        sensorhub.decode("nobody", b"x", device="d", time_us=T)
    for arguments in ({"device": "d"}, {"time_us": T}, {"device": 5, "time_us": T},
                      {"device": "d", "time_us": "now"}, {"device": "d", "time_us": T, "rate": 5},
                      {"device": "d", "time_us": T, "batch": []}):
        with pytest.raises(TypeError):
            sensorhub.decode("elsys", TEMPERATURE, **arguments)
    with pytest.raises(TypeError):
        sensorhub.decode("elsys", "text", device="d", time_us=T)
    with pytest.raises(OverflowError):
        sensorhub.decode("elsys", TEMPERATURE, device="d", time_us=1 << 63)
    with pytest.raises(OverflowError):
        sensorhub.decode("elsys", TEMPERATURE, device="d", time_us=T, port=1 << 31)
    with pytest.raises(OverflowError):
        sensorhub.register_decoder("far", print, port=1 << 32)
    batch = sensorhub.Batch()
    with pytest.raises(sensorhub.Error):
        sensorhub.decode("elsys", TEMPERATURE, device="", time_us=T, batch=batch)
    assert len(batch) == 0


# ---- decoders in Python ------------------------------------------------------------------


def test_a_decoder_in_python():
    frames = []

    def decoder(frame):
        frames.append(frame)
        yield sensorhub.Sample(frame.device, "temperature", frame.payload[0] / 2, frame.time_us,
                               "Cel")
        yield sensorhub.Sample(frame.device, "motion", frame.payload[1], frame.time_us, "count")

    sensorhub.register_decoder("own", decoder, vendor="us", what="ours", document="page", port=7)
    row = sensorhub.decoders()[-1]
    assert row == ("own", "us", "ours", "page", 7, False) and row.name == "own"
    batch = sensorhub.decode("own", b"\x29\x03", device="d", time_us=T, port=9, rate="SF9BW125")
    assert [s.value for s in batch] == [20.5, 3]
    assert frames == [(b"\x29\x03", "d", T, 9, "SF9BW125", False)]
    assert sensorhub.decode("own", b"\x29\x03", device="d", time_us=T, port=None,
                            time_assumed=True)
    assert frames[1].port is None and frames[1].time_assumed is True
    with pytest.raises(IndexError):  # what it raises, and nothing appended
        sensorhub.decode("own", b"\x29", device="d", time_us=T, batch=batch)
    assert len(batch) == 2
    with pytest.raises(sensorhub.Error, match="'?own"):
        sensorhub.register_decoder("own", decoder)


def test_what_a_decoder_may_return():
    batch = sensorhub.Batch()
    for number, (samples, error) in enumerate((
            ([sample(), 5], TypeError), (5, TypeError), (None, TypeError), ([], None),
            ([sample(float("nan"))], sensorhub.InputError), ((sample(),), None))):
        sensorhub.register_decoder(f"own-{number}", lambda frame, samples=samples: samples)
        rows = len(batch)
        if error:
            with pytest.raises(error):
                sensorhub.decode(f"own-{number}", b"x", device="d", time_us=T, batch=batch)
            assert len(batch) == rows
        else:
            sensorhub.decode(f"own-{number}", b"x", device="d", time_us=T, batch=batch)
    assert len(batch) == 1


def test_a_decoder_cannot_reach_into_the_batch():
    batch = sensorhub.Batch()

    def decoder(frame):
        with pytest.raises(sensorhub.Busy):
            batch.clear()
        return sensorhub.decode("elsys", TEMPERATURE, device=frame.device, time_us=frame.time_us)

    sensorhub.register_decoder("own-inner", decoder)
    sensorhub.decode("own-inner", b"x", device="d", time_us=T, batch=batch)
    assert [s.value for s in batch] == [22.6]


def test_what_may_not_be_registered():
    for name in ("elsys", "own/x", ""):
        with pytest.raises(sensorhub.UsageError):
            sensorhub.register_decoder(name, list)
    with pytest.raises(TypeError):
        sensorhub.register_decoder("own-none", None)
    gc.collect()


def test_no_leak(no_leak):
    sensorhub.register_decoder("own-leak", lambda frame: [
        sensorhub.Sample(frame.device, "q", str(frame.payload), frame.time_us)])

    def use():
        sensorhub.decode("own-leak", b"x", device="d", time_us=T, port=5)
        for payload in (b"\x06", TEMPERATURE + b"\x06"):
            with pytest.raises(sensorhub.InputError):
                sensorhub.decode("elsys", payload, device="d", time_us=T)
        with pytest.raises(TypeError):
            sensorhub.decode("elsys", payload, device="d")
        with pytest.raises(TypeError):
            sensorhub.elsys_settings({"splPer": None})
        sensorhub.decoders(), sensorhub.cayenne_downlink({2: 1}, 1)

    no_leak(use)


# ---- downlinks ---------------------------------------------------------------------------


def test_downlinks():
    down = sensorhub.ers_settings("SF10BW125")
    assert down == (6, bytes.fromhex("3e0f140000016415000000001f00000003"))
    assert sensorhub.ers_settings("SF10BW125", rx_port=9).port == 10
    assert sensorhub.elsys_settings({"splPer": 600, "ack": 1}).payload.hex() == \
        "3e0714000002580a01"
    assert sensorhub.cayenne_downlink({2: -50.51}, 3) == (3, bytes.fromhex("02ec45"))
    assert sensorhub.osm_command("measurem").payload.hex() == "01434d44006d6561737572656d"
    assert sensorhub.osm_command("ping", confirmed=True).payload.hex() == "0143434d4470696e67"
    assert sensorhub.osm_firmware_begin(258).payload.hex() == "0146572d000102"
    assert sensorhub.osm_firmware_chunk(0, b"\xde\xad\xbe\xef").payload.hex() == \
        "0146572b000000deadbeef"
    assert sensorhub.osm_firmware_end(0x1D0F) == (1, bytes.fromhex("01465740001d0f"))


def test_refused_downlinks():
    with pytest.raises(sensorhub.InputError):
        sensorhub.ers_settings("SF6")
    with pytest.raises(sensorhub.Error) as raised:
        sensorhub.elsys_settings({"ack": 1, "appKey": 1})
    assert raised.value.name == "SHUB_E_UNSUPPORTED" and raised.value.index == 1
    with pytest.raises(TypeError):
        sensorhub.elsys_settings({"ack": "1"})
    with pytest.raises(TypeError):
        sensorhub.elsys_settings({5: 1})
    with pytest.raises((TypeError, AttributeError)):
        sensorhub.cayenne_downlink(5, 1)
    with pytest.raises(TypeError):
        sensorhub.cayenne_downlink({1: "x"}, 1)
    with pytest.raises(sensorhub.InputError):
        sensorhub.cayenne_downlink({1: 400}, 1)
    with pytest.raises(ValueError):
        sensorhub.osm_firmware_begin(65536)
    with pytest.raises(sensorhub.InputError):
        sensorhub.osm_command("")
