"""call.py FILE: what call.c says, in Python."""

import pathlib
import sys

import sensorhub

STATUS = {code: name for name, code in vars(sensorhub).items() if name.startswith("E_")}
NO_PAYLOAD = (sensorhub.E_UNEXPECTED, sensorhub.E_NO_PAYLOAD, sensorhub.E_MAC_ONLY)
TEXTS = ("application", "tenant", "device", "name", "dev_eui", "dev_addr", "session", "payload",
         "object", "normalized", "text", "id", "rate", "gateway")
COUNTS = ("time_us", "port", "counter", "rate_index", "spreading_factor", "bandwidth_hz",
          "bit_rate", "frequency_hz", "gateway_count")
DOUBLES = ("rssi_dbm", "snr_db", "latitude", "longitude", "altitude_m", "battery", "margin_db")


def say(text):
    sys.stdout.buffer.write(text if isinstance(text, bytes) else text.encode())


def say_error(what, error):
    pos, index = (sensorhub.NONE if n is None else n for n in (error.pos, error.index))
    say(f"{what} {error.name} pos={pos} index={index} {error}\n")


def attempt(what, call):
    """What the call returns, None when it failed."""
    try:
        result = call()
    except sensorhub.Error as error:
        say_error(what, error)
        return None
    say(f"{what} ok\n")
    return result


def say_result(what, call):
    result = attempt(what, call)
    if result is not None:
        say(result)
        say("\n")


# ---- payloads, and what goes back --------------------------------------------------------


def decode(decoder, payload, rate, time, device):
    batch = sensorhub.Batch()
    attempt("decode", lambda: sensorhub.decode(
        decoder.decode(), payload, rate=rate.decode(), time_us=int(time),
        device=device.decode(), batch=batch))
    say(batch.to_jsonl())


def elsys(port, *settings):
    words = [word.decode() for word in settings]
    return sensorhub.elsys_settings(dict(zip(words[::2], map(int, words[1::2]))), int(port))


DOWNLINKS = {
    b"ers": lambda rate, port: sensorhub.ers_settings(rate.decode(), int(port)),
    b"elsys": elsys,
    b"osm": lambda text, confirmed: sensorhub.osm_command(text.decode(), confirmed == b"1"),
    b"osm_begin": lambda chunks: sensorhub.osm_firmware_begin(int(chunks)),
    b"osm_chunk": lambda number, data: sensorhub.osm_firmware_chunk(int(number), data),
    b"osm_end": lambda crc: sensorhub.osm_firmware_end(int(crc)),
    b"cayenne": lambda channel, value, port: sensorhub.cayenne_downlink(
        {int(channel): float(value)}, int(port)),
}


def down(kind, *args):
    downlink = attempt("down", lambda: DOWNLINKS[kind](*args))
    if downlink:
        say(f"{downlink.port} {downlink.payload.hex()}\n")


def ttn_body(payload, port):
    say_result("body", lambda: sensorhub.uplink_downlink("ttn_v3", payload, int(port)))


# ---- uplinks -------------------------------------------------------------------------------


def say_uplink(up):
    say(f"dialect {up.dialect}\nevent {up.event}\n")
    say(f"payload_status SHUB_{STATUS.get(up.payload_status, 'OK')}\n")
    say(f"time_source {up.time_source}\n")
    for flag in "confirmed", "simulated", "retry":
        say(f"{flag} 1\n" if getattr(up, flag) else "")
    for name in TEXTS:
        value = getattr(up, name)
        if value:
            value = value.hex() if isinstance(value, bytes) else value.replace("\n", " ")
            say(f"{name} {value}\n")
    for name in COUNTS:
        value = getattr(up, name)
        if value or value == 0 and name in ("counter", "rate_index"):
            say(f"{name.removesuffix('_us')} {value}\n")
    for name in DOUBLES:
        value = getattr(up, name)
        say("" if value is None else f"{name} {value:.17g}\n")


def documents(body, topic):
    """Each uplink, or why a document is none."""
    walk = sensorhub.uplinks(body, topic=topic.decode() or None)
    told = 0
    for up in walk:
        yield from walk.refused[told:]
        told = len(walk.refused)
        yield up
    yield from walk.refused[told:]


def say_uplinks(body, topic):
    for up in documents(body, topic):
        if isinstance(up, sensorhub.Error):
            say_error("refused", up)
        else:
            say_uplink(up)


def sample(up, decoder, batch):
    """What an uplink says in numbers, or with a decoder its payload. One that carries none is
    no failure."""
    if isinstance(up, sensorhub.Error):
        raise up
    if not decoder:
        up.samples(batch)
        return
    try:
        up.decode(decoder.decode(), batch)
    except sensorhub.Error as error:
        if error.code not in NO_PAYLOAD:
            raise


def say_samples(what, body, topic, decoder):
    """The samples of all documents; how many documents failed, and why the first did."""
    batch, failed = sensorhub.Batch(), []
    for up in documents(body, topic):
        try:
            sample(up, decoder, batch)
        except sensorhub.Error as error:
            failed.append(error)
    if failed:
        say_error(what, failed[0])
    else:
        say(f"{what} ok\n")
    say(f"failed {len(failed)}\n")
    say(batch.to_jsonl())
    return batch


def say_bodies(batch, protocol):
    for body in sensorhub.clair_bodies(batch, protocol.decode()):
        say(b"body " + body + b"\n")


def uplink(body, topic, decoder):
    say_uplinks(body, topic)
    say_samples("samples", body, topic, b"")
    if decoder:
        say_bodies(say_samples("decode", body, topic, decoder), decoder)


# ---- Clair -----------------------------------------------------------------------------------


def node(protocol, eui):
    say_result("node", lambda: sensorhub.clair_node(protocol.decode(), eui.decode()))


def body(text):
    batch = sensorhub.Batch()
    attempt("read", lambda: sensorhub.clair_add_body(batch, text))
    say(batch.to_jsonl())
    say_bodies(batch, b"")


def fixtures(storage, decoder, known):
    decoded = say_samples("decode", storage, b"", decoder)
    with sensorhub.ClairFixtures() as made:
        if known:
            attempt("known", lambda: made.known(known))
        attempt("add", lambda: made.add(decoded, decoder.decode()))
        say("%d %d %d %d\n" % made.report())
        say(made.to_json())


# ---- signed calls ----------------------------------------------------------------------------


def pipe(secret, url, text, signature):
    attempt("verify", lambda: sensorhub.webhook_pipe_verify(signature, url, text, secret))
    say_result("sign", lambda: sensorhub.webhook_pipe_sign(secret, url, text))


def lambda_(secret, document, signature):
    attempt("verify", lambda: sensorhub.webhook_lambda_verify(signature, document, secret))
    say_result("sign", lambda: sensorhub.webhook_lambda_sign(secret, document))


def form(text, name):
    say_result("form", lambda: sensorhub.webhook_form_field(text, name))


# ---- line protocol ---------------------------------------------------------------------------


def influx(rows, measurement, device_tag, naming, one_line, *tags):
    batch = sensorhub.Batch()
    attempt("rows", lambda: batch.add_jsonl(rows))
    words = [tag.decode() for tag in tags]
    say(attempt("lines", lambda: batch.to_influx(
        measurement=measurement.decode(), device_tag=device_tag.decode(), naming=naming.decode(),
        no_units=True, one_line=one_line == b"1", tags=dict(zip(words[::2], words[1::2])))) or b"")


def read(text, device_tag, precision, now):
    batch, refused = sensorhub.Batch(), 0
    try:
        batch.add_influx(text, device_tag=device_tag.decode(), precision=precision.decode(),
                         now_us=int(now))
        say("read ok\n")
    except sensorhub.Error as error:
        say_error("read", error)
        refused = error.refused
    say(f"refused {refused}\n")
    say(batch.to_jsonl())


CALLS = {"decode": decode, "down": down, "ttn_body": ttn_body, "uplink": uplink, "node": node,
         "body": body, "fixtures": fixtures, "pipe": pipe, "lambda": lambda_, "form": form,
         "influx": influx, "read": read}

for line in pathlib.Path(sys.argv[1]).read_text().splitlines():
    name, *words = line.split()
    CALLS[name](*(b"" if word == "-" else bytes.fromhex(word) for word in words))
    say("====\n")
