"""eagle_gateway: figures, TLS, crowds, endings."""

import http.client
import os
import socket
import ssl
import subprocess
import time
import xml.etree.ElementTree as ET

import pytest

from eagle_requests import POST_MANAGER, PROGRAM, Simulator, command
from eagle_requests import mixed, no_faults_left  # noqa: F401 fixtures


def test_stats():
    with Simulator("--eagle200", 2) as simulator:
        gateway = simulator.gateways[0]
        assert simulator.stats(1)["gap_ms"] == "-1"
        gateway.ask("device_list")
        time.sleep(0.1)
        gateway.ask("device_list")
        gateway.ask("wifi_status")
        stats = simulator.stats(1)
        assert stats["requests"] == "3" and stats["command.device_list"] == "2"
        assert stats["command.wifi_status"] == "1" and int(stats["gap_ms"]) < 100
        assert stats["auth"] == "ok" and stats["concurrent"] == "1"
        assert simulator.stats(2)["requests"] == "0"


def test_gap_and_concurrency():
    with Simulator("--eagle100", 1, "--fault", "1:delay=1000") as simulator:
        gateway = simulator.gateways[0]
        request = gateway.request_bytes(command("get_price"))
        peers = []
        for _ in range(3):
            peers.append(socket.create_connection(("127.0.0.1", gateway.port), timeout=5))
            peers[-1].sendall(request)
            time.sleep(0.2)
        for peer in peers:
            assert peer.recv(4096).startswith(b"HTTP/1.1 200")
            peer.close()
        stats = simulator.stats(1)
        assert stats["concurrent"] == "3" and 20 <= int(stats["gap_ms"]) < 1000


def test_tls(tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=eagle", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key,
                    "-out", certificate], check=True, stderr=subprocess.DEVNULL)
    with Simulator("--eagle200", 1, "--tls", certificate, key) as simulator:
        gateway = simulator.gateways[0]
        assert gateway.url.startswith("https://127.0.0.1:")
        trust = ssl.create_default_context(cafile=certificate)
        for fault, size in ((None, 0), ("drip=1 1", 0), ("delay=20 1", 0)):
            if fault:
                simulator.say(f"fault 1 {fault}")
            connection = http.client.HTTPSConnection("127.0.0.1", gateway.port, timeout=5,
                                                     context=trust)
            connection.request("POST", POST_MANAGER, command("wifi_status"),
                               gateway.headers())
            body = connection.getresponse().read()
            assert ET.fromstring(body).tag == "WiFiStatus"
            connection.close()
        simulator.say("fault 1 reset 1")
        connection = http.client.HTTPSConnection("127.0.0.1", gateway.port, timeout=5,
                                                 context=trust)
        connection.request("POST", POST_MANAGER, command("wifi_status"), gateway.headers())
        with pytest.raises((ConnectionResetError, ssl.SSLError)):
            connection.getresponse()
        connection.close()


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_many_gateways_idle_without_cpu():
    with Simulator("--relay", 50, "--eagle100", 50, "--eagle200", 50) as simulator:
        for gateway in simulator.gateways:
            name = "wifi_status" if gateway.generation == "eagle200" else "get_price"
            assert gateway.xml(name) is not None
        simulator.say("fault 1 delay=60000")
        simulator.say("fault all stall")
        peers = []
        for gateway in simulator.gateways:
            peers.append(socket.create_connection(("127.0.0.1", gateway.port), timeout=5))
            peers[-1].sendall(gateway.request_bytes(command("get_price")))
        while simulator.stats(150)["requests"] != "2":
            time.sleep(0.01)
        begin = cpu_seconds(simulator.process.pid)
        time.sleep(0.5)
        assert cpu_seconds(simulator.process.pid) - begin < 0.1
        assert len(os.listdir(f"/proc/{simulator.process.pid}/task")) == 1
        for peer in peers:
            peer.close()


@pytest.mark.parametrize("end", ["quit", "SIGTERM", "eof"])
def test_ends_with_a_stalled_client(end):
    simulator = Simulator("--relay", 1, "--fault", "1:stall:1", "--fault", "1:drip=1000")
    gateway = simulator.gateways[0]
    peers = []
    for _ in range(2):
        peers.append(socket.create_connection(("127.0.0.1", gateway.port), timeout=5))
        peers[-1].sendall(gateway.request_bytes(command("get_price")))
    while simulator.stats(1)["faults"] != "2":
        time.sleep(0.01)
    if end == "quit":
        simulator.say("quit")
    elif end == "SIGTERM":
        simulator.process.terminate()
    with simulator:
        pass
    for peer in peers:
        peer.close()


def test_input_that_epoll_cannot_watch(tmp_path):
    script = tmp_path / "lines"
    script.write_text("clock 1700000000\nstats\nquit\n")
    with open(script) as lines:
        done = subprocess.run([PROGRAM, "--relay", "1"], stdin=lines, text=True, timeout=5,
                              stdout=subprocess.PIPE, check=True)
    assert done.stdout.splitlines()[1::2] == ["ready", "stats 1 relay requests=0 faults=0 "
                                              "gap_ms=-1 concurrent=0 auth=none "
                                              "unauthorized=0", "ok quit"]


@pytest.mark.parametrize("options", [
    [], ["--relay", "x"], ["--relay", "1", "--fault", "1:what"], ["--relay", "1", "more"],
    ["--relay", "1", "--tls", "/nonexistent", "/nonexistent"]])
def test_wrong_options(options):
    done = subprocess.run([PROGRAM, *options], stdin=subprocess.DEVNULL, timeout=5,
                          stderr=subprocess.PIPE)
    assert done.returncode == 2 and done.stderr
