"""Prints which DynamoDB actions each request to a service causes: a program, run in the service's directory.

Its arguments are a JSON list of requests, [method, path, body], and the token that they send. It prints one JSON list
per request: the status, and the actions that a proxy in front of moto saw.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests

sys.path.insert(0, str(Path("scripts").resolve()))

import local_api

actions: list[str] = []


class Recorder(BaseHTTPRequestHandler):
    """Records the action of each request, and passes the request on."""

    protocol_version = "HTTP/1.1"
    endpoint = ""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        actions.append(self.headers["X-Amz-Target"].partition(".")[2])
        response = requests.post(self.endpoint, body, headers=dict(self.headers), timeout=60)
        self.send_response(response.status_code)
        self.send_header("Content-Type", response.headers["Content-Type"])
        self.send_header("Content-Length", str(len(response.content)))
        self.end_headers()
        self.wfile.write(response.content)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def main() -> None:
    content, token = sys.argv[1:]
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", no_proxy="127.0.0.1")
    with local_api.run_table() as endpoint, ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as proxy:
        Recorder.endpoint = endpoint
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        with local_api.run_api(f"http://127.0.0.1:{proxy.server_port}") as url:
            for method, path, body in json.loads(content):
                actions.clear()
                response = requests.request(
                    method, url + path, headers={"Authorization": f"Bearer {token}"}, data=body, timeout=60
                )
                print(json.dumps([response.status_code, actions]))
        proxy.shutdown()


if __name__ == "__main__":
    main()
