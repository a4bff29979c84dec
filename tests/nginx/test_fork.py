"""Handles from before fork() say so in nginx's workers, and do no harm when they go."""

import pathlib

import nginx as support

HERE = pathlib.Path(__file__).parent
FORKED = {"append", "flush", "tick", "seal", "run_once", "start", "poll", "ship"}


def get(connection, path):
    connection.request("GET", path)
    return connection.getresponse().read().decode()


def main():
    support.skip_unless_there()
    with support.Nginx(HERE / "fork.conf", [HERE / "fork.lua"]) as server:
        connection = server.connection()
        said = dict(line.split() for line in get(connection, "/").splitlines())
        assert said == {"batch": "ok", **{name: "E_FORKED" for name in FORKED}}, said
        assert get(connection, "/collect") == "collected\n"
        server.quit()
        assert "signal" not in server.errors(), server.errors()
        # Written by the master when it ended, and by nobody else.
        (path,) = server.data.glob("*/*.jl")
        assert "-master-" in path.name
        assert len(path.read_text().splitlines()) == 1


if __name__ == "__main__":
    main()
