"""What the check after rendering compares the rendered files with."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from local_extensions.answers import TEMPLATE
from local_extensions.contract import list_heads, list_index_routes, list_routes, list_routes_in_partition, list_stubs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local_extensions.service import Service

DIRECTORY = "{{checked(cookiecutter.project_slug)}}"


# The files that are for some answers only, and whether a service has them.
FILES_FOR_SOME: dict[tuple[str, ...], Callable[[Service], bool]] = {
    ("src/service/*", "src/requirements.txt", "scripts/runtime_client.py", "tests/unit/test_app.py"): lambda service: (
        service.is_python
    ),
    ("src/service/written.py",): lambda service: (
        service.is_python and bool(service.attributes.written or service.attributes.expiry)
    ),
    ("src/service/etags.py",): lambda service: service.is_python and bool(service.attributes.revision),
    ("scripts/check_stage.py", "scripts/tokens.py", "tests/contract/test_tokens.py"): lambda service: service.is_jwt,
    ("env.json", "scripts/serve_with_sam.py"): lambda service: not service.is_jwt,
    ("Cargo.toml", "deny.toml", "rustfmt.toml", "src/*.rs"): lambda service: not service.is_python,
    ("src/written.rs",): lambda service: bool(service.attributes.written or service.attributes.expiry),
    ("src/etags.rs",): lambda service: bool(service.attributes.revision),
    ("tests/contract/test_create.py",): lambda service: bool(list_routes(service, "create")),
    ("tests/contract/test_create_in_partition.py",): lambda service: bool(list_routes_in_partition(service)),
    ("tests/contract/test_read.py",): lambda service: bool(list_routes(service, "read")),
    ("tests/contract/test_replace.py",): lambda service: bool(list_routes(service, "replace")),
    ("tests/contract/test_update.py",): lambda service: bool(list_routes(service, "update")),
    ("tests/contract/test_delete.py",): lambda service: bool(list_routes(service, "delete")),
    ("tests/contract/test_pages.py",): lambda service: bool(list_routes(service, "list", "query")),
    ("tests/contract/test_query.py",): lambda service: bool(list_routes(service, "query")),
    ("tests/contract/test_head.py",): lambda service: bool(list_heads(service)),
    ("tests/contract/test_index.py",): lambda service: bool(list_index_routes(service)),
    ("tests/contract/test_owners.py",): lambda service: bool(service.owner) and service.uses_table,
    ("tests/contract/test_stubs.py",): lambda service: bool(list_stubs(service)),
    ("tests/contract/test_cors.py",): lambda service: bool(service.cors_origin),
}


def describe(service: Service) -> dict[str, object]:
    """Return what the post-gen check compares the rendered files with, as JSON takes it."""
    files = sorted(find_template_files())
    pruned = [name for name in files if is_pruned(name, service)]
    return {
        "files": [name for name in files if name not in pruned],
        "pruned": pruned,
        "slug": service.slug,
        "region": service.region,
        "architecture": service.architecture,
        "auth": service.auth,
        "table": service.table_name,
        "keys": [[key.name, key.type] for key in service.keys],
        "owner": service.owner.name if service.owner else "",
        "id": service.id_key.name if service.id_key else "",
        "written": [attribute.name for attribute in service.attributes.written],
        "indexes": {index.name: [[key.name, key.type] for key in index.keys] for index in service.indexes},
        "routes": [
            {"key": route.key, "name": route.name, "operation": route.operation, "index": route.resource}
            for route in service.routes
        ],
    }


def find_template_files() -> Iterator[str]:
    """Yield the path of each file that is rendered, below the service's directory."""
    top = TEMPLATE / DIRECTORY
    for path in top.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            yield path.relative_to(top).as_posix()


def is_pruned(name: str, service: Service) -> bool:
    """Return whether a file is for services with other answers only."""
    return any(
        any(fnmatchcase(name, pattern) for pattern in patterns) and not has_it(service)
        for patterns, has_it in FILES_FOR_SOME.items()
    )
