"""Every public header compiles alone, and all together, in each C and C++ since 1999 and 1998."""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ["SHUB_SOURCE"])
BUILD = pathlib.Path(os.environ["SHUB_BUILD"])
C = ["c99", "c11", "c17", "c2x"]
CXX = ["c++98", "c++11", "c++17", "c++20"]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def compilers():
    for name, language, standards in [("gcc", "c", C), ("clang", "c", C),
                                      ("g++", "c++", CXX), ("clang++", "c++", CXX)]:
        if shutil.which(name):
            extra = ["-Wstrict-prototypes"] if language == "c" else []
            for standard in standards:
                yield [name, "-x", language, f"-std={standard}", *WARNINGS, *extra]


def compile_one(job):
    compiler, file = job
    command = [*compiler, "-fsyntax-only", f"-I{SOURCE / 'include'}", f"-I{BUILD / 'include'}",
               file]
    run = subprocess.run(command, capture_output=True, text=True)
    return None if run.returncode == 0 else f"{' '.join(command)}\n{run.stderr}"


def main():
    headers = sorted(p.name for p in (SOURCE / "include/sensorhub").glob("*.h"))
    units = {name: [f"sensorhub/{name}"] for name in headers}
    units["sensorhub"] = ["sensorhub.h"]
    units["together"] = [f"sensorhub/{name}" for name in reversed(headers)] * 2
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, includes in units.items():
            file = pathlib.Path(folder, name + ".txt")
            file.write_text("".join(f"#include <{i}>\n" for i in includes)
                            + "int shub_test_unit;\n")
            files.append(file)
        jobs = [(compiler, file) for compiler in compilers() for file in files]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            failures = [text for text in pool.map(compile_one, jobs) if text]
    print("\n".join(failures))
    print(f"{len(jobs)} compilations, {len(failures)} failed")
    if not shutil.which("g++"):
        print("g++ is not installed: C++ was left out")
    sys.exit(1 if failures or not headers or not jobs else 0)


if __name__ == "__main__":
    main()
