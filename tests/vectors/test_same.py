"""C, Python and every Lua make the same of every body and line at hand: the cases of
eagle_cases.txt, samples.jl, the fuzzers' corpora, and captured bodies and InfluxData's corpus of
line protocol in SENSORHUB_VECTORS."""

import base64
import json
import os
import pathlib
import sys
import tempfile

from speakers import HERE, SOURCE, compare

sys.path.insert(0, str(SOURCE / "tests"))
from support.eagle_cases import read_cases  # noqa: E402


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
    corpora = [SOURCE / "tests/fuzz/corpus" / name
               for name in ("eagle_body", "jsonl", "influx", "senml")]
    if "SENSORHUB_VECTORS" in os.environ:
        corpora.append(pathlib.Path(os.environ["SENSORHUB_VECTORS"], "eagle"))
        yield from influx_texts(folder)
    for corpus in corpora:
        yield from sorted(corpus.iterdir())


def main():
    with tempfile.TemporaryDirectory() as folder:
        paths = list(files(folder))
        said, names = compare("say", paths, b"\nfile ")
        assert len(said) == len(paths) > 100
    print(f"{len(paths)} files mean the same in C, {', '.join(names)}")
    sys.exit(0 if names else 77)


if __name__ == "__main__":
    main()
