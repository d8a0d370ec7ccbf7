"""A proxy before DynamoDB that loses the first answer to each write: the write is done, and nobody is told."""

import http.client
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SEEN: set[bytes] = set()


class Handler(BaseHTTPRequestHandler):
    """Passes requests on to LocalStack."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        localstack = http.client.HTTPConnection("localstack", 4566)
        localstack.request("POST", self.path, body, dict(self.headers))
        answer = localstack.getresponse()
        content = answer.read()
        if body not in SEEN:
            SEEN.add(body)
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", str(answer.getheader("Content-Type")))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


ThreadingHTTPServer(("", 8000), Handler).serve_forever()
