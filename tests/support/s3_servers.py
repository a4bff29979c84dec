"""Real S3 servers for tests written in Python (tests/servers/), and clients for them that share
no code with the library: curl's signing, and Debian's aws where it is installed.

    with Server("radosgw", tls=True) as server:
        s3 = server.client()
        s3.make_bucket("b")
        s3.put("b", "key", b"content")
"""

import collections
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.parse
import xml.etree.ElementTree as ET

from flaky_proxy import FlakyProxy

SCRIPTS = pathlib.Path(__file__).resolve().parents[1] / "servers"
NAMES = ("radosgw", "swift")

NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")

AWS = pathlib.Path("/usr/bin/aws")

Keys = collections.namedtuple("Keys", "access secret")
Answer = collections.namedtuple("Answer", "status headers body")


class NotInstalled(Exception):
    """What a server needs is not there."""


class Refused(Exception):
    """An answer of 300 or more; `http_status`, and S3's word for it in `code`."""

    def __init__(self, what, answer):
        found = re.search(rb"<Code>([^<]*)", answer.body)
        self.http_status, self.code = answer.status, found.group(1).decode() if found else ""
        super().__init__(f"{what}: {answer.status} {self.code}")


class NoAnswer(Exception):
    """curl ended with `code`."""

    def __init__(self, what, code, said):
        self.code = code
        super().__init__(f"{what}: curl ended with {code}: {said.strip()}")


def clean_environment():
    """The environment without what would decide whom a client talks to, trusts, and is."""
    left_out = re.compile(r"AWS_.*|.*_proxy|SENSORHUB_S3_.*", re.I)
    return {name: value for name, value in os.environ.items() if not left_out.fullmatch(name)}


def foreign_environment():
    """For programs that are not the project's: without its sanitizers, too."""
    return {name: value for name, value in clean_environment().items()
            if name not in ("LD_PRELOAD", "ASAN_OPTIONS", "UBSAN_OPTIONS")}


# ---- servers ----------------------------------------------------------------------------


class Server:
    """A server of tests/servers/ in a folder of its own. Both end with this object, and also
    when this process is killed.

    tls, store_bytes and conf are the script's SHUB_TLS, SHUB_STORE_BYTES and SHUB_RGW_CONF;
    user is a command to start it through, such as NOBODY. Ready-made for tests: endpoint,
    tls_endpoint, ca_file, domain, region, keys, other_keys, folder."""

    def __init__(self, name, tls=False, store_bytes=None, conf=None, user=()):
        self.name, self.user = name, list(user)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"sensorhub-{name}-"))
        self.options = foreign_environment()
        for variable, value in (("SHUB_TLS", "1" if tls else None),
                                ("SHUB_STORE_BYTES", store_bytes), ("SHUB_RGW_CONF", conf)):
            self.options.pop(variable, None)
            if value is not None:
                self.options[variable] = str(value)
        self.script = self._script()
        self.process = self._popen("run", stdin=subprocess.PIPE)
        try:
            self._wait_until_ready()
        except BaseException:
            self.close()
            raise
        told = self._environment()
        self.endpoint = told["SENSORHUB_S3_ENDPOINT"]
        self.tls_endpoint = told.get("SENSORHUB_S3_TLS_ENDPOINT")
        self.ca_file = told.get("SENSORHUB_S3_CA_FILE")
        self.domain = told["SENSORHUB_S3_DOMAIN"]
        self.region = told["AWS_REGION"]
        self.keys = Keys(told["AWS_ACCESS_KEY_ID"], told["AWS_SECRET_ACCESS_KEY"])
        self.other_keys = Keys(told["SENSORHUB_S3_OTHER_ACCESS_KEY_ID"],
                               told["SENSORHUB_S3_OTHER_SECRET_ACCESS_KEY"])

    def _script(self):
        """The script; a copy when another user has to read it."""
        if not self.user:
            return SCRIPTS / f"{self.name}.sh"
        self.copies = tempfile.TemporaryDirectory(prefix="sensorhub-scripts-")
        shutil.copytree(SCRIPTS, self.copies.name, dirs_exist_ok=True)
        subprocess.run(["chown", "-R", "nobody:nogroup", self.folder, self.copies.name],
                       check=True)
        return pathlib.Path(self.copies.name, f"{self.name}.sh")

    def _popen(self, command, **kwargs):
        # In a session of its own: Ctrl-C ends the tests, which end the server.
        return subprocess.Popen(
            [*self.user, "sh", self.script, command, self.folder], text=True,
            env=self.options, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True, **kwargs)

    def _wait_until_ready(self):
        said = []
        for line in self.process.stdout:
            if line == "ready\n":
                return
            said.append(line)
        status = self.process.wait()
        kind = NotInstalled if status == 77 else RuntimeError
        raise kind("".join(said).strip() or f"{self.script} ended with {status}")

    def _environment(self):
        lines = (self.folder / "env").read_text().splitlines()
        return {name: value.strip("'") for name, value in (line.split("=", 1) for line in lines)}

    def _command(self, command):
        with self._popen(command, stdin=subprocess.DEVNULL) as process:
            said = process.stdout.read()
        assert process.returncode == 0, said

    def kill_gateway(self):
        """Ends what clients talk to; what was stored stays."""
        self._command("kill-gateway")

    def start_gateway(self):
        self._command("start-gateway")

    def signal(self, daemon, number):
        """Sends a signal to one of the daemons that the script names."""
        pid, _ = (self.folder / f"{daemon}.pid").read_text().split()
        os.kill(int(pid), number)

    def hang(self):
        """Requests wait until `resume`; radosgw alone."""
        self.signal("osd", signal.SIGSTOP)

    def resume(self):
        self.signal("osd", signal.SIGCONT)

    def environment(self, keys=None):
        """An environment for a program of ours in which `keys` are those of AWS's variables."""
        return {**clean_environment(), **self._aws_variables(keys or self.keys)}

    def _aws_variables(self, keys):
        return {"AWS_ACCESS_KEY_ID": keys.access, "AWS_SECRET_ACCESS_KEY": keys.secret,
                "AWS_REGION": self.region, "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}

    def client(self, keys=None, endpoint=None):
        """An independent client, of another user or by another way when told so."""
        return Curl(endpoint or self.endpoint, keys or self.keys, self.region, self.ca_file)

    def bucket_endpoint(self, bucket, tls=False):
        """Where that bucket alone answers, with keys for paths."""
        endpoint = self.tls_endpoint if tls else self.endpoint
        return endpoint.replace("127.0.0.1", f"{bucket}.{self.domain}")

    def proxy(self, tls=False):
        """with server.proxy() as proxy: the way to the server, to be made flaky."""
        url = urllib.parse.urlsplit(self.tls_endpoint if tls else self.endpoint)
        return FlakyProxy(url.port)

    def aws(self, *words, keys=None, endpoint=None):
        """What Debian's aws prints; `words` as in ("s3", "cp", path, "s3://bucket/key")."""
        endpoint = endpoint or self.endpoint
        trust = ["--ca-bundle", self.ca_file] if endpoint.startswith("https:") else []
        environment = {**foreign_environment(), **self._aws_variables(keys or self.keys)}
        return subprocess.run(
            [AWS, "--endpoint-url", endpoint, "--region", self.region, *trust, *words],
            env=environment, check=True, capture_output=True, text=True).stdout

    def close(self):
        """May be called again."""
        if self.process.stdin.closed:
            return
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()
        shutil.rmtree(self.folder)
        if self.user:
            self.copies.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


# ---- the independent client -------------------------------------------------------------


def quoted(text, safe=""):
    return urllib.parse.quote(text, safe=safe + "-_.~")


def plain(tree):
    """An XML tree without namespaces."""
    for element in tree.iter():
        element.tag = element.tag.rpartition("}")[2]
    return tree


class Curl:
    """S3 by curl --aws-sigv4. A call that is refused raises Refused, one without an answer
    NoAnswer; `timeout_s` of a call is that of the whole."""

    def __init__(self, endpoint, keys, region, ca_file=None):
        self.endpoint, self.keys, self.region, self.ca_file = endpoint, keys, region, ca_file

    def request(self, method, path, query=(), body=None, headers=(), timeout_s=60):
        """The answer, whatever it says. `path` is not encoded yet, `body` bytes or a path,
        `query` and `headers` dicts."""
        what = f"{method} {path}"
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            command = ["curl", "-q", "-sS", "-K", "-", "-m", str(timeout_s), "--noproxy", "*",
                       "--path-as-is", "--aws-sigv4", f"aws:amz:{self.region}:s3",
                       "-D", folder / "headers", "-o", folder / "answer",
                       *self._method(method, body, folder)]
            # This curl sends none by itself, and a server then refuses the signature.
            for name, value in {"x-amz-content-sha256": "UNSIGNED-PAYLOAD",
                                **dict(headers)}.items():
                command += ["-H", f"{name}: {value}"]
            if self.ca_file:
                command += ["--cacert", self.ca_file]
            run = subprocess.run(command, input=f'url = "{self._url(path, query)}"\n', text=True,
                                 env=foreign_environment(), capture_output=True)
            if run.returncode:
                raise NoAnswer(what, run.returncode, run.stderr)
            return self._answer(folder)

    @staticmethod
    def _method(method, body, folder):
        if method == "HEAD":
            return ["-I"]
        if body is None and method not in ("PUT", "POST"):
            return ["-X", method]
        if not isinstance(body, os.PathLike):
            content, body = body, folder / "body"
            body.write_bytes(content or b"")
        return ["-X", method, "-T", body]

    def _url(self, path, query):
        """With the keys in it: -u would end the access key at the first colon, and be seen
        by everybody. A name without value is signed right only with its `=`."""
        scheme, rest = self.endpoint.split("://")
        user = f"{quoted(self.keys.access)}:{quoted(self.keys.secret)}"
        pairs = sorted((quoted(name), quoted(value)) for name, value in dict(query).items())
        query = "&".join(f"{name}={value}" for name, value in pairs)
        return f"{scheme}://{user}@{rest}{quoted(path, '/')}" + ("?" + query if query else "")

    @staticmethod
    def _answer(folder):
        """The last answer is the one: before it may come `100 Continue`."""
        last = (folder / "headers").read_bytes().decode("latin-1").strip().split("\r\n\r\n")[-1]
        first, *lines = last.split("\r\n")
        pairs = (line.split(":", 1) for line in lines)
        headers = {name.lower(): value.strip() for name, value in pairs}
        body = folder / "answer"
        return Answer(int(first.split()[1]), headers, body.read_bytes() if body.exists() else b"")

    def good(self, method, path, *args, **kwargs):
        """As `request`, and what is refused raises."""
        answer = self.request(method, path, *args, **kwargs)
        if answer.status >= 300:
            raise Refused(f"{method} {path}", answer)
        return answer

    def make_bucket(self, bucket):
        self.good("PUT", f"/{bucket}")

    def delete_bucket(self, bucket):
        """With everything in it."""
        for key, upload in self.list_uploads(bucket):
            self.good("DELETE", f"/{bucket}/{key}", {"uploadId": upload})
        for key in self.list_objects(bucket):
            self.delete(bucket, key)
        self.good("DELETE", f"/{bucket}")

    def put(self, bucket, key, body, headers=(), **kwargs):
        return self.good("PUT", f"/{bucket}/{key}", body=body, headers=headers, **kwargs)

    def get(self, bucket, key, headers=(), **kwargs):
        """The object's bytes."""
        return self.good("GET", f"/{bucket}/{key}", headers=headers, **kwargs).body

    def head(self, bucket, key, **kwargs):
        """Its headers; None when there is no such object."""
        answer = self.request("HEAD", f"/{bucket}/{key}", **kwargs)
        if answer.status == 404:
            return None
        if answer.status >= 300:
            raise Refused(f"HEAD /{bucket}/{key}", answer)
        return answer.headers

    def delete(self, bucket, key):
        self.good("DELETE", f"/{bucket}/{key}")

    def list_objects(self, bucket, prefix="", page=1000):
        """Sizes by key."""
        found, query = {}, {"list-type": "2", "prefix": prefix, "max-keys": str(page)}
        while True:
            tree = plain(ET.fromstring(self.good("GET", f"/{bucket}", query).body))
            for one in tree.iter("Contents"):
                found[one.findtext("Key")] = int(one.findtext("Size"))
            if tree.findtext("IsTruncated") != "true":
                return found
            query["continuation-token"] = tree.findtext("NextContinuationToken")

    def list_uploads(self, bucket):
        """(key, upload id) of the uploads that are neither completed nor aborted."""
        found, query = [], {"uploads": ""}
        while True:
            tree = plain(ET.fromstring(self.good("GET", f"/{bucket}", query).body))
            found += [(one.findtext("Key"), one.findtext("UploadId"))
                      for one in tree.iter("Upload")]
            if tree.findtext("IsTruncated") != "true":
                return found
            query |= {"key-marker": tree.findtext("NextKeyMarker"),
                      "upload-id-marker": tree.findtext("NextUploadIdMarker")}

    def list_parts(self, bucket, key, upload):
        """(number, size, etag) of the parts that have come."""
        query = {"uploadId": upload, "max-parts": "1000"}
        found = []
        while True:
            tree = plain(ET.fromstring(self.good("GET", f"/{bucket}/{key}", query).body))
            found += [(int(one.findtext("PartNumber")), int(one.findtext("Size")),
                       one.findtext("ETag")) for one in tree.iter("Part")]
            if tree.findtext("IsTruncated") != "true":
                return found
            query["part-number-marker"] = tree.findtext("NextPartNumberMarker")

    def create_upload(self, bucket, key):
        """Its upload id."""
        answer = self.good("POST", f"/{bucket}/{key}", {"uploads": ""})
        return plain(ET.fromstring(answer.body)).findtext("UploadId")
