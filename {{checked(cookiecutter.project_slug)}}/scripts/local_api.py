"""Serves the API on this machine without Docker. It stands in for API Gateway; moto's server stands in for DynamoDB.

Routes, timeout, variables and CORS come from template.yaml. Events and responses follow AWS's documents:
{%- if service.is_rest %}
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
{%- else %}
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
{%- endif %}
"""

import argparse
import base64
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from werkzeug import Request, Response

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "localstack" / "ready.d"))

import create_table  # noqa: E402
from local_http import start_server  # noqa: E402
from local_lambda import Function, FunctionError, FunctionTimeout  # noqa: E402
from local_process import end_at_first_signal, read_port  # noqa: E402

TEMPLATE = PROJECT / "template.yaml"
REGION = "{{ service.region }}"
{%- if service.cors_origin %}
PARAMETERS = {"CorsOrigin": origin} if (origin := os.environ.get("CORS_ORIGIN")) else {}
{%- endif %}
MAX_EVENT_BYTES = 6 * 1024 * 1024  # AWS Lambda quota: invocation payload
{%- if service.is_rest %}
EVENT, CORS = "Api", "Cors"
# What a REST API answers without the function.
NO_ROUTE = 403, "Missing Authentication Token"
TIMEOUT = 504, "Endpoint request timed out"
FAILURE = 502, "Internal server error"
{%- else %}
EVENT, CORS = "HttpApi", "CorsConfiguration"
# What an HTTP API answers without the function.
NO_ROUTE = 404, "Not Found"
TIMEOUT = 503, "Service Unavailable"
FAILURE = 500, "Internal Server Error"
{%- endif %}


class Match(NamedTuple):
    """The route that matches a request, and the path's parameters as they are in the URL."""

    method: str
    resource: str
    parameters: dict[str, str]


class Gateway:
    """API Gateway, as template.yaml declares it. Its table is behind an endpoint."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.lock = threading.Lock()
        self.read_at = TEMPLATE.stat().st_mtime_ns
        self.load(create_table.read_template(TEMPLATE{{ ", PARAMETERS" if service.cors_origin }}))

    def load(self, template: dict[str, Any]) -> None:
        """Take the routes and the function's settings from template.yaml."""
        resources = template["Resources"].values()
        functions = [each["Properties"] for each in resources if each["Type"] == "AWS::Serverless::Function"]
        events = [(function, event) for function in functions for event in function.get("Events", {}).values()]
        called = [(function, event["Properties"]) for function, event in events if event["Type"] == EVENT]
        self.routes = [(route["Method"].upper(), route["Path"]) for _, route in called]
        self.cors = read_cors(template["Resources"]["Api"].get("Properties", {}).get(CORS, {}))
        self.cors_of_responses = {name: self.cors[name] for name in self.cors if re.search("Origin|Expose", name)}
        # All functions of routes have the same code: one process, with the variables of all, serves every route.
        settings = template["Globals"]["Function"]
        variables = {"AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION}
        for function in [settings, *(function for function, _ in called)]:
            variables |= function.get("Environment", {}).get("Variables", {})
        variables["AWS_ENDPOINT_URL_DYNAMODB"] = self.endpoint
        self.function = Function(settings["Handler"], variables, settings["Timeout"])

    def reload(self) -> None:
        """Read template.yaml again if it has changed. An invalid one is reported, and changes nothing."""
        with self.lock:
            changed_at = TEMPLATE.stat().st_mtime_ns
            if changed_at != self.read_at:
                self.read_at, old = changed_at, self.function
                try:
                    template = create_table.read_template(TEMPLATE{{ ", PARAMETERS" if service.cors_origin }})
                    create_table.create_tables(create_table.connect(self.endpoint, REGION), TEMPLATE)
                    self.load(template)
                    old.stop()
                except (AttributeError, KeyError, TypeError, ValueError) as error:
                    print(f"template.yaml is invalid; the API keeps its routes: {error!r}", flush=True)

    def answer(self, request: Request) -> Response:
        """Return what API Gateway responds to a request."""
        self.reload()
        path = request.environ["RAW_URI"].partition("?")[0]
{%- if service.is_rest %}
        path = path.removesuffix("/") or "/"
{%- endif %}
        match = self.find_route(request.method, path)
        if self.cors and self.is_preflight(request, match):
            return self.allow_page(path)
        if match is None:
            return self.refuse(*NO_ROUTE)
        event = json.dumps(make_event(request, match, path)).encode()
        if len(event) > MAX_EVENT_BYTES:
            return self.refuse(413, "Request Too Long")
        try:
            return self.pass_on(self.function.invoke(event))
        except FunctionTimeout as error:
            print(error, flush=True)
            return self.refuse(*TIMEOUT)
        except (FunctionError, AttributeError, KeyError, TypeError, ValueError) as error:
            print(f"The function failed: {error}", flush=True)
            return self.refuse(*FAILURE)

    def pass_on(self, result: Any) -> Response:
        """Return the response that a handler's result describes."""
{%- if not service.is_rest %}
        if "statusCode" not in result:  # all of it is the body
            result = {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(result)}
{%- endif %}
        body = result.get("body") or ""
        response = Response(base64.b64decode(body) if result.get("isBase64Encoded") else body, result["statusCode"])
        response.headers.update(result.get("headers") or {})
{%- if not service.is_rest %}
        response.headers.update(self.cors_of_responses)
{%- endif %}
        return response

    def refuse(self, status: int, message: str) -> Response:
        """Return a response that does not come from the function."""
        return Response(json.dumps({"message": message}), status, self.cors_of_responses, "application/json")
{% if service.is_rest %}
    def find_route(self, method: str, path: str) -> Match | None:
        """Return the route that a REST API takes: it matches the path first, then the method."""
        matches = [(pattern, match_path(pattern, path)) for _, pattern in self.routes]
        paths = sorted((rank(pattern), pattern, found) for pattern, found in matches if found is not None)
        for _, pattern, parameters in paths[:1]:
            for route in ((method, pattern), ("ANY", pattern)):
                if route in self.routes:
                    return Match(*route, parameters)
        return None

    def is_preflight(self, request: Request, match: Match | None) -> bool:
        """Return whether the gateway itself responds: SAM adds OPTIONS to each path that has no route for it."""
        return request.method == "OPTIONS" and (match is None or match.method == "ANY")

    def allow_page(self, path: str) -> Response:
        """Answer a preflight. SAM lists the methods that the path has."""
        methods = {method for method, pattern in self.routes if match_path(pattern, path) is not None}
        methods = {"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"} if "ANY" in methods else methods
        return Response("", 200, {"Access-Control-Allow-Methods": ",".join(sorted(methods | {"OPTIONS"}))} | self.cors)
{% else %}
    def find_route(self, method: str, path: str) -> Match | None:
        """Return the route that an HTTP API takes: the most specific one of those for the method."""
        routes = [route for route in self.routes if route[0] in (method, "ANY")]
        matches = [(route, match_path(route[1], path)) for route in routes]
        found = sorted((rank(route[1]), route[0] == "ANY", route, each) for route, each in matches if each is not None)
        return Match(*found[0][2], found[0][3]) if found else None

    def is_preflight(self, request: Request, _match: Match | None) -> bool:
        """Return whether the gateway answers itself, whatever the routes are."""
        return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers

    def allow_page(self, _path: str) -> Response:
        """Answer a preflight."""
        return Response("", 204, self.cors)
{% endif %}

def read_cors(settings: dict[str, Any]) -> dict[str, str]:
    """Return the headers that CORS settings stand for: AllowOrigin for Access-Control-Allow-Origin."""
    headers = {}
    for name, value in settings.items():
        values = [str(each).strip("'") for each in (value if isinstance(value, list) else [value])]
        header = "Access-Control-" + re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name.replace("Origins", "Origin"))
        headers[header] = values[0] if header.endswith("Origin") else ",".join(values)
    return headers


def rank(pattern: str) -> list[int]:
    """Return a key that sorts the paths of routes, the most specific first."""
    return [segment.startswith("{") + segment.endswith("+}") for segment in pattern.split("/")]


def match_path(pattern: str, path: str) -> dict[str, str] | None:
    """Return the parameters of a path that a route's path matches; a parameter is not empty."""
    names = re.findall(r"\{(\w+)\+?\}", pattern)
    expression = re.sub(r"\\\{\w+\\\}", "([^/]+)", re.sub(r"\\\{\w+\\\+\\\}", "(.+)", re.escape(pattern)))
    match = re.fullmatch(expression, path)
    return dict(zip(names, match.groups(), strict=True)) if match else None

{% if service.is_rest %}
def make_event(request: Request, match: Match, path: str) -> dict[str, Any]:
    """Return the event of a REST API, payload format 1.0. Path parameters are as they are in the URL."""
    headers = dict(request.headers)
    queries = request.args.to_dict(flat=False)
    return {
        "resource": match.resource,
        "path": unquote(path),
        "httpMethod": request.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in queries.items()} or None,
        "multiValueQueryStringParameters": queries or None,
        "pathParameters": match.parameters or None,
        "requestContext": {
            "httpMethod": request.method,
            "identity": {"sourceIp": request.remote_addr, "userAgent": headers.get("User-Agent")},
            "path": path,
            "protocol": request.environ["SERVER_PROTOCOL"],
            "requestId": str(uuid.uuid4()),
            "requestTimeEpoch": int(time.time() * 1000),
            "resourcePath": match.resource,
            "stage": "local",
        },
        "body": request.get_data().decode(errors="replace") or None,
        "isBase64Encoded": False,
    }
{% else %}
def make_event(request: Request, match: Match, path: str) -> dict[str, Any]:
    """Return the event of an HTTP API, payload format 2.0. Path parameters are decoded; what is empty is left out."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{match.method} {match.resource}",
        "rawPath": unquote(path),
        "rawQueryString": request.query_string.decode(),
        "headers": {name.lower(): value for name, value in request.headers},
        "requestContext": {
            "http": {
                "method": request.method,
                "path": unquote(path),
                "protocol": request.environ["SERVER_PROTOCOL"],
                "sourceIp": request.remote_addr,
                "userAgent": request.headers.get("User-Agent"),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": f"{match.method} {match.resource}",
            "stage": "$default",
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": False,
    }
    if match.parameters:
        event["pathParameters"] = {name: unquote(value) for name, value in match.parameters.items()}
    if request.args:
        event["queryStringParameters"] = {name: ",".join(values) for name, values in request.args.lists()}
    if body := request.get_data():
        try:
            event["body"] = body.decode()
        except UnicodeDecodeError:
            event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    return event
{% endif %}

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
def run_api(endpoint: str, port: int = 0) -> Iterator[str]:
    """Serve the API, on a free port if `port` is 0, with its table behind an endpoint, and yield its URL."""
    gateway = Gateway(endpoint)
    try:
        gateway.function.prepare()  # while the emulator starts
        create_table.create_tables(create_table.connect(endpoint, REGION), TEMPLATE)
        server = start_server(gateway.answer, port)
        yield f"http://127.0.0.1:{server.port}"
        server.shutdown()
    finally:
        gateway.function.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve the API on 127.0.0.1 without Docker.")
    parser.add_argument("--port", type=partial(read_port, "PORT"), required=True, help="port of the API")
    parser.add_argument("--table-port", type=partial(read_port, "LOCALSTACK_PORT"), required=True, help="DynamoDB's")
    arguments = parser.parse_args()
    end_at_first_signal()
    try:
        with run_table(arguments.table_port) as endpoint, run_api(endpoint, arguments.port) as url:
            print(f"The API answers at {url}. Its items are lost when it stops; Ctrl-C stops it.", flush=True)
            while True:
                time.sleep(0.5)  # a wait without an end would miss a signal that another thread receives
    except KeyboardInterrupt:
        pass
    except (FunctionError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
