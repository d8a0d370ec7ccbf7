"""A service that is loaded with requests: through `sam local`, or its function alone in Lambda's own runtime."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests

from conftest import NUMBERS, Service, cookiecutter, find_free_port
from measuring import emulate_function
from ministack import IMAGE
from stacks import QUICK_PROFILE, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REGION = "us-east-1"
TABLE = "readings"
KEY = ("device", "order")
LIST = "/readings"
PARTITION = "/readings/{device}"
ITEM = "/readings/{device}/{order}"
ANSWERS = {
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
    """A built service whose LocalStack runs."""

    language: str
    environment: Mapping[str, str]
    """What it is built with."""

    @property
    def artifact(self) -> Path:
        """What was built; of all functions the same."""
        return next(path for path in (self.service.path / ".aws-sam" / "build").iterdir() if path.is_dir())

    def empty_table(self) -> None:
        client = self.dynamodb(REGION)
        for page in client.get_paginator("scan").paginate(TableName=TABLE):
            for item in page["Items"]:
                client.delete_item(TableName=TABLE, Key={name: item[name] for name in KEY})


@contextlib.contextmanager
def run_loaded_stack(
    language: str, directory: Path, tools: Path, environment: Mapping[str, str]
) -> Iterator[LoadedStack]:
    """Render and build a service of these tools, and run its LocalStack."""
    answers = {**ANSWERS, "language": language, "project_slug": f"loaded-{language}-{os.getpid()}-{next(NUMBERS)}"}
    arguments = [f"{name}={value}" for name, value in answers.items()]
    cookiecutter("--no-input", "--output-dir", str(directory), *arguments).check_returncode()
    service = Service(directory / answers["project_slug"])
    (service.path / ".venv").symlink_to(tools)
    (tools / ".complete").touch()
    stack = LoadedStack(service, find_free_port(), find_free_port(), language, {**QUICK_PROFILE, **environment})
    try:
        stack.make("up")
        stack.make("build", **stack.environment)
        yield stack
    finally:
        stack.make("down")


@dataclass(frozen=True)
class Answer:
    """What a function answers to API Gateway."""

    status: int
    text: str

    @property
    def json(self) -> Any:
        """The body, its numbers as Decimal."""
        return json.loads(self.text, parse_float=Decimal, parse_int=Decimal)


class Function:
    """A function without API Gateway before it, in some containers: each takes one request at a time."""

    def __init__(self, urls: list[str]) -> None:
        self.urls: queue.SimpleQueue[str] = queue.SimpleQueue()
        for url in urls:
            self.urls.put(url)

    def request(
        self, method: str, resource: str, *values: str, body: str = "", query: Mapping[str, str] | None = None
    ) -> Answer:
        """Send what API Gateway sends for a request to a route whose path's parameters have these values."""
        names = [segment.strip("{}") for segment in resource.split("/") if segment.startswith("{")]
        event = {
            "httpMethod": method,
            "resource": resource,
            "requestContext": {"path": resource},
            "pathParameters": {name: quote(value, safe="") for name, value in zip(names, values, strict=True)},
            "queryStringParameters": query,
            "body": body,
            "isBase64Encoded": False,
        }
        url = self.urls.get()
        try:
            answer = requests.post(url, json=event, timeout=60).json()
        finally:
            self.urls.put(url)
        return Answer(answer["statusCode"], answer["body"])


@contextlib.contextmanager
def run_function_of(
    stack: LoadedStack, artifact: Path, containers: int, endpoint: str = "http://localstack:4566", *options: str
) -> Iterator[Function]:
    """Run what was built in containers that reach the stack's LocalStack, with further options of `docker run`."""
    settings = {"TABLE_NAME": TABLE, "AWS_ENDPOINT_URL_DYNAMODB": endpoint}
    with contextlib.ExitStack() as running:
        starts = [
            emulate_function(stack.language, artifact, stack.slug, *options, **settings) for _ in range(containers)
        ]
        yield Function([running.enter_context(start) for start in starts])


@contextlib.contextmanager
def run_losing_proxy(stack: LoadedStack) -> Iterator[str]:
    """Run tests/losing_proxy.py before the stack's LocalStack, and yield its URL on the stack's network."""
    script = Path(__file__).with_name("losing_proxy.py")
    command = ["docker", "run", "--detach", "--network", stack.slug, "--network-alias", "losing-proxy"]
    mounts = ["--volume", f"{script}:/losing_proxy.py:ro", "--entrypoint", "python3.13", IMAGE, "/losing_proxy.py"]
    started = subprocess.run([*command, *mounts], capture_output=True, text=True, check=True)
    try:
        yield "http://losing-proxy:8000"
    finally:
        subprocess.run(["docker", "rm", "--force", started.stdout.strip()], capture_output=True, check=True)
