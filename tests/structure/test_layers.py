"""The layers of the library, kept by its includes and by its symbols.

Dependencies point one way, protocol code does no I/O, and one file alone calls the operating
system's file functions. What a source includes is read from the source; what it calls is read
from its object file, where no macro or comment can hide it.
"""

import os
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(os.environ["SHUB_SOURCE"])
BUILD = pathlib.Path(os.environ["SHUB_BUILD"])
LIBRARY = SOURCE / "libsensorhub"
PUBLIC = SOURCE / "include" / "sensorhub"
OBJECTS = BUILD / "CMakeFiles" / "sensorhub_objects.dir" / "libsensorhub"

# A module may use those in the rows above its own, and itself.
LAYERS = [
    {"base"},
    {"sample", "net", "db"},
    {"payload", "uplink", "eagle", "s3", "clair", "webhook"},
    {"log", "store"},
    {"ship", "deliver"},
    {"hub"},
]
RANK = {module: rank for rank, row in enumerate(LAYERS) for module in row}
PROTOCOLS = LAYERS[2]

# The files of a protocol that may use net/, client.c and client_*.c; every other one is pure.
CLIENTS = {"client", "fleet"}

# Header of another library: the modules that may include it.
FOREIGN = {
    "curl/": {"net"},
    "sqlite3.h": {"db"},
    "libpq-fe.h": {"store"},
}

# Functions of the C library: the files or modules that may call them. An empty set: nobody.
FILE_CALLS = """open open64 openat openat64 creat creat64 fopen fopen64 fdopen freopen mkstemp
    mkostemp write pwrite pwrite64 writev pwritev fwrite fputs fsync fdatasync sync syncfs
    sync_file_range rename renameat renameat2 link linkat symlink unlink unlinkat remove
    truncate truncate64 ftruncate ftruncate64 fallocate posix_fallocate mkdir mkdirat rmdir
    opendir readdir readdir64 flock sendfile copy_file_range""".split()
CALLS = {name: {"base/file.c", "base/file_real.c"} for name in FILE_CALLS}
CALLS |= {n: {"base/mem.c"} for n in "malloc calloc realloc reallocarray free strdup strndup"
          .split()}
CALLS |= {n: {"base/clock.c", "net"} for n in "clock_gettime gettimeofday time".split()}
CALLS |= {n: set() for n in """setlocale signal sigaction atexit exit abort rand srand random
    strtod strtof atof localtime localtime_r mktime sleep usleep nanosleep system popen
    printf puts putchar perror vprintf strtok setenv putenv""".split()}


SECOND_HEADERS = {"fleet": "eagle", "format": "sample"}


def module_of_header(path):
    return SECOND_HEADERS.get(path.stem, path.stem)


def module_of(name):
    """Module of an include or a path: "eagle" of "eagle/xml.h" and "sensorhub/eagle.h"."""
    parts = pathlib.PurePath(name).parts
    if parts[0] == "sensorhub" and len(parts) == 2:
        return module_of_header(pathlib.PurePath(parts[1]))
    return parts[0] if len(parts) == 2 else None


def uses_allowed(path, user, used):
    if used == user:
        return True
    if used == "version":
        return True
    if used == "net" and user in PROTOCOLS and path.stem.split("_")[0] not in CLIENTS:
        # A public header that declares a client names the loop it runs on.
        return path.suffix == ".h" and path.parent == PUBLIC
    return RANK[used] < RANK[user]


def check_includes(problems):
    count = 0
    sources = [(p, p.parent.name) for p in LIBRARY.glob("*/*.[ch]")]
    sources += [(p, module_of_header(p)) for p in PUBLIC.glob("*.h")]
    for path, module in sorted(sources):
        where = path.relative_to(SOURCE)
        if module not in RANK:
            problems.append(f"{where}: no module {module} in the layers")
            continue
        for name in re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', path.read_text(), re.M):
            count += 1
            for header, modules in FOREIGN.items():
                if name.startswith(header) and module not in modules:
                    problems.append(f"{where}: <{name}> belongs to {' '.join(modules)}/ alone")
            used = module_of(name)
            if used in RANK and not uses_allowed(path, module, used):
                problems.append(f"{where}: {module}/ may not include {name}")
            if name == "sensorhub.h":
                problems.append(f"{where}: includes the header of all modules")
    return count


def symbols(path):
    """(defined, undefined) symbols of an object file."""
    text = subprocess.run(["nm", "-P", path], check=True, capture_output=True, text=True).stdout
    rows = [line.split() for line in text.splitlines()]
    return ({r[0] for r in rows if r[1] in "TDBRCVWG"}, {r[0] for r in rows if r[1] == "U"})


def check_calls(problems):
    table = {}
    for path in sorted(OBJECTS.glob("*/*.c.o")):
        source = pathlib.PurePath(path.parent.name, path.name[: -len(".o")])
        if (LIBRARY / source).exists():
            table[source] = symbols(path)
    owner = {name: source for source, (defined, _) in table.items() for name in defined}
    for source, (_, undefined) in table.items():
        module = source.parent.name
        for name in sorted(undefined):
            allowed = CALLS.get(name)
            if allowed is not None and str(source) not in allowed and module not in allowed:
                by = f"only by {' '.join(sorted(allowed))}" if allowed else "nowhere here"
                problems.append(f"{source}: {name}() is called {by}")
            if name not in owner:
                continue
            used = owner[name].parent.name
            if module in RANK and not uses_allowed(LIBRARY / source, module, used):
                problems.append(f"{source}: {module}/ may not call {name}() of {owner[name]}")
    return len(table)


def main():
    problems = []
    includes = check_includes(problems)
    objects = check_calls(problems)
    print("\n".join(problems))
    print(f"{includes} includes, {objects} object files, {len(problems)} problems")
    if not includes or not objects:
        sys.exit("nothing was looked at")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
