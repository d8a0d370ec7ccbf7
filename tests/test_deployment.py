"""The service, deployed: to an emulator of AWS, and where that knows too little, by the translated template."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import pytest
import requests

from conftest import NUMBERS, TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conftest import Bake, Service
    from ministack import MiniStack

REGION = "ap-northeast-1"
# What leads to AWS or away from it, and must not come from the machine that tests.
SETTINGS = re.compile(r"AWS_.*|CI|DEPLOY_TO_EMULATOR")
REAL_LOOKING = {"AWS_ACCESS_KEY_ID": "AKIA" + "A" * 16, "AWS_SECRET_ACCESS_KEY": "test"}


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in filter(SETTINGS.fullmatch, list(os.environ)):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path_factory.mktemp("aws") / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path_factory.mktemp("aws") / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def bake_service(bake_with_tools: Bake, request: pytest.FixtureRequest) -> Callable[..., Service]:
    """Renders services in either language, each with a name, and so a stack, of its own."""

    def render(language: str = "python", **answers: str) -> Service:
        if language == "rust":
            service: Service = request.getfixturevalue("bake_rust")(**answers)
            return service
        return bake_with_tools(project_slug=f"stack-{os.getpid()}-{next(NUMBERS)}", **answers)

    return render


def run_contract(service: Service, url: str, table: str, stack: MiniStack) -> str:
    """Run a service's contract tests against what is deployed."""
    result = service.run(
        ".venv/bin/python",
        *("-m", "pytest", "tests/contract", "-p", "contract_on_ministack"),
        **stack.environment,
        API_URL=url,
        AWS_DEFAULT_REGION=REGION,
        PYTHONPATH=str(TEMPLATE / "tests"),
        TABLE_NAME=table,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


def get(url: str, stack: MiniStack, **options: Any) -> requests.Response:
    """Send a request to a deployed API, whose name not every resolver knows."""
    host, _, path = url.removeprefix("http://").partition("/")
    method = options.pop("method", "GET")
    headers = {"Host": host, **options.pop("headers", {})}
    return requests.request(method, f"{stack.url}/{path}", headers=headers, timeout=60, **options)


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "functions"), [("python", "per-route"), ("python", "single"), ("rust", "per-route")]
)
def test_a_deployed_service_keeps_its_contract(
    bake_service: Callable[..., Service], ministack: MiniStack, language: str, functions: str
) -> None:
    service = bake_service(language=language, functions=functions, cors_origin="https://app.example.com")

    service.make("deploy", **ministack.environment)
    url = service.make("url", **ministack.environment).strip()
    contract = run_contract(service, url, "users-dev", ministack)
    unsigned = get(f"{url}/users", ministack)
    again = service.make("deploy", **ministack.environment)
    service.make("delete", **ministack.environment)

    assert re.search(r"\d{2,} passed", contract)
    assert (unsigned.status_code, unsigned.json()) == (403, {"message": "Missing Authentication Token"})
    assert "No changes to deploy" in again
    assert again.strip().endswith(url)
    assert ministack.client("dynamodb").list_tables()["TableNames"] == []
    assert service.run("make", "url", **ministack.environment).stdout.startswith("The stack ")


@pytest.mark.docker
@pytest.mark.slow
def test_a_deployed_service_takes_requests_as_the_readme_sends_them(
    bake_service: Callable[..., Service], ministack: MiniStack
) -> None:
    service = bake_service(functions="single")
    command = re.search(r"```sh\n(curl .*--aws-sigv4.*?)```", service.read("README.md"), re.DOTALL)
    assert command
    service.make("deploy", **ministack.environment)

    answer = service.run("bash", "-c", command[1], **ministack.environment)

    assert re.search(r'HTTP/1.1 200 .*"items": ?\[\]', answer.stdout, re.DOTALL), answer.stdout
    service.make("delete", **ministack.environment)


@pytest.mark.docker
@pytest.mark.slow
def test_production_keeps_its_table(bake_service: Callable[..., Service], ministack: MiniStack) -> None:
    service = bake_service(functions="single")
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
    doctor = service.make("doctor", "STAGE=prod", **ministack.environment)
    service.make("delete", "STAGE=prod", **ministack.environment)

    assert table["DeletionProtectionEnabled"]
    assert len(alarms) == 3
    assert all(alarm["AlarmActions"] == [topic] for alarm in alarms)
    assert {(tag["Key"], tag["Value"]) for tag in stack["Tags"]} >= {("service", service.path.name), ("stage", "prod")}
    assert "API Gateway has no role to write access logs with" in doctor
    assert dynamodb.describe_table(TableName="users")["Table"]["TableStatus"] == "ACTIVE"
    dynamodb.update_table(TableName="users", DeletionProtectionEnabled=False)  # the emulator serves other tests, too
    dynamodb.delete_table(TableName="users")


REFUSALS = {
    "a stage that is not there": ({}, "qa", "STAGE=qa is not in samconfig.toml, which has dev and prod"),
    "no credentials": ({}, "dev", "There are no AWS credentials"),
    "the dummy credentials of local runs": (
        {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
        "dev",
        "The access key test is none of AWS's",
    ),
    "LocalStack's credentials": (
        {"AWS_ACCESS_KEY_ID": "LKIA" + "A" * 16, "AWS_SECRET_ACCESS_KEY": "test"},
        "dev",
        "is none of AWS's",
    ),
    "an endpoint other than AWS": (
        {**REAL_LOOKING, "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"},
        "dev",
        "AWS_ENDPOINT_URL=http://127.0.0.1:4566 leads away from AWS",
    ),
    "an endpoint of one service": (
        {**REAL_LOOKING, "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:4566"},
        "prod",
        "AWS_ENDPOINT_URL_S3=http://127.0.0.1:4566 leads away from AWS",
    ),
    "a profile that is not there": (
        {"AWS_PROFILE": "nobody"},
        "dev",
        "AWS cannot be asked: The config profile (nobody)",
    ),
    "an emulator that is not named": (
        {"DEPLOY_TO_EMULATOR": "1"},
        "dev",
        "DEPLOY_TO_EMULATOR=1 wants AWS_ENDPOINT_URL",
    ),
    "an emulator elsewhere": (
        {"DEPLOY_TO_EMULATOR": "1", "AWS_ENDPOINT_URL": "http://127.0.0.1.example.com:4566"},
        "dev",
        "is not on this machine",
    ),
    "one service of the emulator elsewhere": (
        {
            "DEPLOY_TO_EMULATOR": "1",
            "AWS_ENDPOINT_URL": "http://localhost:4566",
            "AWS_ENDPOINT_URL_S3": "https://s3.example.com",
        },
        "dev",
        "AWS_ENDPOINT_URL_S3=https://s3.example.com is not on this machine",
    ),
    "nobody who could confirm": (REAL_LOOKING, "dev", "Nobody can confirm the change here"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("environment", "stage", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refuses_to_deploy_with(
    bake_service: Callable[..., Service], environment: Mapping[str, str], stage: str, message: str
) -> None:
    service = bake_service()

    result = service.run("make", "deploy", f"STAGE={stage}", **environment)

    lines = result.stdout.splitlines()
    assert result.returncode == 2
    assert message in lines[0]
    assert len(lines) == 2, "the message, and make's own line"
    assert not (service.path / ".aws-sam").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("samconfig", "told"),
    [
        ("[", "samconfig.toml is not TOML: "),
        ("[dev.deploy.parameters]\n", "STAGE=dev is not in samconfig.toml, which has no stage"),
        (None, "samconfig.toml cannot be read: No such file or directory"),
    ],
)
def test_says_in_a_line_what_is_wrong_with_samconfig(
    bake_service: Callable[..., Service], samconfig: str | None, told: str
) -> None:
    service = bake_service()
    file = service.path / "samconfig.toml"
    file.unlink()
    if samconfig:
        file.write_text(samconfig)

    result = service.run(".venv/bin/python", "scripts/stack.py", "url", "dev")

    assert result.returncode == 1
    assert result.stdout.startswith(told)
    assert result.stdout.count("\n") == 1


@pytest.mark.slow
def test_refuses_a_profile_whose_endpoint_is_not_aws(bake_service: Callable[..., Service]) -> None:
    config = os.environ["AWS_CONFIG_FILE"]
    with open(config, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write("[default]\nendpoint_url = http://127.0.0.1:4566\n")

    result = bake_service().run("make", "deploy", **REAL_LOOKING)

    assert result.stdout.startswith("endpoint_url in the AWS profile leads away from AWS")
