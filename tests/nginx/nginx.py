"""A real nginx with Lua for tests: in a folder of its own, on a unix socket, as this user
or, when root, also as nobody."""

import http.client
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(os.environ["SHUB_SOURCE"])
BUILD = pathlib.Path(os.environ["SHUB_BUILD"])
EXAMPLES = SOURCE / "examples/nginx"
MODULES = pathlib.Path("/usr/lib/nginx/modules")

WORKERS = 2  # as the configurations say

NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


def skip_unless_there():
    """Ends the test as skipped when something it needs is not installed or built."""
    for path in (MODULES / "ngx_http_lua_module.so", BUILD / "lua/5.1/sensorhub.so"):
        if not path.exists():
            print(path, "is not there")
            sys.exit(77)
    if not shutil.which("nginx"):
        print("nginx is not installed")
        sys.exit(77)


def users():
    """The command prefixes to start a server with."""
    return [[], NOBODY] if os.geteuid() == 0 else [[]]


def command_of(pid):
    """The command line of a process; nothing when it has just ended."""
    try:
        return pathlib.Path("/proc", pid, "cmdline").read_bytes()
    except OSError:
        return b""


class Connection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def post(self, body, path="/upload", **kwargs):
        """Status and text of the answer."""
        self.request("POST", path, body, **kwargs)
        answer = self.getresponse()
        return answer.status, answer.read().decode()


class Nginx:
    """with Nginx("upload.conf", ["upload.lua"]) as server: ... with files of EXAMPLES."""

    listen = None  # where it listens; None: on the unix socket
    processes = WORKERS

    def __init__(self, conf, files, user=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sensorhub-nginx-"))
        self.socket = self.folder / "nginx.sock"
        self.data = self.folder / "data"
        self.user = list(user)
        for name in ("data", "temp", "logs"):
            (self.folder / name).mkdir()
        for name in files:
            shutil.copy(EXAMPLES / name, self.folder)
        shutil.copy(BUILD / "lua/5.1/sensorhub.so", self.folder)
        shutil.copy(BUILD / "libsensorhub.so.0", self.folder)
        self.configure((EXAMPLES / conf).read_text())
        if os.geteuid() == 0:  # whose workers are nobody's, too
            subprocess.run(["chown", "-R", "nobody:nogroup", self.folder], check=True)
        environment = dict(os.environ, LD_LIBRARY_PATH=str(self.folder))
        self.process = subprocess.Popen(
            [*self.user, shutil.which("nginx"), "-p", self.folder, "-e", "logs/error.log",
             "-c", "nginx.conf"], env=environment)
        # It answers, and heeds signals, no sooner.
        try:
            self.wait_for(lambda: len(self.workers()) == self.processes)
        except BaseException:
            self.__exit__(None)
            raise

    def configure(self, text):
        path = 'lua_package_path "$prefix/?.lua;;";'
        for old, new in ((path, path + 'lua_package_cpath "$prefix/?.so;;";'),
                         ("listen 8080;", f"listen {self.listen or f'unix:{self.socket}'};")):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (self.folder / "nginx.conf").write_text(text)

    def wait_for(self, condition):
        end = time.monotonic() + 20
        while not condition():
            assert self.process.poll() is None, self.errors()
            assert time.monotonic() < end, self.errors()
            time.sleep(0.01)

    def connection(self):
        return Connection(self.socket)

    def errors(self):
        return (self.folder / "logs/error.log").read_text()

    def workers(self):
        """Process ids of the workers, those that are leaving included."""
        master = self.process.pid
        children = pathlib.Path(f"/proc/{master}/task/{master}/children").read_text()
        return {int(pid) for pid in children.split() if b"worker" in command_of(pid)}

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def quit(self):
        self.process.send_signal(signal.SIGQUIT)
        status = self.process.wait(timeout=20)
        assert status == 0, (status, self.errors())

    def __enter__(self):
        return self

    def __exit__(self, kind, *exception):
        if kind:
            print(self.errors())
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=20)
        shutil.rmtree(self.folder)


# ---- many clients, reloads, a killed worker ----------------------------------------


class Client(threading.Thread):
    """Posts one thing after the other by post(connection, number, i), which says whether it
    was taken and what was answered, and remembers which were."""

    def __init__(self, server, post, number, stop):
        super().__init__()
        self.server = server
        self.post = post
        self.number = number
        self.stop = stop
        self.acknowledged = []
        self.seconds = []
        self.lost = 0
        self.failure = None

    def run(self):
        connection = self.server.connection()
        i = 0
        while not self.stop.is_set() and not self.failure:
            i += 1
            begin = time.perf_counter()
            try:
                taken, answer = self.post(connection, self.number, i)
            except (OSError, http.client.HTTPException):
                self.lost += 1
                connection.close()
                continue
            self.seconds.append(time.perf_counter() - begin)
            if taken:
                self.acknowledged.append(i)
            else:
                self.failure = answer


def replaced(server, old):
    now = server.workers()
    return len(now) == WORKERS and not now & old


def disturb(server, reloads):
    """Reloads, and the sudden death of a worker."""
    for _ in range(reloads):
        old = server.workers()
        server.reload()
        server.wait_for(lambda: replaced(server, old))
        time.sleep(0.2)
    victim = min(server.workers())
    os.kill(victim, signal.SIGKILL)
    server.wait_for(lambda: replaced(server, {victim}))
    time.sleep(0.2)


def disturbed(server, post, count, reloads):
    """That many clients, after they met all of it."""
    stop = threading.Event()
    clients = [Client(server, post, number, stop) for number in range(count)]
    for client in clients:
        client.start()
    try:
        disturb(server, reloads)
    finally:
        stop.set()
        for client in clients:
            client.join()
    return clients
