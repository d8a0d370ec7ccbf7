"""`make deploy`, `make url` and `make delete`, with an emulator of AWS."""

from __future__ import annotations

import os
import re
import shutil
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import requests

from ministack import install_aws_cli
from renders import NUMBERS, TEMPLATE, find_free_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from ministack import MiniStack
    from renders import Bake, Service

REGION = "ap-northeast-1"
SUPPORT = TEMPLATE / "tests" / "support"
# Settings of the machine that runs the tests, which would change the deployments.
SETTINGS = re.compile(r"AWS_.*|CI|DEPLOY_TO_EMULATOR")


@pytest.fixture(autouse=True)
def _unset_the_machine_s_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in filter(SETTINGS.fullmatch, list(os.environ)):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path_factory.mktemp("aws") / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path_factory.mktemp("aws") / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def bake_service(bake_with_tools: Bake, request: pytest.FixtureRequest) -> Callable[..., Service]:
    """Renders services in either language, each with its own name and so its own stack."""

    def render(language: str = "python", **answers: str) -> Service:
        if language == "rust":
            service: Service = request.getfixturevalue("bake_rust")(**answers)
            return service
        return bake_with_tools(project_slug=f"stack-{os.getpid()}-{next(NUMBERS)}", **answers)

    return render


def find_url(service: Service, stack: MiniStack, stage: str = "dev") -> str:
    """Return the URL at which MiniStack serves the API whose URL in AWS `make url` prints."""
    url = service.make("--silent", "url", f"STAGE={stage}", **stack.environment).splitlines()[-1]
    found = re.fullmatch(rf"https://(\w+)\.execute-api\.{REGION}\.amazonaws\.com/(\w+)", url)
    assert found, url
    return f"http://{found[1]}.execute-api.localhost:{stack.port}/{found[2]}"


def run_contract(service: Service, url: str, table: str, stack: MiniStack) -> str:
    """Run a service's contract tests against a deployed API."""
    result = service.run(
        ".venv/bin/python",
        *("-m", "pytest", "tests/contract", "-p", "contract_on_ministack"),
        **stack.environment,
        API_URL=url,
        AWS_DEFAULT_REGION=REGION,
        PYTHONPATH=str(SUPPORT),
        TABLE_NAME=table,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


def get(url: str, stack: MiniStack, **options: Any) -> requests.Response:
    """Send a request to a deployed API, whose name not every resolver can find."""
    host, _, path = url.removeprefix("http://").partition("/")
    method = options.pop("method", "GET")
    headers = {"Host": host, **options.pop("headers", {})}
    return requests.request(method, f"{stack.url}/{path}", headers=headers, timeout=60, **options)


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.parametrize(("language", "functions"), [("python", "single"), ("rust", "per-route")])
def test_a_deployed_service_passes_its_contract_tests(
    bake_service: Callable[..., Service], ministack: MiniStack, language: str, functions: str
) -> None:
    service = bake_service(language=language, functions=functions, cors_origin="https://app.example.com")

    service.make("deploy", **ministack.environment)
    url = find_url(service, ministack)
    contract = run_contract(service, url, "users-dev", ministack)
    unsigned = get(f"{url}/users", ministack)
    again = service.make("deploy", **ministack.environment)
    service.make("delete", **ministack.environment)

    assert re.search(r"\d{2,} passed", contract)
    assert (unsigned.status_code, unsigned.json()) == (403, {"message": "Missing Authentication Token"})
    assert "No changes to deploy" in again
    assert ministack.client("dynamodb").list_tables()["TableNames"] == []
    assert service.run("make", "url", **ministack.environment).returncode != 0


@pytest.mark.docker
@pytest.mark.slow
def test_a_deployed_service_accepts_the_readme_s_request_and_those_of_smoke(bake: Bake, ministack: MiniStack) -> None:
    service = bake(project_slug=f"stack-{os.getpid()}-{next(NUMBERS)}")
    command = re.search(r"```sh\n(curl .*--aws-sigv4.*?)```", service.read("README.md"), re.DOTALL)
    assert command
    template = service.read("template.yaml").replace("https://${Api}", "http://${Api}")
    template = template.replace("${AWS::Region}.${AWS::URLSuffix}", f"localhost:{ministack.port}")
    (service.path / "template.yaml").write_text(template, encoding="utf-8")
    shutil.copy(SUPPORT / "contract_on_ministack.py", service.path / "tests" / "contract" / "conftest.py")
    service.make("deploy", **ministack.environment)
    url = service.make("--silent", "url", **ministack.environment).splitlines()[-1]

    local = command[1].replace("$(make --silent url STAGE=dev)", url)
    response = service.run("bash", "-c", local, **ministack.environment)
    smoke = service.make("smoke", "STAGE=dev", **ministack.environment)
    ministack.client("dynamodb").delete_table(TableName="users-dev")
    broken = service.run("make", "smoke", "STAGE=dev", **ministack.environment)

    assert local != command[1]
    assert re.search(r'HTTP/1.1 200 .*"items": ?\[\]', response.stdout, re.DOTALL), response.stdout
    assert "6 passed" in smoke
    assert not (service.path / ".venv" / ".complete").exists(), "packages that no deployment needs"
    assert broken.returncode != 0
    assert "\ndev is deployed, but its API does not respond as it should; see above\n" in broken.stdout
    service.make("delete", **ministack.environment)


@pytest.mark.docker
@pytest.mark.slow
def test_deploys_what_was_built_and_not_what_the_bucket_has(
    bake_service: Callable[..., Service], ministack: MiniStack
) -> None:
    service = bake_service()
    s3 = ministack.client("s3")

    service.make("deploy", **ministack.environment)
    (bucket,) = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"] if bucket["Name"].startswith("aws-sam-cli")]
    objects = s3.list_objects_v2(Bucket=bucket, Prefix=f"{service.path.name}-dev/")["Contents"]
    for found in objects:
        s3.put_object(Bucket=bucket, Key=found["Key"], Body=b"not what was built")
    service.make("deploy", **ministack.environment)
    sizes = {found["Key"]: s3.head_object(Bucket=bucket, Key=found["Key"])["ContentLength"] for found in objects}
    service.make("delete", **ministack.environment)

    assert sizes == {found["Key"]: found["Size"] for found in objects}


@pytest.mark.docker
@pytest.mark.slow
def test_production_keeps_its_table(bake_service: Callable[..., Service], ministack: MiniStack) -> None:
    service = bake_service()
    topic = ministack.client("sns").create_topic(Name="alarms")["TopicArn"]
    config = service.path / "samconfig.toml"
    config.write_text(
        service.read("samconfig.toml").replace("'Stage=\"prod\"',", f"'Stage=\"prod\"', 'AlarmTopic=\"{topic}\"',")
    )

    service.make("deploy", "STAGE=prod", **ministack.environment)
    dynamodb = ministack.client("dynamodb")
    table = dynamodb.describe_table(TableName="users")["Table"]
    alarms = ministack.client("cloudwatch").describe_alarms()["MetricAlarms"]
    stack = ministack.client("cloudformation").describe_stacks(StackName=f"{service.path.name}-prod")["Stacks"][0]
    service.make("delete", "STAGE=prod", **ministack.environment)

    assert table["DeletionProtectionEnabled"]
    assert len(alarms) == 3
    assert all(alarm["AlarmActions"] == [topic] for alarm in alarms)
    assert {(tag["Key"], tag["Value"]) for tag in stack["Tags"]} >= {("service", service.path.name), ("stage", "prod")}
    assert dynamodb.describe_table(TableName="users")["Table"]["TableStatus"] == "ACTIVE"
    dynamodb.update_table(TableName="users", DeletionProtectionEnabled=False)  # other tests use the emulator, too
    dynamodb.delete_table(TableName="users")


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.parametrize("keeps_items", [True, False])
def test_the_readme_s_commands_repair_a_failed_first_deployment_of_prod(
    bake_service: Callable[..., Service], ministack: MiniStack, tmp_path: Path, keeps_items: bool
) -> None:
    """The emulator fails and rolls back as AWS does. It would deploy to the failed stack, and replace the table."""
    service = bake_service(table_name="invoices", sort_key="at:N", indexes="email/at", auth="none")
    template = service.path / "template.yaml"
    valid = service.read("template.yaml")
    section = service.read("README.md").partition("### Deploy a stage again\n")[2].partition("\n## ")[0]
    delete_stack, delete_table, import_table = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    install_aws_cli(tmp_path)
    environment = {**ministack.environment, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    dynamodb, cloudformation = ministack.client("dynamodb"), ministack.client("cloudformation")
    item = {"user_id": {"S": "001"}, "at": {"N": "1"}}

    template.write_text(
        valid.replace("Principal: {Service: lambda", "NotPrincipal: {Service: lambda"), encoding="utf-8"
    )
    failed = service.run("make", "deploy", "STAGE=prod", **environment)
    (stack,) = cloudformation.describe_stacks(StackName=f"{service.path.name}-prod")["Stacks"]
    dynamodb.put_item(TableName="invoices", Item=item)
    template.write_text(valid, encoding="utf-8")
    commands = delete_stack + (import_table if keeps_items else delete_table)
    repair = service.run("bash", "-euo", "pipefail", "-c", commands, **environment)
    deployed = service.run("make", "deploy", "STAGE=prod", **environment)
    response = get(f"{find_url(service, ministack, 'prod')}/invoices", ministack)
    table = dynamodb.describe_table(TableName="invoices")["Table"]
    service.make("delete", "STAGE=prod", **environment)
    dynamodb.update_table(TableName="invoices", DeletionProtectionEnabled=False)  # other tests use the emulator, too
    dynamodb.delete_table(TableName="invoices")

    assert failed.returncode != 0
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert repair.returncode == 0, repair.stdout
    assert deployed.returncode == 0, deployed.stdout
    assert response.json()["items"] == ([{"user_id": "001", "at": 1}] if keeps_items else [])
    assert table["DeletionProtectionEnabled"]


@pytest.mark.slow
@pytest.mark.parametrize("target", ["deploy", "url", "smoke", "delete"])
def test_refuses_an_unknown_stage_in_one_line(bake_service: Callable[..., Service], target: str) -> None:
    service = bake_service()

    result = service.run("make", target, "STAGE=qa")

    assert result.returncode == 2
    assert result.stdout.splitlines()[0] == "STAGE=qa is not in samconfig.toml"
    assert len(result.stdout.splitlines()) == 2, "the message, and make's own line"
    assert not (service.path / ".aws-sam").exists()


@pytest.mark.slow
@pytest.mark.parametrize("place", ["the shell", "the profile"])
def test_endpoint_overrides_do_not_apply(bake_service: Callable[..., Service], place: str) -> None:
    Refusal.requests.clear()
    nowhere = f"http://127.0.0.1:{find_free_port()}"
    keys = {"AWS_ACCESS_KEY_ID": "AKIA" + "A" * 16, "AWS_SECRET_ACCESS_KEY": "test", "AWS_MAX_ATTEMPTS": "1"}
    with HTTPServer(("127.0.0.1", 0), Refusal) as override:
        threading.Thread(target=override.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{override.server_port}"
        if place == "the shell":
            keys |= {"AWS_ENDPOINT_URL": endpoint, "AWS_ENDPOINT_URL_CLOUDFORMATION": endpoint}
        else:
            Path(os.environ["AWS_CONFIG_FILE"]).write_text(f"[default]\nendpoint_url = {endpoint}\n")

        # The way to AWS is blocked.
        service = bake_service()
        ours = service.run("make", "url", **keys, HTTPS_PROXY=nowhere, https_proxy=nowhere)
        requests_of_ours = len(Refusal.requests)
        emulator = service.run("make", "url", **{**keys, "AWS_ENDPOINT_URL": endpoint, "DEPLOY_TO_EMULATOR": "1"})
        override.shutdown()

    assert ours.returncode != 0
    assert requests_of_ours == 0
    assert emulator.returncode != 0
    assert Refusal.requests


class Refusal(BaseHTTPRequestHandler):
    """Counts requests, and refuses them."""

    requests: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.requests.append(self.path)
        self.send_error(400)

    def log_message(self, *_: Any) -> None:
        pass
