"""The vendor's REST API, as far as gateways' uploaders are set by it: a local server that takes
whatever comes and notes it."""

import http.server
import threading


class Rest:
    """with Rest(200, 409) as rest: rest.url; rest.requests are (path, authorization, body)."""

    def __init__(self, *statuses):
        self.requests, waiting = [], list(statuses)
        requests = self.requests

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                requests.append((self.path, self.headers["Authorization"], body.decode()))
                self.send_response(waiting.pop(0))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/rest"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception):
        self.server.shutdown()
        self.server.server_close()
