"""The service that the answers describe, as several templates read it."""

from __future__ import annotations

from dataclasses import dataclass

from local_extensions.limits import MAX_PARTITION_KEY_BYTES
from local_extensions.quoting import LITERAL_NAME_LENGTH, assign, quote_path, quote_string
from local_extensions.routes import Route, is_parameter


@dataclass(frozen=True)
class Key:
    """A key attribute of the table."""

    name: str
    type: str
    """S (string) or N (number)."""

    max_bytes: int
    """DynamoDB's limit for a value of a string key."""

    sample: str
    """A value for examples."""

    @property
    def is_number(self) -> bool:
        return self.type == "N"

    @property
    def json_sample(self) -> object:
        return int(self.sample) if self.is_number else self.sample

    @property
    def constant(self) -> str:
        """The constant that rendered tests have for a name that is too long for their lines."""
        return "PARTITION_KEY" if self.max_bytes == MAX_PARTITION_KEY_BYTES else "SORT_KEY"

    @property
    def literal(self) -> str:
        """The name as rendered tests write it."""
        return quote_string(self.name) if len(self.name) <= LITERAL_NAME_LENGTH else self.constant

    @property
    def definition(self) -> str:
        """The definition of the constant, if the tests need it."""
        return "" if len(self.name) <= LITERAL_NAME_LENGTH else assign(self.constant, self.name) + "\n"

    def says(self, text: str) -> str:
        """Return a message about the key as rendered tests write it."""
        is_short = len(self.name) <= LITERAL_NAME_LENGTH
        return f'"{self.name} {text}"' if is_short else f'f"{{{self.constant}}} {text}"'


@dataclass(frozen=True)
class TestedRoutes:
    """Routes with one operation, as the rendered tests name them: a single one literally, several as `path`.

    There may be none: cookiecutter renders also the files that are removed afterwards.
    """

    routes: list[Route]

    @property
    def argument(self) -> str:
        """The argument that a test has for the path."""
        return ", path: str" if len(self.routes) > 1 else ""

    @property
    def path(self) -> str:
        return quote_path(self.routes[0].path, "PATH") if len(self.routes) == 1 else "path"

    def call(self, values: str) -> str:
        """Return the path and its parameters' values, as arguments."""
        return f"{self.path}, {values}" if any(route.parameters for route in self.routes) else self.path

    @property
    def locations(self) -> list[str]:
        return sorted({route.location for route in self.routes} - {""})

    @property
    def location(self) -> str:
        """The path of the items that the routes create."""
        return quote_path(self.locations[0], "LOCATION") if len(self.locations) == 1 else "location"

    @property
    def definitions(self) -> str:
        """What a module of tests defines for the names above."""
        definitions = []
        if len(self.routes) > 1:
            paths = "".join(f"        {quote_string(route.path)},\n" for route in self.routes)
            definitions.append(f'pytestmark = pytest.mark.parametrize(\n    "path",\n    [\n{paths}    ],\n)')
        elif self.path == "PATH":
            definitions.append(assign("PATH", self.routes[0].path))
        if self.locations and self.location == "LOCATION":
            definitions.append(assign("LOCATION", self.locations[0]))
        return "".join(definition + "\n" for definition in definitions)


@dataclass(frozen=True)
class Function:
    """A Lambda function, and the routes that it serves."""

    logical_id: str
    routes: list[Route]
    summary: str

    @property
    def actions(self) -> list[str]:
        return sorted({action for route in self.routes for action in route.actions})

    @property
    def role(self) -> str:
        """The logical id of the role that allows the function what its routes do: one for all that do the same."""
        names = [action.partition(":")[2] for action in self.actions] or ["Log"]
        return f"{names[0] if len(names) == 1 else 'Table'}Role"


@dataclass(frozen=True)
class Service:
    """All answers, checked, in the form that the templates read."""

    name: str
    slug: str
    description: str
    table_name: str
    partition_key: Key
    sort_key: Key | None
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
    def functions(self) -> list[Function]:
        if self.functions_answer == "single":
            return [Function("ApiFunction", self.routes, "Serves every route.")]
        return [Function(f"{route.logical_id}Function", [route], route.key) for route in self.routes]

    @property
    def roles(self) -> dict[str, list[str]]:
        """The actions of each role that the functions have."""
        return {function.role: function.actions for function in self.functions}

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

    @property
    def operations(self) -> set[str]:
        return {route.operation for route in self.routes}

    def tested(self, *operations: str) -> TestedRoutes:
        """Return the routes that the contract tests of these operations call."""
        return TestedRoutes([each for each in self.routes if each.operation in operations and each.method != "HEAD"])

    @property
    def tested_in_partition(self) -> TestedRoutes:
        """The routes that create an item in the partition that their path names."""
        return TestedRoutes([route for route in self.tested("create").routes if route.parameters])

    @property
    def tested_heads(self) -> list[Route]:
        return [route for route in self.routes if route.method == "HEAD" and route.operation != "stub"]

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
    def uses_table(self) -> bool:
        """Whether a handler does more than to say that it is not implemented."""
        return self.operations != {"stub"}

    @property
    def pages(self) -> bool:
        """Whether a handler answers with a page."""
        return bool(self.operations & {"list", "query"})
