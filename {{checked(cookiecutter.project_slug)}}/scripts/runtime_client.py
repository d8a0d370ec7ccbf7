"""Runs a Python function as Lambda does: fetches events from the Runtime API, and posts what the handler returns.

See https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. AWS's own client, awslambdaric, runs on Linux only.
"""

import importlib
import json
import logging
import os
import sys
import time
import traceback
from types import SimpleNamespace
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

OPENER = build_opener(ProxyHandler({}))


class Context:
    """The handler's second argument: https://docs.aws.amazon.com/lambda/latest/dg/python-context.html."""

    def __init__(self, headers: Any) -> None:
        self.aws_request_id: str = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn: str = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        self.client_context = None
        self.tenant_id = None
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self) -> int:
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message: str) -> None:
        sys.stdout.write(str(message))

    def w3c(self) -> dict[str, str]:
        return {}


def main(runtime_api: str, handler_name: str) -> None:
    """Handle the events of the Runtime API at `host:port` until it stops, or the handler ends the process."""
    url = f"http://{runtime_api}/2018-06-01/runtime"
    module, _, name = handler_name.rpartition(".")
    try:
        handler = getattr(importlib.import_module(module.replace("/", ".")), name)
    except (Exception, SystemExit) as error:
        post(f"{url}/init/error", describe(error))
        return
    while True:
        try:
            with OPENER.open(f"{url}/invocation/next") as response:
                event, headers = json.load(response), response.headers
        except OSError:
            return
        request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        os.environ["_X_AMZN_TRACE_ID"] = headers["Lambda-Runtime-Trace-Id"]
        try:
            result = json.dumps(handler(event, Context(headers)), ensure_ascii=False).encode()
        except (Exception, SystemExit) as error:
            post(f"{url}/invocation/{request_id}/error", describe(error))
            if isinstance(error, SystemExit):
                return
        else:
            post(f"{url}/invocation/{request_id}/response", result)


def wait_for_debugger(port: int) -> None:
    import debugpy  # installed for `make dev DOCKER=no DEBUG=…` only

    # An adapter in a process of its own would outlive this one, and keep the port after an edit.
    debugpy.listen(("127.0.0.1", port), in_process_debug_adapter=True)
    print(f"{os.environ['AWS_LAMBDA_FUNCTION_NAME']} waits for a debugger on port {port}", flush=True)
    debugpy.wait_for_client()


def describe(error: BaseException) -> bytes:
    """Print an error with its traceback, and return it as the Runtime API takes it."""
    traceback.print_exception(error)
    return json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}).encode()


def post(url: str, body: bytes) -> None:
    OPENER.open(Request(url, body)).close()


if __name__ == "__main__":
    logging.basicConfig(format="%(levelname)s %(message)s")
    sys.dont_write_bytecode = True  # .pyc files do not distinguish two edits within a second
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    if len(sys.argv) > 2:
        wait_for_debugger(int(sys.argv[2]))
    main(os.environ["AWS_LAMBDA_RUNTIME_API"], sys.argv[1])
