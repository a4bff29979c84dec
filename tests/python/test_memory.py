"""Python has no memory at the n-th allocation, for every n: MemoryError, never a crash, and
what was there is as it was."""

import array
import io
from functools import partial

import pytest

import sensorhub
from conftest import BUILD, T, Clock, batch_of, sample
from test_eagle import DEMAND, DEVICE

_testcapi = pytest.importorskip("_testcapi", reason="this Python has no _testcapi")

TIMES, VALUES = array.array("q", [0] * 4), array.array("d", [0] * 4)
LINES = batch_of(sample(), sample("on", quantity="state", unit="")).to_jsonl()
ALLOCATIONS = 120


def failing(n, call, *args):
    """Whether `call` ran out of memory when allocation number n failed."""
    _testcapi.set_nomemory(n, n + 1)
    try:
        call(*args)
        return False
    except MemoryError:
        return True
    except sensorhub.Error:
        return False
    except SystemError as error:
        # CPython 3.11 says so where it has no memory to unwind, also for int("x"); of a C
        # function that told no error it says "... returned NULL without setting ...".
        assert str(error) == "error return without exception set"
        return True
    finally:
        _testcapi.remove_mem_hooks()


def every_allocation(call):
    return sum(failing(n, call) for n in range(ALLOCATIONS))


def of_a_batch():
    batch = sensorhub.Batch()
    batch.add_jsonl(LINES)
    batch.append(sensorhub.Sample("d", "q", 1.5, T))
    batch.append(device="d", quantity="q", value=5, time_us=T, quality="error")
    list(batch), batch[0].time, batch.groups(), batch.to_jsonl()
    batch.read_into(TIMES, VALUES)
    batch.clear()


def of_a_sample():
    s = sensorhub.Sample("d", "q", "text", T, quality="replaced")
    repr(s), hash(s), s == sensorhub.Sample("d", "q", 1, T), s.time, s.__reduce__()


def of_a_reply():
    reply = sensorhub.parse_eagle(DEVICE)
    for r in reply.readings:
        r.fields, r.units, r.meter, r.name, r.root, r.field("x")
    sensorhub.parse_eagle(DEMAND).samples(T)
    sensorhub.eagle_request("device_query", hardware_address="0x1", variables=["a"])


sensorhub.register_decoder("own-memory", lambda frame: [
    sensorhub.Sample(frame.device, "q", len(frame.payload), frame.time_us)])


def of_a_payload():
    batch = sensorhub.decode("elsys", b"\x01\x00\xe2", device="d", time_us=T, rate="SF9BW125")
    sensorhub.decode("own-memory", b"x", device="d", time_us=T, port=5, batch=batch)
    sensorhub.uplink(b'{"end_device_ids":{"device_id":"d"},"uplink_message":'
                     b'{"f_port":5,"frm_payload":"AQDi"}}', arrival_us=T).decode("elsys", batch)
    sensorhub.decoders()
    sensorhub.ers_settings("SF9BW125"), sensorhub.elsys_settings({"splPer": 1})
    sensorhub.cayenne_downlink({1: 1.5}, 1), sensorhub.osm_firmware_chunk(1, b"x")


def of_a_client():
    with sensorhub.Loop() as loop:
        with sensorhub.Eagle("http://127.0.0.1:1", loop=loop, reads=["demand"],
                             retries=sensorhub.NONE, ca_file="/x") as eagle:
            eagle.start()
            loop.fileno(), loop.timeout_ms(), loop.run_once(0)
            eagle.last_replies, eagle.transport


def of_a_command():
    with sensorhub.Loop() as loop:
        for uploader in ({}, {"provider": "hub", "hostname": "hub.example"}):
            with sensorhub.Eagle("http://127.0.0.1:1", loop=loop, cloud_id="004792",
                                 install_code="x") as eagle:
                eagle.start_send("uploader_add" if uploader else "device_query",
                                 variables=["a", "b"], **uploader)


@pytest.mark.parametrize("call", [of_a_sample, of_a_batch, of_a_reply, of_a_payload,
                                  of_a_client, of_a_command,
                                  sensorhub.quantities])
def test_every_allocation(call):
    call()
    assert every_allocation(call) > 0


@pytest.mark.parametrize("call,error", [
    (partial(sensorhub.parse_time, "2015-03x"), sensorhub.InputError),
    (partial(sensorhub.eagle_request, "nonsense"), sensorhub.InvalidArgument),
    (partial(sensorhub.decode, "elsys", b"\x06", device="d", time_us=T), sensorhub.InputError),
    (partial(sensorhub.Batch().add_jsonl, "x\n"), sensorhub.InputError)])
def test_raising(call, error):
    with pytest.raises(error):
        call()
    assert every_allocation(call) > 3


def test_logs(tmp_path):
    clock = Clock()

    def call():
        with sensorhub.Log(str(tmp_path), durability="none", clock=clock) as log:
            log.append("meter", sensorhub.Sample("d", "q", 1.5, T))
            log.append_line("meter", T, b"x")
            log.stats(), log.tail("meter"), log.seal()
        list(sensorhub.log_files(str(tmp_path)))

    assert every_allocation(call) > 0
    assert [file.stream for file in sensorhub.log_files(tmp_path)] == ["meter"]


def test_ships(tmp_path):
    (tmp_path / "archive").mkdir()
    clock = Clock()
    with sensorhub.Log(tmp_path / "root", clock=clock) as log:
        log.append("meter", sample())
        clock.time_us += 2 * 3600 * 1000000
        log.seal()

    root, archive = str(tmp_path / "root"), f"file://{tmp_path}/archive"

    def call():
        with sensorhub.Ship(root, archive) as ship:
            ship.run(), list(ship.verify())

    assert every_allocation(call) > 0
    with sensorhub.Ship(root, archive) as ship:
        assert [row.state for row in ship.verify()] == ["complete"]


@pytest.mark.skipif(not (BUILD / "simulators" / "scripted_s3").exists(),
                    reason="the simulated store was not built")
def test_stores(tmp_path):
    from s3 import S3
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100)
    with S3() as server:
        server.request("PUT", "/b")
        options = {"endpoint": server.url, "retries": sensorhub.NONE,
                   "credentials": lambda: (server.signer.access, server.signer.secret)}

        def objects():
            with sensorhub.S3(**options) as s3:
                s3.put("b", "key", b"x", metadata={"a": "b"}, tags=[("c", "d")])
                s3.get("b", "key"), s3.get("b", "key", io.BytesIO())
                s3.head("b", "key"), list(s3.list("b")), s3.stats()
                s3.presign("GET", "b", "key"), s3.delete_many("b", ["none"])

        file = str(path)  # CPython takes a lack of memory for a path that is none

        def uploads():
            with sensorhub.S3(**options) as s3:
                s3.put_file("b", "file", file)
                with s3.upload_file("b", "file", file) as upload:
                    upload.wait(), upload.progress
                with s3.open("b", "stream") as out:
                    out.write(b"x")

        for call in (objects, uploads):
            assert every_allocation(call) > 10
            call()


def test_a_batch_is_as_it_was():
    batch = batch_of(sample())
    for n in range(30):
        failing(n, batch.append, sample())
        failing(n, list, batch)
        failing(n, batch.to_jsonl)
    assert set(batch) == {sample()} and len(batch) <= 31
