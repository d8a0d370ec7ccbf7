"""Serves the API on this machine without Docker, as template.yaml declares it.

api_gateway.py does what API Gateway does, local_lambda.py what Lambda does; local_table.py is DynamoDB.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager{{ ", nullcontext" if service.is_jwt }}
from functools import partial
from pathlib import Path

from werkzeug import Request, Response

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "localstack"), str(PROJECT / "localstack" / "ready.d")]

import api_gateway  # noqa: E402
import create_table  # noqa: E402
from cloudformation import Template, TemplateError  # noqa: E402
from local_http import error_response, start_server  # noqa: E402
from local_lambda import Function, FunctionError, IntegrationTimeout, Settings, read_functions  # noqa: E402
from ports import end_at_first_signal, read_port  # noqa: E402
from write_docs import make_page  # noqa: E402

TEMPLATE = PROJECT / "template.yaml"
REGION = "{{ service.region }}"
{%- if service.cors_origin %}
PARAMETERS = {"CorsOrigin": origin} if (origin := os.environ.get("CORS_ORIGIN")) else {}
{%- endif %}
MAX_EVENT_BYTES = 6 * 1024 * 1024  # Lambda quota: invocation payload


class LocalApi:
    """The API of template.yaml and its functions. Their table is behind an endpoint."""

    def __init__(self, endpoint: str, make_function: Callable[[Settings, int], Function]) -> None:
        """Read template.yaml. `make_function` gets a function's settings and its number. Raises TemplateError."""
        self.endpoint = endpoint
        self.make_function = make_function
        self.lock = threading.Lock()
        self.read_at = 0
        self.template = self.read_template()
        self.load(self.template)

    def read_template(self) -> Template:
        self.read_at = TEMPLATE.stat().st_mtime_ns
        parameters = {"DynamoDbEndpoint": self.endpoint{{ ", **PARAMETERS" if service.cors_origin }}}
        return Template(TEMPLATE.read_text(encoding="utf-8"), REGION, parameters)

    def load(self, template: Template) -> None:
        """Take the routes, and the functions that they name, from a template. Raises TemplateError."""
        try:
            gateway = api_gateway.read_gateway(template)
            functions = read_functions(template, {route.function for route in gateway.routes})
        except TemplateError:
            raise
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise TemplateError(f"`make lint` says more: {error!r}") from error
        self.gateway = gateway
        self.functions = {
            settings.logical_id: self.make_function(settings, number) for number, settings in enumerate(functions)
        }

    def create_tables(self, template: Template) -> None:
        for line in create_table.create_tables(create_table.connect(self.endpoint, REGION), template):
            print(f"{line}; start this again to create the table as declared, empty", flush=True)

    def start(self) -> None:
        """Start each function, and create the tables. Raises FunctionError and TemplateError."""
        for function in self.functions.values():
            function.prepare()
        self.create_tables(self.template)

    def reload(self) -> None:
        """Read template.yaml again if it has changed. An invalid one is reported, and changes nothing."""
        with self.lock:
            try:
                if TEMPLATE.stat().st_mtime_ns != self.read_at:
                    template, functions = self.read_template(), self.functions
                    self.create_tables(template)
                    self.load(template)
                    for function in functions.values():
                        function.stop()
            except (OSError, TemplateError) as error:
                print(f"template.yaml is invalid, and the API stays as it was: {error}", flush=True)

    def respond(self, request: Request) -> Response:
        """Return what API Gateway responds to a request, or the page to try the API."""
        if request.path == "/_docs":
            try:
                return Response(make_page(), content_type="text/html; charset=utf-8")
            except Exception as error:
                return error_response(500, f"openapi.yaml is invalid; `make lint` says more: {error!r}")
        self.reload()
        gateway = self.gateway
        path = api_gateway.read_path(request)
        match = api_gateway.find_match(gateway, request.method, path)
        if preflight := api_gateway.preflight_response(gateway, request, path):
            return preflight
        if match is None:
            return api_gateway.gateway_response(gateway, *api_gateway.NO_ROUTE)
{%- if service.is_jwt %}
        if refusal := api_gateway.unauthorized_response(gateway, request, match):
            return refusal
{%- endif %}
        event = json.dumps(api_gateway.make_event(gateway, request, match, path), ensure_ascii=False).encode()
        if len(event) > MAX_EVENT_BYTES:
            return api_gateway.gateway_response(gateway, *api_gateway.TOO_LARGE)
        function = match.route.function
        try:
            return api_gateway.to_response(gateway, self.functions[function].invoke(event, match.route.seconds))
        except IntegrationTimeout as error:
            print(f"{function} takes too long: {error}", flush=True)
            return api_gateway.gateway_response(gateway, *api_gateway.TIMEOUT)
        except FunctionError as error:
            print(f"{function} failed: {error}", flush=True)
        except api_gateway.ResultError as error:
            print(f"API Gateway refuses what {function} returned: {error}", flush=True)
        return api_gateway.gateway_response(gateway, *api_gateway.FAILURE)

    def stop(self) -> None:
        for function in self.functions.values():
            function.stop()


@contextmanager
def run_table(port: int = 0) -> Iterator[str]:
    """Start the table's server, on a free port if `port` is 0, and yield its endpoint."""
    with socket.create_server(("127.0.0.1", port)) as listener:  # the server gets it: nothing else can take the port
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        command = [sys.executable, str(PROJECT / "scripts" / "local_table.py")]
        variables = {name: value for name, value in os.environ.items() if not name.startswith("MOTO_")}
        process = subprocess.Popen(command, env=variables, stdin=listener.fileno(), start_new_session=True)
    try:
        yield endpoint
    finally:
        process.kill()
        process.wait()


@contextmanager
{%- if service.is_python %}
def run_api(endpoint: str, port: int = 0, debug_port: int | None = None, *, in_thread: bool = False) -> Iterator[str]:
    """Serve the API, on a free port if `port` is 0, with its table behind an endpoint, and yield its URL.

    With a debug port, each function waits for a debugger, on this port and the following ones. In a thread, the
    functions run in this process, with the variables of all of them.
    """

    def make_function(settings: Settings, number: int) -> Function:
        return Function(settings, debug_port and debug_port + number, in_thread=in_thread)
{%- else %}
def run_api(endpoint: str, port: int = 0, debug_port: int | None = None) -> Iterator[str]:
    """Serve the API, on a free port if `port` is 0, with its table behind an endpoint, and yield its URL.

    With a debug port, each function has one process, whose id is printed, and no timeout.
    """

    def make_function(settings: Settings, _: int) -> Function:
        return Function(settings, debug_port)
{%- endif %}

    api = LocalApi(endpoint, make_function)
    try:
        api.start()  # while the table starts
        server = start_server(api.respond, port)
        yield f"http://127.0.0.1:{server.port}"
        server.shutdown()
    finally:
        api.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve the API on 127.0.0.1 without Docker.")
    parser.add_argument("--port", type=partial(read_port, "PORT"), required=True, help="port of the API")
{%- if service.is_jwt %}
    parser.add_argument("--table-port", type=partial(read_port, "LOCALSTACK_PORT"), help="for a table in memory")
{%- else %}
    parser.add_argument("--table-port", type=partial(read_port, "LOCALSTACK_PORT"), required=True, help="DynamoDB's")
{%- endif %}
    parser.add_argument("--debug-port", type=partial(read_port, "DEBUG"), help="port on which to wait for a debugger")
    arguments = parser.parse_args()
    end_at_first_signal()
{%- if service.is_jwt %}
    port, emulator = arguments.table_port, os.environ.get("AWS_ENDPOINT_URL", "")
    items = "Its items are lost when it stops"
    if not port:
        print("`sam local` has no JWT authorizer: the API runs without a container, its table in the emulator")
        items = "Its items are in the emulator"
{%- endif %}
    try:
        with (
            {{ "run_table(port) if port else nullcontext(emulator)" if service.is_jwt else "run_table(arguments.table_port)" }} as endpoint,
            run_api(endpoint, arguments.port, arguments.debug_port) as url,
        ):
            print(f"The API responds at {url}. {{ "{items}" if service.is_jwt else "Its items are lost when it stops" }}; Ctrl-C stops it.")
            print(f"Try it in a browser: {url}/_docs", flush=True)
            while True:
                time.sleep(0.5)  # a wait without an end would miss a signal that another thread receives
    except KeyboardInterrupt:
        pass
    except TemplateError as error:
        sys.exit(f"template.yaml is invalid: {error}")
    except FunctionError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
