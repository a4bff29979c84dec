"""What the library exports is what its headers declare and the linker's map lists, and all of
it bears the prefix. With SHUB_UPDATE=1 the map is written anew from the headers."""

import os
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(os.environ["SHUB_SOURCE"])
BUILD = pathlib.Path(os.environ["SHUB_BUILD"])


def declared():
    """Names that the public headers declare with SHUB_API."""
    names = set()
    for path in [SOURCE / "include/sensorhub.h", *(SOURCE / "include/sensorhub").glob("*.h")]:
        text = re.sub(r"/\*.*?\*/", " ", path.read_text(), flags=re.S)
        text = re.sub(r"^\s*#(?:.*\\\n)*.*$", "", text, flags=re.M)
        for statement in re.split(r"[;{}]", text):
            function = re.search(r"\b(shub_\w+)\s*\(", statement)
            if "SHUB_API" in statement:
                names.add(re.search(r"\b(shub_\w+)\s*[\(\[]|\b(shub_\w+)\s*$", statement)
                          .group(1))
            elif function and "typedef" not in statement:
                sys.exit(f"{path.name}: {function.group(1)} is declared without SHUB_API")
    return names


def nm(*arguments):
    """Defined names, without archive members' headings and version nodes."""
    text = subprocess.run(["nm", "-P", *map(str, arguments)], check=True,
                          capture_output=True, text=True).stdout
    rows = [line.split() for line in text.splitlines()]
    return {r[0].split("@")[0] for r in rows if len(r) > 1 and r[1] in "TDBRVWGi"}


MAP = SOURCE / "libsensorhub/sensorhub.map"


def version_map():
    """Names in the linker's version script."""
    return set(re.findall(r"^\s*(shub_\w+);", MAP.read_text(), flags=re.M))


def write_version_map(names):
    rows = "".join(f"        {name};\n" for name in sorted(names))
    MAP.write_text(f"SENSORHUB_0 {{\n    global:\n{rows}    local:\n        *;\n}};\n")


def compare(what, got, wanted):
    for name in sorted(got - wanted):
        print(f"{name}: {what}, not declared in include/")
    for name in sorted(wanted - got):
        print(f"{name}: declared in include/, not {what}")
    return got != wanted


def main():
    names = declared()
    if os.environ.get("SHUB_UPDATE"):
        write_version_map(names)
        return
    exported = nm("-D", "--defined-only", BUILD / "libsensorhub.so")
    everything = nm("-g", "--defined-only", BUILD / "libsensorhub.a")
    if os.environ.get("SHUB_SANITIZE"):
        everything = {n for n in everything if not n.startswith("__odr_asan")}
    strays = {n for n in everything if not n.startswith("shub_")}
    for name in sorted(strays):
        print(f"{name}: in libsensorhub.a without the prefix shub_")
    wrong = compare("in sensorhub.map", version_map(), names)
    wrong |= compare("exported", exported, names)
    print(f"{len(names)} declared, {len(exported)} exported, {len(everything)} in the archive")
    sys.exit(1 if wrong or strays or not names else 0)


if __name__ == "__main__":
    main()
