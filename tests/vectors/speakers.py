"""The languages at hand: how a script beside this is run in each."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ["SHUB_SOURCE"])
BUILD = pathlib.Path(os.environ["SHUB_BUILD"])
HERE = SOURCE / "tests/vectors"
LUAS = {"lua5.1": "5.1", "luajit": "5.1", "lua5.3": "5.3", "lua5.4": "5.4"}


def speakers(script):
    """Name, command and environment of each that can be run here."""
    if (BUILD / "python").exists():
        yield "Python", [sys.executable, HERE / f"{script}.py"], {
            "PYTHONPATH": str(BUILD / "python")}
    for lua, version in LUAS.items():
        if shutil.which(lua) and (BUILD / "lua" / version / "sensorhub.so").exists():
            yield lua, [lua, HERE / f"{script}.lua"], {
                "LUA_CPATH": f"{BUILD}/lua/{version}/?.so"}


def output(command, paths, environment):
    done = subprocess.run([*command, *paths], stdout=subprocess.PIPE, check=True, timeout=150,
                          env={**os.environ, **environment, "PYTHONDONTWRITEBYTECODE": "1"})
    return done.stdout


def compare(script, paths, separator):
    """What C says of each part, and who says the same."""
    wanted = output([BUILD / "tests/vectors" / script], paths, {}).split(separator)
    names = []
    for name, command, environment in speakers(script):
        for ours, theirs in zip(wanted, output(command, paths, environment).split(separator),
                                strict=True):
            assert ours == theirs, f"C:\n{ours}\n{name}:\n{theirs}"
        names.append(name)
    return wanted, names


def make(calls):
    """Makes calls, each a name, a word, what it takes, and check(answer), which raises when the
    text is wrong. Answers of other languages are C's, to the byte. Returns who was asked."""
    lines = [" ".join([word, *(arg.hex() or "-" for arg in args)]) for _, word, args, _ in calls]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "calls")
        path.write_text("\n".join(lines))
        (*answers, rest), names = compare("call", [path], b"====\n")
    assert not rest
    for (name, _, _, check), answer in zip(calls, answers, strict=True):
        try:
            check(answer.decode())
        except Exception:
            print(f"{name}:\n{answer.decode()}")
            raise
    return names
