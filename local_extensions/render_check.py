"""Checks a rendered service, in the post-gen hook and in the service's directory.

Each `check_…` yields one line per problem. A problem stops cookiecutter, which removes the directory again.
"""

from __future__ import annotations

import itertools
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_extensions.rendered_files import Project
from local_extensions.summary import show, summarize

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
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            yield f"{name}: does not end with one newline"


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
        "template.yaml": {key: expected.get(key) for _, key in events(project)},
        "openapi.yaml": {keys.get(key, key): name for key, name in operations.items()},
        project.routes_file: routes_table(project),
    }
    for file, routes in found.items():
        yield from compare(f"{file}: route", expected, routes)
    yield from compare(
        f"{project.routes_file}: handler", dict.fromkeys(expected.values()), dict.fromkeys(handlers(project))
    )


def check_functions(project: Project) -> Iterator[str]:
    """Each function in template.yaml serves its routes, with exactly the actions that these need."""
    expected: dict[str, Any] = {
        name: {"routes": [], "role": role} for name, role in project.expected["functions"].items()
    }
    for route in project.expected["routes"]:
        expected[route["function"]]["routes"].append(route["key"])
    found = {
        name: {
            "routes": [key for owner, key in events(project) if owner == name],
            "role": function.get("Role", "").removeprefix("!GetAtt ").removesuffix(".Arn"),
        }
        for name, function in functions(project).items()
    }
    yield from compare("template.yaml: function", expected, found)

    roles = resources(project, "AWS::IAM::Role")
    permissions = {
        name: {statement["Resource"]: sorted(statement["Action"]) for statement in find_statements(role)}
        for name, role in roles.items()
    }
    yield from compare("template.yaml: role", project.expected["roles"], permissions)
    for name, policy in resources(project, "AWS::IAM::ManagedPolicy").items():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Resource"] != "!GetAtt LogGroup.Arn":
                yield f"template.yaml: {name} allows actions on {statement['Resource']} instead of the log only"


def check_table(project: Project) -> Iterator[str]:
    """The table's name, key and region are the same in all files."""
    template = project.parsed["template.yaml"]
    table = template["Resources"]["Table"]["Properties"]
    types = {attribute["AttributeName"]: attribute["AttributeType"] for attribute in table["AttributeDefinitions"]}
    yield from compare(
        "table",
        {
            "template.yaml": project.expected["table"],
            "env.json": project.expected["table"],
            "Makefile": project.expected["table"],
        },
        {
            "template.yaml": template["Parameters"]["TableName"]["Default"],
            "env.json": project.parsed["env.json"]["Parameters"]["TABLE_NAME"],
            "Makefile": make_variable(project, "TABLE"),
        },
    )
    key = name_types(table, types)
    kinds = [element["KeyType"] for element in table["KeySchema"]]
    yield from compare(
        "key",
        {
            "template.yaml": project.expected["keys"],
            "template.yaml, KeyType": ["HASH", "RANGE"][: len(kinds)],
            project.table_file: project.expected["keys"],
        },
        {"template.yaml": key, "template.yaml, KeyType": kinds, project.table_file: key_attributes(project)},
    )
    indexes = {index["IndexName"]: name_types(index, types) for index in table.get("GlobalSecondaryIndexes", [])}
    yield from compare("template.yaml: index", project.expected["indexes"], indexes)
    regions = {
        "compose.yaml": project.parsed["compose.yaml"]["services"]["localstack"]["environment"]["AWS_DEFAULT_REGION"],
        "Makefile": make_variable(project, "REGION"),
    }
    if samconfig := project.parsed["samconfig.toml"]:
        regions |= {
            f"samconfig.toml, {name}": stage["global"]["parameters"]["region"]
            for name, stage in samconfig.items()
            if isinstance(stage, dict)
        }
    yield from compare("region", dict.fromkeys(regions, project.expected["region"]), regions)


def name_types(keyed: Mapping[str, Any], types: Mapping[str, str]) -> list[list[str | None]]:
    """Return the name and type of each key attribute of the table or an index."""
    return [[element["AttributeName"], types.get(element["AttributeName"])] for element in keyed["KeySchema"]]


def check_attributes(project: Project) -> Iterator[str]:
    """`items` and the schemas of requests in openapi.yaml have the attributes of the answer."""
    expected = project.expected["attributes"]
    if not expected:
        return
    yield from compare(f"{project.items_file}: attribute", expected, checked_attributes(project))
    schemas = project.parsed["openapi.yaml"]["components"]["schemas"]
    for name in schemas.keys() & {"NewItem", "NewPartitionItem", "ItemReplacement"}:
        keys = [key for key, _ in project.expected["keys"]]
        described = {
            attribute: [name_type(schema), attribute in schemas[name].get("required", []), schema.get("enum", [])]
            for attribute, schema in schemas[name]["properties"].items()
            if attribute not in keys and attribute in expected
        }
        yield from compare(f"openapi.yaml: {name}: attribute", expected, described)
        if bool(schemas[name]["additionalProperties"]) != project.expected["allows_others"]:
            yield f"openapi.yaml: {name}: allows other attributes, or forbids them, contrary to the answer"


def checked_attributes(project: Project) -> dict[str, list[Any]]:
    """Return the type of each attribute that `items` checks, whether it is required, and the values of an enum."""
    return {
        found["name"]: [
            "enum" if found["values"] else found["type"].lower(),
            not found["optional"],
            re.findall(r'"(.*?)"', found["values"] or ""),
        ]
        for found in re.finditer(project.patterns.attribute, project.texts[project.items_file])
    }


def name_type(schema: Mapping[str, Any]) -> str:
    """Return the type of an attribute that a schema of openapi.yaml describes."""
    if "enum" in schema or "format" in schema:
        return "enum" if "enum" in schema else "datetime"
    kind = str(schema["type"])
    return {"array": "list", "object": "map"}.get(kind, kind)


def check_local_stack(project: Project) -> Iterator[str]:
    """The files of the local stack agree on its network, endpoint and ports."""
    compose = project.parsed["compose.yaml"]
    host, container_port = "localstack", "4566"
    networks = {
        "compose.yaml": default_of(compose["networks"]["default"]["name"]),
        "compose.yaml, name": compose["name"],
        "Makefile": make_variable(project, "NETWORK"),
    }
    if samconfig := project.parsed["samconfig.toml"]:
        networks["samconfig.toml"] = samconfig["default"]["local_start_api"]["parameters"]["docker_network"]
    yield from compare("network", dict.fromkeys(networks, project.expected["slug"]), networks)
    if host not in compose["services"]:
        yield f"compose.yaml: has no service {host}"
        return
    address, port, inside = compose["services"][host]["ports"][0].replace("${LOCALSTACK_PORT:-4566}", "4566").split(":")
    yield from compare(
        "endpoint",
        {
            "env.json": f"http://{host}:{container_port}",
            "compose.yaml": ["127.0.0.1", make_variable(project, "LOCALSTACK_PORT"), container_port],
            "openapi.yaml": f"http://127.0.0.1:{make_variable(project, 'PORT')}",
        },
        {
            "env.json": project.parsed["env.json"]["Parameters"]["AWS_ENDPOINT_URL_DYNAMODB"],
            "compose.yaml": [address, port, inside],
            "openapi.yaml": project.parsed["openapi.yaml"]["servers"][0]["url"],
        },
    )


CHECKS = (check_texts, check_routes, check_functions, check_table, check_attributes, check_local_stack)


def functions(project: Project) -> dict[str, Any]:
    return resources(project, "AWS::Serverless::Function")


def resources(project: Project, kind: str) -> dict[str, Any]:
    """Return the properties of each resource of one type in template.yaml."""
    declared = project.parsed["template.yaml"]["Resources"]
    return {name: resource["Properties"] for name, resource in declared.items() if resource["Type"] == kind}


def find_statements(role: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the statements of a role's own policies."""
    return [statement for policy in role.get("Policies", []) for statement in policy["PolicyDocument"]["Statement"]]


def events(project: Project) -> list[tuple[str, str]]:
    """Return each route in template.yaml, as a pair of function and route key."""
    return [
        (name, f"{event['Properties']['Method']} {event['Properties']['Path']}")
        for name, function in functions(project).items()
        for identifier, event in function["Events"].items()
        if not identifier.startswith("preflight")  # not one of the answers' routes
    ]


def routes_table(project: Project) -> dict[str, str]:
    """Return the handlers' names by route key, from the table in the routes' module."""
    return dict(re.findall(project.patterns.route, project.texts[project.routes_file]))


def handlers(project: Project) -> list[str]:
    """Return the names of the handlers in the routes' module."""
    return re.findall(project.patterns.handler, project.texts[project.routes_file])


def key_attributes(project: Project) -> list[list[str]]:
    """Return the name and type of each KeyAttribute in the table's module."""
    return [list(found) for found in re.findall(project.patterns.key, project.texts[project.table_file])]


def make_variable(project: Project, name: str) -> str | None:
    match = re.search(rf"^(?:export )?{name} [:?]?= (.*)$", project.texts["Makefile"], re.MULTILINE)
    return match[1] if match else None


def default_of(text: str) -> str:
    """Return the default of Compose's ${VARIABLE:-default}."""
    match = re.fullmatch(r"\$\{\w+:-(.*)\}", text)
    return match[1] if match else text


def compare(what: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    for name in [*expected, *(name for name in found if name not in expected)]:
        if name not in found:
            yield f"{what} {name} is missing"
        elif name not in expected:
            yield f"{what} {name} is unexpected"
        elif found[name] != expected[name]:
            yield f"{what} {name} is {found[name]} instead of {expected[name]}"


def find_problems(project: Project) -> list[str]:
    problems = list(project.read())
    if problems:
        return problems
    for check in CHECKS:
        try:
            problems += check(project)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            problems.append(f"{check.__name__}: a file lacks an expected part: {error!r}")
    return problems


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
    show(summarize(root, expected))
    return None
