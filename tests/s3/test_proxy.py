"""The flaky proxy that the tests here rely on, alone: in one run, as no server is in it."""

import concurrent.futures
import contextlib
import math
import socket
import threading
import time

import pytest

from conftest import needs, wait_until
from flaky_proxy import FlakyProxy

pytestmark = needs("radosgw")


class Counter:
    """A server that says how many bytes came, once no more come; `counts` has them all."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.counts = []
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *exception):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        count = 0
        with connection:
            try:
                while block := connection.recv(65536):
                    count += len(block)
                connection.sendall(b"%d\n" % count)
            except OSError:
                pass
        self.counts.append(count)


@pytest.fixture
def counter():
    with Counter() as counter:
        yield counter


@pytest.fixture
def proxy(counter):
    with FlakyProxy(counter.port) as proxy:
        yield proxy


def send(proxy, size, timeout_s=20):
    """What the counter says, and how long it took."""
    begin = time.monotonic()
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        client.settimeout(timeout_s)
        client.sendall(bytes(size))
        with contextlib.suppress(OSError):  # of a reset, which recv says better
            client.shutdown(socket.SHUT_WR)
        answer = b""
        while block := client.recv(100):
            answer += block
    return answer, time.monotonic() - begin


def test_the_proxy_hands_on(proxy):
    assert send(proxy, 5000000)[0] == b"5000000\n"
    assert (proxy.accepted, proxy.cuts, proxy.refused) == (1, 0, 0)
    assert (proxy.bytes_up, proxy.bytes_down) == (5000000, 8)


def test_latency_delays_and_does_not_slow(proxy):
    proxy.set(latency_s=0.2)
    answer, seconds = send(proxy, 2000000)
    assert answer == b"2000000\n" and seconds >= 0.4
    assert seconds < 0.2 * 2000000 / 65536  # as it would be, block after block


def test_a_rate_is_kept_and_changed_on_the_way(proxy):
    proxy.set(rate_up=1e6)
    assert send(proxy, 300000)[1] >= 0.3
    proxy.set(rate_up=1000)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        sending = pool.submit(send, proxy, 10000000)
        wait_until(lambda: proxy.accepted == 2)
        proxy.set()
        assert sending.result()[0] == b"10000000\n"


@pytest.mark.parametrize("after", [0, 65536, 123457])
@pytest.mark.parametrize("how,error", [("rst", ConnectionError), ("stall", TimeoutError)])
def test_a_cut_after_so_many_bytes(proxy, counter, how, error, after):
    proxy.set(cut_up=after, how=how, times=1)
    with pytest.raises(error):
        send(proxy, 400000, timeout_s=0.3 if how == "stall" else 20)
    wait_until(lambda: proxy.cuts == 1)
    assert proxy.bytes_up == after
    if how == "rst":  # a stall has not ended
        wait_until(lambda: proxy.bytes_unanswered == after)
    assert send(proxy, 10)[0] == b"10\n"
    if how == "rst":
        wait_until(lambda: sorted(counter.counts) == sorted([after, 10]))


def test_a_cut_that_looks_like_an_end(proxy, counter):
    proxy.set(cut_up=123457, how="fin", times=1)
    assert send(proxy, 400000)[0] == b""
    wait_until(lambda: counter.counts == [123457])
    assert (proxy.bytes_up, proxy.cuts) == (123457, 1)


def test_a_cut_of_the_answer(proxy):
    proxy.set(cut_down=3, how="fin")
    assert send(proxy, 100000)[0] == b"100"


def test_the_first_ones_are_refused(proxy):
    proxy.set(refuse=2)
    for _ in range(2):
        with pytest.raises(OSError):
            send(proxy, 1)
    assert send(proxy, 1)[0] == b"1\n"
    proxy.set(refuse=math.inf)
    with pytest.raises(OSError):
        send(proxy, 1)
    assert (proxy.accepted, proxy.refused) == (4, 3)


def test_what_is_under_way_is_cut(proxy, counter):
    proxy.set(rate_up=10000)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        sending = pool.submit(send, proxy, 1000000)
        wait_until(lambda: proxy.bytes_up >= 1000)
        proxy.cut("rst")
        with pytest.raises(ConnectionError):
            sending.result()
    wait_until(lambda: counter.counts)
    assert counter.counts[0] == proxy.bytes_up


def test_a_target_that_is_not_there_refuses(counter, proxy):
    counter.listener.shutdown(socket.SHUT_RDWR)
    counter.listener.close()
    with pytest.raises(OSError):
        send(proxy, 1)
    assert proxy.refused == 1
    counter.listener = socket.create_server(("127.0.0.1", 0))
