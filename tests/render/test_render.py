"""Renders with many answers: read, linted, and tested with the service's own tests."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from cookiecutter.main import cookiecutter as render

from local_extensions.attributes import TYPES
from local_extensions.limits import SERVICE_NAMES
from renders import TEMPLATE, Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from renders import Bake

FREE_TEXT = "It's \"R&D\" $(id) `x` ${HOME} \\ 日本 🦀 # : - {{ '{' }}{ 7*7 }} {{ '{' }}{resolve:secretsmanager:a:SecretString:b}} {{ '{' }}% raw %} <b> *x* |"

KEYS = {
    "text": {"partition_key": "user_id"},
    "number": {"partition_key": "class:N"},
    "text, number": {"partition_key": "user_id", "sort_key": "order:N"},
    "number, text": {"partition_key": "order:N", "sort_key": "_at"},
}

ARTICLE = {"routes": "GET /, POST /"}
STUBS = {"routes": "ANY /{proxy+}, OPTIONS /x, GET /y/{z} show"}
MANY_STUBS = {"routes": ", ".join([STUBS["routes"], *(f"OPTIONS /r{number}" for number in range(100))])}
ROUTES: dict[str, dict[str, str]] = {"default": {}, "the article's": ARTICLE, "stubs": STUBS}

# Names of 64 characters, an index of 96, values of 64, and paths of 120.
LONGEST = {
    "table_name": "t" * 255,
    "partition_key": "k" * 64,
    "attributes": ", ".join(f"{kind[0] * 64}:{kind}" for kind in TYPES)
    + f", {'d' * 24}:datetime?, {'z' * 64}:{'|'.join(value * 64 for value in 'abcdef')}",
    "indexes": f"{'z' * 64}/{'d' * 24}, {'s' * 64}",
    "routes": ", ".join(
        [
            f"POST /{'p' * 119}",
            *(f"{method} /{'p' * 52}/{{{'k' * 64}}}" for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE")),
            *(f"{method} /{'i' * 52}/{{{'z' * 64}}}" for method in ("GET", "HEAD")),
            f"GET /{'j' * 52}/{{{'s' * 64}}}",
            f"ANY /{'a' * 119} {'a' * 64}",
        ]
    ),
}
ODD: dict[str, dict[str, str]] = {
    "forty routes": {
        "routes": ", ".join(
            f"{method} /r{n}/{{user_id}}" for n in range(8) for method in ("GET", "PUT", "PATCH", "DELETE", "HEAD")
        )
    },
    "long names": LONGEST,
    "paths of every length": {
        "functions": "per-route",
        "routes": ", ".join(f"POST /{'x' * n}, GET /{'x' * n}/{{user_id}}" for n in range(38, 110)),
    },
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
    "arm64, a route that only deletes": {"architecture": "arm64", "routes": "DELETE /{user_id}"},
    "pages of another origin": {
        "cors_origin": "https://app.example.com",
        "routes": "GET /, POST /, OPTIONS /, ANY /, ANY /x/{proxy+}, GET /{user_id}, GET /any/{other}, GET /any/any",
    },
    "anyone": {"auth": "none", "cors_origin": "*"},
    "tokens": {
        "auth": "jwt",
        "api_type": "http",
        "cors_origin": "https://app.example.com",
        "routes": "GET /, POST /, OPTIONS /, ANY /x/{proxy+}, HEAD /{user_id}, GET /{user_id}, GET /any/any",
    },
    "owners": {
        "partition_key": "table:owner",
        "sort_key": "index:N",
        "indexes": "item, key:N",
        "auth": "jwt",
        "api_type": "http",
        "routes": "GET /a, HEAD /a, POST /a, GET /a/{index}, HEAD /a/{index}, GET /by-item/{item}, GET /by-key, GET /x",
    },
    "owners of one item": {
        "partition_key": "user_id:owner",
        "auth": "jwt",
        "api_type": "http",
        "routes": "GET /health, DELETE /session, GET /profile, HEAD /profile, PUT /profile, ANY /x",
    },
    "only optional attributes": {"attributes": "email?, size:number?"},
    "indexes on the sort key and on attributes of the examples": {
        "sort_key": "line",
        "indexes": "line/user_id, visits, name:N/user_id",
    },
    "one of each": {
        "sort_key": "at:N",
        "routes": "GET /, HEAD /, POST /, GET /{user_id}, POST /{user_id}, ANY /x/{y}, HEAD /{user_id}/{at}, GET /{user_id}/{at}, PUT /{user_id}/{at}, PATCH /{user_id}/{at}, DELETE /{user_id}/{at}",
    },
}


# Each answer and each pair of answers that meet in the same code. All run their own tests, the first two all of `make lint`.
LINTED = {
    "default": {},
    "http, per-route, text and number keys, any origin": {
        **KEYS["text, number"],
        "api_type": "http",
        "functions": "per-route",
        "auth": "none",
        "cors_origin": "*",
    },
}
PLACES_AND_PATHS = {
    **ODD["keys named as much else is"],
    "routes": (
        f"POST /, POST /people, PUT /{'x' * 104}/{{name}}/{{size}} put_it, GET /people/{{name}}/{{size}}, "
        f"GET /{'/'.join(['segment'] * 12)}/{{name}}/{{size}} read_it"
    ),
}
TYPED = {
    "sort_key": "at:N",
    "attributes": (
        "email, size:number, age:integer?, flag:boolean?, state:new|paid, paid_at:datetime?, tags:list?, more:map?, ..."
    ),
    "indexes": "email, state/size, age/email",
}
WRITTEN = {
    "sort_key": "note_id:uuid",
    "attributes": "text, state:new|paid?, made:created, seen:updated, no:revision, until:expiry?",
    "indexes": "state/made, no, text/seen",
    "cors_origin": "https://app.example.com",
}
TESTED = {
    "what the service writes, only listed attributes": WRITTEN,
    "http, per-route, an id, an expiry that is required, times": {
        "partition_key": "id:uuid",
        "attributes": "until:expiry, seen:updated, ...",
        "indexes": "seen, name/seen",
        "api_type": "http",
        "functions": "per-route",
    },
    "http, owners, an id, what the service writes": {
        **WRITTEN,
        "partition_key": "user_id:owner",
        "indexes": "state, made, text, no",
        "auth": "jwt",
        "api_type": "http",
    },
    "http, per-route, owners, a text key": {
        **ODD["owners"],
        "sort_key": "index",
        "functions": "per-route",
    },
    "http, per-route, owners of one item, times": {
        **ODD["owners of one item"],
        "attributes": "name, seen:updated",
        "functions": "per-route",
        "cors_origin": "*",
    },
    "only a revision": {"attributes": "no:revision, ...", "cors_origin": "*"},
    "only a time of creation": {"sort_key": "at:N", "attributes": "made:created"},
    "a revision, an expiry": {"attributes": "title, no:revision, until:expiry?"},
    "http, number key, the article's": {**KEYS["number"], **ARTICLE, "api_type": "http"},
    "http, per-route, text and number keys, stubs": {
        **KEYS["text, number"],
        **STUBS,
        "api_type": "http",
        "functions": "per-route",
    },
    "names that YAML takes for values": ODD["names that YAML takes for values"],
    "per-route, keys named as much else is, items in two places, long path, free text": {
        **ODD["free text"],
        **PLACES_AND_PATHS,
        "functions": "per-route",
    },
    "http, long names": {**LONGEST, "api_type": "http", "architecture": "arm64"},
    "pages of another origin": ODD["pages of another origin"],
    "per-route, tokens": {**ODD["tokens"], "functions": "per-route"},
    "indexes on the sort key and on attributes of the examples": ODD[
        "indexes on the sort key and on attributes of the examples"
    ],
    "per-route, one of each, only optional attributes": {
        **ODD["one of each"],
        **ODD["only optional attributes"],
        "functions": "per-route",
    },
    "per-route, http, only the attributes that are listed, indexes": {
        **TYPED,
        "attributes": TYPED["attributes"].removesuffix(", ..."),
        "api_type": "http",
        "functions": "per-route",
    },
}
TESTED_IN_RUST = {
    "what the service writes, only listed attributes": WRITTEN,
    "http, per-route, an id, an expiry that is required, times": TESTED[
        "http, per-route, an id, an expiry that is required, times"
    ],
    "only a time of creation": TESTED["only a time of creation"],
    "attributes, indexes": TYPED,
    "default, any origin": {"cors_origin": "*"},
    "the article's": ARTICLE,
    "http, per-route, pages of another origin": {
        **ODD["pages of another origin"],
        "api_type": "http",
        "functions": "per-route",
    },
    "http, one of each": {**ODD["one of each"], "api_type": "http", "auth": "none"},
    "http, tokens": ODD["tokens"],
    "http, per-route, owners, number key": {**ODD["owners"], "functions": "per-route"},
    "http, per-route, owners of one item, times": TESTED["http, per-route, owners of one item, times"],
    "per-route, number and text keys, many stubs": {
        **KEYS["number, text"],
        **MANY_STUBS,
        "functions": "per-route",
    },
    "keys named as much else is, items in two places, long path": PLACES_AND_PATHS,
    "long names": LONGEST,
}


def wide_list() -> dict[str, dict[str, str]]:
    """Return the answers of the quick checks: keys by routes, then the odd ones; APIs, functions, languages alternate."""
    cases = {f"{keys}, {routes}": {**KEYS[keys], **ROUTES[routes]} for keys in KEYS for routes in ROUTES} | ODD
    return {
        name: {
            "api_type": ("rest", "http")[number % 2],
            "functions": ("single", "per-route")[number // 2 % 2],
            "language": ("python", "rust")[number // 4 % 2],
            **answers,
        }
        for number, (name, answers) in enumerate(cases.items())
    }


def run_tools(directory: Path, *commands: list[str]) -> None:
    """Run commands in a directory. Fails with the output of those that fail."""
    results = [
        subprocess.run(command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        for command in commands
    ]
    failures = "\n".join(f"{result.args[0]}:\n{result.stdout}" for result in results if result.returncode)
    assert not failures, failures


def find_traces(service: Service) -> Iterator[str]:
    """Yield each line that shows that a file was rendered, not written by hand."""
    for file in service.files:
        text = service.read(file)
        blank_lines_allowed = 2 if file.endswith(".py") else 1
        for number, line in enumerate(text.split("\n"), start=1):
            if re.search(r"(?<!\$)\{\{(?!\.)|\{%|\{#|cookiecutter\.", line):
                yield f"{file}:{number}: {line}"
            if line != line.rstrip():
                yield f"{file}:{number}: blanks at the end"
        # Python in Markdown may have two.
        prose = re.sub(r"^```python\n.*?^```$", "```", text, flags=re.DOTALL | re.MULTILINE)
        if "\n" * (blank_lines_allowed + 2) in prose:
            yield f"{file}: too many blank lines"
        if text.startswith("\n") or (text and not text.endswith("\n")) or text.endswith("\n\n"):
            yield f"{file}: begins with a blank line or does not end with one newline"


def find_loose_ends(service: Service) -> set[str]:
    """Return the components that openapi.yaml refers to and lacks, or has and does not refer to."""
    text = service.read("openapi.yaml")
    document = yaml.safe_load(text)
    declared = {f"#/components/{kind}/{name}" for kind, named in document["components"].items() for name in named}
    required = {f"#/components/securitySchemes/{name}" for scheme in document["security"] for name in scheme}
    return declared ^ (required | set(re.findall(r'\$ref: "(.*)"', text)))


@pytest.mark.slow
def test_passes_the_quick_checks(tmp_path: Path, tools: Path) -> None:
    services = {}
    for name, answers in wide_list().items():
        output = tmp_path / name.replace(" ", "-")
        path = render(str(TEMPLATE), no_input=True, default_config=True, output_dir=str(output), extra_context=answers)
        services[name] = Service(Path(path))

    assert {name: traces for name, service in services.items() if (traces := list(find_traces(service)))} == {}
    assert {name: ends for name, service in services.items() if (ends := find_loose_ends(service))} == {}
    paths = [str(service.path) for service in services.values()]
    commands = [
        [f"{tools}/bin/ruff", "check", "--extend-select=RUF100", *paths],
        [f"{tools}/bin/ruff", "format", "--check", *paths],
        [f"{tools}/bin/yamllint", "--strict", *paths],
        [f"{tools}/bin/cfn-lint", *(f"{path}/template.yaml" for path in paths), f"{paths[0]}/.github/deploy-role.yaml"],
        [f"{tools}/bin/openapi-spec-validator", *(f"{path}/openapi.yaml" for path in paths)],
    ]
    if shutil.which("cargo"):
        manifests = tmp_path.glob("*/*/Cargo.toml")
        commands += [["cargo", "fmt", "--check", f"--manifest-path={manifest}"] for manifest in manifests]
    run_tools(Path(paths[0]), *commands)


@pytest.mark.slow
@pytest.mark.parametrize("answers", LINTED.values(), ids=LINTED)
def test_passes_its_own_checks_and_tests(bake_with_tools: Bake, answers: dict[str, str]) -> None:
    service = bake_with_tools(**answers)

    service.make("lint")

    assert_passes_its_tests(service)


@pytest.mark.slow
@pytest.mark.parametrize("answers", TESTED.values(), ids=TESTED)
def test_passes_its_own_tests(bake_with_tools: Bake, answers: dict[str, str]) -> None:
    service = bake_with_tools(**answers)

    run_tools(service.path, [".venv/bin/mypy"])

    assert_passes_its_tests(service)


@pytest.mark.slow
@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(answers, id=name, marks=[pytest.mark.first] if answers == TYPED else [])
        for name, answers in TESTED_IN_RUST.items()
    ],
)
def test_passes_its_own_checks_and_tests_in_rust(bake_rust: Bake, answers: dict[str, str]) -> None:
    service = bake_rust(**answers)

    if answers == TYPED:
        service.make("lint")
    else:
        clippy = ["cargo", "clippy", "--quiet", "--all-targets", "--", "--deny", "warnings"]
        run_tools(service.path, ["cargo", "fmt", "--check"], clippy, [".venv/bin/mypy"])
    output = service.make("test")

    assert re.search(r"test result: ok\. [1-9]\d* passed; 0 failed; 0 ignored", output)
    assert re.search(r"\b[1-9]\d* passed\b.* in ", output)


def assert_passes_its_tests(service: Service) -> None:
    *_, summary = service.make("test").splitlines()
    assert re.search(r"\b[1-9]\d* passed", summary)
    assert not re.search(r"\b(skipped|failed|xfailed)\b", summary)


def test_lint_leaves_out_what_was_built_also_before_git_init(bake: Bake) -> None:
    service = bake()
    for directory in (".aws-sam/build/ApiFunction", "build/client"):
        (service.path / directory).mkdir(parents=True)
        (service.path / directory / "theirs.py").write_text("import sys, os\n")

    service.check("ruff", "check", ".")
    service.check("ruff", "format", "--check", ".")


@pytest.mark.parametrize(("language", "most"), [("python", 5370), ("rust", 5650)])
def test_has_no_more_lines_than_the_owners_were_promised(bake: Bake, language: str, most: int) -> None:
    service = bake(language=language)

    lines = {file: service.read(file).count("\n") for file in service.files}

    assert sum(lines.values()) <= most, sorted(lines.items(), key=lambda item: -item[1])


@pytest.mark.parametrize("language", ["python", "rust"])
def test_has_few_more_lines_with_owners(bake: Bake, language: str) -> None:
    answers = {**WRITTEN, "language": language, "auth": "jwt", "api_type": "http"}
    plain = bake(**{**answers, "indexes": "state/made"})
    owned = bake(**{**answers, "indexes": "state, made", "partition_key": "user_id:owner"})

    added = {
        directory: sum(
            sign * service.read(file).count("\n")
            for service, sign in ((owned, 1), (plain, -1))
            for file in service.files
            if file.startswith(directory)
        )
        for directory in ("src/", "tests/", "scripts/", "template.yaml", "openapi.yaml")
    }

    most = {"src/": 30, "tests/": 110, "scripts/": 0, "template.yaml": 10, "openapi.yaml": 10}
    assert {name: lines for name, lines in added.items() if lines > most[name]} == {}


def test_leaves_nothing_of_the_other_language(bake: Bake) -> None:
    python, rust = bake(language="python"), bake(language="rust")

    assert [
        file for file in python.files if re.search(r"\brust\b|cargo|\.rs\b", file + python.read(file), re.IGNORECASE)
    ] == []
    assert [
        file
        for file in rust.files
        if re.search(r"src/service|runtime_client|python-uv|src/requirements", file + rust.read(file))
    ] == []
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


def test_declares_the_signatures_that_the_api_requires(bake: Bake) -> None:
    signed = yaml.safe_load(bake(auth="iam").read("openapi.yaml"))
    unsigned = yaml.safe_load(bake(auth="none").read("openapi.yaml"))

    ((name, scheme),) = signed["components"]["securitySchemes"].items()
    assert signed["security"] == [{name: []}]
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "Authorization")
    assert scheme["x-amazon-apigateway-authtype"] == "awsSigv4"
    assert unsigned["security"] == []
    assert "securitySchemes" not in unsigned["components"]


def test_declares_the_tokens_that_the_api_requires(bake: Bake) -> None:
    document = yaml.safe_load(bake(auth="jwt", api_type="http", routes="GET /, ANY /x, HEAD /y").read("openapi.yaml"))

    ((name, scheme),) = document["components"]["securitySchemes"].items()
    operations = [
        each for path in document["paths"].values() for method, each in path.items() if method != "parameters"
    ]
    assert document["security"] == [{name: []}]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert len(operations) == 3
    assert all("401" in operation["responses"] for operation in operations)


def test_distinguishes_the_cursor_of_a_page_from_a_key_with_that_name(bake: Bake) -> None:
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

    assert {name for name in imported if name.islower()} <= SERVICE_NAMES


def test_reserves_every_name_that_hides_a_handler_in_rust(bake: Bake) -> None:
    routes = bake(language="rust").read("src/routes.rs")

    ((function, parameters),) = re.findall(r"^pub async fn (\w+)\((.*?)\)", routes, re.MULTILINE)

    assert {function, *re.findall(r"(\w+):", parameters)} <= SERVICE_NAMES


def test_gives_the_same_source_for_either_number_of_functions(bake: Bake) -> None:
    one, other = bake(functions="single"), bake(functions="per-route")

    assert [file for file in one.files if one.read(file) != other.read(file)] == [
        "answers.json",
        "docs/adding-a-route.md",
        "template.yaml",
    ]
