"""lorawan/uuid.json, uplinks_expected.json, ingest_post_bodies.json and storage_*: from uplinks
to what Clair's platform takes."""

import base64
import json
import re

from captured.calls import (FOLDER, Answer, Uplinks, call, decode, holds, load, read, refuses,
                            same_rows, says)
from captured.payloads import clair_rows

PROTOCOLS = {"CLAIRCHEN": "clairchen", "ELSYSERS": "ers", "TALKPOOLOY1012": "oy1012"}


def nodes():
    for case in load("lorawan/uuid.json"):
        call(f"node of {case['dev_eui']}", says(case["uuid"]), "node",
             PROTOCOLS[case["prefix"]], case["dev_eui"])


# ---- uplinks that are forwarded ------------------------------------------------------------

FACTS = {"device_id": "device", "f_port": "port", "f_cnt": "counter", "payload_hex": "payload",
         "data_rate": "rate"}


def as_of_3_22(row):
    """The document of a row whose file is not there: the data rate has no index, and the coding
    rate is in it."""
    document = load("lorawan/v3_clairchen_regular.json")
    up = document["uplink_message"]
    factor, width = re.fullmatch(r"SF(\d+)BW(\d+)", row["data_rate"]).groups()
    del up["settings"]["data_rate_index"]
    up["settings"]["data_rate"] = {"lora": {
        "spreading_factor": int(factor), "bandwidth": int(width) * 1000,
        "coding_rate": up["settings"].pop("coding_rate")}}
    up["frm_payload"] = base64.b64encode(bytes.fromhex(row["payload_hex"])).decode()
    return json.dumps(document).encode()


def seconds(us):
    """As Python rounds: a half to the even one."""
    return round(us / 1000000)


def forwards(row, bodies):
    """Facts, samples, and the bodies that are posted."""
    def check(text):
        answer = Uplinks(text)
        (facts,) = answer.documents
        holds(facts, {ours: row[theirs] for theirs, ours in FACTS.items() if theirs in row})
        assert facts["dev_eui"] == row["dev_eui"].lower()
        assert seconds(int(facts["time"])) == row["rx_timestamp_s"]
        assert answer.decoded.status == "SHUB_OK", answer.decoded.message
        same_rows({(name, seconds(us) * 1000000): value
                   for (name, us), value in answer.decoded.rows.items()},
                  clair_rows(row["samples"]))
        assert answer.decoded.bodies == bodies
        for body in bodies:
            assert body["data"]["relationships"]["node"]["data"]["id"] == row["node"]
    return check


# What is not forwarded: payload_status, and what decoding says of it.
PASSED_OVER = {
    "v3_no_payload.json": ("SHUB_E_NO_PAYLOAD", "SHUB_OK"),
    "v3_join_accept.json": ("SHUB_E_UNEXPECTED", "SHUB_OK"),
    "v3_mac_no_fport.json": ("SHUB_E_MAC_ONLY", "SHUB_OK"),
    "v3_docs_uplink.json": ("SHUB_E_MAC_ONLY", "SHUB_OK"),
    "v3_min_formatter.json": ("SHUB_OK", "SHUB_E_CONTENT"),
}


def is_passed_over(file):
    def check(text):
        answer = Uplinks(text)
        (facts,) = answer.documents
        assert (facts["payload_status"], answer.decoded.status) == PASSED_OVER[file]
        assert not answer.decoded.rows and not answer.decoded.bodies
    return check


def neither(row, text):
    """A payload that no decoder takes: "nob 2", "version 2" are why."""
    payload = base64.b64decode(json.loads(text)["uplink_message"]["frm_payload"]).hex()
    for decoder in "ers", "clairchen":
        words = "{}".join(["", *row[f"{decoder}_error"].split()[-2:], ""])
        decode(f"{row['file']}: {decoder}", refuses("SHUB_E_CONTENT", words), decoder, payload,
               "SF9BW125")


def uplinks():
    bodies = load("lorawan/ingest_post_bodies.json")
    for row in load("lorawan/uplinks_expected.json"):
        name = f"lorawan/{row['file']}"
        text = read(name) if FOLDER.joinpath(name).exists() else as_of_3_22(row)
        if "samples" in row:
            count = len(row["samples"])
            call(row["file"], forwards(row, bodies[:count]), "uplink", text, "", row["decoder"])
            del bodies[:count]
        else:
            call(row["file"], is_passed_over(row["file"]), "uplink", text, "", "clairchen")
        if "ers_error" in row:
            neither(row, text)
    assert not bodies


# ---- bodies, fixtures ----------------------------------------------------------------------


def is_body(body):
    def check(text):
        answer = Answer(text)
        assert answer.status == "SHUB_OK", answer.message
        same_rows(answer.rows, clair_rows([body["data"]["attributes"]]))
        assert answer.bodies == [body]
    return check


def bodies():
    for body in load("lorawan/ingest_post_bodies.json"):
        call(f"body of {body['data']['attributes']['timestamp_s']}", is_body(body), "body",
             json.dumps(body))


def makes_fixtures(failed, report, fixtures):
    def check(text):
        assert f"\nfailed {failed}\n" in text, text
        assert text.endswith(f"\nadd ok\n{report}\n{fixtures}"), text
    return check


def storage():
    lines = read("lorawan/storage_ers_derived.ndjson")
    fixtures = read("lorawan/storage_ers_derived.fixtures.json")
    whole = makes_fixtures(1, "8 0 0 0", fixtures.decode())
    call("storage", whole, "fixtures", lines, "ers", "")
    call("storage, blank lines", whole, "fixtures", lines.replace(b"\n", b"\n\n"), "ers", "")
    call("storage, known", makes_fixtures(1, "0 8 0 0", "[]\n"), "fixtures", lines, "ers",
         fixtures)
    kept = [one for one in json.loads(fixtures)
            if 1632219845 <= one["fields"]["timestamp_s"] <= 1632220557]
    call("storage, no payload",
         makes_fixtures(0, "3 0 0 0", json.dumps(kept, indent=4) + "\n"), "fixtures",
         read("lorawan/storage_ers_with_nopayload.ndjson"), "ers", "")


ALL = [nodes, uplinks, bodies, storage]
