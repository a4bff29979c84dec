"""The commands that ask a store, as a shell sees them, against an S3 in memory: `sensorhub s3`,
and ship and verify to a bucket."""

import gzip
import hashlib
import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import time
import urllib.request

try:
    import pytest
except ImportError:
    sys.exit(77)

SOURCE = pathlib.Path(os.environ["SHUB_SOURCE"])
BUILD = pathlib.Path(os.environ["SHUB_BUILD"])
PROGRAM = BUILD / "bin" / "sensorhub"
sys.path.insert(0, str(SOURCE / "tests" / "support"))

if not PROGRAM.exists() or not (BUILD / "simulators" / "scripted_s3").exists():
    sys.exit(77)

from s3 import S3  # noqa: E402

MIB = 1 << 20
LEFT_OUT = re.compile(r"AWS_.*|.*_proxy|SENSORHUB_.*", re.I)


class Store(S3):
    """The simulator, and the command with its keys."""

    def __init__(self, *options):
        super().__init__(*options)
        clean = {k: v for k, v in os.environ.items() if not LEFT_OUT.fullmatch(k)}
        self.env = {**clean, "AWS_ACCESS_KEY_ID": self.signer.access,
                    "AWS_SECRET_ACCESS_KEY": self.signer.secret,
                    "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
                    "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": self.url}
        assert self.request("PUT", "/bucket").status == 200

    def run(self, *args, stdin=b"", code=0, env=None):
        """Runs `sensorhub ARGS`; its standard output when it ends with `code`."""
        done = subprocess.run([PROGRAM, *map(str, args)], input=stdin, timeout=60,
                              capture_output=True, env={**self.env, **(env or {})})
        self.said = done.stderr.decode()
        assert done.returncode == code, self.said
        assert bool(done.stderr) == (code > 1), self.said
        assert self.signer.secret not in self.said + done.stdout.decode(errors="replace")
        return done.stdout

    def rows(self, *args, **more):
        return [json.loads(line) for line in self.run(*args, "--json", **more).splitlines()]

    def put(self, key, body, **more):
        assert self.request("PUT", f"/bucket/{key}", body, **more).status == 200

    def get(self, key):
        answer = self.request("GET", f"/bucket/{key}")
        return answer.body if answer.status == 200 else None

    def operations(self):
        return [entry["operation"] for entry in self.log()]


@pytest.fixture
def s3():
    with Store() as s3:
        yield s3


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a file"
    path.write_bytes(os.urandom(1000))
    return path


# ---- the command line ------------------------------------------------------------------


@pytest.mark.parametrize("args", [
    ["put", "file"], ["put", "file", "s3:/bucket/key"], ["put", "file", "s3://"],
    ["put", "a", "b", "s3://bucket/key"], ["put", "-", "s3://bucket/prefix/"],
    ["put", "-", "a", "s3://bucket/"], ["put", "a", "s3://b/k", "--meta", "novalue"],
    ["put", "a", "s3://b/k", "--tag", "=x"], ["put", "a", "s3://b/k", "--part-size", "1M"],
    ["put", "a", "s3://b/k", "--integrity", "crc16"],
    ["put", "a", "s3://b/k", "--addressing", "ip"],
    ["put", "a", "s3://b/k", "--in-flight", "1000"],
    ["put", "a", "s3://b/k", "--secret-key", "secret"],
    ["get", "s3://bucket/key"], ["get", "s3://bucket", "file"],
    ["get", "s3://b/k", "-", "--range", "9"], ["get", "s3://b/k", "-", "--range", "9-3"],
    ["get", "s3://b/k", "-", "--range", "-3"],
    ["head", "s3://bucket/"], ["ls", "bucket"], ["rm", "s3://bucket"],
    ["rm", "--recursive", "s3://bucket/prefix"], ["cp", "s3://b/k", "file"],
    ["mv", "s3://bucket/a", "s3://other/a"], ["presign", "s3://b/k", "--expires", "8d"],
    ["presign", "s3://b/k", "--method", "PATCH"], ["uploads", "s3://bucket", "--abort"],
    ["uploads", "s3://bucket", "--all"], ["nothing"]])
def test_wrong_command_line(args):
    done = subprocess.run([PROGRAM, "s3", *args], capture_output=True, timeout=20)
    assert done.returncode == 2 and not done.stdout
    assert b"secret" not in done.stderr.replace(b"--secret-key", b"")


def test_too_many_of_an_option(s3, file):
    s3.run("s3", "put", file, "s3://bucket/key", *["--meta", "a=b"] * 65, code=2)


# ---- put -------------------------------------------------------------------------------


def test_put_with_everything_that_goes_along(s3, file):
    row, = s3.rows("s3", "put", file, "s3://bucket/a/key", "--content-type", "text/csv",
                   "--content-encoding", "gzip", "--meta", "site=London", "--meta", "x=a=b",
                   "--tag", "kind=log", "--storage-class", "STANDARD_IA")
    assert row == {"bucket": "bucket", "key": "a/key", "bytes": 1000, "etag": row["etag"]}
    assert s3.get("a/key") == file.read_bytes()
    head, = s3.rows("s3", "head", "s3://bucket/a/key")
    assert (head["content_type"], head["content_encoding"]) == ("text/csv", "gzip")
    assert head["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert head["metadata"]["site"] == "London" and head["metadata"]["x"] == "a=b"
    assert head["bytes"] == 1000 and head["etag"] == row["etag"]
    assert "site=London" in s3.run("s3", "head", "s3://bucket/a/key").decode()


def test_put_is_quiet_and_names_what_goes_below_a_prefix(s3, file):
    assert s3.run("s3", "put", file, "s3://bucket/p/") == b""
    assert s3.run("s3", "put", file, "s3://bucket") == b""
    assert s3.get("p/a file") == s3.get("a file") == file.read_bytes()


def test_put_of_many_files(s3, tmp_path):
    files = [tmp_path / str(i) for i in range(20)]
    for path in files:
        path.write_bytes(os.urandom(100))
    assert len(s3.rows("s3", "put", *files, "s3://bucket/p/")) == 20
    assert all(s3.get(f"p/{path.name}") == path.read_bytes() for path in files)
    files.insert(5, tmp_path / "none")
    assert len(s3.run("s3", "put", *files, "s3://bucket/q/", "--json", code=3).splitlines()) == 20
    assert "none: " in s3.said and "SHUB_E_NOT_FOUND" in s3.said


def test_put_in_parts(s3, tmp_path):
    path = tmp_path / "large"
    path.write_bytes(os.urandom(12 * MIB + 1))
    s3.run("s3", "put", path, "s3://bucket/large", "--part-size", "5M", "--in-flight", "2",
           "--integrity", "crc32c")
    assert s3.get("large") == path.read_bytes()
    assert s3.operations().count("UploadPart") == 3


@pytest.mark.parametrize("size", [0, 1000, 9 * MIB])
def test_put_of_standard_input(s3, size):
    content = os.urandom(size)
    row, = s3.rows("s3", "put", "-", "s3://bucket/stream", stdin=content)
    assert row["bytes"] == size and s3.get("stream") == content


def test_put_only_when_there_is_none(s3, file):
    s3.run("s3", "put", file, "s3://bucket/key", "--if-none-match")
    s3.run("s3", "put", file, "s3://bucket/key", "--if-none-match", code=4)
    assert "SHUB_E_PRECONDITION" in s3.said


def test_a_put_that_broke_off_goes_on(s3, tmp_path):
    path, journal = tmp_path / "large", tmp_path / "journal.db"
    path.write_bytes(os.urandom(20 * MIB))
    options = [path, "s3://bucket/large", "--part-size", "5M", "--in-flight", "1", "--retries",
               "0", "--journal", journal]
    s3.say("fault part status=500 always skip=2")
    s3.run("s3", "put", *options, code=4)
    s3.say("fault clear")
    sent = s3.operations().count("UploadPart")
    s3.run("s3", "put", *options)
    assert s3.get("large") == path.read_bytes()
    assert s3.operations().count("UploadPart") == sent + 2
    assert s3.operations().count("CreateMultipartUpload") == 1
    assert s3.rows("s3", "uploads", "s3://bucket") == []


@pytest.mark.parametrize("journal", [False, True])
def test_a_put_that_is_interrupted(s3, tmp_path, journal):
    path = tmp_path / "large"
    path.write_bytes(os.urandom(12 * MIB))
    s3.say("fault part stall 1 skip=1")
    options = ["--journal", tmp_path / "journal.db"] if journal else []
    with subprocess.Popen([PROGRAM, "s3", "put", path, "s3://bucket/large", "--part-size", "5M",
                           "--in-flight", "1", *options], env=s3.env,
                          stderr=subprocess.PIPE) as process:
        end = time.monotonic() + 30
        while s3.operations().count("UploadPart") < 2:
            assert time.monotonic() < end
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        assert b"interrupted" in process.stderr.read()
    assert process.returncode == 1
    assert len(s3.rows("s3", "uploads", "s3://bucket")) == journal
    assert s3.get("large") is None


def test_a_bar_on_a_terminal(s3, tmp_path):
    path = tmp_path / "large"
    path.write_bytes(os.urandom(12 * MIB))
    s3.say("fault part delay=400 always")
    leader, follower = pty.openpty()
    with subprocess.Popen([PROGRAM, "s3", "put", path, "s3://bucket/large", "--part-size", "5M",
                           "--in-flight", "1"], env=s3.env, stderr=follower) as process:
        process.wait(timeout=30)
    os.close(follower)
    said = os.read(leader, 65536).decode()
    os.close(leader)
    assert process.returncode == 0, said
    assert re.search(r"large +\d+%  \d+\.\d of 12\.0 MiB  \d+\.\d MiB/s  part \d of 3", said)
    assert said.endswith("\r\033[K")


# ---- get, ls, rm, cp, mv ---------------------------------------------------------------


def test_get(s3, tmp_path):
    s3.put("a/key", b"0123456789")
    assert s3.run("s3", "get", "s3://bucket/a/key", "-") == b"0123456789"
    assert s3.run("s3", "get", "s3://bucket/a/key", "-", "--range", "2-4") == b"234"
    assert s3.run("s3", "get", "s3://bucket/a/key", "-", "--range", "7-") == b"789"
    assert s3.run("s3", "get", "s3://bucket/a/key", tmp_path / "copy") == b""
    s3.run("s3", "get", "s3://bucket/a/key", tmp_path)
    assert (tmp_path / "copy").read_bytes() == (tmp_path / "key").read_bytes() == b"0123456789"
    s3.run("s3", "get", "s3://bucket/none", tmp_path / "none", code=4)
    assert "SHUB_E_NOT_FOUND" in s3.said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "key"]


def test_get_to_an_output_that_is_full(s3):
    s3.put("key", b"x" * 100000)
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "s3", "get", "s3://bucket/key", "-"], stdout=full,
                              stderr=subprocess.PIPE, env=s3.env)
    assert done.returncode == 3 and b"No space" in done.stderr


def test_ls(s3):
    for key in ["a", "b/1", "b/2", "b/c/3"]:
        s3.put(key, key.encode())
    listed = s3.rows("s3", "ls", "s3://bucket")
    assert [(row["key"], row["bytes"]) for row in listed] == [("a", 1), ("b/", 0)]
    assert listed[0]["modified"].startswith("20") and listed[1]["modified"] == ""
    assert [row["key"] for row in s3.rows("s3", "ls", "s3://bucket/b/")] == ["b/1", "b/2", "b/c/"]
    assert [row["key"] for row in s3.rows("s3", "ls", "s3://bucket", "--recursive")] == [
        "a", "b/1", "b/2", "b/c/3"]
    table = s3.run("s3", "ls", "s3://bucket").decode().splitlines()
    assert table[0].split("\t")[:3] == ["key", "bytes", "modified"] and len(table) == 3
    s3.say("quirk no_such_bucket on")
    s3.run("s3", "ls", "s3://none", code=4)


def test_rm(s3):
    for key in ["a", "b", "c/1", "c/2", "d"]:
        s3.put(key, b"x")
    assert s3.run("s3", "rm", "s3://bucket/a", "s3://bucket/b", "s3://bucket/none") == b""
    assert s3.rows("s3", "rm", "--recursive", "--yes", "s3://bucket/c/") == [
        {"deleted": 2, "failed": 0}]
    assert [row["key"] for row in s3.rows("s3", "ls", "s3://bucket", "--recursive")] == ["d"]


def test_rm_of_more_than_one_request_holds(s3):
    for i in range(1001):
        s3.put(f"p/{i:04}", b"")
    assert s3.rows("s3", "rm", "--recursive", "--yes", "s3://bucket/p/") == [
        {"deleted": 1001, "failed": 0}]
    assert s3.rows("s3", "ls", "s3://bucket") == []


def test_cp_and_mv(s3):
    s3.put("a", b"content", headers={"x-amz-meta-word": "value"})
    assert s3.run("s3", "cp", "s3://bucket/a", "s3://bucket/p/") == b""
    assert s3.get("p/a") == s3.get("a") == b"content"
    assert s3.rows("s3", "head", "s3://bucket/p/a")[0]["metadata"] == {"word": "value"}
    assert s3.run("s3", "mv", "s3://bucket/a", "s3://bucket/b") == b""
    assert s3.run("s3", "mv", "s3://bucket/a", "s3://bucket/b") == b"", "it was done"
    assert s3.get("a") is None and s3.get("b") == b"content"
    s3.put("a", b"other")
    s3.run("s3", "mv", "s3://bucket/a", "s3://bucket/b", code=3)
    assert "SHUB_E_EXISTS" in s3.said and s3.get("b") == b"content"


def test_presign(s3):
    s3.put("key", b"content")
    url = s3.run("s3", "presign", "s3://bucket/key", "--expires", "1h").decode().strip()
    assert "X-Amz-Expires=3600" in url and s3.rows("s3", "presign", "s3://bucket/key")[0]["url"]
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as answer:
        assert answer.read() == b"content"


def test_uploads(s3):
    for key in ["a", "p/b", "p/c"]:
        assert s3.request("POST", f"/bucket/{key}", query=[("uploads", "")]).status == 200
    listed = s3.rows("s3", "uploads", "s3://bucket")
    assert [row["key"] for row in listed] == ["a", "p/b", "p/c"]
    assert all(row["upload_id"] and row["begun"] for row in listed)
    assert s3.rows("s3", "uploads", "s3://bucket", "--older-than", "1h") == []
    abort = ["s3", "uploads", "--abort", "--all"]
    assert s3.rows(*abort, "--older-than", "1h", "s3://bucket") == [{"aborted": 0}]
    assert s3.rows(*abort, "s3://bucket/p/") == [{"aborted": 2}]
    assert [row["key"] for row in s3.rows("s3", "uploads", "s3://bucket")] == ["a"]


def test_uploads_that_a_journal_knows(s3, tmp_path):
    path, journal = tmp_path / "large", tmp_path / "journal.db"
    path.write_bytes(bytes(12 * MIB))
    s3.request("POST", "/bucket/foreign", query=[("uploads", "")])
    s3.say("fault part status=500 1")
    s3.run("s3", "put", path, "s3://bucket/own", "--part-size", "5M", "--retries", "0",
           "--journal", journal, code=4)
    assert s3.rows("s3", "uploads", "s3://bucket", "--abort", "--journal", journal) == [
        {"aborted": 1}]
    assert [row["key"] for row in s3.rows("s3", "uploads", "s3://bucket")] == ["foreign"]


# ---- keys ------------------------------------------------------------------------------


@pytest.mark.parametrize("change,status", [
    ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "SHUB_E_SIGNATURE"),
    ({"AWS_ACCESS_KEY_ID": "AKNOBODY"}, "SHUB_E_AUTH")])
def test_keys_that_are_refused(s3, file, change, status):
    s3.run("s3", "put", file, "s3://bucket/key", env=change, code=4)
    assert status in s3.said and "wrong" not in s3.said.replace("secret is wrong", "")


def test_keys_of_a_profile(s3, file, tmp_path):
    ini = tmp_path / "credentials"
    ini.write_text(f"[site]\naws_access_key_id = {s3.signer.access}\n"
                   f"aws_secret_access_key = {s3.signer.secret}\n")
    env = {"AWS_SHARED_CREDENTIALS_FILE": str(ini), "AWS_ACCESS_KEY_ID": "AKNOBODY"}
    s3.run("s3", "put", file, "s3://bucket/key", "--profile", "site", env=env)
    s3.run("s3", "put", file, "s3://bucket/key", "--profile", "none", env=env, code=3)


def test_no_answer(s3, file):
    s3.run("s3", "put", file, "s3://bucket/key", "--endpoint", "http://127.0.0.1:1",
           "--retries", "0", code=4)
    assert "SHUB_E_NETWORK" in s3.said


# ---- ship, verify ----------------------------------------------------------------------

KEY = "logs/sensorhub/meter/2015/03/10/sensorhub-meter-2015-03-10-%02d.jl.gz"


def sealed(root, hour=17, size=100):
    folder = root / f"2015-03-10-{hour}"
    folder.mkdir(parents=True)
    path = folder / f"sensorhub-meter-2015-03-10-{hour}.jl.gz"
    path.write_bytes(gzip.compress(b"{}\n" * size, mtime=0))
    return path


@pytest.fixture
def root(tmp_path):
    return tmp_path / "data"


DEST = ["--dest", "s3://bucket/logs"]


def test_ship_and_verify(s3, root):
    contents = {hour: sealed(root, hour).read_bytes() for hour in (16, 17)}
    assert [row["state"] for row in s3.rows("verify", root, *DEST)] == 2 * ["pending"]
    report, = s3.rows("ship", root, *DEST, "--endpoint", s3.url, "--addressing", "path")
    assert (report["files"], report["waiting"], report["waiting_bytes"]) == (2, 0, 0)
    assert report["oldest"] == ""
    assert all(s3.get(KEY % hour) == content for hour, content in contents.items())
    rows = s3.rows("verify", root, *DEST, "--deep")
    assert [row["state"] for row in rows] == 2 * ["complete"]


def test_verify_misses_what_is_gone(s3, root):
    sealed(root, 16), sealed(root, 17)
    s3.run("ship", root, *DEST)
    s3.request("DELETE", "/bucket/" + KEY % 17)
    rows = s3.run("verify", root, *DEST, "--json", code=1).splitlines()
    assert [json.loads(row)["state"] for row in rows] == ["complete", "missing"]


def test_what_waits_is_told(s3, root):
    sealed(root, 16), sealed(root, 17)
    s3.say("fault any status=503 always")
    text = s3.run("ship", root, *DEST, "--retries", "0", "--json", code=4)
    report = json.loads(text)
    assert (report["files"], report["waiting"], report["oldest"]) == (0, 2, "2015-03-10T16:00:00Z")
    assert report["waiting_bytes"] > 0 and "SHUB_E_OVERLOADED" in s3.said


def test_watch_goes_on_until_a_signal(s3, root):
    sealed(root, 16)
    s3.say("fault any status=503 always")
    with subprocess.Popen([PROGRAM, "ship", "--watch", "1", root, *DEST, "--retries", "0", "--json"],
                          env=s3.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:
        report = json.loads(process.stdout.readline())
        assert (report["waiting"], report["oldest"]) == (1, "2015-03-10T16:00:00Z")
        s3.say("fault clear")
        while json.loads(process.stdout.readline())["waiting"]:
            pass
        sealed(root, 17)
        while json.loads(process.stdout.readline())["files"] != 1:
            pass
        process.send_signal(signal.SIGTERM)
        assert "SHUB_E_OVERLOADED" in process.stderr.read()
    assert process.returncode == 0
    assert s3.get(KEY % 16) and s3.get(KEY % 17)


def test_watch_is_a_line_a_run(s3, root):
    sealed(root)
    with subprocess.Popen([PROGRAM, "ship", root, *DEST, "--watch=1h"], env=s3.env, text=True,
                          stdout=subprocess.PIPE) as process:
        names = process.stdout.readline().split("\t")
        values = process.stdout.readline().split("\t")
        process.send_signal(signal.SIGINT)
    assert process.returncode == 0 and names[:2] == ["time", "files"] and values[1] == "1"


@pytest.mark.parametrize("watch", [["--watch", "0"], ["--watch=2d"], ["--watch=soon"]])
def test_watch_wants_an_interval(s3, root, watch):
    sealed(root)
    s3.run("ship", root, *DEST, *watch, code=2)


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", __file__]))
