"""examples/demo shows what it promises, and the three things it names work."""

import os
import pathlib
import re
import subprocess

SOURCE = pathlib.Path(os.environ["SHUB_SOURCE"])
BUILD = pathlib.Path(os.environ["SHUB_BUILD"])
# Python itself is not instrumented and loads no instrumented module.
PYTHON = (BUILD / "python").exists() and not os.environ.get("SHUB_SANITIZE")


def shell(command):
    done = subprocess.run(["sh", "-c", command], cwd=SOURCE, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60)
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def figure(pattern, text):
    return int(re.search(pattern, text)[1])


def main():
    build = os.path.relpath(BUILD, SOURCE)
    text = shell(f"sh examples/demo {build}")
    print(text)
    assert figure(r"\nall +(\d+)", text) == 20
    logged = figure(r"logged +(\d+) lines", text)
    assert logged == figure(r"(\d+) acknowledged", text)
    assert 0 < figure(r"sealed +(\d+) lines", text) < logged, "one hour of two is sealed"
    assert figure(r"shipped +(\d+) files", text) == 20
    steps = [line.strip() for line in text.split("try next:\n")[1].splitlines() if line.strip()]
    assert len(steps) == 3
    for step in steps:
        if "PYTHONPATH" in step and not PYTHON:
            continue
        answer = shell(step)
        assert answer.strip(), step


if __name__ == "__main__":
    main()
