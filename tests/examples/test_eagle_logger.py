"""examples/eagle_logger: logs every generation, reads its gateways again, goes on after a
restart without doubling, stops within a second, survives being killed."""

import json
import os
import pathlib
import signal
import sys
import tempfile

SOURCE = pathlib.Path(os.environ["SHUB_SOURCE"])
sys.path.insert(0, str(SOURCE / "tests"))
from support.gateways import Gateways  # noqa: E402
from support.logger import Logger, gateway_config  # noqa: E402

KILLS = int(os.environ.get("SHUB_KILLS", "2"))
ISEIF = {"DeviceMacId", "MeterMacId", "TimeStamp", "Demand", "Multiplier", "Divisor",
         "DigitsRight", "DigitsLeft", "SuppressLeadingZero"}


def no_secret(logger, gateways):
    text = logger.errors()
    for gateway in gateways:
        assert gateway.secrets[-1] not in text, "a secret in a message"


def unique(lines):
    keys = [(line["device"], line["quantity"], line["time"]) for line in lines]
    assert len(keys) == len(set(keys)), "doubled lines"


def logs_reloads_and_stops(gateways, folder):
    configs = [gateway_config(g, folder, f"gw-{g.generation}") for g in gateways]
    logger = Logger(folder, configs[:2]).start()
    logger.wait_for(lambda words: words[0] == configs[0]["id"])
    logger.wait_for(lambda words: words[0] == configs[1]["id"])
    logger.configure(configs)
    logger.process.send_signal(signal.SIGHUP)
    logger.wait_for(lambda words: words[0] == configs[2]["id"])
    assert logger.end() < (5 if os.environ.get("SHUB_SANITIZE") else 1)
    assert logger.process.returncode == 0, logger.errors()
    for stream, lines in logger.lines().items():
        unique(lines)
    before = {stream: len(lines) for stream, lines in logger.lines().items()}
    assert len(before) == 3, before

    logger.start()
    logger.rest()
    logger.wait_for(lambda words: words[0] == configs[0]["id"])
    logger.end()
    after = logger.lines()
    assert len(after[configs[0]["id"]]) > before[configs[0]["id"]]
    for lines in after.values():
        unique(line for line in lines if not line.get("time_assumed"))
    no_secret(logger, gateways)


def writes_iseif_lines(gateways, folder):
    config = gateway_config(gateways[0], folder, "00ce69")
    logger = Logger(folder, [config], lines="iseif", prefix="iseif-rainforest",
                    reads=["demand", "summation"]).start()
    logger.wait_for(lambda words: words[2] == "power")
    logger.end()
    lines = logger.lines()["00ce69"]
    assert lines and all(set(line) == ISEIF for line in lines), lines
    before = [line["TimeStamp"] for line in lines]
    for _ in range(3):
        logger.start()
        logger.rest()
        logger.wait_for(lambda words: words[2] == "power")
        logger.end()
    stamps = [line["TimeStamp"] for line in logger.lines()["00ce69"]]
    assert len(stamps) > len(before) and len(stamps) == len(set(stamps)), stamps


def takes_the_example(gateways, folder):
    """examples/eagle_logger/config.json, with the addresses and folders of this test."""
    document = json.loads((SOURCE / "examples/eagle_logger/config.json").read_text())
    for gateway, simulated in zip(document["gateways"], (gateways[1], gateways[0]), strict=True):
        gateway |= gateway_config(simulated, folder, gateway["id"])
    archive = pathlib.Path(folder, "archive")
    archive.mkdir()
    changed = {"root": str(pathlib.Path(folder, "log")), "dest": f"file://{archive}",
               "verbose": True}
    logger = Logger(folder, document.pop("gateways"), **{**document, **changed}).start()
    told = logger.wait_for(lambda words: words[2] == "price")
    told += logger.wait_for(lambda words: words[0] != told[-1][0])
    assert logger.end() < (5 if os.environ.get("SHUB_SANITIZE") else 1)
    lines = logger.lines()
    assert set(lines) == {"004792", "00ce69"}, (lines, logger.errors())


def survives_kill(folder):
    """What it said it had logged is there after SIGKILL, once; at most one line is torn a kill."""
    with Gateways("--relay", 10, "--eagle100", 10, "--eagle200", 10, "--cadence", 1) as gateways:
        configs = [gateway_config(g, folder, f"gw-{g.number}") for g in gateways]
        logger = Logger(folder, configs, durability="every", reads=["demand", "summation"])
        told = []
        for kill in range(KILLS):
            logger.start()
            count = 40 + 7 * (kill % 5)
            for _ in range(count):
                told += logger.wait_for(lambda words: True)
            logger.end(signal.SIGKILL)
            told += logger.rest()
        logger.start()
        told += logger.wait_for(lambda words: True)
        logger.end()
        told += logger.rest()
        found = {(stream, line["time"], line["quantity"])
                 for stream, lines in logger.lines().items() for line in lines}
        for lines in logger.lines().values():
            unique(line for line in lines if not line.get("time_assumed"))
        lost = {tuple(words) for words in told} - found
        assert not lost, lost
        assert len(logger.torn()) <= KILLS * len(configs)
        no_secret(logger, gateways)
        print(f"{KILLS} kills, {len(told)} lines told, {len(found)} found, "
              f"{len(logger.torn())} torn")


def refuses_bad_configuration(folder):
    logger = Logger(folder, [{"id": "../x", "url": "http://127.0.0.1"}])
    logger.start().process.wait(timeout=10)
    assert logger.process.returncode == 1
    assert "SHUB_E_CONTENT" in logger.errors()


def main():
    with Gateways("--relay", 1, "--eagle100", 1, "--eagle200", 1, "--cadence", 1) as gateways:
        for test in (logs_reloads_and_stops, writes_iseif_lines, takes_the_example):
            with tempfile.TemporaryDirectory() as folder:
                test(gateways, folder)
    for test in (survives_kill, refuses_bad_configuration):
        with tempfile.TemporaryDirectory() as folder:
            test(folder)


if __name__ == "__main__":
    main()
