"""examples/demo shows what it promises, and the three things it names work: shipping to a
folder, and to a store where there is one."""

import os
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(os.environ["SHUB_SOURCE"])
BUILD = pathlib.Path(os.environ["SHUB_BUILD"])
# Python itself is not instrumented and loads no instrumented module.
PYTHON = (BUILD / "python").exists() and not os.environ.get("SHUB_SANITIZE")

sys.path.insert(0, str(SOURCE / "tests" / "support"))
from s3 import S3  # noqa: E402


def shell(command, environment):
    done = subprocess.run(["sh", "-c", command], cwd=SOURCE, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60, env=environment)
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def figure(pattern, text):
    return int(re.search(pattern, text)[1])


def check(environment):
    build = os.path.relpath(BUILD, SOURCE)
    text = shell(f"sh examples/demo {build}", environment)
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
        answer = shell(step, environment)
        assert answer.strip(), step


def main():
    clean = {name: value for name, value in os.environ.items()
             if not re.fullmatch(r"AWS_.*|.*_proxy|SENSORHUB_S3_.*", name, re.I)}
    check(clean)
    if not (BUILD / "simulators" / "scripted_s3").exists():
        return
    with S3() as s3:
        assert s3.request("PUT", "/sensorhub-demo").status == 200
        check({**clean, "SENSORHUB_S3_ENDPOINT": s3.url, "AWS_ACCESS_KEY_ID": s3.signer.access,
               "AWS_SECRET_ACCESS_KEY": s3.signer.secret})
        keys = s3.request("GET", "/sensorhub-demo", query=[("list-type", "2")]).body
        assert keys.count(b"<Contents>") == 20


if __name__ == "__main__":
    main()
