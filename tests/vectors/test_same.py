"""C, Python and every Lua make the same of every body and line at hand: the cases of
eagle_cases.txt, samples.jl, the fuzzers' corpora, and captured bodies and InfluxData's corpus of
line protocol in SENSORHUB_VECTORS."""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ["SHUB_SOURCE"])
BUILD = pathlib.Path(os.environ["SHUB_BUILD"])
HERE = SOURCE / "tests/vectors"
sys.path.insert(0, str(SOURCE / "tests"))
from support.eagle_cases import read_cases  # noqa: E402

LUAS = {"lua5.1": "5.1", "luajit": "5.1", "lua5.3": "5.3", "lua5.4": "5.4"}


def speakers():
    """What can be run here: its name, command and environment."""
    if (BUILD / "python").exists():
        yield "Python", [sys.executable, HERE / "say.py"], {"PYTHONPATH": str(BUILD / "python")}
    for lua, version in LUAS.items():
        if shutil.which(lua) and (BUILD / "lua" / version / "sensorhub.so").exists():
            yield lua, [lua, HERE / "say.lua"], {"LUA_CPATH": f"{BUILD}/lua/{version}/?.so"}


def influx_texts(folder):
    corpus = pathlib.Path(os.environ["SENSORHUB_VECTORS"], "influx/line-protocol-corpus.json")
    for name, case in json.loads(corpus.read_text())["decode"].items():
        text = case["input"]["text"]
        path = pathlib.Path(folder, f"influx-{name}")
        path.write_bytes(text.encode() if isinstance(text, str) else
                         base64.b64decode(text["binary"]))
        yield path


def files(folder):
    for number, case in enumerate(read_cases(SOURCE)):
        path = pathlib.Path(folder, f"case-{number:03}")
        path.write_bytes(case["body"])
        yield path
    yield HERE / "samples.jl"
    corpora = [SOURCE / "tests/fuzz/corpus" / name for name in ("eagle_body", "jsonl", "influx", "senml")]
    if "SENSORHUB_VECTORS" in os.environ:
        corpora.append(pathlib.Path(os.environ["SENSORHUB_VECTORS"], "eagle"))
        yield from influx_texts(folder)
    for corpus in corpora:
        yield from sorted(corpus.iterdir())


def said(command, paths, environment):
    done = subprocess.run([*command, *paths], stdout=subprocess.PIPE, check=True, timeout=150,
                          env={**os.environ, **environment, "PYTHONDONTWRITEBYTECODE": "1"})
    return done.stdout.split(b"\nfile ")


def main():
    with tempfile.TemporaryDirectory() as folder:
        paths = list(files(folder))
        wanted = said([BUILD / "tests/vectors/say"], paths, {})
        assert len(wanted) == len(paths) > 100
        names = []
        for name, command, environment in speakers():
            for ours, theirs in zip(wanted, said(command, paths, environment), strict=True):
                assert ours == theirs, f"C:\n{ours}\n{name}:\n{theirs}"
            names.append(name)
    print(f"{len(paths)} files mean the same in C, {', '.join(names)}")
    sys.exit(0 if names else 77)


if __name__ == "__main__":
    main()
