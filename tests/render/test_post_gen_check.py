"""The check after rendering reports each problem that these tests put into a service."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from cookiecutter.main import cookiecutter as render

from local_extensions.answers import make_service
from local_extensions.expectations import describe
from render_check import find_problems
from rendered_files import Project
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
    ("compose.yaml", "\n", "\r\n", "compose.yaml: contains carriage returns"),
    ("template.yaml", "Path: /users\n", "Path: /other\n", "template.yaml: route GET /users is missing"),
    ("openapi.yaml", "  /users:", "  /other:", "openapi.yaml: route GET /other is unexpected"),
    ("openapi.yaml", "operationId: get_users\n", "operationId: other\n", "openapi.yaml: route GET /users is other"),
    ("template.yaml", "Default: users", "Default: other", "template.yaml: table is other instead of users"),
    ("template.yaml", "AttributeName: user_id", "AttributeName: other", "template.yaml: key is"),
    ("template.yaml", "AttributeType: S", "AttributeType: N", "template.yaml: key is"),
    ("template.yaml", "KeyType: HASH", "KeyType: RANGE", "template.yaml: KeyType is"),
    ("template.yaml", "IndexName: by-email", "IndexName: by-mail", "template.yaml: index by-email is missing"),
    ("compose.yaml", "REGION: ap-northeast-1", "REGION: eu-west-1", "compose.yaml: region is eu-west-1"),
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


@pytest.mark.parametrize(("file", "text", "instead", "complaint"), BREAKS)
def test_reports_a_problem(
    rendered: dict[str, Project], tmp_path: Path, file: str, text: str, instead: str, complaint: str
) -> None:
    copy = Project(tmp_path / "users-api", rendered["python"].expected)
    shutil.copytree(rendered["python"].root, copy.root)
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
def test_the_summary_says_whose_items_each_user_sees(tmp_path: Path) -> None:
    answers = ("--no-input", "table_name=todos", "auth=jwt", "api_type=http", "sort_key=id")
    routes = "routes=GET /login, GET /todos, GET /todos/{id}"

    owned = cookiecutter(*answers, "partition_key=user_id:owner", routes, directory=tmp_path).stderr.splitlines()
    shared = cookiecutter(*answers, "project_slug=shared", directory=tmp_path).stderr.splitlines()

    assert "Each user sees only their own items: user_id is the claim sub of the token." in owned
    assert "Only /todos lists and creates items; other paths without parameters are stubs." in owned
    assert "Every signed-in user may call every route for every item." in shared


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


def find_executables(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if path.is_file() and path.stat().st_mode & 0o100}


def find_scripts(root: Path) -> set[Path]:
    scripts = {path for path in root.rglob("*") if path.is_file() and path.read_bytes().startswith(b"#!")}
    assert scripts
    return scripts
