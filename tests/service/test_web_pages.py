"""What a web page in the user's browser can do to what runs on the laptop: nothing that `cors_origin` does not allow."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import boto3
import psutil
import pytest
import requests
from botocore.exceptions import ClientError

from renders import find_free_port
from stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from renders import Bake, Service

PAGES = ("https://pages.example", "http://localhost:8080", "http://127.0.0.1:4566", "null")
STRANGERS = (
    "pages.example",
    "pages.example:3000",
    "localhost.pages.example",
    "127.0.0.1.pages.example:80",
    "notlocalhost",
    "localhost:port",
    "user@localhost",
    "",
)
OWN_NAMES = ("127.0.0.1", "LocalHost:3000", "app.localhost:1", "[::1]:3000", "[::1]", "192.168.1.20:8080")
SIGNATURE = "AWS4-HMAC-SHA256 Credential=test/20260101/ap-northeast-1/{}/aws4_request, SignedHeaders=host, Signature=x"
CREATE_STACK = "Action=CreateStack&Version=2010-05-15"
OTHER_SERVICES: tuple[tuple[str, dict[str, str]], ...] = (
    ("/moto-api/reset", {}),
    ("/moto-api/data.json", {}),
    ("/moto-api/recorder/upload-recording", {"Content-Type": "text/plain"}),
    ("/", {"Authorization": SIGNATURE.format("cloudformation"), "X-Amz-Target": "CloudFormation_1.CreateStack"}),
    ("/", {"Authorization": SIGNATURE.format("sqs"), "X-Amz-Target": "AmazonSQS.ListQueues"}),
    ("/", {"Content-Type": "application/x-www-form-urlencoded"}),
    ("/v1/submitjob", {"Authorization": SIGNATURE.format("batch")}),
    ("/latest/meta-data/iam", {}),
    ("/", {"X-Amz-Target": "DynamoDBStreams_20120810.ListStreams"}),
)
TABLE_NAMES = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Authorization": SIGNATURE.format("dynamodb")}


def start(service: Service) -> Stack:
    return Stack(service, find_free_port(), find_free_port())


@pytest.fixture
def stack(bake_with_tools: Bake) -> Iterator[Stack]:
    """A service without Docker."""
    stack = start(bake_with_tools())
    with stack.running("dev", "DOCKER=no"):
        yield stack


def find_addresses(stack: Stack) -> dict[str, str]:
    """Return what listens for the service: the table, the API and the Runtime API of its function."""
    port = f"--port {stack.port} "
    api = next(process for process in psutil.process_iter() if port in " ".join(read_command(process)))
    variables = [read_variables(child) for child in api.children()]
    runtime_api = next(
        variable["AWS_LAMBDA_RUNTIME_API"] for variable in variables if "AWS_LAMBDA_RUNTIME_API" in variable
    )
    return {
        "table": f"127.0.0.1:{stack.localstack_port}",
        "API": f"127.0.0.1:{stack.port}",
        "Runtime API": runtime_api,
    }


def read_command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def read_variables(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except psutil.Error:
        return {}


def send(address: str, host: str, target: str = "/none") -> tuple[int, str]:
    """Send a GET with exactly this Host header, and return the status and the body."""
    name, _, port = address.partition(":")
    with socket.create_connection((name, int(port)), timeout=60) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        response = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    return int(response.split()[1]), response.partition("\r\n\r\n")[2]


def ask_for_tables(stack: Stack, method: str = "POST", **headers: str) -> requests.Response:
    url = f"http://127.0.0.1:{stack.localstack_port}/"
    return requests.request(method, url, data="{}", headers={**TABLE_NAMES, **headers}, timeout=60)


@pytest.mark.slow
class TestWithoutDocker:
    def test_only_this_machine_s_names_and_addresses_are_allowed(self, stack: Stack) -> None:
        for name, address in find_addresses(stack).items():
            for host in STRANGERS:
                line = f"Host {host} is not allowed; make the proxy or tunnel send Host: localhost"
                status, body = send(address, host)
                assert (status, json.loads(body)) == (403, {"message": line}), name
            status, _ = send(address, "localhost", "http://pages.example/none")  # a URL's host comes before the header
            assert status == 403, name
            if name != "Runtime API":  # which would wait for an event
                for host in OWN_NAMES:
                    status, body = send(address, host)
                    assert "is not allowed" not in body, (name, host)

    def test_the_table_and_the_runtime_api_refuse_every_page(self, stack: Stack) -> None:
        for page in PAGES:
            for method in ("OPTIONS", "GET", "POST"):
                response = ask_for_tables(stack, method, Origin=page)
                assert (response.status_code, "users" in response.text) == (403, False)
                assert not [name for name in response.headers if name.startswith("Access-Control")]
        assert ask_for_tables(stack, **{"Sec-Fetch-Site": "same-origin"}).status_code == 403
        assert ask_for_tables(stack).json() == {"TableNames": ["users"]}

        url = f"http://{find_addresses(stack)['Runtime API']}/2018-06-01/runtime/invocation"
        headers: dict[str, dict[str, str]] = {"get": {"Sec-Fetch-Site": "cross-site"}, "post": {"Origin": "null"}}
        assert requests.get(f"{url}/next", headers=headers["get"], timeout=60).status_code == 403
        assert requests.post(f"{url}/1/response", "{}", headers=headers["post"], timeout=60).status_code == 403

    def test_the_table_is_dynamodb_and_nothing_else(self, stack: Stack) -> None:
        for path, headers in OTHER_SERVICES:
            for method in ("GET", "POST"):
                url = f"http://127.0.0.1:{stack.localstack_port}{path}"
                response = requests.request(method, url, data=CREATE_STACK, headers=headers, timeout=60)
                line = "Only DynamoDB runs here; the request has no header X-Amz-Target: DynamoDB_…"
                assert (response.status_code, response.json()) == (400, {"message": line}), path
        other_path = f"http://127.0.0.1:{stack.localstack_port}/moto-api/recorder/replay-recording"
        assert requests.post(other_path, "{}", headers=TABLE_NAMES, timeout=60).status_code == 404
        assert ask_for_tables(stack).json() == {"TableNames": ["users"]}

    def test_the_table_s_server_writes_no_file(self, bake_with_tools: Bake) -> None:
        stack = start(bake_with_tools())
        before = {*stack.service.files}

        with stack.running("dev", "DOCKER=no", MOTO_ENABLE_RECORDING="1", MOTO_RECORDER_FILEPATH="recording"):
            requests.post(f"{stack.url}/users", json={"user_id": "1"}, timeout=60).raise_for_status()

        written = {file for file in {*stack.service.files} - before if not file.startswith(".venv/")}
        assert {file for file in written if "__pycache__" not in file} == {"dev.log"}

    def test_a_page_gets_no_cors_headers_unless_the_answer_allows_it(self, stack: Stack) -> None:
        for page in PAGES:
            headers = {"Origin": page, "Access-Control-Request-Method": "POST"}
            for method in ("OPTIONS", "GET"):
                response = requests.request(method, f"{stack.url}/users", headers=headers, timeout=60)
                assert not [name for name in response.headers if name.startswith("Access-Control")]


@pytest.mark.docker
@pytest.mark.slow
def test_localstack_refuses_pages_and_other_services(make_stack: Callable[..., Stack]) -> None:
    """docs/local-stack.md describes this. LocalStack does it; compose.yaml must not undo it."""
    stack = make_stack()
    stack.make("up", EXTRA_CORS_ALLOWED_ORIGINS="https://pages.example", DISABLE_CORS_CHECKS="1", SERVICES="s3")
    url = f"http://127.0.0.1:{stack.localstack_port}"

    for page in (*PAGES, f"http://pages.example:{stack.localstack_port}"):
        for method in ("OPTIONS", "POST"):
            headers = {"Origin": page, "Access-Control-Request-Method": "POST"}
            assert ask_for_tables(stack, method, **headers).status_code == 403
    assert ask_for_tables(stack).json() == {"TableNames": ["users"]}

    services = {"cloudformation": "list_stacks", "iam": "list_roles", "lambda": "list_functions", "s3": "list_buckets"}
    session: Any = boto3.Session("x", "x", region_name="eu-west-1")
    for service, operation in services.items():
        client = session.client(service, endpoint_url=url)
        with pytest.raises(ClientError, match="is not enabled"):
            getattr(client, operation)()
