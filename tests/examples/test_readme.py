"""What README.md prints works as printed: each ```c, ```python and ```lua block is a whole
program, run against a simulated gateway in a folder of its own; the command's lines seal and
ship what the first of them logged. So do the examples of `sensorhub --help`."""

import contextlib
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ["SHUB_SOURCE"])
sys.path.insert(0, str(SOURCE / "tests"))
from support.gateways import Gateways  # noqa: E402
from support.s3 import S3  # noqa: E402

BUILD = pathlib.Path(os.environ["SHUB_BUILD"])
SANITIZE = os.environ.get("SHUB_SANITIZE")


def c_command(program, folder):
    out = pathlib.Path(folder, "program")
    flags = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g"]
    if SANITIZE:
        flags.append(f"-fsanitize={SANITIZE}")
    subprocess.run([os.environ["CC"], *flags, f"-I{SOURCE / 'include'}", f"-I{BUILD / 'include'}",
                    program, "-o", out, f"-L{BUILD}", "-lsensorhub", f"-Wl,-rpath,{BUILD}"],
                   check=True)
    return [out]


def command_for(language, program, folder):
    """How to run a program, or None when this build cannot."""
    if language == "c":
        return c_command(program, folder)
    if SANITIZE:
        return None
    if language == "python" and (BUILD / "python").exists():
        return [os.environ["PYTHON"], program]
    if language == "lua" and (BUILD / "lua/5.4").exists() and shutil.which("lua5.4"):
        return ["lua5.4", program]
    return None


def run(language, text, gateway, environment):
    """The lines that the program logged, or None when this build cannot run it."""
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder, f"program.{language}")
        program.write_text(text)
        command = command_for(language, program, folder)
        if not command:
            return None
        subprocess.run([*command, gateway.url, gateway.cloud_id], check=True, cwd=folder,
                       env=dict(environment, SENSORHUB_INSTALL_CODE=gateway.secrets[0]),
                       timeout=50)
        files = list(pathlib.Path(folder, "data").glob("*/sensorhub-meter-*.jl"))
        return [line for file in files for line in file.read_text().splitlines()]


def shell(lines, folder, url, store):
    """Runs the lines that begin with the command; how many."""
    archive = pathlib.Path(folder, "archive")
    archive.mkdir()
    lines = [line for line in lines if line.startswith("    sensorhub ")
             and (store or "s3://" not in line)]
    for line in lines:
        line = line.replace("/srv/archive", str(archive)).replace("http://eagle.local", url)
        subprocess.run(["sh", "-c", line], check=True, cwd=folder, timeout=50, env=dict(
            os.environ, PATH=f"{BUILD / 'bin'}:{os.environ['PATH']}", **store))
    return len(lines)


@contextlib.contextmanager
def a_store():
    """What the environment says of a store in memory, empty where it was not built."""
    if not (BUILD / "simulators/scripted_s3").exists():
        yield {}
        return
    with S3() as s3:
        assert s3.request("PUT", "/archive").status == 200
        yield {"AWS_ENDPOINT_URL": s3.url, "AWS_ACCESS_KEY_ID": s3.signer.access,
               "AWS_SECRET_ACCESS_KEY": s3.signer.secret, "AWS_REGION": "us-east-1",
               "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}


def old_hour(folder):
    """A sealed hour in the log `data`: one that is written now is sealed in an hour."""
    hour = pathlib.Path(folder, "data", "2015-03-10-17")
    hour.mkdir(parents=True)
    path = hour / "sensorhub-meter-2015-03-10-17.jl.gz"
    path.write_bytes(gzip.compress(b"{}\n"))


def check_shell(lines, gateway):
    url = f"--cloud-id {gateway.cloud_id} {gateway.url}"
    os.environ["SENSORHUB_INSTALL_CODE"] = gateway.secrets[0]
    with tempfile.TemporaryDirectory() as folder, a_store() as store:
        old_hour(folder)
        count = shell(lines, folder, url, store)
        shipped = list(pathlib.Path(folder, "archive").glob("**/*.jl.gz"))
        assert len(shipped) == 1, shipped
        return count


def check_commands(readme, gateway):
    if not (BUILD / "bin/sensorhub").exists():
        return
    text = subprocess.run([BUILD / "bin/sensorhub", "--help"], check=True, capture_output=True,
                          text=True).stdout
    assert check_shell(readme.splitlines(), gateway) >= 2
    assert check_shell(text.split("EXAMPLES")[1].splitlines(), gateway) >= 3


def main():
    readme = (SOURCE / "README.md").read_text()
    blocks = re.findall(r"^```(c|python|lua)\n(.*?)^```$",
                        readme, re.M | re.S)
    environment = dict(os.environ, PYTHONPATH=str(BUILD / "python"), PYTHONDONTWRITEBYTECODE="1",
                       LUA_CPATH=f"{BUILD}/lua/5.4/?.so")
    ran = []
    with Gateways("--eagle100", 1, "--eagle200", 2) as gateways:
        for (language, text), gateway in zip(blocks, gateways):
            lines = run(language, text, gateway, environment)
            if lines is not None:
                assert any('"quantity":"power"' in line for line in lines), lines
                ran.append(language)
        check_commands(readme, gateways[1])
    print(f"{len(blocks)} blocks, ran: {' '.join(ran)}")
    sys.exit(0 if "c" in ran else 1)


if __name__ == "__main__":
    main()
