"""Stands in for DynamoDB, a program that runs in a container: it accepts every item at once, and keeps none.

The emulators take longer for an item of 400 KB in tiny parts than the functions wait.
"""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Table(BaseHTTPRequestHandler):
    """Responds to PutItem."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8000), Table).serve_forever()
