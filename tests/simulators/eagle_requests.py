"""Requests that the tests of eagle_gateway make, and the gateways that they share."""

import base64
import http.client
import os
import pathlib
import socket
import sys
import xml.etree.ElementTree as ET

import pytest

sys.path.insert(0, str(pathlib.Path(os.environ["SHUB_SOURCE"], "tests/support")))
from gateways import Gateways  # noqa: E402

PROGRAM = os.environ["EAGLE_GATEWAY"]
NOON = 1700049600  # 2023-11-15T12:00:00Z
EPOCH_2000 = 946684800
POST_MANAGER = "/cgi-bin/post_manager"
CGI_MANAGER = "/cgi-bin/cgi_manager"


class Gateway:
    def __init__(self, number, generation, url, cloud_id, secrets):
        self.number, self.generation, self.url = number, generation, url
        self.cloud_id, self.secrets = cloud_id, secrets
        self.port = int(self.url.rsplit(":", 1)[1])

    def headers(self):
        if self.generation == "relay":
            user, password = self.secrets
            return {"Cloud-ID": self.cloud_id, "User": user, "Password": password}
        pair = f"{self.cloud_id}:{self.secrets[0]}".encode()
        return {"Authorization": "Basic " + base64.b64encode(pair).decode()}

    def post(self, body, headers=None, path=POST_MANAGER, timeout=5):
        """A whole exchange over HTTP/1.1: the response and its body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            headers = self.headers() if headers is None else headers
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    def ask(self, name, extra="", path=POST_MANAGER):
        response, body = self.post(command(name, extra), path=path)
        assert response.status == 200
        return body.decode()

    def xml(self, name, extra=""):
        return ET.fromstring(self.ask(name, extra))

    def raw(self, request):
        """What comes back for these bytes, up to the end of the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as peer:
            peer.sendall(request)
            answer = b""
            while True:
                got = peer.recv(65536)
                if not got:
                    return answer
                answer += got

    def request_bytes(self, body, version="1.1"):
        lines = [f"POST {POST_MANAGER} HTTP/{version}", "Host: eagle",
                 f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers().items()]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


class Simulator(Gateways):
    def __init__(self, *options):
        super().__init__(*options)
        self.gateways = [Gateway(*told) for told in self.gateways]
        assert self.gateways

    def __exit__(self, *exception):
        super().__exit__(*exception)
        assert self.process.returncode == 0

    def stats(self, number):
        words = self.say("stats")[number - 1].split()
        assert words[:2] == ["stats", str(number)]
        return dict(word.split("=") for word in words[3:])


def command(name, extra=""):
    return f"<Command>\r\n<Name>{name}</Name>\r\n{extra}</Command>\r\n"


def query(meter, variables=None):
    components = "<All>Y</All>" if variables is None else (
        "<Component><Name>Main</Name><Variables>" + "".join(
            f"<Variable><Name>{name}</Name></Variable>" for name in variables)
        + "</Variables></Component>")
    return (f"<DeviceDetails><HardwareAddress>{meter}</HardwareAddress></DeviceDetails>"
            f"<Components>{components}</Components>")


def meter_of(gateway):
    return gateway.xml("device_list").findtext("Device/HardwareAddress")


def signed(text):
    digits = len(text) - 2
    value = int(text, 16)
    bits = 32 if digits > 6 else 24
    return value - (1 << bits) if value >> (bits - 1) & 1 else value


@pytest.fixture(scope="module")
def mixed():
    """Two of each; one and two are the relay's, three and four EAGLE-100, the rest 200."""
    with Simulator("--relay", 2, "--eagle100", 2, "--eagle200", 2, "--clock-start", NOON,
                   "--clock-rate", 0, "--cadence", 8) as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def no_faults_left(request):
    yield
    if "mixed" in request.fixturenames:
        request.getfixturevalue("mixed").say("fault all clear")
