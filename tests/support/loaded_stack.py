"""A service for tests that send many requests: through `sam local`, or to its function in Lambda's image."""

from __future__ import annotations

import contextlib
import json
import os
import queue
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests

from measuring import ARCHITECTURE, emulate_function
from renders import NUMBERS, Service, cookiecutter, find_free_port, use_tools
from stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

REGION = "us-east-1"
TABLE = "readings"
KEY = ("device", "order")
LIST = "/readings"
PARTITION = "/readings/{device}"
ITEM = "/readings/{device}/{order}"
ANSWERS = {
    "architecture": ARCHITECTURE,
    "region": REGION,
    "table_name": TABLE,
    "partition_key": "device",
    "sort_key": "order:N",
    "routes": ", ".join(
        [f"{method} {path}" for path in (LIST, PARTITION) for method in ("GET", "POST")]
        + [f"{method} {ITEM}" for method in ("GET", "PUT", "PATCH", "DELETE")]
    ),
}


@dataclass
class LoadedStack(Stack):
    """A built service whose emulator runs."""

    language: str

    @property
    def artifact(self) -> Path:
        """The directory of the built function."""
        return next(path for path in (self.service.path / ".aws-sam" / "build").iterdir() if path.is_dir())


@contextlib.contextmanager
def run_loaded_stack(language: str, directory: Path, tools: Path) -> Iterator[LoadedStack]:
    """Render and build a service with these tools, and run its emulator."""
    answers = {**ANSWERS, "language": language, "project_slug": f"loaded-{language}-{os.getpid()}-{next(NUMBERS)}"}
    arguments = [f"{name}={value}" for name, value in answers.items()]
    cookiecutter("--no-input", "--output-dir", str(directory), *arguments).check_returncode()
    service = Service(directory / answers["project_slug"])
    use_tools(service, tools)
    stack = LoadedStack(service, find_free_port(), find_free_port(), language)
    try:
        stack.make("up")
        stack.make("build")
        yield stack
    finally:
        stack.make("down")


@dataclass(frozen=True)
class Response:
    """The response in a function's result."""

    status: int
    text: str

    @property
    def json(self) -> Any:
        """The body, with numbers as Decimal."""
        return json.loads(self.text, parse_float=Decimal, parse_int=Decimal)


class Function:
    """A function without API Gateway, in several containers: each takes one request at a time."""

    def __init__(self, urls: list[str]) -> None:
        self.urls: queue.SimpleQueue[str] = queue.SimpleQueue()
        for url in urls:
            self.urls.put(url)

    def request(
        self,
        method: str,
        resource: str,
        *values: str,
        body: str = "",
        is_base64: bool = False,
        query: Mapping[str, str] | None = None,
    ) -> Response:
        """Send the event of a request to a route, with these values of its path's parameters."""
        names = [segment.strip("{}") for segment in resource.split("/") if segment.startswith("{")]
        event = {
            "httpMethod": method,
            "resource": resource,
            "requestContext": {"path": resource},
            "pathParameters": {name: quote(value, safe="") for name, value in zip(names, values, strict=True)},
            "queryStringParameters": query,
            "body": body,
            "isBase64Encoded": is_base64,
        }
        url = self.urls.get()
        try:
            result = requests.post(url, json=event, timeout=60).json()
        finally:
            self.urls.put(url)
        return Response(result["statusCode"], result["body"])


@contextlib.contextmanager
def run_function_of(
    stack: LoadedStack, artifact: Path, containers: int, endpoint: str = "http://localstack:4566", *options: str
) -> Iterator[Function]:
    """Run a built function in containers that reach the stack's emulator, with further options for `docker run`."""
    settings = {"TABLE_NAME": TABLE, "AWS_ENDPOINT_URL_DYNAMODB": endpoint}
    with contextlib.ExitStack() as running:
        starts = [
            emulate_function(stack.language, artifact, stack.slug, *options, **settings) for _ in range(containers)
        ]
        function = Function([running.enter_context(start) for start in starts])
        # The first calls may exceed the client's timeout, and a create that the SDK retries returns 409.
        for _ in range(containers):
            function.request("DELETE", ITEM, "none", "1")
        yield function
