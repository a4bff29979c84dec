"""lorawan/payloads_*.json, clairchen_fields.json, ers_downlink_parameters.json,
osm/lorawan_*.json: decoders, and what is sent to devices."""

import json

from captured.calls import AT_US, Answer, call, decode, gives, load, refuses, says, time_us

G = 9.80665  # m/s2

CLAIR = {"co2_ppm": "co2", "temperature_celsius": "temperature",
         "rel_humidity_percent": "humidity"}

# The vendor's key: our quantity, what the vendor's value is multiplied by.
ELSYS = {
    "temperature": ("temperature", 1), "humidity": ("humidity", 1),
    "light": ("illuminance", 1), "motion": ("motion", 1), "co2": ("co2", 1),
    "vdd": ("battery_voltage", 1e-3), "soundPeak": ("sound.peak", 1),
    "soundAvg": ("sound.average", 1), "x": ("acceleration.x", G / 63),
    "y": ("acceleration.y", G / 63), "z": ("acceleration.z", G / 63),
    "pulse1": ("pulses.1", 1), "pulse2": ("pulses.2", 1), "pulseAbs": ("pulse_count.1", 1),
    "pulseAbs2": ("pulse_count.2", 1), "waterleak": ("water_leak", 1),
    "occupancy": ("occupancy", 1), "lat_BE": ("latitude", 1), "long_BE": ("longitude", 1),
    "pressure": ("pressure", 1), "externalTemperature": ("temperature.external.1", 1),
    "externalTemperature2": ("temperature.external.2", 1), "digital": ("digital_input.1", 1),
    "digital2": ("digital_input.2", 1), "accMotion": ("motion.acceleration", 1),
    "analogUv": ("analog_input.external", 1e-6), "analog1": ("analog_input.1", 1e-3),
    "analog2": ("analog_input.2", 1e-3), "tvoc": ("tvoc", 1),
}

# The Things Stack's key, which has the channel behind it.
CAYENNE = {
    "digital_in": "digital_input", "digital_out": "digital_output",
    "analog_in": "analog_input", "analog_out": "analog_output", "luminosity": "illuminance",
    "presence": "presence", "temperature": "temperature", "relative_humidity": "humidity",
    "accelerometer": "acceleration", "barometric_pressure": "pressure",
    "gyrometer": "angular_velocity", "concentration": "co2",
}

# Devtank's name, as the vendor's key.
OSM = {"PM10": ("pm10", 1), "PM25": ("pm2_5", 1), "CC1": ("current.1", 1e-3),
       "TEMP": ("temperature", 1), "TMP2": ("temperature.2", 1), "BAT": ("battery", 1),
       "CNT1": ("pulse_count.1", 1), "FW": ("firmware", 1), "ERR": ("error", 1)}


# ---- Clair -------------------------------------------------------------------------------


def clair_rows(samples):
    return {(CLAIR[key], sample["timestamp_s"] * 1000000): value
            for sample in samples for key, value in sample.items() if key in CLAIR}


def clair():
    for case in load("lorawan/payloads_clair.json"):
        expect = case["expect"]
        if "samples" in expect:
            check = gives(clair_rows(expect["samples"]))
        elif "uncaught" in expect["error"]:  # the reference has no words for it
            check = refuses("SHUB_E_FORMAT")
        else:
            check = refuses("SHUB_E_CONTENT" if "Content" in expect["error"]
                            else "SHUB_E_FORMAT", expect["message"])
        decode(case["id"], check, case["decoder"], case["hex"], case.get("data_rate", ""),
               time_us(case["rx_time"]))


def is_near(quantity, value, distance):
    def check(text):
        got = Answer(text).rows[quantity, AT_US]
        assert abs(got - value) <= distance, (quantity, got, value)
    return check


def clairchen_fields():
    fields = load("lorawan/clairchen_fields.json")
    for case in fields.pop("decode_sample"):
        wanted = clair_rows([{**case, "timestamp_s": AT_US // 1000000}])
        decode(case["hex"], gives(wanted), "clairchen", f"00{case['hex']}", "SF9BW125")
    # What a node encodes comes back within half a step of what it measured.
    (measured,) = fields.values()
    for name, bit, step, least, most in (("temperature", 3, 1, 0, 31),
                                         ("humidity", 0, 10, 10, 80), ("co2", 8, 20, 0, 5100)):
        for value, code in measured[name]:
            decode(f"{name} {value}", is_near(name, min(max(value, least), most), step / 2),
                   "clairchen", f"00{code << bit:04x}", "SF9BW125")


def ers_downlinks():
    for case in load("lorawan/ers_downlink_parameters.json"):
        rate = case["data_rate"]
        body = {"downlinks": [{"f_port": 6, "frm_payload": case["b64"], "priority": "NORMAL"}]}
        call(rate, says(f"6 {case['hex']}"), "down", "ers", rate, 5)
        call(f"{rate}, each setting", says(f"6 {case['hex']}"), "down", "elsys", 5,
             "splPer", case["sampling_period"], "tempPer", case["temperature_period"],
             "sendPer", case["send_period"])
        call(f"{rate}, the body", says(json.dumps(body, separators=(",", ":"))), "ttn_body",
             bytes.fromhex(case["hex"]), 6)


# ---- ELSYS, Cayenne ------------------------------------------------------------------------


def elsys_rows(expect, ages):
    for key, value in expect.items():
        quantity, factor = ELSYS[key]
        for i, one in enumerate(value if isinstance(value, list) else [value]):
            name = quantity if i == 0 else "temperature.external.3"
            yield (name, AT_US - 1000000 * ages.get(key, 0)), one * factor


def elsys():
    for case in load("lorawan/payloads_elsys.json"):
        expect = case["expect"]
        error = expect.pop("error", None)
        ages = {key.removesuffix("_offset"): expect.pop(key)
                for key in list(expect) if key.endswith("_offset")}
        rows = dict(elsys_rows(expect, ages))
        decode(case["id"], refuses("SHUB_E_TRUNCATED", error, rows) if error else gives(rows),
               "elsys", case["hex"])


def cayenne_rows(expect):
    for key, value in expect.items():
        name, _, channel = key.rpartition("_")
        if name == "gps":
            yield f"latitude.{channel}", value["latitude"]
            yield f"longitude.{channel}", value["longitude"]
            yield f"altitude.{channel}.gps", value["altitude"]
        elif isinstance(value, dict):
            factor = G if name == "accelerometer" else 1
            for axis, one in value.items():
                yield f"{CAYENNE[name]}.{channel}.{axis}", one * factor
        else:
            yield f"{CAYENNE[name]}.{channel}", value


def cayenne():
    for case in load("lorawan/payloads_cayenne.json"):
        expect = case["expect"]
        if "direction" in case:
            ((key, value),) = expect.items()
            call(case["id"], says(f"1 {case['hex']}"), "down", "cayenne",
                 key.removeprefix("value_"), value, 1)
        elif "error" in expect:
            decode(case["id"], refuses("SHUB_E_CONTENT", expect["error"] + "{}"),
                   "cayenne", case["hex"])
        else:
            rows = {(name, AT_US): value for name, value in cayenne_rows(expect)}
            decode(case["id"], gives(rows), "cayenne", case["hex"])


# ---- Open Smart Monitor --------------------------------------------------------------------


def osm_rows(values, at_us=AT_US):
    rows = {}
    for key, value in values.items():
        word, _, rest = key.partition("_")
        quantity, factor = OSM[word]
        name = f"{quantity}.{rest}" if rest else quantity
        rows[name, at_us] = value if isinstance(value, str) else value * factor
    return rows


def osm():
    for case in load("osm/lorawan_payloads.json"):
        correct = case["correct_value"]
        if "_error" in correct:
            check = refuses("SHUB_E_CONTENT", "{}0x30")
        elif case["name"] == "unknown_data_type":  # what follows is left out, and that is said
            check = refuses("SHUB_E_CONTENT", part=osm_rows(correct))
        else:
            check = gives(osm_rows(correct))
        decode(case["name"], check, "osm", case["hex"])


def osm_call(case):
    kind = case["id"].rstrip("\0")
    if kind == "FW-":
        return "osm_begin", int(case["count_hex_be"].split()[0], 16)
    if kind == "FW+":
        return "osm_chunk", case["chunk_id"], bytes.fromhex(case["data"])
    if kind == "FW@":
        return "osm_end", int(case["crc"], 16)
    return "osm", case["body_ascii"], int(kind == "CCMD")


def osm_downlinks():
    for case in load("osm/lorawan_downlinks.json")["downlinks"]:
        call(case["name"], says(f"{case['fport']} {case['hex']}"), "down", *osm_call(case))


ALL = [clair, clairchen_fields, ers_downlinks, elsys, cayenne, osm, osm_downlinks]
