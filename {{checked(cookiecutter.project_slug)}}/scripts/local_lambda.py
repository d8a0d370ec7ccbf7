"""Runs the function as Lambda does: a process that fetches events from a Runtime API, and posts its results there.

See https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
"""

import json
import os
import subprocess
{%- if service.is_python %}
import sys
{%- endif %}
import threading
import time
import uuid
from concurrent.futures import Future
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from typing import Any
{%- if service.is_python %}

import python_runtime
{%- endif %}

PROJECT = Path(__file__).resolve().parent.parent
SECONDS_TO_START = 10  # what Lambda allows


class FunctionError(Exception):
    """The function raised an error, exited or could not start."""


class FunctionTimeout(Exception):
    """The function took longer than template.yaml allows."""


class HttpHandler(BaseHTTPRequestHandler):
    """Reads bodies, and writes responses."""

    protocol_version = "HTTP/1.1"

    def read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return b"".join(chunks)

    def respond(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: the function logs each request."""


class RuntimeApi(ThreadingHTTPServer):
    """The Runtime API of one process. It goes with the process, whose last request for an event would swallow one."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), RuntimeApiHandler)
        self.events: SimpleQueue[tuple[bytes, float] | None] = SimpleQueue()
        self.result: Future[Any] = Future()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def send(self, event: bytes, deadline: float) -> Future[Any]:
        """Pass an event to the process. Return its result, when the process has posted it."""
        self.result = Future()
        self.events.put((event, deadline))
        return self.result

    def close(self) -> None:
        self.events.put(None)
        self.shutdown()
        self.server_close()


class RuntimeApiHandler(HttpHandler):
    server: RuntimeApi

    def do_GET(self) -> None:
        invocation = self.server.events.get()
        if invocation is None:
            self.close_connection = True
            return
        event, deadline = invocation
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
            "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:{{ service.region }}:000000000000:function:local",
        }
        self.respond(200, headers, event)

    def do_POST(self) -> None:
        body = self.read_body()
        if self.path.endswith("/response"):
            self.server.result.set_result(json.loads(body))
        else:  # /invocation/…/error or /init/error
            self.server.result.set_exception(FunctionError(body.decode(errors="replace")))
        self.respond(202, {}, b"")


class Function:
    """The Lambda function. Its process is replaced after a crash or a timeout{{ "" if service.is_python else ", and after an edit" }}."""

    def __init__(self, handler: str, variables: dict[str, str], timeout: float, *, in_thread: bool) -> None:
        self.handler = handler
        self.variables = variables
        self.timeout = timeout
        self.in_thread = in_thread
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.runtime: RuntimeApi | None = None
{%- if not service.is_python %}
        self.times: dict[Path, int] = {}
{%- endif %}

    def invoke(self, event: bytes) -> Any:
        """Return the handler's result, one event at a time. Raises FunctionError and FunctionTimeout."""
        with self.lock:
            seconds = self.timeout if self.is_running() else self.timeout + SECONDS_TO_START
            runtime = self.prepare()
            result = runtime.send(event, time.time() + self.timeout)
            end = time.monotonic() + seconds
            while self.in_thread or time.monotonic() < end:  # a thread may wait for a debugger
                try:
                    return result.result(timeout=0.05)
                except TimeoutError:
                    if not self.is_running():
                        raise FunctionError("The function's process exited") from None
            self.stop()
            raise FunctionTimeout(f"The function did not answer within {self.timeout} s")

    def is_running(self) -> bool:
        return bool(self.runtime) and (self.process is None or self.process.poll() is None)

{%- if service.is_python %}

    def prepare(self) -> RuntimeApi:
        """Start the function if it does not run."""
        if self.runtime is None or not self.is_running():
            self.stop()
            self.runtime = self.start()
        return self.runtime
{%- else %}

    def prepare(self) -> RuntimeApi:
        """Start the function if it does not run, and replace it after an edit that compiles."""
        files = [PROJECT / "Cargo.toml", *(PROJECT / "src").rglob("*.rs")]
        times = {file: file.stat().st_mtime_ns for file in files}
        is_built = times == self.times or subprocess.run(["cargo", "build"], cwd=PROJECT).returncode == 0
        if not is_built and not self.is_running():
            raise FunctionError("The build failed")
        if not is_built:
            print("The build failed. The API still runs the last one that worked.", flush=True)
        if self.runtime is None or not self.is_running() or (is_built and times != self.times):
            self.stop()
            self.runtime = self.start()
        self.times = times
        return self.runtime
{%- endif %}

    def start(self) -> RuntimeApi:
        runtime = RuntimeApi()
        address = f"127.0.0.1:{runtime.server_port}"
{%- if service.is_python %}
        if self.in_thread:
            os.environ.update(self.variables)
            threading.Thread(target=python_runtime.main, args=(address, self.handler), daemon=True).start()
            return runtime
        command = [sys.executable, str(PROJECT / "scripts" / "python_runtime.py"), self.handler]
{%- else %}
        command = [str(PROJECT / "target" / "debug" / "service")]
{%- endif %}
        variables = {
            **os.environ,
            **self.variables,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_FUNCTION_NAME": "local",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_RUNTIME_API": address,
{%- if service.is_python %}
            "PYTHONPATH": str(PROJECT / "src"),
{%- endif %}
        }
        self.process = subprocess.Popen(command, cwd=PROJECT, env=variables, start_new_session=True)
        return runtime

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
        if self.runtime:
            self.runtime.close()
            self.runtime = None
