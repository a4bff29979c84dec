"""What `sensorhub eagle upload-server` prints is a server that works."""

import json
import pathlib
import subprocess
import tempfile

import nginx

SUMMATION = """<?xml version="1.0"?>
<rainforest macId="0xf0ad4e00ce69" version="undefined" timestamp="1355292588s">
<CurrentSummationDelivered><MeterMacId>0x00178d0000000004</MeterMacId>
<TimeStamp>{time}</TimeStamp><SummationDelivered>{value}</SummationDelivered>
</CurrentSummationDelivered>
</rainforest>
"""


def configuration(folder):
    """The printed part within the head of examples/nginx/upload.conf."""
    head = (nginx.SOURCE / "examples/nginx/upload.conf").read_text()
    head = head[:head.index("    # The code is loaded once")]
    printed = subprocess.run([nginx.BUILD / "bin/sensorhub", "eagle", "upload-server"],
                             check=True, capture_output=True, text=True).stdout
    for old, new in (('"/var/lib/sensorhub"', 'ngx.config.prefix() .. "data"'),
                     ("listen 8888;", "listen 8080;"), ("/eagle {", "/upload {")):
        assert printed.count(old) == 1, old
        printed = printed.replace(old, new)
    path = pathlib.Path(folder, "printed.conf")
    path.write_text(head + printed + "}\n")
    return path


def check(server):
    connection = server.connection()
    for time, value in (1, 100), (2, 0), (3, 101):
        assert connection.post(SUMMATION.format(time=time, value=value).encode()) == (200, "")
    status, text = connection.post(b"nothing")
    assert status == 400 and "neither XML" in text, (status, text)
    records = [json.loads(line) for path in server.data.glob("*/*.jl")
               for line in path.read_text().splitlines()]
    assert sorted(record["value"] for record in records) == [0.0, 100.0, 101.0], records
    assert "global Lua variable" not in server.errors()


def main():
    nginx.skip_unless_there()
    with tempfile.TemporaryDirectory() as folder:
        with nginx.Nginx(configuration(folder), []) as server:
            check(server)
            server.quit()


if __name__ == "__main__":
    main()
