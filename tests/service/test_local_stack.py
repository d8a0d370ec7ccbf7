"""The rendered service with LocalStack and `sam local`, over HTTP."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from answer_sets import TYPED
from ministack import IMAGE, build_image
from renders import TEMPLATE
from stacks import SECONDS_TO_COMPILE, is_listening, wait_until
from steps import follow, read_table_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from renders import Service
    from stacks import Stack

pytestmark = [pytest.mark.docker, pytest.mark.slow]

SECONDS_TO_REBUILD = 30

HTTP_WITH_CORS = {
    "api_type": "http",
    "cors_origin": "https://app.example.com",
    "routes": "GET /users, POST /users, GET /users/{user_id}, PUT /users/{user_id}, PATCH /users/{user_id}, DELETE /users/{user_id}, ANY /files/{proxy+}, OPTIONS /reports",
}
# With the indexes' routes, which the service above lacks.
WRITTEN = {
    "sort_key": "at:N",
    "attributes": "text, state:new|paid?, made:created, seen:updated, no:revision, until:expiry?, ...",
    "indexes": "state/made, no",
}


def test_passes_its_contract_tests_also_after_a_reset_and_without_mode_bits(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(**HTTP_WITH_CORS)
    for file in stack.service.files:
        if not file.startswith(".venv/"):
            (stack.service.path / file).chmod(0o644)
    stack.make("up")
    stack.make("build")

    with stack.running():
        assert "All is well." in stack.make("doctor")
        first = stack.make("contract")
        stack.make("reset")
        seeded = stack.make("seed")
        again = stack.make("smoke")
        items = stack.dynamodb().scan(TableName="users")["Count"]
    stack.make("docs")

    assert re.search(r"\d{2,} passed", first)
    assert ("Put 3 items into users" in seeded, items) == (True, 3)
    assert re.search(r"\d+ passed", again)
    assert "skipped" not in first + again
    assert "deselected" not in first
    assert stack.containers() == []


def read_requests(log: str) -> list[dict[str, Any]]:
    """Return the line that the function logged for each request."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [line for line in (line.get("fields", line) for line in lines) if "route" in line]


@pytest.mark.parametrize(
    ("language", "answers"),
    [
        pytest.param("python", {"cors_origin": "*", **TYPED}, id="rest"),
        pytest.param("python", WRITTEN, id="what the service writes"),
        pytest.param("rust", {"api_type": "http", **TYPED}, id="rust, http", marks=pytest.mark.first),
    ],
)
def test_passes_its_contract_on_the_emulator(
    make_stack: Callable[..., Stack], language: str, answers: dict[str, str]
) -> None:
    stack = make_stack(language=language, **answers)

    output = stack.make("test-integration")

    assert re.search(r"\d+ passed", output)
    assert "skipped" not in output
    assert "deselected" not in output


@pytest.mark.parametrize("language", ["python", "rust"])
def test_behaves_as_in_the_article(make_stack: Callable[..., Stack], language: str) -> None:
    stack = make_stack(
        language=language,
        table_name="users",
        partition_key="user_id",
        region="ap-northeast-1",
        routes="GET /, POST /",
        api_type="rest",
    )
    user = {"user_id": "001", "name": "田中太郎", "email": "tanaka@example.com"}
    stack.make("up")

    with stack.running():
        created = requests.post(stack.url + "/", json=user, timeout=30)
        again = requests.post(stack.url + "/", json=user, timeout=30)
        listed = requests.get(stack.url + "/", timeout=30)
        stack.dynamodb().delete_table(TableName="users")
        without_table = requests.get(stack.url + "/", timeout=30)

    assert (created.status_code, created.json()) == (201, user)
    assert again.status_code == 409
    assert (listed.status_code, listed.json()) == (200, {"items": [user], "next_cursor": None})
    logged = read_requests((stack.service.path / "start.log").read_text())
    assert [(line["route"], line["status"], line["cold_start"]) for line in logged] == [
        ("POST /", 201, True),
        ("POST /", 409, False),
        ("GET /", 200, False),
        ("GET /", 503, False),
    ]
    assert all(line["latency_ms"] > 0 and re.fullmatch(r"[0-9a-f-]{36}", line["request_id"]) for line in logged)
    assert (without_table.status_code, without_table.json().keys()) == (503, {"message"})
    assert without_table.headers["Retry-After"] == "1"
    assert "Traceback" not in without_table.text


@pytest.mark.rust
def test_serves_an_edit_in_rust_also_of_a_path_crate(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(language="rust", routes="GET /users")
    use_shared_crate(stack.service)
    (stack.service.path.parent / ".cargo").mkdir()
    (stack.service.path.parent / ".cargo" / "config.toml").write_text('[build]\ntarget-dir = "elsewhere"\n')

    with stack.running("dev"):
        before = requests.get(f"{stack.url}/users", timeout=60)
        stack.service.edit(
            "src/routes.rs",
            "    pages::make_page(request, &page, table.key)",
            "    let _ = pages::make_page(request, &page, table.key);\n"
            '    Ok(crate::http::Response::new(200, format!("[{:?}]", shared::TEXT)))',
        )
        wait_until(lambda: get(f"{stack.url}/users") == (200, '["text"]'), SECONDS_TO_COMPILE)
        (stack.service.path.parent / "shared" / "src" / "text.txt").write_text("new")
        wait_until(lambda: get(f"{stack.url}/users") == (200, '["new"]'), SECONDS_TO_COMPILE)

    assert before.json() == {"items": [], "next_cursor": None}


def use_shared_crate(service: Service) -> None:
    """Let a service in Rust depend on a crate next to it, which includes a file."""
    shared = service.path.parent / "shared"
    (shared / "src").mkdir(parents=True)
    (shared / "Cargo.toml").write_text('[package]\nname = "shared"\nversion = "0.1.0"\nedition = "2024"\n')
    (shared / "src" / "lib.rs").write_text('pub const TEXT: &str = include_str!("text.txt");\n')
    (shared / "src" / "text.txt").write_text("text")
    service.edit("Cargo.toml", "[dependencies]\n", '[dependencies]\nshared = { path = "../shared" }\n')


def test_dev_serves_the_api_and_every_edit(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(routes="GET /users")
    source, template = stack.service.path / "src", stack.service.path / "template.yaml"
    routes = source / "service" / "routes.py"
    shared = stack.service.path.parent / "shared"
    shared.mkdir()
    (shared / "words.py").write_text('WORD = "one"\n')
    (source / "shared").symlink_to(shared)
    (source / "data.json").write_text('"one"')
    reading = "from pathlib import Path\nfrom shared.words import WORD\nDATA = Path('data.json').read_text()\n"
    body = 'Response(200, f"[\\"{WORD}\\", {DATA}]")'
    stack.service.edit("src/service/routes.py", "Handler = ", f"{reading}\nHandler = ")
    stack.service.edit("src/service/routes.py", "    page = table.scan", f"    return {body}\n    page = table.scan")

    with stack.running("dev"):
        before = get(f"{stack.url}/users")
        (shared / "words.py").write_text('WORD = "two"\n')
        wait_until(lambda: get(f"{stack.url}/users") == (200, '["two", "one"]'), SECONDS_TO_REBUILD)
        (source / "data.json").write_text('"two"')
        wait_until(lambda: get(f"{stack.url}/users") == (200, '["two", "two"]'), SECONDS_TO_REBUILD)
        stack.service.edit("src/service/routes.py", body, 'Response(200, "[]")')
        wait_until(lambda: get(f"{stack.url}/users") == (200, "[]"), SECONDS_TO_REBUILD)
        for name in ("people", "persons"):  # as some editors save: a new file replaces the old one
            (template.parent / "new.yaml").write_text(re.sub(r"Path: /\w+\n", f"Path: /{name}\n", template.read_text()))
            routes.write_text(re.sub(r'"GET /\w+":', f'"GET /{name}":', routes.read_text()))
            (template.parent / "new.yaml").replace(template)
            wait_until(lambda: get(f"{stack.url}/{name}")[0] == 200, SECONDS_TO_REBUILD)

    assert before == (200, '["one", "one"]')
    assert stack.containers() == []


def get(url: str) -> tuple[int, str]:
    """Return the status and the body of a response, or 0 while sam starts again."""
    try:
        response = requests.get(url, timeout=60)
    except requests.ConnectionError:
        return 0, ""
    return response.status_code, response.text


def test_leaves_no_container_behind_and_listens_on_this_machine_only(make_stack: Callable[..., Stack]) -> None:
    """For Ctrl-C and SIGTERM, see test_faults.py."""
    stack = make_stack(functions="per-route", routes="GET /users, GET /users/{user_id}")
    before = listening_sockets()
    ends: dict[str, Callable[[subprocess.Popen[str]], None]] = {
        "the terminal closes": lambda process: os.killpg(process.pid, signal.SIGHUP),
        "sam crashes": lambda _: os.kill(find_sam(stack), signal.SIGKILL),
    }

    for name, end in ends.items():
        with stack.running("dev") as process:
            requests.get(f"{stack.url}/users", timeout=30)
            requests.get(f"{stack.url}/users/1", timeout=30)
            containers = stack.containers()
            published = published_ports(stack)
            new = listening_sockets() - before
            end(process)
            status = process.wait(60)

        assert len(containers) == 2, name
        assert len(published) == 3, name  # LocalStack's, and one of each function
        assert {port for _, port in new} >= {*published, str(stack.port), str(stack.localstack_port)}
        assert {address for address, _ in new} == {"127.0.0.1"}
        assert status != 0, name
        wait_until(lambda: stack.containers() == [], 20)
        wait_until(lambda: not is_listening(stack.port), 10)


def find_sam(stack: Stack) -> int:
    processes = subprocess.run(
        ["pgrep", "-f", f"sam local start-api --port {stack.port}"], capture_output=True, text=True, check=True
    )
    return int(processes.stdout.split()[0])


def test_the_shell_s_settings_for_other_tools_do_not_matter(make_stack: Callable[..., Stack], tmp_path: Path) -> None:
    stack = make_stack()
    nowhere = "http://127.0.0.1:9"
    (tmp_path / "credentials").write_text("[real]\naws_access_key_id = AKIAREAL\naws_secret_access_key = real\n")
    (tmp_path / "broken").write_text("[default")
    # Docker gives these to every container.
    proxies = {"httpProxy": nowhere, "httpsProxy": nowhere, "noProxy": "example.com"}
    (tmp_path / "config.json").write_text(json.dumps({"proxies": {"default": proxies}}))
    shell = {
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SECRET_ACCESS_KEY": "real-secret",
        "AWS_SESSION_TOKEN": "real-token",
        "AWS_PROFILE": "real",
        "AWS_CONFIG_FILE": str(tmp_path / "broken"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": nowhere,
        "AWS_ENDPOINT_URL_DYNAMODB": nowhere,
        "AWS_ENDPOINT_URL_STS": nowhere,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "DOCKER_CONFIG": str(tmp_path),
        "HTTP_PROXY": nowhere,
        "http_proxy": nowhere,
        "NO_PROXY": "example.com",
        "TABLE_NAME": "other",
    }
    stack.make("up", **shell)

    with stack.running(**shell):
        doctor = stack.make("doctor", **shell)
        smoke = stack.make("smoke", **shell)
        (container,) = stack.containers()
        inspected = subprocess.run(["docker", "inspect", container], capture_output=True, text=True, check=True).stdout

    environment = dict(variable.split("=", 1) for variable in json.loads(inspected)[0]["Config"]["Env"])
    assert "All is well." in doctor
    assert re.search(r"\d+ passed", smoke)
    assert environment["AWS_ACCESS_KEY_ID"] == "test"
    assert environment["AWS_REGION"] == "ap-northeast-1"
    assert "AWS_SESSION_TOKEN" not in environment
    assert not re.search(r"AKIAREAL|real-secret|real-token|eu-west-1", inspected)


@pytest.mark.parametrize("place", ["the shell", ".env"])
def test_down_leaves_the_other_project_that_compose_variables_name(
    make_stack: Callable[..., Stack], tmp_path: Path, place: str
) -> None:
    stack = make_stack()
    other = f"other-{stack.slug}"
    (tmp_path / "compose.yaml").write_text(
        f"""name: {other}
services:
  keeper:
    image: localstack/localstack:4.14.0
    entrypoint: ["sleep", "600"]
    volumes: ["kept:/kept"]
volumes: {{kept: {{}}}}
"""
    )
    compose = ["docker", "compose", "--file", str(tmp_path / "compose.yaml")]
    stack.service.run(*compose, "up", "--detach").check_returncode()
    variables = {"COMPOSE_FILE": str(tmp_path / "compose.yaml"), "COMPOSE_PROJECT_NAME": other}
    if place == ".env":
        (stack.service.path / ".env").write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
        variables = {}

    stack.make("down", **variables)

    left = stack.service.run(*compose, "ps", "--quiet").stdout
    volumes = stack.service.run("docker", "volume", "ls", "--quiet").stdout
    stack.service.run(*compose, "down", "--volumes").check_returncode()
    assert left.strip()
    assert f"{other}_kept" in volumes


def listening_sockets() -> set[tuple[str, str]]:
    """Return each address and port on which something listens, the Docker engine included."""
    listing = subprocess.run(["ss", "-ltnH"], capture_output=True, text=True, check=True)
    found = [line.split()[3].rpartition(":") for line in listing.stdout.splitlines()]
    return {(address, port) for address, _, port in found}


def published_ports(stack: Stack) -> set[str]:
    listing = subprocess.run(
        ["docker", "ps", "--filter", f"network={stack.slug}", "--format", "{{.Ports}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(re.findall(r":(\d+)->", listing.stdout))


def test_the_table_is_as_its_page_describes(make_stack: Callable[..., Stack]) -> None:
    """See docs/table.md."""
    stack = make_stack(attributes="expires_at:expiry?, ...")
    stack.make("up")
    follow(read_table_page("A function that reads the changes"), stack.service.path)

    stack.make("reset")

    table = stack.dynamodb().describe_table(TableName="users")["Table"]
    ttl = stack.dynamodb().describe_time_to_live(TableName="users")["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    assert "LatestStreamArn" not in table


@pytest.mark.parametrize("language", ["python", "rust"])
def test_the_function_that_reads_the_stream_runs_locally(make_stack: Callable[..., Stack], language: str) -> None:
    """See docs/table.md."""
    stack = make_stack(language=language, routes="GET /")
    follow(read_table_page("A function that reads the changes", language), stack.service.path)
    page = (TEMPLATE / "docs" / "table.md").read_text(encoding="utf-8")
    (commands,) = re.findall(r"```sh\n(make build\n.*?)```", page, re.DOTALL)

    result = stack.service.run("bash", "-ec", commands)

    assert result.returncode == 0, result.stdout
    assert '{"batchItemFailures": []}' in result.stdout


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (1, "The emulator has stopped; its last lines are above"),
        (55, "This release of LocalStack needs an account: set LOCALSTACK_AUTH_TOKEN, or unset EMULATOR_IMAGE"),
    ],
)
def test_up_shows_the_last_lines_of_an_emulator_that_stops(
    make_stack: Callable[..., Stack], code: int, line: str
) -> None:
    stack = make_stack()
    image = f"local/emulator:{stack.slug}"
    dockerfile = (
        f'FROM localstack/localstack:4.14.0\nENTRYPOINT ["sh", "-c", "echo No credentials were found; exit {code}"]\n'
    )
    build = ["docker", "build", "--quiet", "--tag", image, "-"]
    subprocess.run(build, input=dockerfile, text=True, env={**os.environ, "DOCKER_BUILDKIT": "0"}, check=True)

    result = stack.service.run("make", "up", *stack.settings, EMULATOR_IMAGE=image)
    stack.make("down")
    subprocess.run(["docker", "rmi", image], capture_output=True, check=True)

    assert result.returncode != 0
    assert "No credentials were found" in result.stdout
    assert line in result.stdout.splitlines()


@pytest.mark.ministack
def test_another_emulator_runs_the_service(make_stack: Callable[..., Stack]) -> None:
    build_image()
    stack = make_stack()
    stack.make("up", EMULATOR_IMAGE=IMAGE)

    with stack.running():
        smoke = stack.make("smoke")

    assert re.search(r"\d+ passed", smoke)


class TestDoctor:
    def test_accepts_a_stack_that_runs_and_reports_its_problems(self, make_stack: Callable[..., Stack]) -> None:
        stack = make_stack()
        stack.make("up")
        with stack.running():
            assert "All is well." in stack.make("doctor")

        other_port = self.run_doctor(stack, "LOCALSTACK_PORT=4566", f"PORT={stack.port}")
        stack.pause()
        silent = self.run_doctor(stack)
        stack.make("reset")

        assert f"The emulator uses port {stack.localstack_port}, not 4566" in other_port
        assert "The emulator does not respond; run: make reset" in silent
        assert "All is well." in stack.make("doctor")

    def test_accepts_an_api_without_docker_and_a_stack_that_does_not_run(
        self, make_stack: Callable[..., Stack]
    ) -> None:
        stack = make_stack()
        with stack.running("dev", "DOCKER=no"):
            assert "All is well." in stack.make("doctor")
        assert "All is well." in stack.make("doctor")

    def test_reports_ports_that_are_taken(self, make_stack: Callable[..., Stack]) -> None:
        stack = make_stack()
        with (
            socket.create_server(("127.0.0.1", stack.port)),
            socket.create_server(("127.0.0.1", stack.localstack_port)),
        ):
            output = self.run_doctor(stack)
        assert f"Port {stack.port} is taken" in output
        assert f"Port {stack.localstack_port} is taken" in output

    def test_reports_programs_that_are_missing(self, make_stack: Callable[..., Stack], tmp_path: Path) -> None:
        for program in ("awk", "bash", "cat", "env", "make", "pgrep", "curl"):
            (tmp_path / program).symlink_to(Path(str(shutil.which(program))).resolve())
        output = self.run_doctor(make_stack(language="rust"), PATH=str(tmp_path))
        assert "docker is not installed" in output
        assert "uv is not installed" in output
        assert "cargo is not installed" in output

    def test_reports_an_engine_that_does_not_answer(self, make_stack: Callable[..., Stack]) -> None:
        stack = make_stack()
        nowhere = "unix:///nowhere.sock"
        assert "The Docker engine does not respond" in self.run_doctor(stack, DOCKER_HOST=nowhere)
        for target in ("up", "dev"):
            result = stack.service.run("make", target, *stack.settings, DOCKER_HOST=nowhere)
            assert result.returncode != 0
            assert result.stdout.startswith(
                "The Docker engine does not respond; start Docker, or run: make dev DOCKER=no"
            )

    def run_doctor(self, stack: Stack, *settings: str, **environment: str) -> str:
        """Return the output of a doctor that finds problems."""
        result = stack.service.run("make", "doctor", *(settings or stack.settings), **environment)
        assert result.returncode != 0, result.stdout
        return result.stdout
