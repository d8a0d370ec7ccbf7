"""A debugger that speaks the Debug Adapter Protocol: https://microsoft.github.io/debug-adapter-protocol/overview."""

from __future__ import annotations

import itertools
import json
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Message = dict[str, Any]


class Debugger:
    """A debugger that is connected to a program, and has stopped it at no line yet."""

    def __init__(self, launch: Message) -> None:
        """Connect as a configuration of launch.json says."""
        address = launch["connect"]
        self.launch = launch
        self.connection = socket.create_connection((address["host"], address["port"]), timeout=60)
        self.stream = self.connection.makefile("rb")
        self.numbers = itertools.count(1)
        self.unread: list[Message] = []

    def attach(self, file: Path, line: int) -> bool:
        """Let the program run until it reaches a line, and return whether the line can be reached."""
        self.request("initialize", clientID="test", adapterID=self.launch["type"])
        attached = self.send("attach", **self.launch)
        self.wait_for_event("initialized")
        arguments = {"source": {"path": str(file)}, "breakpoints": [{"line": line}]}
        breakpoints = self.request("setBreakpoints", **arguments)["breakpoints"]
        self.request("setExceptionBreakpoints", filters=["uncaught"])
        self.request("configurationDone")
        self.wait_for_response(attached)
        return [point["verified"] for point in breakpoints] == [True]

    def wait_until_stopped(self) -> tuple[int, dict[str, str]]:
        """Wait until a breakpoint is reached, and return the line and the local variables there."""
        thread = self.wait_for_event("stopped")["threadId"]
        frame = self.request("stackTrace", threadId=thread)["stackFrames"][0]
        scope = self.request("scopes", frameId=frame["id"])["scopes"][0]
        variables = self.request("variables", variablesReference=scope["variablesReference"])["variables"]
        return frame["line"], {variable["name"]: variable["value"] for variable in variables}

    def resume(self) -> None:
        self.request("continue", threadId=0)

    def detach(self) -> None:
        self.request("disconnect", terminateDebuggee=False)
        self.connection.close()

    def request(self, command: str, **arguments: Any) -> Any:
        return self.wait_for_response(self.send(command, **arguments))

    def send(self, command: str, **arguments: Any) -> int:
        number = next(self.numbers)
        message = {"seq": number, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(message).encode()
        self.connection.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        return number

    def wait_for_response(self, number: int) -> Any:
        return self.wait_for(lambda message: message.get("request_seq") == number)

    def wait_for_event(self, name: str) -> Any:
        return self.wait_for(lambda message: message.get("event") == name)

    def wait_for(self, is_awaited: Callable[[Message], bool]) -> Any:
        while True:
            for message in filter(is_awaited, self.unread):
                self.unread.remove(message)
                return message.get("body")
            self.unread.append(self.read())

    def read(self) -> Message:
        headers = dict(line.split(b": ") for line in iter(lambda: self.stream.readline().strip(), b""))
        message: Message = json.loads(self.stream.read(int(headers[b"Content-Length"])))
        assert message.get("success", True), message
        return message
