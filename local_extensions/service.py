"""The service that the answers describe, as several templates read it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_extensions.attributes import Attributes
    from local_extensions.keys import Index, Key
    from local_extensions.routes import Route


@dataclass(frozen=True)
class Function:
    """A Lambda function, and the routes that it serves."""

    logical_id: str
    routes: list[Route]
    summary: str

    @property
    def permissions(self) -> dict[str, list[str]]:
        """The actions that the routes need on the table, whose name here is empty, and on each index."""
        needed: dict[str, set[str]] = {}
        for route in self.routes:
            if route.actions:
                needed.setdefault(route.resource, set()).update(route.actions)
        return {resource: sorted(needed[resource]) for resource in sorted(needed)}

    @property
    def role(self) -> str:
        """The logical id of the role that allows the function what its routes do: one for all that do the same."""
        names = {
            action.partition(":")[2] + (route.index.logical_id if route.index else "")
            for route in self.routes
            for action in route.actions
        }
        return f"{names.pop() if len(names) == 1 else 'Table' if names else 'Log'}Role"


@dataclass(frozen=True)
class Service:
    """All answers, checked, in the form that the templates read."""

    name: str
    slug: str
    description: str
    table_name: str
    partition_key: Key
    sort_key: Key | None
    attributes: Attributes
    indexes: list[Index]
    region: str
    routes: list[Route]
    language: str
    api_type: str
    functions_answer: str
    architecture: str
    auth: str
    cors_origin: str
    """The origin whose pages may call the API, `*` for any; empty for none."""

    @property
    def keys(self) -> list[Key]:
        return [key for key in (self.partition_key, self.sort_key) if key]

    @property
    def id_key(self) -> Key | None:
        """The attribute of the key that the service makes, a UUID."""
        return self.keys[-1] if self.keys[-1].is_uuid else None

    @property
    def owner(self) -> Key | None:
        """The partition key, if it is the user who signed in."""
        return self.partition_key if self.partition_key.is_owner else None

    @property
    def chosen_keys(self) -> list[Key]:
        """The attributes of the table's key that a request gives: all but the owner."""
        return [key for key in self.keys if not key.is_owner]

    @property
    def looks_up(self) -> bool:
        """Whether a query of an index gives both its keys."""
        return any(index.is_lookup for index in self.indexes)

    @property
    def number_keys(self) -> list[Key]:
        return [key for key in self.keys if key.is_number]

    @property
    def text_keys(self) -> list[Key]:
        return [key for key in self.keys if not key.is_number]

    @property
    def all_keys(self) -> list[Key]:
        """The attributes of the table's key, then those of the indexes' keys: each once, with its smallest limit."""
        keys: dict[str, Key] = {}
        for key in [*self.keys, *(key for index in self.indexes for key in index.keys)]:
            first = keys.get(key.name, key)
            keys[key.name] = replace(first, max_bytes=min(first.max_bytes, key.max_bytes))
        return list(keys.values())

    @property
    def index_keys(self) -> list[Key]:
        """The attributes of the indexes' keys that are not in the table's key."""
        return self.all_keys[len(self.keys) :]

    @property
    def functions(self) -> list[Function]:
        if self.functions_answer == "single":
            return [Function("ApiFunction", self.routes, "Serves every route.")]
        return [Function(f"{route.logical_id}Function", [route], route.key) for route in self.routes]

    @property
    def roles(self) -> dict[str, dict[str, list[str]]]:
        """The permissions of each role that the functions have."""
        return {function.role: function.permissions for function in self.functions}

    @property
    def is_python(self) -> bool:
        return self.language == "python"

    @property
    def is_rest(self) -> bool:
        return self.api_type == "rest"

    @property
    def is_signed(self) -> bool:
        """Whether the deployed API refuses requests that are not signed."""
        return self.auth == "iam"

    @property
    def is_jwt(self) -> bool:
        """Whether the API refuses requests without a token of the identity provider."""
        return self.auth == "jwt"

    @property
    def authorizer(self) -> str:
        """The authorizer of the deployed API's routes, as template.yaml names it; empty for none."""
        return {"iam": "AWS_IAM", "jwt": "JwtAuthorizer", "none": ""}[self.auth]

    @property
    def sends_cors_headers(self) -> bool:
        """Whether the functions' responses need headers for pages of another origin: an HTTP API adds them itself."""
        return bool(self.cors_origin) and self.is_rest

    def needs_preflight(self, route: Route) -> bool:
        """Whether a route would refuse the preflights that its HTTP API otherwise answers itself.

        Amazon API Gateway Developer Guide, "Configure CORS for HTTP APIs": a route for any method takes OPTIONS, too.
        """
        is_in_the_way = bool(self.cors_origin) and not self.is_rest and bool(self.authorizer) and route.method == "ANY"
        return is_in_the_way and f"OPTIONS {route.path}" not in {other.key for other in self.routes}

    @property
    def takes_preflights(self) -> bool:
        """Whether a function is called for preflights."""
        return any(map(self.needs_preflight, self.routes))

    @property
    def build_method(self) -> str:
        """How sam builds the functions."""
        return "python-uv" if self.is_python else "rust-cargolambda"

    def module(self, name: str) -> str:
        """Return the path of a module of the service."""
        return f"src/service/{name}.py" if self.is_python else f"src/{name}.rs"

    @property
    def operations(self) -> set[str]:
        return {route.operation for route in self.routes}

    @property
    def routes_by_path(self) -> dict[str, list[Route]]:
        """The routes, grouped by path in the order in which the paths came."""
        grouped: dict[str, list[Route]] = {}
        for route in self.routes:
            grouped.setdefault(route.path, []).append(route)
        return grouped

    @property
    def uses_table(self) -> bool:
        """Whether a handler does more than report that it is not implemented."""
        return self.operations != {"stub"}

    @property
    def queries_index(self) -> bool:
        return any(route.index for route in self.routes)

    @property
    def keeps_on_replace(self) -> bool:
        """Whether an item keeps something when it is replaced: its time of creation, or the count of its revisions."""
        return bool(self.attributes.created or self.attributes.revision)

    @property
    def decides_by_item(self) -> bool:
        """Whether a write depends on more than whether its key exists."""
        return bool(self.attributes.expiry or self.attributes.revision)

    @property
    def max_changes(self) -> int:
        """How many attributes a PATCH may change: of DynamoDB's 300 operators and functions, the service's own take some."""
        return 300 - bool(self.attributes.updated) - 3 * bool(self.attributes.revision)

    @property
    def lists_in_order(self) -> bool:
        """Whether a list has a sort key, so that clients choose its order and its bounds."""
        return any(route.sort_key for route in self.routes)

    @property
    def returns_pages(self) -> bool:
        """Whether a handler returns a page."""
        return bool(self.operations & {"list", "query"})
