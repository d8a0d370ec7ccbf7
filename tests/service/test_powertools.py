"""Powertools for AWS Lambda in a service, and what it reads of Lambda: the same without Docker as through `sam local`."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
import requests

from renders import NUMBERS, find_free_port
from stacks import Stack

if TYPE_CHECKING:
    from renders import Bake

pytestmark = pytest.mark.slow

SECONDS = 60
HANDLER = """
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from service import app

LOGGER = Logger(service="people")
METRICS = Metrics(namespace="People", service="people")
TRACER = Tracer(service="people")


@LOGGER.inject_lambda_context(correlation_id_path="requestContext.requestId")
@METRICS.log_metrics(capture_cold_start_metric=True)
@TRACER.capture_lambda_handler
def handler(event, context):
    LOGGER.info("observed")
    METRICS.add_metric(name="Requests", unit=MetricUnit.Count, value=1)
    return app.handler(event, context)
"""
# Prints the names and values of a context's public attributes, and what its methods return.
SHOW = """
import json
context = make()
names = [name for name in dir(context) if not name.startswith("_")]
values = {name: getattr(context, name) for name in names}
identity = [values["identity"].cognito_identity_id, values["identity"].cognito_identity_pool_id]
results = [context.get_remaining_time_in_millis(), context.w3c(), context.log("")]
texts = {name: value for name, value in values.items() if isinstance(value, str | None)}
print(json.dumps([names, texts, identity, results]))
"""
# https://github.com/aws/aws-lambda-python-runtime-interface-client
AWS_S = """
from awslambdaric.lambda_context import LambdaContext

def make():
    return LambdaContext("the-request", None, None, 0, "the-arn")
"""
OURS = """
from runtime_client import Context

def make():
    id, arn, deadline = "Aws-Request-Id", "Invoked-Function-Arn", "Deadline-Ms"
    headers = {id: "the-request", arn: "the-arn", deadline: "0"}
    return Context({f"Lambda-Runtime-{name}": value for name, value in headers.items()})
"""
SETTINGS = "FUNCTION_NAME FUNCTION_VERSION FUNCTION_MEMORY_SIZE LOG_GROUP_NAME LOG_STREAM_NAME"


def test_the_context_has_what_the_one_of_aws_has(bake_with_tools: Bake) -> None:
    service = bake_with_tools()
    environment = {f"AWS_LAMBDA_{name}": f"the {name}" for name in SETTINGS.split()}
    with_aws_s = ["uv", "run", "--quiet", "--no-project", "--with", "awslambdaric==4.2.2", "python"]

    aws_s = service.run(*with_aws_s, "-c", AWS_S + SHOW, **environment)
    ours = service.run(".venv/bin/python", "-c", OURS + SHOW, PYTHONPATH="scripts", **environment)

    assert json.loads(ours.stdout) == json.loads(aws_s.stdout)


@pytest.fixture
def observed(bake: Bake) -> Stack:
    """A service whose function uses Powertools."""
    service = bake(project_slug=f"observed-{os.getpid()}-{next(NUMBERS)}")
    service.check("uv", "add", "--quiet", "aws-lambda-powertools[tracer]==3.37.0")
    (service.path / "src" / "observed.py").write_text(HANDLER)
    service.edit("template.yaml", "Handler: service.app.handler", "Handler: observed.handler")
    return Stack(service, find_free_port(), find_free_port())


@pytest.mark.parametrize(
    "arguments", [("DOCKER=no",), pytest.param((), marks=pytest.mark.docker)], ids=["without Docker", "sam local"]
)
def test_powertools_logs_and_measures(observed: Stack, arguments: tuple[str, ...]) -> None:
    try:
        with observed.running("dev", *arguments):
            statuses = [requests.get(f"{observed.url}/users", timeout=SECONDS).status_code for _ in range(2)]
        log = (observed.service.path / "dev.log").read_text()
    finally:
        if not arguments:
            observed.make("down")

    written = read_objects(log)
    lines = [line for line in written if line.get("message") == "observed"]
    metrics = [line for line in written if "_aws" in line]
    assert statuses == [200, 200]
    assert [line["cold_start"] for line in lines] == [True, False]
    assert len({line["function_request_id"] for line in lines}) == 2
    for line in lines:
        assert line["function_name"]
        assert line["function_arn"].endswith(f":function:{line['function_name']}")
        assert (line["function_memory_size"], line["service"]) == ("512", "people")
        assert line["correlation_id"]
        assert line.get("xray_trace_id", "").startswith("1-") or not arguments  # sam local sets none
    assert [metric["Requests"] for metric in metrics if "Requests" in metric] == [[1.0], [1.0]]
    cold_starts = [metric for metric in metrics if "ColdStart" in metric]
    assert [metric["function_name"] for metric in cold_starts] == [lines[0]["function_name"]]
    assert "Traceback" not in log


def read_objects(log: str) -> list[dict[str, Any]]:
    """Return the JSON objects that a log has, each in a line of its own; sam writes other text before some."""
    objects = []
    for line in log.splitlines():
        if "{" in line and line.endswith("}"):
            try:
                objects.append(json.loads(line[line.index("{") :]))
            except ValueError:
                continue
    return objects
