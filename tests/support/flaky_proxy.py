"""A TCP proxy on 127.0.0.1 that is slow, cuts and refuses on command, while it runs."""

import asyncio
import dataclasses
import fcntl
import math
import socket
import struct
import termios
import threading

BLOCK = 65536
BUFFER = 4 * BLOCK  # of the kernel, on each socket: what a client has sent has nearly arrived
ON_THE_WAY = 64     # blocks that latency holds back, each way of a connection
STEP_S = 0.01


@dataclasses.dataclass(frozen=True)
class Faults:
    """What goes wrong. Rates and latency reach the connections that are there, too; the
    others only those that come."""

    latency_s: float = 0         # every byte arrives that much later, each way
    rate_up: float = math.inf    # bytes/s to the server
    rate_down: float = math.inf  # bytes/s to the client
    cut_up: float = math.inf     # bytes that reach the server before the connection is cut
    cut_down: float = math.inf   # bytes that reach the client before the connection is cut
    how: str = "rst"             # the cut: rst, fin, or stall, after which nothing comes
    refuse: float = 0            # the first so many connections are reset as they come
    times: float = math.inf      # the first so many connections are cut, no more


class Connection:
    """Bytes between two sockets, until both ways have ended or it is cut."""

    def __init__(self, proxy, faults, client, server):
        self.proxy, self.faults = proxy, faults
        self.sockets = (client, server)
        self.unanswered = 0  # bytes to the server since one came from there
        self.is_heard = True  # the client still listens
        self.loop = asyncio.get_running_loop()
        self.ended = self.loop.create_future()

    def end(self, how):
        if not self.ended.done():
            self.ended.set_result(how)

    async def run(self):
        """How it ended; its sockets are still open."""
        client, server = self.sockets
        ways = asyncio.gather(self.way(client, server, True), self.way(server, client, False))
        ways.add_done_callback(lambda _: self.end("both"))
        try:
            how = await self.ended
        finally:
            ways.cancel()
            await asyncio.gather(ways, return_exceptions=True)
        if how != "both":
            self.proxy.cuts += 1
            await self.arrived()
        if how == "stall":
            await asyncio.sleep(math.inf)
        if how == "fin":
            await asyncio.gather(*map(self.finish, self.sockets))
        return how

    async def arrived(self):
        """Until both kernels have what was handed on, which a reset would throw away; a second
        at most, as a peer may not read."""
        end = self.loop.time() + 1
        while any(map(unsent, self.sockets)) and self.loop.time() < end:
            await asyncio.sleep(0.001)

    async def finish(self, sock):
        """Says that no more comes, and leaves what does come unread: closing over that would
        be a reset."""
        try:
            sock.shutdown(socket.SHUT_WR)
            while await self.loop.sock_recv(sock, BLOCK):
                pass
        except OSError:
            pass

    async def way(self, source, sink, up):
        queue = asyncio.Queue(ON_THE_WAY if self.faults.latency_s else 1)
        reading = self.loop.create_task(self.read(source, queue))
        try:
            await self.write(sink, queue, up)
        except OSError:
            self.end("rst")
        finally:
            reading.cancel()
            await asyncio.wait([reading])

    async def read(self, source, queue):
        block = True
        while block:
            try:
                block = await self.loop.sock_recv(source, BLOCK)
            except OSError:
                block = None
            await queue.put((self.loop.time() + self.proxy.faults.latency_s, block))

    async def write(self, sink, queue, up):
        left = self.faults.cut_up if up else self.faults.cut_down
        while True:
            due, block = await queue.get()
            await asyncio.sleep(max(0, due - self.loop.time()))
            if block is None:
                raise ConnectionResetError
            if not block:
                self.is_heard &= not up
                sink.shutdown(socket.SHUT_WR)
                return
            while block:
                piece = block[:await self.allowed(len(block), up)]
                piece = piece[:min(left, len(piece))]
                await self.loop.sock_sendall(sink, piece)
                self.proxy.count(len(piece), up)
                if up:
                    self.unanswered += len(piece)
                elif self.is_heard:
                    self.unanswered = 0
                block, left = block[len(piece):], left - len(piece)
                if left == 0:
                    self.end(self.faults.how)
                    await asyncio.sleep(math.inf)

    async def allowed(self, size, up):
        """How much of `size` may go now; in small steps, so that a new rate is heeded."""
        rate = self.proxy.faults.rate_up if up else self.proxy.faults.rate_down
        if rate == math.inf:
            return size
        await asyncio.sleep(STEP_S)
        return min(size, max(1, int(rate * STEP_S)))


def unsent(sock):
    """Bytes that the other side's kernel has not taken."""
    return struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)))[0]


def close(sockets, reset):
    for one in sockets:
        if reset:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.close()


class FlakyProxy:
    """with FlakyProxy(port) as proxy: proxy.set(cut_up=100000); ... to proxy.port

    Counts what came since it was made: accepted, refused, cuts, bytes_up, bytes_down; of
    bytes_up, those of connections that ended before an answer to them: bytes_unanswered."""

    def __init__(self, port, host="127.0.0.1"):
        self.target = host, port
        self.faults, self.since_set = Faults(), 0
        self.accepted = self.refused = self.cuts = self.bytes_up = self.bytes_down = 0
        self.bytes_unanswered = 0
        self.connections = {}
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(128)
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        self.loop = asyncio.new_event_loop()
        self.stopping = asyncio.Event()
        self.thread = threading.Thread(target=self.loop.run_until_complete,
                                       args=(self.serve(),), daemon=True)
        self.thread.start()

    def set(self, **faults):
        """The faults from now on; without any, none."""
        def set_them():
            self.faults, self.since_set = Faults(**faults), 0

        self.in_loop(set_them)

    def cut(self, how="rst"):
        """Cuts every connection that is there."""
        self.in_loop(lambda: [one.end(how) for one in self.connections])

    def close(self):
        self.loop.call_soon_threadsafe(self.stopping.set)
        self.thread.join()
        self.loop.close()
        self.listener.close()

    def in_loop(self, call):
        async def run():
            call()

        asyncio.run_coroutine_threadsafe(run(), self.loop).result(timeout=10)

    def count(self, size, up):
        if up:
            self.bytes_up += size
        else:
            self.bytes_down += size

    async def serve(self):
        accepting = self.loop.create_task(self.accept())
        await self.stopping.wait()
        tasks = [accepting, *self.connections.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def accept(self):
        while True:
            client, _ = await self.loop.sock_accept(self.listener)
            self.accepted += 1
            self.since_set += 1
            server = await self.connect() if self.since_set > self.faults.refuse else None
            if not server:
                self.refused += 1
                close([client], reset=True)
                continue
            connection = Connection(self, self.faults_of_new(), client, server)
            self.connections[connection] = self.loop.create_task(self.carry(connection))

    def faults_of_new(self):
        if self.since_set <= self.faults.times:
            return self.faults
        return dataclasses.replace(self.faults, cut_up=math.inf, cut_down=math.inf)

    async def connect(self):
        """A socket to the target; None when it refuses."""
        server = socket.socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        server.setblocking(False)
        try:
            await self.loop.sock_connect(server, self.target)
        except OSError:
            server.close()
            return None
        return server

    async def carry(self, connection):
        how = "rst"
        try:
            how = await connection.run()
        finally:
            close(connection.sockets, reset=how == "rst")
            self.bytes_unanswered += connection.unanswered
            del self.connections[connection]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()
