"""Clair: every case of tests/vectors/clair_cases.txt, and what is Python's own."""

import pytest

import sensorhub
from conftest import SOURCE
from cases import cases_of

CASES = cases_of(SOURCE, "clair_cases.txt")
NODE = "c727b2f8-8377-d4cb-0e95-ac03200b8c93"
FIXTURE = (f'[{{"model":"core.sample","fields":{{"node":"{NODE}","timestamp_s":7,'
           '"co2_ppm":450}}]')


def lines_of(case):
    return b"".join(line + b"\n" for line in case.all("line"))


def batch_of(case):
    batch = sensorhub.Batch()
    batch.add_jsonl(lines_of(case))
    return batch


def run_node(case):
    node = sensorhub.clair_node(case.text("protocol"), case.text("eui"))
    assert node == case.text("node")


def run_bodies(case):
    try:
        bodies = sensorhub.clair_bodies(batch_of(case), case.text("protocol", ""))
    except sensorhub.Error as error:
        assert error.bodies == case.all("body") and error.refused > 0
        raise
    assert bodies == case.all("body")


def run_document(case):
    batch = sensorhub.Batch()
    add = getattr(sensorhub, f"clair_{case.text('kind')}")
    devices = [tuple(device.decode().split()) for device in case.all("device")]
    try:
        added = add(batch, case.joined("text"), *([devices] if devices else []))
        assert added == len(batch)
    except sensorhub.Error as error:
        assert error.refused == int(case.text("refused"))
        raise
    finally:
        assert batch.to_jsonl() == lines_of(case)


def run_fixtures(case):
    with sensorhub.ClairFixtures() as fixtures:
        if case.all("known"):
            fixtures.known(case.joined("known"))
        try:
            fixtures.add(batch_of(case), case.text("protocol", ""))
        finally:
            assert fixtures.to_json() == case.joined("text") + b"\n"
            assert " ".join(map(str, fixtures.report())) == case.text("report")


def run_known(case):
    sensorhub.ClairFixtures().known(case.joined("text"))


KINDS = {"node": run_node, "bodies": run_bodies, "fixtures": run_fixtures, "known": run_known}


def test_there_are_cases():
    assert len(CASES) > 80


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_case(case):
    error = None
    try:
        KINDS.get(case.text("kind"), run_document)(case)
    except sensorhub.Error as caught:
        error = caught
    case.check(error)


def test_reports_have_names():
    with sensorhub.ClairFixtures() as fixtures:
        fixtures.known(FIXTURE)
        batch = sensorhub.Batch()
        assert sensorhub.clair_add_fixtures(batch, FIXTURE) == 1
        fixtures.add(batch)
        assert fixtures.report().known == 1 and fixtures.report().added == 0
        assert not fixtures.closed
    assert fixtures.closed
    with pytest.raises(sensorhub.Closed):
        fixtures.report()
    with pytest.raises(sensorhub.Closed):
        fixtures.add(batch)


def test_what_is_no_batch_or_device():
    batch = sensorhub.Batch()
    for call in (lambda: sensorhub.clair_bodies(None),
                 lambda: sensorhub.clair_add_body([], "{}"),
                 lambda: sensorhub.ClairFixtures().add(1),
                 lambda: sensorhub.clair_add_mongo(batch, "", [1]),
                 lambda: sensorhub.clair_add_mongo(batch, "", [("ers", 1)]),
                 lambda: sensorhub.clair_add_mongo(batch, "", 1)):
        with pytest.raises(TypeError):
            call()


def test_nothing_is_left_behind(no_leak):
    cases = [case for case in CASES if case.text("kind") != "node"][::3]

    def call():
        for case in cases:
            try:
                KINDS.get(case.text("kind"), run_document)(case)
            except sensorhub.Error:
                pass

    no_leak(call, rounds=100)
