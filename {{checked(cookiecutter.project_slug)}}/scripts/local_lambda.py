"""Runs the function as Lambda does: a process that fetches events from a Runtime API, and posts its results there.

See https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
"""

import contextlib
import json
import os
import subprocess
{%- if service.is_python %}
import sys
{%- endif %}
import threading
import time
import uuid
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

{% if service.is_python -%}
import python_runtime
{% endif -%}
from local_http import comes_from_page, error_response, start_server
from werkzeug import Request, Response

PROJECT = Path(__file__).resolve().parent.parent
SECONDS_TO_START = 10  # what Lambda allows


class FunctionError(Exception):
    """The function raised an error, exited or could not start."""


class FunctionTimeout(Exception):
    """The function took longer than template.yaml allows."""


class RuntimeApi:
    """The Runtime API of one process, with which it ends: a request left waiting would take the next one's event."""

    def __init__(self) -> None:
        self.events: SimpleQueue[tuple[bytes, float] | None] = SimpleQueue()
        self.results: SimpleQueue[Any] = SimpleQueue()
        self.server = start_server(self.answer, 0)

    def answer(self, request: Request) -> Response:
        if comes_from_page(request):
            return error_response(403, "The Runtime API is not for web pages")
        if request.method == "GET":  # …/invocation/next
            event = self.events.get()
            return self.pass_on(*event) if event else Response(status=410)
        body = request.get_data()
        if request.path.endswith("/response"):
            self.results.put(json.loads(body))
        else:  # …/error
            self.results.put(FunctionError(body.decode(errors="replace")))
        return Response(status=202)

    def take_result(self) -> Any:
        """Return what the process has posted. Raises FunctionError, or Empty after a moment without a result."""
        result = self.results.get(timeout=0.05)
        if isinstance(result, FunctionError):
            raise result
        return result

    def close(self) -> None:
        self.events.put(None)
        self.server.shutdown()

    def pass_on(self, event: bytes, deadline: float) -> Response:
        headers = {
            "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
            "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:{{ service.region }}:000000000000:function:local",
        }
        return Response(event, headers=headers, mimetype="application/json")


class Function:
    """The Lambda function. Its process is replaced after a crash or a timeout{{ "" if service.is_python else ", and after an edit" }}."""
{% if service.is_python %}
    in_thread = False  # True: it runs in this process, where a debugger reaches it
{% endif %}
    def __init__(self, handler: str, variables: dict[str, str], timeout: float) -> None:
        self.handler = handler
        self.variables = variables
        self.timeout = timeout
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
            runtime.events.put((event, time.time() + self.timeout))
            end = time.monotonic() + seconds
{%- if service.is_python %}
            while self.in_thread or time.monotonic() < end:  # a thread may wait for a debugger
{%- else %}
            while time.monotonic() < end:
{%- endif %}
                with contextlib.suppress(Empty):
                    return runtime.take_result()
                if not self.is_running():
                    raise FunctionError("The function's process exited")
            self.stop()
            raise FunctionTimeout(f"The function did not respond within {self.timeout} s")

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
        address = f"127.0.0.1:{runtime.server.port}"
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
