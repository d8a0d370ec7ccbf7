"""Checks a rendered service, in the post-gen hook and in the service's directory.

Each `check_…` yields one line per problem. A problem stops cookiecutter, which removes the directory again.
"""

from __future__ import annotations

import itertools
import re
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rendered_files import Project
from summary import summarize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# Jinja's delimiters, but not GitHub's `${{ … }}` or Docker's `{{.Format}}`.
JINJA = re.compile(r"\{(?:(?<!\$\{)\{(?!\.)|%|#)")


def check_texts(project: Project) -> Iterator[str]:
    for name, text in project.texts.items():
        for number, line in enumerate(text.split("\n") if JINJA.search(text) else [], start=1):
            if JINJA.search(line):
                yield f"{name}:{number}: contains template syntax: {line.strip()}"
        if "\r" in text:
            yield f"{name}: contains carriage returns; lines end with LF only"


def check_routes(project: Project) -> Iterator[str]:
    expected = {route["key"]: route["name"] for route in project.expected["routes"]}
    operations = {
        f"{'ANY' if method.startswith('x-') else method.upper()} {path}": operation["operationId"]
        for path, operations in project.parsed["openapi.yaml"]["paths"].items()
        for method, operation in operations.items()
        if method != "parameters"
    }
    keys = {key.replace("+}", "}"): key for key in expected}  # OpenAPI writes {proxy+} as {proxy}
    found = {
        "template.yaml": {key: expected.get(key) for key in list_route_keys(project)},
        "openapi.yaml": {keys.get(key, key): name for key, name in operations.items()},
    }
    for file, routes in found.items():
        yield from compare(f"{file}: route ", expected, routes)


def check_table(project: Project) -> Iterator[str]:
    """The table, its key, its indexes and the region are those of the answers."""
    template = project.parsed["template.yaml"]
    table = template["Resources"]["Table"]["Properties"]
    types = {attribute["AttributeName"]: attribute["AttributeType"] for attribute in table["AttributeDefinitions"]}
    kinds = [element["KeyType"] for element in table["KeySchema"]]
    emulator = project.parsed["compose.yaml"]["services"]["localstack"]
    found = {
        "template.yaml: table": template["Parameters"]["TableName"]["Default"],
        "template.yaml: key": name_types(table, types),
        "template.yaml: KeyType": kinds,
        "compose.yaml: region": emulator["environment"]["AWS_DEFAULT_REGION"],
    }
    expected = {
        "template.yaml: table": project.expected["table"],
        "template.yaml: key": project.expected["keys"],
        "template.yaml: KeyType": ["HASH", "RANGE"][: len(project.expected["keys"])],
        "compose.yaml: region": project.expected["region"],
    }
    yield from compare("", expected, found)
    indexes = {index["IndexName"]: name_types(index, types) for index in table.get("GlobalSecondaryIndexes", [])}
    yield from compare("template.yaml: index ", project.expected["indexes"], indexes)


def name_types(keyed: Mapping[str, Any], types: Mapping[str, str]) -> list[list[str | None]]:
    """Return the name and type of each key attribute of the table or an index."""
    return [[element["AttributeName"], types.get(element["AttributeName"])] for element in keyed["KeySchema"]]


CHECKS = (check_texts, check_routes, check_table)


def list_route_keys(project: Project) -> list[str]:
    """Return the route key of each event in template.yaml."""
    resources = project.parsed["template.yaml"]["Resources"].values()
    functions = [resource["Properties"] for resource in resources if resource["Type"] == "AWS::Serverless::Function"]
    return [
        f"{event['Properties']['Method']} {event['Properties']['Path']}"
        for function in functions
        for name, event in function["Events"].items()
        if not name.startswith("preflight")  # not one of the answers' routes
    ]


def compare(what: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    for name in [*expected, *(name for name in found if name not in expected)]:
        if name not in found:
            yield f"{what}{name} is missing"
        elif name not in expected:
            yield f"{what}{name} is unexpected"
        elif found[name] != expected[name]:
            yield f"{what}{name} is {found[name]} instead of {expected[name]}"


def find_problems(project: Project) -> list[str]:
    return list(project.read()) or [problem for check in CHECKS for problem in check(project)]


def prune(root: Path, names: Iterable[str]) -> None:
    """Remove the files of services with other answers, and directories that become empty."""
    for name in names:
        path = root / name
        path.unlink(missing_ok=True)
        for directory in itertools.takewhile(lambda parent: parent != root, path.parents):
            if directory.is_dir() and not any(directory.iterdir()):
                directory.rmdir()


def make_scripts_executable(project: Project) -> None:
    """Make files that begin with `#!` executable: zip archives and Windows file systems keep no modes."""
    for name, text in project.texts.items():
        if text.startswith("#!"):
            path = project.root / name
            path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def finish(expected: Mapping[str, Any]) -> str | None:
    """Prune and check the service in the current directory, and print a summary. Return the problems, if any.

    `expected` is what `expectations.describe` returns.
    """
    root = Path.cwd()
    prune(root, expected["pruned"])
    project = Project(root, expected)
    if problems := find_problems(project):
        return "\n".join(["The rendered service is not valid; please report this:", *problems])
    make_scripts_executable(project)
    sys.stderr.write(f"{summarize(root, expected)}\n")  # stdout may be a patch of `cruft diff`
    return None
