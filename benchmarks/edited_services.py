"""Services that people edited, chosen by a seed: their answers, their edits, and the change of answers that comes later."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Edit = "Callable[[Path], None]"


@dataclass(frozen=True)
class Case:
    """A service, what its owners do to it, and the answers that they change then."""

    seed: int
    answers: dict[str, str]
    edits: tuple[str, ...]
    change: str


CRUD = "GET /users, POST /users, GET /users/{user_id}, DELETE /users/{user_id}"

ANSWERS: dict[str, tuple[str, ...]] = {
    "api_type": ("rest", "http"),
    "functions": ("single", "single", "per-route"),
    "sort_key": ("", "", "created_at:N"),
    "attributes": ("", "name, age:integer?, ...", "name, state:new|paid, size:number?"),
    "indexes": ("", "", "name"),
    "cors_origin": ("", "", "https://app.example.com"),
    "routes": ("", "", f"{CRUD}, POST /login"),
}

ADDED_ROUTES = ("GET /reports", "POST /users/{user_id}/orders", "PATCH /orders/{order_id}", "GET /version")


def choose_case(seed: int) -> Case:
    """Return the case of a seed. Even seeds are in Python, odd ones in Rust."""
    chance = random.Random(seed)  # noqa: S311 - repeated, not secret
    answers = {name: chance.choice(values) for name, values in ANSWERS.items()}
    if answers["sort_key"] or not answers["routes"]:
        del answers["routes"]  # the default
    answers["language"] = ("python", "rust")[seed % 2]
    if "name" not in answers["attributes"] and answers["attributes"]:
        answers["indexes"] = ""
    edits = tuple(chance.sample(sorted(EDITS), chance.randint(3, 8)))
    return Case(seed, answers, edits, chance.choice(list_changes(answers)))


def list_changes(answers: dict[str, str]) -> list[str]:
    """Return the changes of answers that make sense for a service."""
    attributes = answers["attributes"]
    indexes = ["indexes+=email" if not attributes or "..." in attributes else "attributes+=email indexes+=email"]
    routes = [f"routes+='{route}'" for route in ADDED_ROUTES]
    attribute = ["attributes+='email, note?'" if attributes else "attributes='name, note?, ...'"]
    others = ["functions=per-route" if answers["functions"] == "single" else "functions=single"]
    others += ["auth=none", "cors_origin=https://www.example.com", "description='All users'", "region=eu-west-1"]
    return [*indexes * 3, *routes, *attribute * 3, *others]


# --- edits -------------------------------------------------------------------------------------


def replace(file: Path, pattern: str, replacement: str) -> None:
    """Replace the first match, which must exist."""
    text = file.read_text(encoding="utf-8")
    changed, count = re.subn(pattern, lambda match: match.expand(replacement), text, count=1, flags=re.MULTILINE)
    if not count:
        raise ValueError(f"{file}: no {pattern}")
    file.write_text(changed, encoding="utf-8")


def append(file: Path, text: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def find_routes(service: Path) -> Path:
    python = service / "src/service/routes.py"
    return python if python.exists() else service / "src/routes.rs"


def is_python(service: Path) -> bool:
    return (service / "src/service").exists()


def add_route(service: Path) -> None:
    """Follow docs/adding-a-route.md of the service."""
    from steps import follow, read_steps  # noqa: PLC0415 - tests/support

    follow(read_steps((service / "docs/adding-a-route.md").read_text(encoding="utf-8")), service)


def log_in_a_handler(service: Path) -> None:
    if is_python(service):
        replace(
            find_routes(service), r"^    table\.create\(item\)$", '    table.create(item)\n    print("Created an item")'
        )
    else:
        replace(
            find_routes(service),
            r"^    table\.create\(&item\)\.await\?;$",
            '    table.create(&item).await?;\n    println!("Created an item");',
        )


def change_the_last_handler(service: Path) -> None:
    """Print in the handler that is the last in the file, as a new route comes after it."""
    routes = find_routes(service)
    text = routes.read_text(encoding="utf-8")
    handler = re.findall(r"^(?:async fn|def) \w+\(.*\n", text, re.MULTILINE)[-1]
    body = '    print("Called")\n' if is_python(service) else '    println!("Called");\n'
    head, _, tail = text.partition(handler)
    if is_python(service):
        docstring, rest = tail.split("\n", 1)
        routes.write_text(f"{head}{handler}{docstring}\n{body}{rest}", encoding="utf-8")
    else:
        routes.write_text(f"{head}{handler}{body}{tail}", encoding="utf-8")


def use_a_module(service: Path) -> None:
    """Add a module, and import it in the handlers' module."""
    routes = find_routes(service)
    if is_python(service):
        module = '"""Notes who did what."""\n\n\ndef note(text: str) -> None:\n    print(text)\n'
        (service / "src/service/audit.py").write_text(module, encoding="utf-8")
        replace(routes, r"^from service import \(\n", "from service import (\n    audit,\n")
        replace(routes, r"^    return Response\(204\)$", '    audit.note("Deleted an item")\n    return Response(204)')
    else:
        (service / "src/audit.rs").write_text(
            '//! Notes who did what.\n\npub fn note(text: &str) {\n    println!("{text}");\n}\n'
        )
        replace(service / "src/lib.rs", r"^pub mod errors;$", "pub mod audit;\npub mod errors;")
        replace(routes, r"^use crate::errors::Error;$", "use crate::audit;\nuse crate::errors::Error;")
        replace(
            find_routes(service),
            r"^    Ok\(Response::new\(204, \"\"\)\)$",
            '    audit::note("Deleted an item");\n    Ok(Response::new(204, ""))',
        )


def add_an_attribute(service: Path) -> None:
    """Add an attribute by hand: to the table in the source, to openapi.yaml."""
    items = service / ("src/service/items.py" if is_python(service) else "src/items.rs")
    text = items.read_text(encoding="utf-8")
    if is_python(service) and "ATTRIBUTES = {\n" in text:
        replace(items, r"^ATTRIBUTES = \{\n", 'ATTRIBUTES = {\n    "nickname": Attribute("string", required=False),\n')
    elif match := re.search(r"ATTRIBUTES: &\[Attribute\] = &\[\n", text):
        line = '    Attribute { name: "nickname", kind: Kind::String, required: false },\n'
        items.write_text(text.replace(match[0], match[0] + line), encoding="utf-8")
    openapi = service / "openapi.yaml"
    replace(openapi, r"^(    Item:\n(?:      .*\n)*?      properties:\n)", r"\1        nickname: {type: string}\n")


def add_a_variable(service: Path) -> None:
    """Add a variable to the functions' environment, as the last one."""
    replace(service / "template.yaml", r"^(      Variables:\n(?:        .*\n)+)", r"\1        LOG_LEVEL: info\n")


def set_memory(service: Path) -> None:
    replace(service / "template.yaml", r"^    MemorySize: 512$", "    MemorySize: 1024")


def add_a_queue(service: Path) -> None:
    replace(
        service / "template.yaml",
        r"^Outputs:$",
        "  Queue:\n    Type: AWS::SQS::Queue\n\nOutputs:",
    )


def add_an_output(service: Path) -> None:
    append(service / "template.yaml", "  TableArn:\n    Description: The table's ARN\n    Value: !GetAtt Table.Arn\n")


def add_a_parameter(service: Path) -> None:
    replace(
        service / "template.yaml",
        r"^Conditions:$",
        "  Owner:\n    Type: String\n    Default: team\n    Description: Who owns the service\n\nConditions:",
    )


def add_a_target(service: Path) -> None:
    target = ".PHONY: count\ncount: ## count the items\n\t@echo 0\n"
    replace(service / "Makefile", r"^\.PHONY: clean$", f"{target}\n.PHONY: clean")


def add_a_package(service: Path) -> None:
    if is_python(service):
        replace(service / "pyproject.toml", r"^dependencies = \[\]$", 'dependencies = ["python-ulid==3.1.0"]')
    else:
        replace(service / "Cargo.toml", r"^(\[dependencies\]\n(?:.+\n)*)", r'\1itoa = "1.0.15"\n')


def add_a_seed(service: Path) -> None:
    """Add an item, and an attribute to the first one."""
    seeds = service / "seed.json"
    text = seeds.read_text(encoding="utf-8")
    text = text.replace("[\n  {\n", '[\n  {\n    "nickname": "Ann",\n', 1)
    item = text.rstrip("]\n").rpartition("  {\n")[2].replace('"003"', '"004"')
    seeds.write_text(text.rstrip("]\n") + ",\n  {\n" + item + "\n]\n", encoding="utf-8")


def write_in_the_readme(service: Path) -> None:
    replace(service / "README.md", r"^## Run it$", "Questions: ask the users team.\n\n## Run it")


def list_calls_in_the_readme(service: Path) -> None:
    """Add an example to the end of the README's block of calls."""
    call = "# Count them\ncurl http://127.0.0.1:3000/users | jq '.items | length'\n"
    replace(service / "README.md", r"^# Your own calls:\n", f"# Your own calls:\n{call}")


def leave_github(service: Path) -> None:
    for file in sorted((service / ".github").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    (service / ".github").rmdir()


def add_a_stage(service: Path) -> None:
    append(service / "samconfig.toml", '\n[staging.deploy.parameters]\nstack_name = "users-api-staging"\n')


def test_creates_more(service: Path) -> None:
    append(
        service / "tests/contract/test_create.py",
        "\n\ndef test_creates_with_our_own_attribute(api: Api, key: Item) -> None:\n"
        '    response = api.post("/users", body={**key, **ATTRIBUTES})\n\n    assert response.status in (200, 201, 400)\n',
    )


def implement_a_stub(service: Path) -> None:
    """Return something from a stub, without the import that this makes useless, and remove the stub from its test."""
    routes = find_routes(service)
    if not is_python(service):
        pattern = r"^    let Request \{ method, resource, \.\. \} = request;\n    Err\(Error::NotImplementedYet.*\n"
        replace(routes, pattern, '    println!("{}", request.method);\n    Ok(Response::new(200, "{}"))\n')
    else:
        replace(routes, r"^    raise NotImplementedYet\(.*$", "    return Response(200, '{}')")
        if routes.read_text(encoding="utf-8").count("NotImplementedYet") == 1:
            replace(routes, r"^from service\.errors import NotImplementedYet\n", "")
    replace(service / "tests/contract/test_stubs.py", r"^STUBS = \[\n.*\n", "STUBS = [\n")


def change_the_version(service: Path) -> None:
    replace(service / "openapi.yaml", r"^  version: 0\.1\.0$", "  version: 1.2.0")


def add_a_schema(service: Path) -> None:
    replace(
        service / "openapi.yaml",
        r"^    Error:$",
        "    Count:\n      type: integer\n    Error:",
    )


def add_an_index(service: Path) -> None:
    """Declare an index by hand, as the service's README says."""
    template = service / "template.yaml"
    replace(template, r"^(      AttributeDefinitions:\n)", r"\1        - {AttributeName: city, AttributeType: S}\n")
    index = "        - IndexName: by-city\n          KeySchema:\n            - {AttributeName: city, KeyType: HASH}\n          Projection: {ProjectionType: ALL}\n"
    if "GlobalSecondaryIndexes:" in template.read_text(encoding="utf-8"):
        replace(template, r"^(      GlobalSecondaryIndexes:\n)", "\\1" + index)
    else:
        replace(template, r"^(      KeySchema:\n(?:        .*\n)+)", "\\1      GlobalSecondaryIndexes:\n" + index)


EDITS: dict[str, Callable[[Path], None]] = {
    function.__name__: function
    for function in (
        add_route,
        log_in_a_handler,
        change_the_last_handler,
        use_a_module,
        add_an_attribute,
        add_a_variable,
        set_memory,
        add_a_queue,
        add_an_output,
        add_a_parameter,
        add_a_target,
        add_a_package,
        add_a_seed,
        write_in_the_readme,
        list_calls_in_the_readme,
        leave_github,
        add_a_stage,
        test_creates_more,
        implement_a_stub,
        change_the_version,
        add_a_schema,
        add_an_index,
    )
}
