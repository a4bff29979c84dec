"""The sensorhub command itself: help, versions, command lines that are wrong."""

import subprocess
import sys

try:
    import pytest
except ImportError:
    sys.exit(77)

from shell import PROGRAM, rows, run  # noqa: E402

COMMANDS = ["clair fixtures", "clair node", "convert", "decode", "decoders", "eagle detect",
            "eagle list", "eagle parse", "eagle poll", "eagle read", "eagle send", "eagle upload-server",
            "eagle watch", "log append", "log list", "log recover", "log retain", "log seal",
            "s3 cp", "s3 get", "s3 head", "s3 ls", "s3 mv", "s3 presign", "s3 put", "s3 rm",
            "s3 uploads", "ship", "uplink", "verify", "version"]


def test_help():
    text = run("--help")
    for command in COMMANDS:
        assert f"    {command} " in text
    assert run("help") == run("-h") == text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command):
    text = run(*command.split(), "--help")
    assert text.startswith(f"NAME\n    sensorhub {command} - ")
    for part in ["SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS"]:
        assert f"\n{part}\n" in text
    assert max(map(len, text.splitlines())) <= 90


def test_help_of_a_group():
    assert "log seal" in run("log", "--help")


@pytest.mark.parametrize("args", [
    [], ["lgo"], ["log"], ["log", "sael"], ["log", "list"], ["log", "list", "a", "b"],
    ["log", "append", "root"], ["log", "append", "root", "a/b"], ["log", "list", "root", "--x"],
    ["log", "append", "root", "s", "--durability", "sometimes"],
    ["log", "append", "root", "s", "--min-free", "12Q"],
    ["log", "seal", "root", "--grace", "-1"], ["log", "seal", "root", "--grace"],
    ["log", "seal", "root", "--level", "10"], ["log", "seal", "root", "--now", "noon"],
    ["log", "retain", "root"], ["log", "retain", "root", "--max-age", "9999999999999d"],
    ["decode"], ["decode", "elsys"], ["decode", "nobody", "0100e2"],
    ["decode", "elsys", "0100e2", "--port", "256"], ["decode", "elsys", "0100e2", "--time", "noon"],
    ["clair", "node", "ers"], ["clair", "fixtures", "--from", "csv"],
    ["clair", "fixtures", "--decoder", "nobody"], ["decoders", "more"],
    ["ship", "root"], ["verify", "root"], ["ship", "root", "--dest", "ftp://host"],
    ["log", "list", "root", "--trace", "loud"], ["version", "more"], ["eagle", "parse"],
    ["eagle", "poll"], ["eagle", "poll", "http://x", "--reads", "demand,all"],
    ["eagle", "poll", "http://x", "--relay", "--transport", "eagle200"],
    ["eagle", "poll", "http://x", "--install-code", "secret"],
    ["eagle", "poll", "http://x", "--password", "secret"],
    ["uplink", "--arrival", "noon"], ["uplink", "--topic"],
    ["eagle", "watch"], ["eagle", "watch", "http://x", "http://x"],
    ["eagle", "watch", "http://x", "--interval", "2d"], ["eagle", "watch", "http://me:x@y"]])
def test_wrong_command_line(tmp_path, args):
    (tmp_path / "root").mkdir()
    args = [str(tmp_path / a) if a == "root" else a for a in args]
    assert run(*args, code=2) == ""


def test_version():
    assert run("version") == run("--version") == f"sensorhub {rows('version')[0]['version']}\n"


def test_output_that_cannot_be_written():
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "version"], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 3 and b"No space" in done.stderr


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", __file__]))
