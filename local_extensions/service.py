"""The service that the answers describe, as several templates read it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_extensions.routes import Route, is_parameter, parameter_name

if TYPE_CHECKING:
    from local_extensions.attributes import Attributes
    from local_extensions.keys import Index, Key


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
    def key_names(self) -> set[str]:
        return {key.name for key in self.keys}

    @property
    def number_keys(self) -> list[Key]:
        return [key for key in self.keys if key.is_number]

    @property
    def text_keys(self) -> list[Key]:
        return [key for key in self.keys if not key.is_number]

    @property
    def key_definitions(self) -> str:
        """The constants that rendered tests have for names that are too long for their lines."""
        return "".join(key.definition for key in self.keys)

    @property
    def all_keys(self) -> list[Key]:
        """The attributes of the table's key, then those of the indexes' keys, each once."""
        of_indexes = {key.name: key for index in self.indexes for key in index.keys}
        return [*self.keys, *(key for name, key in of_indexes.items() if name not in self.key_names)]

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
    def sends_cors_headers(self) -> bool:
        """Whether the functions' answers need headers for pages of another origin: an HTTP API adds them itself."""
        return bool(self.cors_origin) and self.is_rest

    def needs_preflight(self, route: Route) -> bool:
        """Whether a route would refuse the preflights that its HTTP API otherwise answers itself.

        Amazon API Gateway Developer Guide, "Configure CORS for HTTP APIs": a route for any method takes OPTIONS, too.
        """
        is_in_the_way = bool(self.cors_origin) and not self.is_rest and self.is_signed and route.method == "ANY"
        return is_in_the_way and f"OPTIONS {route.path}" not in {other.key for other in self.routes}

    @property
    def preflights(self) -> bool:
        """Whether a function is called for preflights."""
        return any(map(self.needs_preflight, self.routes))

    @property
    def build_method(self) -> str:
        """How sam builds the functions."""
        return "python-uv" if self.is_python else "rust-cargolambda"

    @property
    def routes_file(self) -> str:
        return "src/service/routes.py" if self.is_python else "src/routes.rs"

    def example(self, route: Route) -> str:
        """Return a call of a route that can be pasted into a shell."""
        methods = {"ANY": "", "GET": "", "HEAD": "--head "}
        call = f"curl --include {methods.get(route.method, f'--request {route.method} ')}http://127.0.0.1:3000"
        call = f"{call}{self.example_path(route)}".replace("--include --head", "--head")
        return f"{call} \\\n  --data '{self.example_body(route)}'" if route.body_schema else call

    def example_body(self, route: Route) -> str:
        """Return a body that a route takes, as JSON."""
        body = {key.name: key.json_sample for key in self.keys if key.name not in route.parameters}
        if self.attributes.listed and route.operation == "update":
            body.update({each.name: None for each in self.attributes.listed[-1:] if not each.is_required})
            body.update({each.name: each.sample for each in self.attributes.listed[:1]})
        elif self.attributes.listed:
            body.update(self.attributes.samples)
        else:
            free = {"name": None, "visits": 2} if route.operation == "update" else {"name": "田中太郎", "visits": 1}
            body.update(
                {name: value for name, value in free.items() if name not in body and name not in self.key_names}
            )
        if route.operation != "update":
            body.update(
                {key.name: key.json_sample for key in self.all_keys if key.name not in self.key_names | {*body}}
            )
        return json.dumps(body, ensure_ascii=False)

    @property
    def seeds(self) -> list[str]:
        """The items of seed.json, as JSON: an example of each attribute, with keys that differ in their last character."""
        item = json.loads(self.example_body(Route("POST", "/", "seed", "create")))
        key = self.keys[-1]
        values = [f"{key.sample[:-1]}{chr(ord(key.sample[-1]) + number)}" for number in range(3)]
        return [
            json.dumps({**item, key.name: int(value) if key.is_number else value}, ensure_ascii=False)
            for value in values
        ]

    def example_path(self, route: Route) -> str:
        """Return a route's path with values for its parameters."""
        samples = {key.name: key.sample for key in self.all_keys}
        segments = [
            samples.get(parameter_name(segment), "any") if is_parameter(segment) else segment
            for segment in route.segments
        ]
        return "/" + "/".join(segments)

    @property
    def operations(self) -> set[str]:
        return {route.operation for route in self.routes}

    def fill(self, route: Route, value: str) -> str:
        """Return a route's path with a value for its parameters that no other route has in that place."""
        taken = {segment for other in self.routes for segment in other.segments}
        value = f"~{value}" if value in taken else value
        return "/" + "/".join(value if is_parameter(segment) else segment for segment in route.segments)

    def methods_of(self, route: Route) -> list[str]:
        """Return the methods that lead to a route: for ANY, those that its path has no other route for."""
        others = {other.method for other in self.routes_by_path[route.path]}
        usual = ("GET", "POST", "PUT", "PATCH", "DELETE")
        return [method for method in usual if method not in others] if route.method == "ANY" else [route.method]

    @property
    def routes_by_path(self) -> dict[str, list[Route]]:
        """The routes, grouped by path in the order in which the paths came."""
        grouped: dict[str, list[Route]] = {}
        for route in self.routes:
            grouped.setdefault(route.path, []).append(route)
        return grouped

    @property
    def routes_without_options(self) -> list[Route]:
        """The routes at paths that have no route for OPTIONS."""
        paths = {route.path for route in self.routes if route.method == "OPTIONS"}
        return [route for route in self.routes if route.path not in paths]

    @property
    def queried_indexes(self) -> list[Index]:
        """The indexes that a route queries."""
        return [index for index in self.indexes if any(route.index == index for route in self.routes)]

    @property
    def uses_table(self) -> bool:
        """Whether a handler does more than to say that it is not implemented."""
        return self.operations != {"stub"}

    @property
    def pages(self) -> bool:
        """Whether a handler answers with a page."""
        return bool(self.operations & {"list", "query"})
