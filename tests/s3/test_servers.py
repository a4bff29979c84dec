"""The servers and the clients that the tests here rely on, alone."""

import concurrent.futures
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

import s3_servers
from conftest import needs, wait_until
from s3_servers import Keys, NoAnswer, Refused


# ---- the server -------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 3 << 20])
def test_what_was_put_is_read_back(s3, bucket, size):
    content = os.urandom(size)
    s3.put(bucket, "key", content, {"x-amz-meta-word": "value"})
    headers = s3.head(bucket, "key")
    assert int(headers["content-length"]) == size
    assert headers["x-amz-meta-word"] == "value"
    assert s3.get(bucket, "key") == content


def test_a_file_is_sent_as_it_is(s3, bucket, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"content")
    s3.put(bucket, "key", path)
    assert s3.get(bucket, "key", {"Range": "bytes=1-3"}) == b"ont"


def test_odd_keys(s3, bucket):
    keys = ["a b+c/\u00e9", "a//b", "~x=y&z", "%41", "a/../b"]
    for key in keys:
        s3.put(bucket, key, key.encode())
    assert {key: len(key.encode()) for key in keys} == s3.list_objects(bucket)
    assert [s3.get(bucket, key).decode() for key in keys] == keys


def test_what_is_not_there(s3, bucket):
    assert s3.head(bucket, "key") is None
    with pytest.raises(Refused) as caught:
        s3.get(bucket, "key")
    assert (caught.value.http_status, caught.value.code) == (404, "NoSuchKey")


def test_a_bucket_is_listed_by_pages(s3, bucket):
    for i in range(5):
        s3.put(bucket, f"a/{i}", b"x" * i)
    s3.put(bucket, "b", b"")
    assert s3.list_objects(bucket, page=2) == {**{f"a/{i}": i for i in range(5)}, "b": 0}
    assert s3.list_objects(bucket, prefix="a/", page=2) == {f"a/{i}": i for i in range(5)}
    s3.delete(bucket, "b")
    assert "b" not in s3.list_objects(bucket)


def test_uploads_are_listed(s3, bucket):
    uploads = {key: s3.create_upload(bucket, key) for key in ("a", "b c")}
    assert dict(s3.list_uploads(bucket)) == uploads
    query = {"uploadId": uploads["a"], "partNumber": "7"}
    answer = s3.good("PUT", f"/{bucket}/a", query, body=b"part")
    assert s3.list_parts(bucket, "a", uploads["a"]) == [(7, 4, answer.headers["etag"])]
    s3.good("DELETE", f"/{bucket}/a", {"uploadId": uploads["a"]})
    assert dict(s3.list_uploads(bucket)) == {"b c": uploads["b c"]}


seen = set()


@pytest.mark.parametrize("round", [1, 2])
def test_every_bucket_is_fresh(s3, bucket, round):
    assert bucket not in seen and s3.list_objects(bucket) == {}
    assert all(s3.request("HEAD", f"/{old}").status == 404 for old in seen)
    seen.add(bucket)
    s3.put(bucket, "key", b"left behind")
    s3.create_upload(bucket, "key")


def test_tls(server, bucket):
    content = os.urandom(100000)
    tls = server.client(endpoint=server.tls_endpoint)
    tls.put(bucket, "key", content)
    assert server.client().get(bucket, "key") == content
    tls.ca_file = None
    with pytest.raises(NoAnswer) as caught:
        tls.get(bucket, "key")
    assert caught.value.code == 60  # CURLE_PEER_FAILED_VERIFICATION


@pytest.mark.parametrize("tls", [False, True])
def test_a_bucket_has_a_host_of_its_own(server, s3, bucket, tls):
    alone = server.client(endpoint=server.bucket_endpoint(bucket, tls))
    assert alone.good("PUT", "/a/b c", body=b"content").status == 200
    assert s3.get(bucket, "a/b c") == b"content"


@pytest.mark.parametrize("tls", [False, True])
def test_a_wrong_secret_is_refused(server, bucket, tls):
    wrong = Keys(server.keys.access, server.keys.secret[::-1])
    with pytest.raises(Refused) as caught:
        server.client(wrong, server.tls_endpoint if tls else None).put(bucket, "key", b"")
    assert (caught.value.http_status, caught.value.code) == (403, "SignatureDoesNotMatch")
    assert server.client().list_objects(bucket) == {}


def test_another_user_is_refused(server, bucket):
    server.client().put(bucket, "key", b"mine")
    other = server.client(server.other_keys)
    for attempt in (lambda: other.get(bucket, "key"), lambda: other.put(bucket, "new", b"")):
        with pytest.raises(Refused) as caught:
            attempt()
        assert caught.value.http_status in (403, 404)  # to Swift it is in another world
    assert server.client().list_objects(bucket) == {"key": 4}


def test_the_environment_is_clean(server):
    assert not [name for name in os.environ if name.startswith("AWS_")]
    assert server.environment()["AWS_SECRET_ACCESS_KEY"] == server.keys.secret


def test_what_a_server_lacks_is_skipped_by_name(server, s3, bucket, may_lack):
    with pytest.raises(pytest.skip.Exception, match="lacks teapots: 501"):
        with may_lack("teapots"):
            raise Refused("PUT", s3_servers.Answer(501, {}, b""))
    with pytest.raises(Refused):
        with may_lack("teapots"):
            s3.get(bucket, "key")


@needs("swift")
def test_a_501_of_a_server_is_one(s3, bucket):
    with pytest.raises(Refused) as caught:
        s3.put(bucket, "key", b"", {"If-None-Match": "*"})
    assert (caught.value.http_status, caught.value.code) == (501, "NotImplemented")


@pytest.mark.skipif(not s3_servers.AWS.exists(), reason="awscli is not installed")
@pytest.mark.parametrize("tls", [False, True])
def test_aws_reads_the_same(server, s3, bucket, tmp_path, tls):
    content = os.urandom(20 << 20)
    path = tmp_path / "file"
    path.write_bytes(content)
    endpoint = server.tls_endpoint if tls else None
    server.aws("s3", "cp", "--quiet", path, f"s3://{bucket}/key", endpoint=endpoint)
    assert s3.get(bucket, "key") == content
    assert "key" in server.aws("s3", "ls", f"s3://{bucket}/")


# ---- faults of the server ---------------------------------------------------------------


def test_the_gateway_dies_and_comes_back(server, s3, bucket):
    s3.put(bucket, "key", b"stays")
    server.kill_gateway()
    try:
        with pytest.raises(NoAnswer) as caught:
            s3.get(bucket, "key")
        # CURLE_COULDNT_CONNECT, or the socket of the dead still has its place: _RECV_ERROR
        assert caught.value.code in (7, 56)
    finally:
        server.start_gateway()
    assert s3.get(bucket, "key") == b"stays"


@needs("radosgw")
def test_a_store_that_hangs(server, s3, bucket):
    s3.put(bucket, "key", b"stays")
    server.hang()
    try:
        with pytest.raises(NoAnswer) as caught:
            s3.put(bucket, "other", b"late", timeout_s=0.5)
        assert caught.value.code == 28  # CURLE_OPERATION_TIMEDOUT
    finally:
        server.resume()
    assert s3.get(bucket, "key") == b"stays"


@needs("radosgw")
def test_too_many_requests_are_slowed_down(start_server):
    with start_server(conf="rgw max concurrent requests = 1\nrgw scheduler type = throttler",
                      store_bytes=1 << 30) as server:
        s3 = server.client()
        s3.make_bucket("bucket")
        with server.proxy() as proxy:
            proxy.set(rate_up=1e6)
            slow = server.client(endpoint=f"http://127.0.0.1:{proxy.port}")
            with concurrent.futures.ThreadPoolExecutor() as pool:
                busy = pool.submit(slow.put, "bucket", "slow", bytes(1000000))
                while not proxy.bytes_up:
                    time.sleep(0.01)
                answers = [s3.request("PUT", "/bucket/key", body=b"x") for _ in range(5)]
                busy.result()
        refused = [answer for answer in answers if answer.status == 503]
        assert refused and all(b"<Code>SlowDown" in answer.body for answer in refused)
        s3.put("bucket", "key", b"x")


@pytest.mark.parametrize("faults,codes", [
    ({"cut_up": 500000}, {55, 56}),               # CURLE_SEND_ERROR, CURLE_RECV_ERROR
    ({"cut_down": 0, "how": "fin"}, {52}),        # CURLE_GOT_NOTHING
    ({"cut_up": 500000, "how": "stall"}, {28})])  # CURLE_OPERATION_TIMEDOUT
def test_s3_by_a_flaky_way(server, bucket, faults, codes):
    with server.proxy() as proxy:
        s3 = server.client(endpoint=f"http://127.0.0.1:{proxy.port}")
        proxy.set(**faults)
        with pytest.raises(NoAnswer) as caught:
            s3.put(bucket, "key", bytes(2000000), timeout_s=2)
        assert caught.value.code in codes
        proxy.set()
        s3.put(bucket, "key", b"whole")
        assert s3.get(bucket, "key") == b"whole"


# ---- its life ---------------------------------------------------------------------------


def pids_in(folder):
    return [int(path.read_text().split()[0]) for path in folder.glob("*.pid")]


def gone(pid):
    """A zombie is."""
    try:
        return "State:\tZ" in pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def test_a_second_one_as_an_ordinary_user(start_server, server, s3, bucket):
    user = s3_servers.NOBODY if os.geteuid() == 0 else ()
    with start_server(user=user) as second:
        pids = pids_in(second.folder)
        assert {os.stat(f"/proc/{pid}").st_uid for pid in pids} == {second.folder.stat().st_uid}
        assert second.folder.stat().st_uid != 0
        client = second.client()
        client.make_bucket(bucket)
        client.put(bucket, "key", b"second")
        assert s3.head(bucket, "key") is None and client.get(bucket, "key") == b"second"
        folder = second.folder
    assert pids and all(map(gone, pids)) and not folder.exists()
    assert s3.list_objects(bucket) == {}


def alive_with(word):
    """Processes that name it; a zombie has no words."""
    def words(process):
        try:
            return (process / "cmdline").read_bytes()
        except OSError:
            return b""

    return [process.name for process in pathlib.Path("/proc").glob("[0-9]*")
            if str(word).encode() in words(process)]


@pytest.mark.parametrize("moment", ["starting", "ready", "gateway restarted, and its script"])
def test_it_ends_with_a_process_that_is_killed(server, tmp_path, moment):
    program = ("import sys, signal; sys.path.insert(0, sys.argv[1]); import s3_servers\n"
               "server = s3_servers.Server(sys.argv[2])\n"
               "server.kill_gateway(); server.start_gateway()\n"
               "print(server.process.pid, flush=True); signal.pause()")
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    owner = subprocess.Popen(
        [sys.executable, "-c", program, str(s3_servers.SCRIPTS.parent / "support"), server.name],
        env=environment, stdout=subprocess.PIPE, text=True)
    with owner:
        if moment == "starting":
            wait_until(lambda: list(tmp_path.glob("*/ports.pid")))
        else:
            script = int(owner.stdout.readline())
            assert len(alive_with(tmp_path)) >= 5
            if moment != "ready":
                os.kill(script, signal.SIGKILL)
        owner.send_signal(signal.SIGKILL)
    wait_until(lambda: not alive_with(tmp_path) and not list(tmp_path.iterdir()))


def test_it_starts_in_an_empty_folder_alone(server, tmp_path):
    (tmp_path / "file").write_text("")
    run = subprocess.run(["sh", server.script, "start", tmp_path], text=True,
                         capture_output=True)
    assert run.returncode == 1 and "is not empty" in run.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_without_its_programs_it_is_skipped(server, tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "dirname", "basename", "realpath"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    script = tmp_path / server.script.name
    for path in s3_servers.SCRIPTS.iterdir():
        text = path.read_text().replace("PATH=$PATH:/usr/sbin:/sbin\n", "")
        (tmp_path / path.name).write_text(text)
    run = subprocess.run(["/bin/sh", script, "start", tmp_path / "new"], text=True,
                         capture_output=True, env={"PATH": str(tools)})
    assert run.returncode == 77 and "is not installed" in run.stdout
    assert not (tmp_path / "new").exists()
