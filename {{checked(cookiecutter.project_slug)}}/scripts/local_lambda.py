"""Runs the functions as Lambda does: processes that fetch events from a Runtime API, and post their results there.

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
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

{% if service.is_python -%}
import runtime_client
{% endif -%}
import sources
from cloudformation import ABSENT, Template, TemplateError, to_text
from local_http import comes_from_page, error_response, start_server
from ports import read_port
from werkzeug import Request, Response

PROJECT = Path(__file__).resolve().parent.parent
REGION = "{{ service.region }}"
MAX_ENVIRONMENTS = 8  # per function; in AWS, the account's limit is 1,000
SECONDS_PER_DAY = 24 * 60 * 60
MAX_RESULT_BYTES = 6 * 1024 * 1024  # Lambda quota: invocation payload
SECONDS_TO_START = 10  # Lambda's limit for the init phase

{%- if not service.is_python %}
BUILD = sources.Build()
{%- endif %}


class FunctionError(Exception):
    """The function raised an error, exited, took longer than its timeout or could not start."""


class IntegrationTimeout(Exception):
    """The function takes longer than API Gateway waits."""


class Settings(NamedTuple):
    """What template.yaml declares for a function."""

    logical_id: str
    name: str
    handler: str
    directory: Path
{%- if not service.is_python %}
    program: str | None
{%- endif %}
    variables: dict[str, str]
    timeout: float
    """In seconds."""

    memory: str
    """In MB."""


def read_functions(template: Template, names: Collection[str]) -> list[Settings]:
    """Return the functions of a template that have one of the logical ids. Raises TemplateError.

    A variable whose value exists in AWS only is left out, with a line.
    """
    common = template.section("Globals").get("Function", {})
    functions = template.list_resources("AWS::Serverless::Function")
    return [read_function(template, name, common, own) for name, own in functions.items() if name in names]


def read_function(template: Template, logical_id: str, common: dict[str, Any], own: dict[str, Any]) -> Settings:
    def read(name: str, default: Any) -> Any:
        try:
            return template.resolve(own.get(name, common.get(name, default)))
        except TemplateError as error:
            raise TemplateError(f"{logical_id}: {name}: {error}") from error

    variables: dict[str, str] = {}
    for source in (common, own):
        for name, value in ((source.get("Environment") or {}).get("Variables") or {}).items():
            variables.pop(name, None)
            try:
                resolved = template.resolve(value)
                variables |= {} if resolved is ABSENT else {to_text(name): to_text(resolved)}
            except TemplateError as error:
                print(f"template.yaml: {logical_id}: variable {name} is not set: {error}", flush=True)
{%- if not service.is_python %}
    metadata = template.resources[logical_id].get("Metadata") or {}
{%- endif %}
    return Settings(
        logical_id=logical_id,
        name=template.refer(logical_id),
        handler=read("Handler", ""),
        directory=PROJECT / read("CodeUri", "."),
{%- if not service.is_python %}
        program=metadata.get("BuildProperties", {}).get("Binary"),
{%- endif %}
        variables=variables,
        timeout=float(read("Timeout", 3)),
        memory=str(int(read("MemorySize", 128))),
    )


class Environment:
    """An execution environment: a process of a function, and the Runtime API for it. Handles one event at a time."""

    def __init__(self, settings: Settings, version: Any) -> None:
        self.settings = settings
        self.version = version
        self.events: SimpleQueue[Response] = SimpleQueue()
        self.posted: SimpleQueue[Any] = SimpleQueue()
        self.request_id = ""
        self.asked = False  # for its first event
        self.is_initialized = False
        self.process: subprocess.Popen[bytes] | None = None
{%- if service.is_python %}
        self.thread: threading.Thread | None = None
{%- endif %}
        self.server = start_server(self.respond, 0)
        self.address = f"127.0.0.1:{self.server.port}"

    def start(self, command: list[str], directory: Path) -> int:
        """Start the process, and return its id. It has what Lambda sets, and nothing of the user's shell."""
        variables = make_variables(self.settings, self.address, directory)
        self.process = subprocess.Popen(command, cwd=directory, env=variables, start_new_session=True)
        return self.process.pid
{%- if service.is_python %}

    def start_in_thread(self) -> None:
        """Start the function in a thread of this process, where a debugger reaches it."""
        variables = make_variables(self.settings, self.address, self.settings.directory)
        os.environ.update({name: value for name, value in variables.items() if name not in ("PATH", "TZ")})
        arguments = self.address, self.settings.handler
        self.thread = threading.Thread(target=runtime_client.main, args=arguments, daemon=True)
        self.thread.start()
{%- endif %}

    def is_alive(self) -> bool:
{%- if service.is_python %}
        if self.thread:
            return self.thread.is_alive()
{%- endif %}
        return self.process is not None and self.process.poll() is None

    def invoke(self, event: bytes, seconds: float) -> Any:
        """Return the handler's result. Raises FunctionError, at the latest `seconds` after the process is ready."""
        if not self.is_initialized:
            self.wait_for_post(SECONDS_TO_START + seconds, "it did not start")
            self.is_initialized = True
        self.request_id = str(uuid.uuid4())
        arn = f"arn:aws:lambda:{REGION}:000000000000:function:{self.settings.name}"
        headers = {
            "Lambda-Runtime-Aws-Request-Id": self.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + min(seconds, SECONDS_PER_DAY)) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
        }
        self.events.put(Response(event, headers=headers, mimetype="application/json"))
        return self.wait_for_post(seconds, f"it did not respond within {seconds:g} s")

    def wait_for_post(self, seconds: float, complaint: str) -> Any:
        """Return what the process posts next, None when it asks for its first event. Raises FunctionError."""
        end = time.monotonic() + seconds
        while True:
            is_alive = self.is_alive()  # first: what a process posts before it ends counts
            with suppress(Empty):
                posted = self.posted.get(timeout=0.05)
                if isinstance(posted, FunctionError):
                    raise posted
                return posted
            if not is_alive:
                raise FunctionError("the process exited")
            if time.monotonic() > end:
                raise FunctionError(complaint)

    def respond(self, request: Request) -> Response:
        """Respond to the process as the Runtime API does."""
        if comes_from_page(request):
            return error_response(403, "The Runtime API is not for web pages")
        match request.method, request.path.removeprefix("/2018-06-01/runtime/").split("/"):
            case "GET", ["invocation", "next"]:
                if not self.asked:
                    self.asked = True
                    self.posted.put(None)
                return self.events.get()
            case "POST", ["init", "error"] | ["invocation", self.request_id, "error"]:
                error = json.loads(request.get_data())
                self.posted.put(FunctionError(f"{error['errorType']}: {error['errorMessage']}"))
            case "POST", ["invocation", self.request_id, "response"]:
                self.posted.put(read_result(request.get_data()))
            case _:
                return error_response(400, "The Runtime API has no such path, or the event has another id")
        return Response(status=202)

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
        self.events.put(Response(status=410))
        threading.Thread(target=self.server.shutdown, daemon=True).start()  # it takes up to half a second


def read_result(body: bytes) -> Any:
    """Return what a handler returned, or the error that Lambda makes of one that is too large."""
    if len(body) > MAX_RESULT_BYTES:
        return FunctionError(f"what it returned has {len(body):,} bytes as JSON; Lambda allows {MAX_RESULT_BYTES:,}")
    return json.loads(body)


class Function:
    """A Lambda function. Each event at the same time has an environment of its own; an edit replaces them."""
{% if service.is_python %}
    def __init__(self, settings: Settings, debug_port: int | None, *, in_thread: bool) -> None:
        self.in_thread = in_thread
{%- else %}
    def __init__(self, settings: Settings, debug_port: int | None) -> None:
{%- endif %}
        self.settings = settings
        self.debug_port = debug_port
        # A debugger reaches one environment, and nothing ends while it waits.
        self.has_debugger = debug_port is not None{{ " or in_thread" if service.is_python }}
        self.seconds = float("inf") if self.has_debugger else settings.timeout
        self.executor = ThreadPoolExecutor(1 if self.has_debugger else MAX_ENVIRONMENTS)
        self.lock = threading.Lock()
        self.environments: set[Environment] = set()
        self.idle: list[Environment] = []

    def invoke(self, event: bytes, seconds: float) -> Any:
        """Return the handler's result. Raises FunctionError, or IntegrationTimeout after `seconds`.

        As in Lambda, the function goes on after API Gateway has stopped waiting, until its own timeout.
        """
        future = self.executor.submit(self.handle, event)
        try:
            return future.result(None if self.has_debugger else seconds)
        except TimeoutError as error:
            raise IntegrationTimeout(f"API Gateway waits no longer than {seconds:g} s") from error

    def handle(self, event: bytes) -> Any:
        environment = self.take_environment()
        try:
            result = environment.invoke(event, self.seconds)
        except FunctionError:
            self.remove(environment)
            raise
        self.idle.append(environment)
        return result

    def prepare(self) -> None:
        """Start an environment before the first event."""
        if self.debug_port is not None:
            read_port("DEBUG", str(self.debug_port))
        self.idle.append(self.take_environment())

    def take_environment(self) -> Environment:
        """Return an environment that runs the newest source and has no event."""
        with self.lock:
            version = self.find_version()
            while self.idle:
                environment = self.idle.pop()
                if environment.version == version and environment.is_alive():
                    return environment
                self.remove(environment)
            environment = Environment(self.settings, version)
            self.environments.add(environment)
            self.start(environment)
            return environment
{% if service.is_python %}
    def find_version(self) -> Any:
        """Return what differs after an edit; a thread keeps the modules that the tests have imported."""
        return None if self.in_thread else sources.read_times(sources.list_files(self.settings.directory))

    def start(self, environment: Environment) -> None:
        if self.in_thread:
            environment.start_in_thread()
            return
        # Unbuffered, as in Lambda: what a handler prints is not lost when its process is stopped.
        command = [sys.executable, "-u", str(PROJECT / "scripts" / "runtime_client.py"), self.settings.handler]
        if self.debug_port is not None:
            command[1:1] = ["-X", "frozen_modules=off"]
            command.append(str(self.debug_port))
        environment.start(command, self.settings.directory)
{%- else %}
    def find_version(self) -> Any:
        """Return the build, which is another one after an edit that compiles."""
        try:
            number = BUILD.update()
            return number, BUILD.find_program(self.settings.program)
        except sources.BuildError as error:
            raise FunctionError(str(error)) from error

    def start(self, environment: Environment) -> None:
        _, program = environment.version
        process_id = environment.start([str(program)], program.parent)
        if self.debug_port is not None:
            print(f"{self.settings.logical_id}: rust-lldb --attach-pid {process_id}", flush=True)
{%- endif %}

    def remove(self, environment: Environment) -> None:
        environment.stop()
        self.environments.discard(environment)

    def stop(self) -> None:
        """Stop all environments. Events that they handle fail."""
        self.executor.shutdown(wait=False, cancel_futures=True)
        for environment in list(self.environments):
            self.remove(environment)


def make_variables(settings: Settings, address: str, directory: Path) -> dict[str, str]:
    """Return a process's whole environment: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html."""
    return {
        "PATH": os.environ["PATH"],
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
{%- if service.is_python %}
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info[0]}.{sys.version_info[1]}",
        "PYTHONPATH": str(directory),
{%- endif %}
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": settings.memory,
        "AWS_LAMBDA_FUNCTION_NAME": settings.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{settings.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{time.strftime('%Y/%m/%d')}/[$LATEST]{uuid.uuid4().hex}",
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "LAMBDA_RUNTIME_DIR": str(PROJECT / "scripts"),
        "LAMBDA_TASK_ROOT": str(directory),
        "_HANDLER": settings.handler,
        **settings.variables,
    }
