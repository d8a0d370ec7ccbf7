"""Runs a Python function as Lambda does: fetches events from the Runtime API, and posts what the handler returns.

See https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. AWS's own client, awslambdaric, runs on Linux only.
"""

import contextlib
import importlib
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import ProxyHandler, Request, build_opener

SOURCE = Path(__file__).resolve().parent.parent / "src"
OPENER = build_opener(ProxyHandler({}))


class Handler:
    """The handler `module.function`. After an edit its modules are imported again; boto3, which takes longer, is not."""

    def __init__(self, name: str) -> None:
        self.module, _, self.name = name.rpartition(".")
        self.function: Callable[..., Any] | None = None
        self.times: dict[Path, int] = {}

    def __call__(self, event: Any, context: Any) -> Any:
        return self.load()(event, context)

    def load(self) -> Callable[..., Any]:
        times = {file: file.stat().st_mtime_ns for file in SOURCE.rglob("*.py")}
        if self.function is None or times != self.times:
            self.function, self.times = None, times
            for name, module in list(sys.modules.items()):
                if (getattr(module, "__file__", None) or "").startswith(f"{SOURCE}{os.sep}"):
                    del sys.modules[name]
            importlib.invalidate_caches()
            self.function = getattr(importlib.import_module(self.module), self.name)
        return self.function


class Context(NamedTuple):
    """The handler's second argument, as far as the Runtime API has its values."""

    aws_request_id: str
    deadline_ms: int

    def get_remaining_time_in_millis(self) -> int:
        return self.deadline_ms - int(time.time() * 1000)


def main(runtime_api: str, handler_name: str) -> None:
    """Answer the events of the Runtime API at `host:port` until it stops."""
    url = f"http://{runtime_api}/2018-06-01/runtime/invocation"
    handler = Handler(handler_name)
    with contextlib.suppress(Exception):  # the first request reports it
        handler.load()
    while True:
        try:
            with OPENER.open(f"{url}/next") as response:
                event, headers = json.load(response), response.headers
        except OSError:
            return
        context = Context(headers["Lambda-Runtime-Aws-Request-Id"], int(headers["Lambda-Runtime-Deadline-Ms"]))
        try:
            result, outcome = handler(event, context), "response"
        except Exception as error:
            traceback.print_exc()
            result, outcome = {"errorType": type(error).__name__, "errorMessage": str(error)}, "error"
        OPENER.open(Request(f"{url}/{context.aws_request_id}/{outcome}", json.dumps(result).encode())).close()


if __name__ == "__main__":
    logging.basicConfig(format="%(levelname)s %(message)s")
    sys.dont_write_bytecode = True  # .pyc files do not distinguish two edits within a second
    main(os.environ["AWS_LAMBDA_RUNTIME_API"], sys.argv[1])
