"""A faulty proxy between the functions and LocalStack, a program that runs in a container.

The file in its argument names the fault; it is read again for each part of a request or a response.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS_OF_SILENCE = 60
RESPONSES = {
    "not HTTP": b"garbage\r\n\r\n",
    "HTML, 502": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 13\r\n\r\n<html></html>",
}


class Connection:
    """A function's connection, and the one to LocalStack behind it."""

    def __init__(self, function: socket.socket, fault: Path) -> None:
        self.function = function
        self.fault = fault
        self.localstack = socket.create_connection(("localstack", 4566))
        for source, pass_on in ((function, self.pass_on_request), (self.localstack, self.pass_on_response)):
            threading.Thread(target=self.pump, args=(source, pass_on), daemon=True).start()

    def pump(self, source: socket.socket, pass_on: Callable[[bytes], None]) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                pass_on(data)
        for end in (self.function, self.localstack):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def pass_on_request(self, data: bytes) -> None:
        fault = self.fault.read_text()
        if fault in RESPONSES:
            self.function.sendall(RESPONSES[fault])
            raise ConnectionAbortedError
        if fault == "connections cut":
            raise ConnectionAbortedError
        if fault == "silence":
            time.sleep(SECONDS_OF_SILENCE)
        self.localstack.sendall(data)

    def pass_on_response(self, data: bytes) -> None:
        if self.fault.read_text() == "a second late":
            time.sleep(1)
        self.function.sendall(data)


if __name__ == "__main__":
    listener = socket.create_server(("", 4566))
    while True:
        function, _ = listener.accept()
        try:
            Connection(function, Path(sys.argv[1]))
        except OSError:  # LocalStack is stopped
            function.close()
