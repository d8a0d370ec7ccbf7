"""Stands between the functions and LocalStack, and behaves as badly as it is told to: a program, run in a container.

The file that it is given says how, and is looked at for each piece of a request or an answer.
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
ANSWERS = {
    "empty": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "cut in its headers": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "cut in its body": b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"Item": {"user_id": ',
    "cut, of unknown length": b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"Items": [',
    "HTML": b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>",
    "HTML, 400": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 13\r\n\r\n<html></html>",
    "HTML, 502": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 13\r\n\r\n<html></html>",
    "not an object": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
}


class Connection:
    """A connection of a function's, and the one to LocalStack behind it."""

    def __init__(self, function: socket.socket, fault: Path) -> None:
        self.function = function
        self.fault = fault
        self.localstack = socket.create_connection(("localstack", 4566))
        for source, hand_on in ((function, self.hand_on_request), (self.localstack, self.hand_on_answer)):
            threading.Thread(target=self.pump, args=(source, hand_on), daemon=True).start()

    def pump(self, source: socket.socket, hand_on: Callable[[bytes], None]) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                hand_on(data)
        for end in (self.function, self.localstack):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def hand_on_request(self, data: bytes) -> None:
        fault = self.fault.read_text()
        if fault in ANSWERS:
            self.function.sendall(ANSWERS[fault])
            raise ConnectionAbortedError
        if fault == "connections cut":
            raise ConnectionAbortedError
        if fault == "silence":
            time.sleep(SECONDS_OF_SILENCE)
        self.localstack.sendall(data)

    def hand_on_answer(self, data: bytes) -> None:
        if self.fault.read_text() == "a byte a second":
            for byte in data:
                self.function.sendall(bytes([byte]))
                time.sleep(1)
        elif self.fault.read_text() == "a second late":
            time.sleep(1)
        self.function.sendall(data)


if __name__ == "__main__":
    listener = socket.create_server(("0.0.0.0", 4566))  # noqa: S104 - of a network that Docker keeps to itself
    while True:
        function, _ = listener.accept()
        try:
            Connection(function, Path(sys.argv[1]))
        except OSError:  # LocalStack is stopped
            function.close()
