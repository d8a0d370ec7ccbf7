"""The check after rendering: each thing that it looks at is broken once, and it says so."""

from __future__ import annotations

import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from cookiecutter.environment import StrictEnvironment

from conftest import SLUG, TEMPLATE, Bake, Service, cookiecutter
from repositories import run

if TYPE_CHECKING:
    from pathlib import Path

# What is broken: the file, the text in it, what takes its place; and what the check says of it.
BREAKS = [
    ("template.yaml", "Resources:\n", "Resources: [\n", "template.yaml: cannot be parsed"),
    ("samconfig.toml", "version = 0.1", "version = ", "samconfig.toml: cannot be parsed"),
    ("env.json", '"TABLE_NAME":', '"TABLE_NAME"', "env.json: cannot be parsed"),
    (
        "src/service/http.py",
        "class Request(NamedTuple):",
        "class Request(NamedTuple)",
        "src/service/http.py: cannot be parsed",
    ),
    ("compose.yaml", "# LocalStack,", "# {{ '{{' }} x }} LocalStack,", "compose.yaml:1: looks like a template still"),
    ("compose.yaml", "# LocalStack,", "# {{ '{%' }} x LocalStack,", "compose.yaml:1: looks like a template still"),
    ("env.json", "}\n}\n", "}\n}", "env.json: does not end with one newline"),
    ("compose.yaml", "\n", "\r\n", "compose.yaml: has line ends other than LF"),
    ("template.yaml", "Path: {{ route.path | yaml }}", "Path: /other", "template.yaml: route GET /users is missing"),
    ("openapi.yaml", "{{ path | yaml }}:", "/other:", "openapi.yaml: route GET /other should not be there"),
    (
        "openapi.yaml",
        "operationId: {{ route.name | yaml }}",
        "operationId: other",
        "openapi.yaml: route GET /users is other",
    ),
    (
        "src/service/routes.py",
        '"{{ route.key }}": {{ route.name }}',
        '"{{ route.method }} /other": {{ route.name }}',
        "src/service/routes.py: route GET /users is missing",
    ),
    (
        "src/service/routes.py",
        "def {{ route.name }}",
        "def other_{{ route.name }}",
        "src/service/routes.py: handler get_users is missing",
    ),
    (
        "template.yaml",
        "Role: !GetAtt {{ function.role }}.Arn",
        "Role: !GetAtt ScanRole.Arn",
        "template.yaml: function PostUsersFunction is",
    ),
    ("template.yaml", "- {{ action }}", "- dynamodb:Scan", "template.yaml: role PutItemRole is"),
    ("template.yaml", "Resource: !GetAtt Table.Arn", 'Resource: "*"', "template.yaml: ScanRole may act on *"),
    ("template.yaml", "Resource: !GetAtt LogGroup.Arn", 'Resource: "*"', "template.yaml: LogPolicy allows to act on *"),
    (
        "template.yaml",
        "  {{ function.logical_id }}:",
        "  My{{ function.logical_id }}:",
        "function GetUsersFunction is missing",
    ),
    (
        "template.yaml",
        "Default: {{ service.table_name | yaml }}",
        "Default: other",
        "table template.yaml is other, and should be users",
    ),
    ("env.json", '"{{ service.table_name }}"', '"other"', "table env.json is other, and should be users"),
    (
        "Makefile",
        "export TABLE := {{ service.table_name }}",
        "export TABLE := other",
        "table Makefile is other, and should be users",
    ),
    (
        "template.yaml",
        "AttributeName: {{ service.partition_key.name | yaml }}",
        "AttributeName: other",
        "key template.yaml is",
    ),
    ("template.yaml", "KeyType: HASH", "KeyType: RANGE", "key template.yaml, KeyType is"),
    ("src/service/table.py", 'type="{{ service.partition_key.type }}"', 'type="N"', "key src/service/table.py is"),
    (
        "compose.yaml",
        "AWS_DEFAULT_REGION: {{ service.region }}",
        "AWS_DEFAULT_REGION: eu-west-1",
        "region compose.yaml is eu-west-1",
    ),
    ("Makefile", "export REGION := {{ service.region }}", "export REGION := eu-west-1", "region Makefile is eu-west-1"),
    (
        "samconfig.toml",
        'region = "{{ service.region }}"',
        'region = "eu-west-1"',
        "region samconfig.toml, default is eu-west-1",
    ),
    ("compose.yaml", "${NETWORK:-{{ service.slug }}}", "${NETWORK:-other}", "network compose.yaml is other"),
    ("compose.yaml", "name: {{ service.slug | yaml }}\n", "name: true\n", "network compose.yaml, name is True"),
    ("Makefile", "export NETWORK ?= {{ service.slug }}", "export NETWORK ?= other", "network Makefile is other"),
    (
        "samconfig.toml",
        'docker_network = "{{ service.slug }}"',
        'docker_network = "other"',
        "network samconfig.toml is other",
    ),
    ("env.json", "http://localstack:4566", "http://localhost:4566", "endpoint env.json is http://localhost:4566"),
    ("compose.yaml", "  localstack:\n", "  emulator:\n", "a file lacks what it should have: KeyError('localstack')"),
    ("compose.yaml", "127.0.0.1:${LOCALSTACK_PORT", "0.0.0.0:${LOCALSTACK_PORT", "endpoint compose.yaml is ['0.0.0.0'"),
    ("Makefile", "export LOCALSTACK_PORT ?= 4566", "export LOCALSTACK_PORT ?= 4567", "endpoint compose.yaml is"),
    (
        "openapi.yaml",
        "http://127.0.0.1:3000",
        "http://127.0.0.1:8080",
        "endpoint openapi.yaml is http://127.0.0.1:8080",
    ),
]


# The same in a render in Rust.
RUST_BREAKS = [
    ("Cargo.toml", 'edition = "2024"', "edition = ", "Cargo.toml: cannot be parsed"),
    ("src/routes.rs", '"{{ route.key }}" =>', '"GET /other" =>', "src/routes.rs: route GET /users is missing"),
    (
        "src/routes.rs",
        "async fn {{ route.name }}",
        "async fn my_{{ route.name }}",
        "src/routes.rs: handler get_users is missing",
    ),
    (
        "src/table.rs",
        "ScalarAttributeType::{{ service.partition_key.type }},",
        "ScalarAttributeType::N,",
        "key src/table.rs is",
    ),
    ("template.yaml", "- {{ action }}", "- dynamodb:Scan", "template.yaml: role PutItemRole is"),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "file", "text", "instead", "complaint"),
    [
        pytest.param(language, *each, id=f"{language}-{each[0]}-{each[3]}")
        for language, breaks in (("python", BREAKS), ("rust", RUST_BREAKS))
        for each in breaks
    ],
)
def test_says_what_is_off_and_leaves_nothing(
    template: Path, tmp_path: Path, language: str, file: str, text: str, instead: str, complaint: str
) -> None:
    source = (template / SLUG / file).read_bytes().decode()
    assert text in source
    (template / SLUG / file).write_bytes(source.replace(text, instead).encode())
    output = tmp_path / "output"
    output.mkdir()

    result = cookiecutter("--no-input", "-o", str(output), f"language={language}", template=template)

    assert result.returncode == 1
    assert any(complaint in line for line in result.stderr.splitlines())
    assert list(output.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("language", ["python", "rust"])
def test_finds_nothing_off_in_the_template_as_it_is(template: Path, tmp_path: Path, language: str) -> None:
    result = cookiecutter("--no-input", "-o", str(tmp_path), f"language={language}", template=template)

    assert result.returncode == 0, result.stderr


@pytest.mark.slow
def test_says_what_was_made_and_what_to_do_next(tmp_path: Path) -> None:
    result = cookiecutter("--no-input", "routes=GET /users, ANY /files/{proxy+}", directory=tmp_path, PWD=str(tmp_path))

    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "GET /users list" in lines
    assert "ANY /files/{proxy+} yours to write (501 until then)" in lines
    assert lines[-2:] == ["cd users-api", "make dev"]


@pytest.mark.slow
@pytest.mark.parametrize("redirection", ["| true", ">&-", ">/dev/full"])
def test_keeps_the_service_where_the_summary_cannot_be_printed(tmp_path: Path, redirection: str) -> None:
    command = f'cookiecutter "$0" --default-config --no-input {redirection}'

    result = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command, TEMPLATE],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / "users-api" / "Makefile").is_file()


@pytest.mark.slow
def test_renders_from_a_zip_archive_which_keeps_no_modes(repository: Path, tmp_path: Path) -> None:
    archive = tmp_path / "t.zip"
    run("git", "archive", "--prefix=t/", "-o", str(archive), "HEAD", directory=repository)
    config = tmp_path / "config.yaml"
    config.write_text(f"cookiecutters_dir: {tmp_path}\nreplay_dir: {tmp_path}\n")

    result = cookiecutter(
        "--no-input", "--config-file", str(config), "-o", str(tmp_path / "output"), template=archive
    )

    assert result.returncode == 0, result.stdout + result.stderr
    assert find_executables(tmp_path / "output" / "users-api") == find_scripts(tmp_path / "output" / "users-api")


@pytest.mark.slow
def test_renders_from_a_directory_of_which_every_file_is_executable(template: Path, tmp_path: Path) -> None:
    run("chmod", "-R", "777", str(template), directory=tmp_path)

    result = cookiecutter("--no-input", "-o", str(tmp_path / "output"), template=template)

    assert result.returncode == 0, result.stdout + result.stderr
    assert find_executables(tmp_path / "output" / "users-api") >= find_scripts(tmp_path / "output" / "users-api")


def find_executables(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if path.is_file() and path.stat().st_mode & 0o100}


def find_scripts(root: Path) -> set[Path]:
    scripts = {path for path in root.rglob("*") if path.is_file() and path.read_bytes().startswith(b"#!")}
    assert scripts
    return scripts


@pytest.mark.slow
def test_says_what_is_off_where_the_tool_does_not_tell_where_it_renders_to(bake: Bake, tmp_path: Path) -> None:
    service = bake(routes="GET /r0")
    hook = render_hook(service, tmp_path, 1)
    (service.path / "env.json").write_text("{")

    result = subprocess.run([sys.executable, hook], cwd=service.path, capture_output=True, text=True, check=False)

    assert result.returncode == 1
    assert result.stderr.splitlines()[0] == "The rendered service is not as it should be:"
    assert "env.json: cannot be parsed" in result.stderr.splitlines()[1]


@pytest.mark.slow
@pytest.mark.parametrize("routes", [6, 150])
def test_takes_less_than_a_fifth_of_a_second_beyond_the_start_of_python(
    bake: Bake, tmp_path: Path, routes: int
) -> None:
    service = bake(routes=", ".join(f"GET /r{number}" for number in range(routes)))
    hook = render_hook(service, tmp_path, routes)

    def seconds(*command: str) -> float:
        times = []
        for _ in range(7):
            before = seconds_of_children()
            subprocess.run([sys.executable, *command], cwd=service.path, check=True, capture_output=True)
            times.append(seconds_of_children() - before)
        return min(times)

    assert seconds(str(hook)) - seconds("-c", "pass") < 0.2


def seconds_of_children() -> float:
    """Return how long the processor has worked for what was run, however busy others keep it."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def render_hook(service: Service, directory: Path, routes: int) -> Path:
    """Return the hook for a service, as a tool runs it that does not tell where it renders to."""
    answers = {
        "project_name": "Users API",
        "project_slug": service.path.name,
        "description": "",
        "table_name": "users",
        "partition_key": "user_id",
        "sort_key": "",
        "region": "ap-northeast-1",
        "routes": ", ".join(f"GET /r{number}" for number in range(routes)),
        "language": "python",
        "api_type": "rest",
        "functions": "per-route",
        "architecture": "x86_64",
    }
    environment = StrictEnvironment(context={"cookiecutter": {"_extensions": ["local_extensions.AnswersExtension"]}})
    source = (TEMPLATE / "hooks" / "post_gen_project.py").read_text(encoding="utf-8")
    hook = directory / "hook.py"
    hook.write_text(environment.from_string(source).render(cookiecutter=answers), encoding="utf-8")
    return hook
