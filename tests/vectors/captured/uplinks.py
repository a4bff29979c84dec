"""lorawan/v*.json and *.ndjson, chirpstack/v*.json, osm/mqtt_json.json: what documents say,
read here without the library."""

import base64
import json
import re

from captured.calls import (FOLDER, Uplinks, call, holds, is_uplink, load, read, same_rows,
                            time_us)
from captured.payloads import osm_rows


def bytes_of(text):
    return base64.b64decode(text).hex()


def best_rssi(gateways):
    return float(max(gateway["rssi"] for gateway in gateways))


# ---- The Things Stack ----------------------------------------------------------------------


def radio_facts(up):
    lora = up.get("settings", {}).get("data_rate", {}).get("lora")
    gateways = up.get("rx_metadata", [])
    if lora:
        yield "rate", f"SF{lora['spreading_factor']}BW{lora['bandwidth'] // 1000}"
    if gateways:
        yield "gateway_count", len(gateways)
    if gateways and "rssi" in gateways[0]:
        yield "rssi_dbm", best_rssi(gateways)


def up_facts(up):
    yield "counter", up.get("f_cnt", 0)
    if "received_at" in up:
        yield "time", time_us(up["received_at"])
        yield "time_source", "network"
    if "f_port" in up and "frm_payload" in up:
        yield "port", up["f_port"]
        yield "payload", bytes_of(up["frm_payload"])
        yield "payload_status", "SHUB_OK"
    elif "frm_payload" in up:  # FPort 0: the network's own
        yield "payload_status", "SHUB_E_MAC_ONLY"
    yield from radio_facts(up)


def ttn_facts(document):
    ids, up = document["end_device_ids"], document.get("uplink_message")
    facts = {"dialect": "ttn_v3", "event": "up" if up else "join", "device": ids["device_id"],
             "application": ids["application_ids"]["application_id"]}
    if "dev_eui" in ids:
        facts["dev_eui"] = ids["dev_eui"].lower()
    return {**facts, **dict(up_facts(up) if up else ())}


def ttn_v2_facts(document):
    return {"dialect": "ttn_v2", "event": "up", "device": document["dev_id"],
            "dev_eui": document["hardware_serial"].lower(), "port": document["port"],
            "counter": document["counter"], "payload_status": "SHUB_OK",
            "payload": bytes_of(document["payload_raw"]),
            "rate": document["metadata"]["data_rate"],
            "time": time_us(document["metadata"]["time"]) or ""}  # 1970 is none


def facts_of(text):
    """Of a document that may span lines, or of lines of the Storage Integration."""
    try:
        documents = [json.loads(text)]
    except ValueError:
        documents = [json.loads(line)["result"] for line in text.splitlines() if line]
    return [ttn_v2_facts(document) if "app_id" in document else ttn_facts(document)
            for document in documents]


def are_uplinks(wanted):
    def check(text):
        for facts, one in zip(Uplinks(text).documents, wanted, strict=True):
            holds(facts, one)
    return check


def ttn():
    for path in sorted(FOLDER.glob("lorawan/*json")):
        if re.match(r"v[23]_|storage.*\.ndjson$", path.name):
            text = read(f"lorawan/{path.name}")
            call(path.name, are_uplinks(facts_of(text)), "uplink", text, "", "")


# ---- ChirpStack ----------------------------------------------------------------------------


def chirpstack_facts(document, version, event):
    info = document.get("deviceInfo", document)
    facts = {"dialect": f"chirpstack_{version}", "event": "log" if event == "error" else event,
             "dev_eui": info["devEui"] if "devEui" in info else bytes_of(info["devEUI"]),
             "application": info["applicationId" if version == "v4" else "applicationID"],
             "name": info["deviceName"]}
    if event == "up":
        facts.update(port=document["fPort"], counter=document.get("fCnt", 0),
                     gateway_count=len(document["rxInfo"]),
                     rssi_dbm=best_rssi(document["rxInfo"]))
    if event == "up" and document["data"] == "...":  # as v3's documentation has it
        facts["payload_status"] = "SHUB_E_FORMAT"
    elif event == "up":
        facts["payload"] = bytes_of(document["data"])
    if event == "location":
        facts.update((key, float(document["location"][key])) for key in ("latitude", "longitude"))
    facts.update((word, float(document[key])) for key, word in (
        ("batteryLevel", "battery"), ("margin", "margin_db")) if key in document)
    return facts


def chirpstack():
    for path in sorted(FOLDER.glob("chirpstack/v[34]_event_*.json")):
        version, _, event = path.stem.split("_")
        text = read(f"chirpstack/{path.name}")
        facts = chirpstack_facts(json.loads(text), version, event)
        call(path.name, is_uplink(facts), "uplink", text, "", "")


def protobuf():
    vector = load("chirpstack/v4_up_protobuf_derived.json")
    document = load(f"chirpstack/{vector['json']}")
    (gateway,) = document["rxInfo"]
    facts = {**chirpstack_facts(document, "v4", "up"),
             "dialect": "chirpstack_v4_protobuf", "id": document["deduplicationId"],
             "time": time_us(document["time"]), "tenant": document["deviceInfo"]["tenantId"],
             "dev_addr": document["devAddr"], "rate_index": document["dr"], "rate": "SF11BW125",
             "snr_db": gateway["snr"], "gateway": gateway["gatewayId"],
             "frequency_hz": document["txInfo"]["frequency"]}
    call("protobuf", is_uplink(facts), "uplink", bytes.fromhex(vector["hex"]), "", "")


def json_v3():
    vector = load("chirpstack/v3_legacy_json_v3_up.json")
    up = vector["payload"]
    (gateway,) = up["rxInfo"]
    facts = {"dialect": "chirpstack_json_v3", "event": "up", "dev_eui": up["devEUI"],
             "application": up["applicationID"], "name": up["deviceName"], "port": up["fPort"],
             "counter": up["fCnt"], "payload": bytes_of(up["data"]),
             "gateway": gateway["gatewayID"], "rssi_dbm": float(gateway["rssi"]),
             "snr_db": gateway["loRaSNR"], "rate_index": up["txInfo"]["dr"],
             "frequency_hz": up["txInfo"]["frequency"]}
    call("json_v3", is_uplink(facts), "uplink", json.dumps(up), vector["topic"], "")


# ---- Open Smart Monitor --------------------------------------------------------------------


def number_of(value):
    """The documentation quotes numbers, devices do not."""
    is_number = re.fullmatch(r"-?\d+(\.\d+)?", str(value))
    return float(value) if is_number else value


def measures(payload, topic):
    document = json.loads(payload)
    at_us = document["UNIX"] * 1000000
    rows = osm_rows({key: number_of(value) for key, value in document["VALUES"].items()}, at_us)

    def check(text):
        answer = Uplinks(text)
        (facts,) = answer.documents
        holds(facts, {"dialect": "osm", "event": "up", "time": at_us, "time_source": "device",
                      "name": document["NAME"], "device": topic.split("/")[1]})
        same_rows(answer.samples.rows, rows)
    return check


def is_command(text):
    """For the device alone."""
    assert text.startswith("refused SHUB_E_FORMAT "), text


def osm():
    for row in load("osm/mqtt_json.json"):
        topic, payload = row["topic"], row["payload"]
        if topic.endswith("/measurements"):
            assert row.get("expect", {}).items() <= json.loads(payload)["VALUES"].items()
            check = measures(payload, topic)
        elif topic.endswith("/conn"):
            check = is_uplink({"dialect": "osm", "event": "connection"})
        else:
            check = is_command
        call(f"{topic}: {payload}", check, "uplink", payload, topic, "")
        if "response_topic" in row:
            facts = {"dialect": "osm", "event": "response",
                     "text": json.loads(row["response_payload"])["ret_code"]}
            call(row["response_topic"], is_uplink(facts), "uplink", row["response_payload"],
                 row["response_topic"], "")


ALL = [ttn, chirpstack, protobuf, json_v3, osm]
