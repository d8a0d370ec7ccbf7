"""What is rendered, over a matrix of answers: looked at, linted and tested by its own means."""

from __future__ import annotations

import ast
import gc
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import local_extensions
from conftest import SLUG, Service, cookiecutter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Bake

FREE_TEXT = "It's \"R&D\" $(id) `x` ${HOME} \\ 日本 🦀 # : - {{ '{' }}{ 7*7 }} {{ '{' }}{resolve:secretsmanager:a:SecretString:b}} {{ '{' }}% raw %} <b> *x* |"

KEYS = {
    "text": {"partition_key": "user_id"},
    "number": {"partition_key": "class:N"},
    "text, number": {"partition_key": "user_id", "sort_key": "order:N"},
    "number, text": {"partition_key": "order:N", "sort_key": "_at"},
}

ROUTES: dict[str, dict[str, str]] = {
    "default": {},
    "the article's": {"routes": "GET /, POST /"},
    "stubs": {"routes": "ANY /{proxy+}, OPTIONS /x, GET /y/{z} show"},
}

MANY_STUBS = ", ".join([ROUTES["stubs"]["routes"], *(f"OPTIONS /r{number}" for number in range(100))])

ODD: dict[str, dict[str, str]] = {
    "forty routes": {
        "routes": ", ".join(
            f"{method} /r{n}/{{user_id}}" for n in range(8) for method in ("GET", "PUT", "PATCH", "DELETE", "HEAD")
        )
    },
    "long path": {
        "routes": f"POST /, GET /{'/'.join(['segment'] * 13)}/{{user_id}} read_it, PUT /{'x' * 150}/{{user_id}} put_it, GET /{'x' * 1023}"
    },
    "long names": {"table_name": "x" * 255, "partition_key": "k" * 255},
    "names that YAML takes for values": {
        "project_slug": "true",
        "table_name": "1e3",
        "partition_key": "no",
        "sort_key": "null",
        "routes": "POST / on, GET /{no} off, GET /{no}/{null} null, PUT /{no}/{null} yes, GET /y y",
    },
    "keys named as much else is": {"partition_key": "name:N", "sort_key": "size"},
    "free text": {"project_name": f"1. {FREE_TEXT}", "project_slug": "odd", "description": f"- {FREE_TEXT}"},
    "items in two places": {"routes": "GET /users/{user_id}, POST /people, GET /people/{user_id}"},
    "arm64, a table that is deleted from alone": {"architecture": "arm64", "routes": "DELETE /{user_id}"},
    "pages of another origin": {
        "cors_origin": "https://app.example.com",
        "routes": "GET /, POST /, OPTIONS /, ANY /, ANY /x/{proxy+}, GET /{user_id}, GET /any/{other}, GET /any/any",
    },
    "anyone": {"auth": "none", "cors_origin": "*"},
    "one of each": {
        "sort_key": "at:N",
        "routes": "GET /, HEAD /, POST /, GET /{user_id}, POST /{user_id}, ANY /x/{y}, HEAD /{user_id}/{at}, GET /{user_id}/{at}, PUT /{user_id}/{at}, PATCH /{user_id}/{at}, DELETE /{user_id}/{at}",
    },
}


QUICK_CHECKS = (
    ".venv/bin/ruff check .",
    ".venv/bin/ruff format --check .",
    ".venv/bin/yamllint --strict .",
    ".venv/bin/cfn-lint template.yaml deploy-role.yaml",
    ".venv/bin/openapi-spec-validator openapi.yaml",
)


def matrix() -> Iterator[Any]:
    """Yield every combination of answers."""
    for keys, key_answers in KEYS.items():
        for routes, route_answers in ROUTES.items():
            for api_type in ("rest", "http"):
                for functions in ("per-route", "single"):
                    answers = {**key_answers, **route_answers, "api_type": api_type, "functions": functions}
                    yield pytest.param(answers, routes == "default", id=f"{api_type}, {functions}, {keys}, {routes}")
    for name, answers in ODD.items():
        for api_type in ("rest", "http"):
            yield pytest.param({**answers, "api_type": api_type}, api_type == "rest", id=f"{api_type}, {name}")


def run_quick_checks(service: Service, *more: str) -> None:
    results = [service.run(*check.split()) for check in (*QUICK_CHECKS, *more)]
    assert [result.stdout for result in results if result.returncode] == []


def find_traces(service: Service) -> Iterator[str]:
    """Yield each line by which one sees that a file was rendered, and not written."""
    for file in service.files:
        text = service.read(file)
        blank_lines_allowed = 2 if file.endswith(".py") else 1
        for number, line in enumerate(text.split("\n"), start=1):
            if re.search(r"(?<!\$)\{\{(?!\.)|\{%|\{#|cookiecutter\.", line):
                yield f"{file}:{number}: {line}"
            if line != line.rstrip():
                yield f"{file}:{number}: blanks at the end"
        # But for the Python that Markdown shows.
        prose = re.sub(r"^```python\n.*?^```$", "```", text, flags=re.DOTALL | re.MULTILINE)
        if "\n" * (blank_lines_allowed + 2) in prose:
            yield f"{file}: too many blank lines"
        if text.startswith("\n") or (text and not text.endswith("\n")) or text.endswith("\n\n"):
            yield f"{file}: begins with a blank line, or does not end with a newline"


def find_loose_ends(service: Service) -> set[str]:
    """Return what openapi.yaml refers to and does not have, and what it has and does not refer to."""
    text = service.read("openapi.yaml")
    components = yaml.safe_load(text)["components"]
    there = {f"#/components/{kind}/{name}" for kind, named in components.items() for name in named}
    return there ^ set(re.findall(r'\$ref: "(.*)"', text))


@pytest.mark.slow
@pytest.mark.parametrize(("answers", "wholly"), list(matrix()))
def test_passes_its_own_checks_and_tests(bake_with_tools: Bake, answers: dict[str, str], wholly: bool) -> None:
    service = bake_with_tools(**answers)

    traces = list(find_traces(service))
    if wholly:
        service.make("lint")
    else:
        run_quick_checks(service)
    output = service.make("test")

    assert traces == []
    assert find_loose_ends(service) == set()
    assert re.search(r"\b\d+ passed", output)
    assert not re.search(r"\b(skipped|failed|xfailed)\b", output.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize(("answers", "_wholly"), list(matrix()))
def test_passes_its_quick_checks_in_rust(bake_with_tools: Bake, answers: dict[str, str], _wholly: bool) -> None:
    service = bake_with_tools(language="rust", **answers)

    assert list(find_traces(service)) == []
    assert find_loose_ends(service) == set()
    run_quick_checks(service, "cargo fmt --check")


@pytest.mark.slow
@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({"cors_origin": "*"}, id="default"),
        pytest.param({**ODD["pages of another origin"], "api_type": "http"}, id="pages of another origin"),
        pytest.param({**ODD["one of each"], "api_type": "http", "functions": "single"}, id="one of each"),
        pytest.param({**KEYS["number, text"], "routes": MANY_STUBS}, id="stubs"),
        pytest.param(ODD["long path"], id="long path"),
        pytest.param(ODD["items in two places"], id="items in two places"),
        pytest.param(ODD["keys named as much else is"], id="keys named as much else is"),
    ],
)
def test_passes_its_own_checks_and_tests_in_rust(bake_rust: Bake, answers: dict[str, str]) -> None:
    service = bake_rust(**answers)

    service.make("lint")
    output = service.make("test")

    assert re.search(r"test result: ok\. [1-9]\d* passed; 0 failed; 0 ignored", output)


def test_leaves_nothing_of_the_other_language(bake: Bake) -> None:
    python, rust = bake(language="python"), bake(language="rust")

    assert [
        file for file in python.files if re.search(r"\brust\b|cargo|\.rs\b", file + python.read(file), re.IGNORECASE)
    ] == []
    assert [file for file in rust.files if file.startswith("src/service") or "moto" in rust.read(file)] == []
    assert [
        path
        for service in (python, rust)
        for path in service.path.rglob("*")
        if path.is_dir() and not any(path.iterdir())
    ] == []


def test_shows_free_text_as_it_was_given(bake: Bake) -> None:
    name = "R&D \"API\" {{ '{' }}{7*7}}"

    service = bake(project_name=name, project_slug="odd", description=FREE_TEXT)

    info = yaml.safe_load(service.read("openapi.yaml"))["info"]
    assert info["title"] == 'R&D "API" {{7*7}}'
    assert info["description"] == FREE_TEXT.replace("{{ '{' }}", "{")


def test_tells_the_cursor_of_a_page_from_a_key_of_that_name(bake: Bake) -> None:
    document = yaml.safe_load(bake(partition_key="cursor", sort_key="at").read("openapi.yaml"))

    link = document["paths"]["/users/{cursor}"]["get"]["responses"]["200"]["links"]["next"]
    assert link["parameters"] == {
        "path.cursor": "$request.path.cursor",
        "query.cursor": "$response.body#/next_cursor",
    }


def test_reserves_every_name_that_the_routes_module_uses(bake: Bake) -> None:
    module = ast.parse(
        bake(sort_key="at", routes="GET /, POST /, GET /{user_id}, GET /x").read("src/service/routes.py")
    )

    imported = {
        alias.name for node in module.body if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names
    }

    assert {name for name in imported if name.islower()} <= local_extensions.SERVICE_NAMES


def test_reserves_every_name_that_a_handler_in_rust_would_be_hidden_by(bake: Bake) -> None:
    routes = bake(language="rust").read("src/routes.rs")

    (parameters,) = re.findall(r"^pub async fn answer\((.*)\)", routes, re.MULTILINE)

    assert set(re.findall(r"(\w+):", parameters)) <= local_extensions.SERVICE_NAMES


def test_gives_the_same_source_for_either_number_of_functions(bake: Bake) -> None:
    one, other = bake(functions="single"), bake(functions="per-route")

    assert [file for file in one.files if one.read(file) != other.read(file)] == [
        "docs/adding-a-route.md",
        "template.yaml",
    ]


def test_leaves_no_trace_of_templating(bake: Bake) -> None:
    assert list(find_traces(bake(sort_key="at:N", api_type="http"))) == []


@pytest.mark.slow
def test_keeps_what_was_compiled_from_the_second_render_on_and_sees_a_change(template: Path, tmp_path: Path) -> None:
    def render(dont_write_bytecode: str = "") -> Service:
        arguments = ["--no-input", "--overwrite-if-exists", "--output-dir", str(tmp_path)]
        result = cookiecutter(*arguments, template=template, PYTHONDONTWRITEBYTECODE=dont_write_bytecode)
        assert result.returncode == 0, result.stderr
        return Service(tmp_path / "users-api")

    def count_kept() -> int:
        return len(list(template.glob("__pycache__/__jinja2_*")))

    render(dont_write_bytecode="1")
    kept_where_nothing_is = list(template.glob("__pycache__"))
    render()
    kept_by_first = count_kept()
    second = render()
    kept_by_second = count_kept()
    texts = {file: second.read(file) for file in second.files}
    third = render()
    unchanged = {file: third.read(file) for file in third.files}
    with (template / SLUG / "compose.yaml").open("a", encoding="utf-8") as file:
        file.write("# {{ service.slug }} once more\n")
    changed = render().read("compose.yaml")

    assert kept_where_nothing_is == []
    assert kept_by_first == 0
    assert kept_by_second > 0
    assert unchanged == texts
    assert changed == f"{texts['compose.yaml']}# users-api once more\n"


def test_collects_garbage_again_after_a_render(bake: Bake) -> None:
    bake()

    assert gc.isenabled()


def test_takes_a_name_that_is_a_file_of_the_other_language_for_what_it_is(bake: Bake) -> None:
    service = bake(project_name="Cargo.toml", project_slug="odd", description="src/main.rs", table_name="deny.toml")

    info = yaml.safe_load(service.read("openapi.yaml"))["info"]
    assert (info["title"], info["description"]) == ("Cargo.toml", "src/main.rs")
