"""The check after rendering reports each problem that these tests put into a service."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from cookiecutter.main import cookiecutter as render

from local_extensions.answers import make_service
from local_extensions.expectations import describe
from local_extensions.render_check import find_problems
from local_extensions.rendered_files import Project
from renders import ANSWERS, SLUG, TEMPLATE, cookiecutter
from repositories import run

if TYPE_CHECKING:
    from pathlib import Path

# A file, a text in it, the text that replaces it, and the line that the check reports.
BREAKS = [
    ("template.yaml", "Resources:\n", "Resources: [\n", "template.yaml: is not valid"),
    ("samconfig.toml", "version = 0.1", "version = ", "samconfig.toml: is not valid"),
    ("env.json", '"TABLE_NAME":', '"TABLE_NAME"', "env.json: is not valid"),
    ("compose.yaml", "services:\n", "services: # {{ x }}\n", ": contains template syntax: services: # {{ x }}"),
    ("compose.yaml", "services:\n", "services: # {% x\n", ": contains template syntax: services: # {% x"),
    ("env.json", "}\n}\n", "}\n}", "env.json: does not end with one newline"),
    ("compose.yaml", "\n", "\r\n", "compose.yaml: contains carriage returns"),
    ("template.yaml", "Path: /users\n", "Path: /other\n", "template.yaml: route GET /users is missing"),
    ("openapi.yaml", "  /users:", "  /other:", "openapi.yaml: route GET /other is unexpected"),
    (
        "openapi.yaml",
        "operationId: get_users\n",
        "operationId: other\n",
        "openapi.yaml: route GET /users is other",
    ),
    (
        "src/service/routes.py",
        '"GET /users": get_users',
        '"GET /other": get_users',
        "src/service/routes.py: route GET /users is missing",
    ),
    (
        "src/service/routes.py",
        "def get_users(",
        "def other_get_users(",
        "src/service/routes.py: handler get_users is missing",
    ),
    (
        "template.yaml",
        "Role: !GetAtt PutItemRole.Arn",
        "Role: !GetAtt ScanRole.Arn",
        "template.yaml: function PostUsersFunction is",
    ),
    ("template.yaml", "- dynamodb:PutItem", "- dynamodb:Scan", "template.yaml: role PutItemRole is"),
    ("template.yaml", "Resource: !GetAtt Table.Arn", 'Resource: "*"', "template.yaml: role ScanRole is {'*': "),
    (
        "template.yaml",
        "Resource: !GetAtt LogGroup.Arn",
        'Resource: "*"',
        "template.yaml: LogPolicy allows actions on *",
    ),
    (
        "template.yaml",
        "  GetUsersFunction:",
        "  MyGetUsersFunction:",
        "function GetUsersFunction is missing",
    ),
    (
        "template.yaml",
        "Default: users",
        "Default: other",
        "table template.yaml is other instead of users",
    ),
    ("env.json", '"users"', '"other"', "table env.json is other instead of users"),
    (
        "Makefile",
        "export TABLE := users",
        "export TABLE := other",
        "table Makefile is other instead of users",
    ),
    (
        "template.yaml",
        "AttributeName: user_id",
        "AttributeName: other",
        "key template.yaml is",
    ),
    ("template.yaml", "KeyType: HASH", "KeyType: RANGE", "key template.yaml, KeyType is"),
    ("src/service/table.py", 'type="S"', 'type="N"', "key src/service/table.py is"),
    (
        "compose.yaml",
        "AWS_DEFAULT_REGION: ap-northeast-1",
        "AWS_DEFAULT_REGION: eu-west-1",
        "region compose.yaml is eu-west-1",
    ),
    ("Makefile", "export REGION := ap-northeast-1", "export REGION := eu-west-1", "region Makefile is eu-west-1"),
    (
        "samconfig.toml",
        'region = "ap-northeast-1"',
        'region = "eu-west-1"',
        "region samconfig.toml, default is eu-west-1",
    ),
    ("compose.yaml", "${NETWORK:-users-api}", "${NETWORK:-other}", "network compose.yaml is other"),
    ("compose.yaml", "name: users-api\n", "name: true\n", "network compose.yaml, name is True"),
    ("Makefile", "export NETWORK := users-api", "export NETWORK := other", "network Makefile is other"),
    (
        "samconfig.toml",
        'docker_network = "users-api"',
        'docker_network = "other"',
        "network samconfig.toml is other",
    ),
    ("env.json", "http://localstack:4566", "http://localhost:4566", "endpoint env.json is http://localhost:4566"),
    ("compose.yaml", "  localstack:\n", "  emulator:\n", "a file lacks an expected part: KeyError('localstack')"),
    ("compose.yaml", "127.0.0.1:${LOCALSTACK_PORT", "0.0.0.0:${LOCALSTACK_PORT", "endpoint compose.yaml is ['0.0.0.0'"),
    ("Makefile", "export LOCALSTACK_PORT ?= 4566", "export LOCALSTACK_PORT ?= 4567", "endpoint compose.yaml is"),
    (
        "openapi.yaml",
        "http://127.0.0.1:3000",
        "http://127.0.0.1:8080",
        "endpoint openapi.yaml is http://127.0.0.1:8080",
    ),
    ("template.yaml", "IndexName: by-email", "IndexName: by-mail", "template.yaml: index by-email is missing"),
    (
        "template.yaml",
        "!Sub ${Table.Arn}/index/by-email",
        "!GetAtt Table.Arn",
        "template.yaml: role QueryByEmailRole is",
    ),
    (
        "src/service/items.py",
        '"email": Attribute("string")',
        '"email": Attribute("number")',
        "src/service/items.py: attribute email is",
    ),
    ("src/service/items.py", ", required=False", "", "src/service/items.py: attribute state is"),
    ("openapi.yaml", "email: {type: string,", "email: {type: number,", "openapi.yaml: NewItem: attribute email is"),
    ("openapi.yaml", "enum: [new, paid]", "enum: [new]", "openapi.yaml: ItemReplacement: attribute state is"),
    ("openapi.yaml", "required: [email]", "required: []", "openapi.yaml: ItemReplacement: attribute email is"),
    (
        "openapi.yaml",
        "additionalProperties: true",
        "additionalProperties: false",
        "openapi.yaml: NewItem: allows other attributes, or forbids them",
    ),
]


# The same in a render in Rust.
RUST_BREAKS = [
    ("Cargo.toml", 'edition = "2024"', "edition = ", "Cargo.toml: is not valid"),
    ("src/routes.rs", '"GET /users" =>', '"GET /other" =>', "src/routes.rs: route GET /users is missing"),
    (
        "src/routes.rs",
        "async fn get_users(",
        "async fn my_get_users(",
        "src/routes.rs: handler get_users is missing",
    ),
    (
        "src/table.rs",
        "ScalarAttributeType::S,",
        "ScalarAttributeType::N,",
        "key src/table.rs is",
    ),
    ("template.yaml", "- dynamodb:PutItem", "- dynamodb:Scan", "template.yaml: role PutItemRole is"),
    ("src/items.rs", "kind: Kind::String", "kind: Kind::Number", "src/items.rs: attribute email is"),
    ("src/items.rs", 'OneOf(&["new", "paid"])', 'OneOf(&["new"])', "src/items.rs: attribute state is"),
]


TYPED = {"attributes": "email, state:new|paid?, ...", "indexes": "email"}
PER_ROUTE = {**ANSWERS, "functions": "per-route", **TYPED}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Project]:
    """A service in each language."""
    projects = {}
    for language in ("python", "rust"):
        output = tmp_path_factory.mktemp(language)
        answers = {**PER_ROUTE, "language": language}
        render(str(TEMPLATE), no_input=True, default_config=True, output_dir=str(output), extra_context=answers)
        projects[language] = Project(output / "users-api", describe(make_service(answers)))
    return projects


@pytest.mark.parametrize("language", ["python", "rust"])
def test_finds_no_problem_in_the_template_as_it_is(rendered: dict[str, Project], language: str) -> None:
    assert find_problems(rendered[language]) == []


@pytest.mark.parametrize(
    ("language", "file", "text", "instead", "complaint"),
    [
        pytest.param(language, *each, id=f"{language}-{each[0]}-{each[3]}")
        for language, breaks in (("python", BREAKS), ("rust", RUST_BREAKS))
        for each in breaks
    ],
)
def test_reports_a_problem(
    rendered: dict[str, Project], tmp_path: Path, language: str, file: str, text: str, instead: str, complaint: str
) -> None:
    copy = Project(tmp_path / "users-api", rendered[language].expected)
    shutil.copytree(rendered[language].root, copy.root)
    source = (copy.root / file).read_bytes().decode()
    assert text in source
    (copy.root / file).write_bytes(source.replace(text, instead).encode())

    problems = find_problems(copy)

    assert any(complaint in problem for problem in problems)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "text", "instead", "complaint"),
    [
        (
            "compose.yaml",
            "services:\n",
            "services: # {{ '{{' }} x }}\n",
            ": contains template syntax: services: # {{ x }}",
        ),
        (
            "../templates/rest_api.yaml",
            "Path: {{ route.path | yaml }}",
            "Path: /other",
            "template.yaml: route GET /users is missing",
        ),
    ],
)
def test_a_problem_stops_cookiecutter_and_leaves_no_files(
    template: Path, tmp_path: Path, file: str, text: str, instead: str, complaint: str
) -> None:
    source = (template / SLUG / file).read_text(encoding="utf-8")
    assert text in source
    (template / SLUG / file).write_text(source.replace(text, instead), encoding="utf-8")
    output = tmp_path / "output"
    output.mkdir()

    result = cookiecutter("--no-input", "-o", str(output), template=template)

    assert result.returncode == 1
    assert any(complaint in line for line in result.stderr.splitlines())
    assert list(output.iterdir()) == []


@pytest.mark.slow
def test_prints_a_summary_with_the_next_steps(tmp_path: Path) -> None:
    result = cookiecutter("--no-input", "routes=GET /users, ANY /files/{proxy+}", directory=tmp_path, PWD=str(tmp_path))

    lines = [" ".join(line.split()) for line in result.stderr.splitlines()]
    assert result.stdout == ""
    assert "GET /users list" in lines
    assert "ANY /files/{proxy+} not implemented (501)" in lines
    assert lines[-2:] == ["cd users-api", "make dev # or without Docker: make dev DOCKER=no"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "redirection", ["| true", ">&-", ">/dev/full", "2>&1 >&3 | true", "2>&-", "2>/dev/full", ">&- 2>&-"]
)
def test_keeps_the_service_if_the_summary_cannot_be_printed(tmp_path: Path, redirection: str) -> None:
    command = f'exec 3>&1; cookiecutter "$0" --no-input {redirection}'

    result = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command, TEMPLATE],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (result.returncode, result.stdout) == (0, "")
    assert ("make dev" in result.stderr) == ("2>" not in redirection)
    assert (tmp_path / "users-api" / "Makefile").is_file()


@pytest.mark.slow
def test_renders_from_a_zip_archive_which_keeps_no_modes(repository: Path, tmp_path: Path) -> None:
    archive = tmp_path / "t.zip"
    run("git", "archive", "--prefix=t/", "-o", str(archive), "HEAD", directory=repository)
    config = tmp_path / "config.yaml"
    settings = {"default_context": ANSWERS, "cookiecutters_dir": str(tmp_path), "replay_dir": str(tmp_path)}
    config.write_text(json.dumps(settings))

    result = cookiecutter("--no-input", "--config-file", str(config), "-o", str(tmp_path / "output"), template=archive)

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
