"""What the tests against real S3 servers share. One run has one server:

    pytest tests/s3 --server radosgw

Tests that another server is for are left out: @needs("radosgw"). Where a server is not
installed the run ends with 77."""

import contextlib
import os
import pathlib
import re
import sys
import time
import uuid

import pytest

SOURCE = pathlib.Path(os.environ.get("SHUB_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "support"))

import s3_servers  # noqa: E402

needs = pytest.mark.needs
MIB = 1 << 20
PART = 5 * MIB


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def pytest_addoption(parser):
    parser.addoption("--server", choices=s3_servers.NAMES, default=s3_servers.NAMES[0])


def pytest_configure(config):
    config.addinivalue_line("markers", "needs(*servers): the servers that a test is for")


def pytest_collection_modifyitems(config, items):
    server = config.getoption("--server")
    wanted = {item: names_of(item) for item in items}
    config.hook.pytest_deselected(items=[i for i in items if server not in wanted[i]])
    items[:] = [item for item in items if server in wanted[item]]


def names_of(item):
    """The servers a test is for; all, when it does not say."""
    marker = item.get_closest_marker("needs")
    names = marker.args if marker else s3_servers.NAMES
    unknown = set(names) - set(s3_servers.NAMES)
    if unknown or not names:
        raise pytest.UsageError(f"{item.nodeid}: needs one of {s3_servers.NAMES}: {names}")
    return names


@pytest.fixture(scope="session", autouse=True)
def environment():
    """No AWS_ variable and no proxy of this machine's reaches a test."""
    clean = s3_servers.clean_environment()
    with pytest.MonkeyPatch.context() as patch:
        for name in set(os.environ) - set(clean):
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def start_server(request, environment):
    """start_server(**options): one more, of the kind that this run is about."""
    name = request.config.getoption("--server")
    if name == "swift" and not os.environ.get("SHUB_ALL"):
        pytest.exit("a part of check all", returncode=77)
    with contextlib.ExitStack() as servers:
        def start(**options):
            try:
                return servers.enter_context(s3_servers.Server(name, **options))
            except s3_servers.NotInstalled as missing:
                pytest.exit(str(missing), returncode=77)

        yield start


@pytest.fixture(scope="session")
def server(start_server):
    """The one that the tests share: plain and TLS."""
    return start_server(tls=True)


@pytest.fixture
def s3(server):
    """The independent client."""
    return server.client()


@pytest.fixture
def bucket(s3, request):
    """The name of an empty bucket, which goes when the test ends."""
    word = re.sub("[^a-z0-9]+", "-", request.node.originalname.lower())[:40].strip("-")
    name = f"{word}-{uuid.uuid4().hex[:8]}"
    s3.make_bucket(name)
    yield name
    s3.delete_bucket(name)


@pytest.fixture
def may_lack(request):
    """with may_lack("If-Match"): what the server answers with 501, by whichever client, ends
    the test as skipped, and the list says what is lacking."""
    name = request.config.getoption("--server")

    @contextlib.contextmanager
    def lacking(what):
        try:
            yield
        except Exception as error:
            if getattr(error, "http_status", None) != 501:
                raise
            pytest.skip(f"{name} lacks {what}: 501")

    return lacking


# ---- the library's client ---------------------------------------------------------------


def ours(server, keys=None, **more):
    """The library's client; `more` are its options."""
    import sensorhub

    keys = keys or server.keys
    return sensorhub.S3(**{"endpoint": server.endpoint, "access_key": keys.access,
                           "secret_key": keys.secret, "region": server.region,
                           "part_bytes": PART, "retries": 3, **more})


@pytest.fixture
def client(server):
    with ours(server) as client:
        yield client


@pytest.fixture
def large(tmp_path):
    """A file of 20 MiB and a byte."""
    path = tmp_path / "large"
    path.write_bytes(os.urandom(20 * MIB + 1))
    return path
