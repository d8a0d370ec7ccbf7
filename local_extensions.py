"""The answers to the questions of cookiecutter.json: parsed, checked, and prepared for the templates.

Everything that a rendered file needs to know is computed here, once, by plain functions; the
templates only loop over the result. `check` refuses bad answers before anything exists on disk.
"""

from __future__ import annotations

import builtins
import itertools
import json
import keyword
import os
import platform
import re
import shlex
import shutil
import sys
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from cookiecutter.exceptions import FailedHookException
from jinja2 import pass_context
from jinja2.ext import Extension

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.runtime import Context

Answers = Mapping[str, object]

TEMPLATE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib would be imported for this alone
DIRECTORY = "{{checked(cookiecutter.project_slug)}}"

CHOICES = {
    "language": ("python", "rust"),
    "api_type": ("rest", "http"),
    "functions": ("single", "per-route"),
    "architecture": ("x86_64", "arm64"),
    "auth": ("iam", "none"),
}

# The files that are for some answers alone: the beginnings of their paths, and whether a service has them.
FILES_FOR_SOME: dict[str, Callable[[Service], bool]] = {
    r"src/service/|src/requirements\.txt|scripts/python_runtime\.py|tests/unit/test_app\.py": lambda service: (
        service.is_python
    ),
    r"Cargo\.toml|deny\.toml|rustfmt\.toml|src/\w+\.rs": lambda service: not service.is_python,
    r"tests/contract/test_create\.py": lambda service: bool(service.tested("create").routes),
    r"tests/contract/test_create_in_partition\.py": lambda service: bool(service.tested_in_partition.routes),
    r"tests/contract/test_read\.py": lambda service: bool(service.tested("read").routes),
    r"tests/contract/test_replace\.py": lambda service: bool(service.tested("replace").routes),
    r"tests/contract/test_update\.py": lambda service: bool(service.tested("update").routes),
    r"tests/contract/test_delete\.py": lambda service: bool(service.tested("delete").routes),
    r"tests/contract/test_pages\.py": lambda service: bool(service.tested("list", "query").routes),
    r"tests/contract/test_query\.py": lambda service: bool(service.tested("query").routes),
    r"tests/contract/test_head\.py": lambda service: bool(service.tested_heads),
    r"tests/contract/test_cors\.py": lambda service: bool(service.cors_origin),
}

# Every region of every partition; a test holds the list against botocore's.
REGIONS = (
    *("af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
    *("ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3"),
    *("ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7"),
    *("ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1"),
    *("eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1"),
    *("me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    *("cn-north-1", "cn-northwest-1", "us-gov-east-1", "us-gov-west-1", "eusc-de-east-1"),
    *("us-iso-east-1", "us-iso-west-1", "us-isob-east-1", "us-isob-west-1"),
    *("eu-isoe-west-1", "us-isof-east-1", "us-isof-south-1"),
)

LIKENESS_OF_A_TYPO = 0.6
DEFAULT_PORTS = {"http": 80, "https": 443}  # which browsers leave out
LAST_PORT = 65535
HOST_LENGTH = 253  # DNS
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY")

# What cookiecutter would read in a replay, and render otherwise by.
SETTINGS = ("_copy_without_render", "_jinja2_env_vars", "_new_lines")

JOINERS = "\u200c\u200d"  # hold emoji and many scripts together; other format characters only deceive the eye
# Latin letters that Unicode does not decompose into an ASCII letter and a mark, as they are usually written in ASCII.
ASCII_LETTERS = str.maketrans(
    dict(
        pair.split("=") for pair in "æ=ae ə=e đ=d ð=d ħ=h ı=i ł=l ŋ=n ø=o œ=oe þ=th ŧ=t ɓ=b ɗ=d ɛ=e ƙ=k ɔ=o ƴ=y".split()
    )
)
SLUG_LENGTH = 40
DOCKER_NETWORKS = ("bridge", "default", "host", "none")  # Docker's own; the slug is the name of the service's
TABLE_NAME_LENGTH = 255  # DynamoDB: naming rules
KEY_NAME_LENGTH = 255  # DynamoDB: naming rules, attributes that are keys
MAX_PARTITION_KEY_BYTES = 2048  # DynamoDB quota: partition key length
HANDLER_NAME_LENGTH = 64
STACK_NAME_IN_GENERATED_NAMES = 24  # what CloudFormation keeps of it in names that may have 64 characters
TEMPLATE_DESCRIPTION_BYTES = 1024  # CloudFormation quota: template description
ROUTES_PER_FUNCTIONS = {
    "per-route": 150,  # CloudFormation quota: 500 resources, of which a route takes three
    "single": 45,  # Lambda quota: 20,480 bytes of resource policy, of which a route takes a permission
}
PATH_LENGTH = 1024  # YAML 1.2: a key of openapi.yaml, on one line
PATH_RESOURCES = 300  # API Gateway quota: resources of a REST API, routes of an HTTP API

PYTHON_NAMES = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
# The Rust Reference: strict, reserved and weak keywords; then the primitive types and the prelude's functions.
RUST_NAMES = set(
    """
    as async await break const continue crate dyn else enum extern false fn for if impl in let loop match
    mod move mut pub ref return self static struct super trait true type unsafe use where while
    abstract become box do final gen macro override priv try typeof unsized virtual yield
    macro_rules raw safe union
    bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize drop
    """.split()
)
# Names that the rendered modules give to something else; a test holds the list against the render.
SERVICE_NAMES = {
    "annotations",
    "app",
    "errors",
    "handle",
    "handler",
    "http",
    "items",
    "json_values",
    "key",
    "main",
    "pages",
    "request",
    "responses",
    "routes",
    "service",
    "table",
}

# Names of which the logical id, with which template.yaml names the event, is a function of CloudFormation's.
CLOUDFORMATION_NAMES = {"ref_"}

# What a line of a rendered test has room for: longer paths and key names are constants there.
LITERAL_PATH_LENGTH = 40
LITERAL_NAME_LENGTH = 28

# YAML 1.1: what reads as a boolean or as null.
YAML_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}

OPERATION_ACTIONS = {
    "list": ("dynamodb:Scan",),
    "query": ("dynamodb:Query",),
    "create": ("dynamodb:PutItem",),
    "read": ("dynamodb:GetItem",),
    "replace": ("dynamodb:PutItem",),
    "update": ("dynamodb:UpdateItem",),
    "delete": ("dynamodb:DeleteItem",),
    "stub": (),
}
OPERATION_SUMMARIES = {
    "list": "list the items, a page at a time",
    "query": "list the items of a partition, a page at a time",
    "create": "create an item",
    "read": "read an item",
    "replace": "replace an item, or create it",
    "update": "set and remove attributes of an item",
    "delete": "delete an item",
    "stub": "not implemented yet",
}
MODULE_PURPOSES = {
    "app": "the function's entry: from API Gateway's event to a handler, and from errors to statuses",
    "routes": "one handler per route",
    "items": "reads and validates the key, the item or the changes in a request",
    "table": "the table's key, the client and the operations; independent of HTTP",
}


class Response(NamedTuple):
    """A response of openapi.yaml."""

    name: str
    description: str
    schema: str = ""
    """The schema of openapi.yaml that the body has, if it has one."""

    @property
    def brief(self) -> str:
        """The description without what it says of the body, for HEAD."""
        return self.description.partition(";")[0]


PAGE = Response("Page", "A page of items", "Page")
ITEM = Response("Item", "The item", "Item")
CREATED = Response("Created", "The new item", "Item")
DELETED = Response("Deleted", "The item is deleted")
REFUSED = Response("Refused", "The request is invalid; `message` says why", "Error")
NOT_FOUND = Response("NotFound", "No item has this key", "Error")
EXISTS = Response("Exists", "An item with this key already exists", "Error")
TOO_LARGE = Response("TooLarge", "The item is larger than 400 KB", "Error")
FAILED = Response("Failed", "The service failed; `message` names the request", "Error")
NOT_IMPLEMENTED = Response("NotImplemented", "The route is not implemented yet", "Error")
UNAVAILABLE = Response("Unavailable", "The table is throttling requests, missing or unreachable", "Error")

# What a route answers, by operation.
ALWAYS = {"500": FAILED, "503": UNAVAILABLE}
OPERATION_RESPONSES = {
    "list": {"200": PAGE, "400": REFUSED, **ALWAYS},
    "query": {"200": PAGE, "400": REFUSED, **ALWAYS},
    "create": {"201": CREATED, "400": REFUSED, "409": EXISTS, "413": TOO_LARGE, **ALWAYS},
    "read": {"200": ITEM, "400": REFUSED, "404": NOT_FOUND, **ALWAYS},
    "replace": {"200": ITEM, "201": CREATED, "400": REFUSED, "413": TOO_LARGE, **ALWAYS},
    "update": {"200": ITEM, "400": REFUSED, "404": NOT_FOUND, "413": TOO_LARGE, **ALWAYS},
    "delete": {"204": DELETED, "400": REFUSED, "404": NOT_FOUND, **ALWAYS},
    "stub": {"500": FAILED, "501": NOT_IMPLEMENTED},
}
COLLECTION_OPERATIONS = {"GET": "list", "HEAD": "list", "POST": "create"}
PARTITION_OPERATIONS = {"GET": "query", "HEAD": "query", "POST": "create"}
ITEM_OPERATIONS = {"GET": "read", "HEAD": "read", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}


class AnswerError(ValueError):
    """An answer that is refused: what is wrong with it, and what would be right."""


class Key(NamedTuple):
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


class Route(NamedTuple):
    """A route of the API, and what its handler does."""

    method: str
    path: str
    name: str
    operation: str
    """One of OPERATION_ACTIONS."""

    location: str = ""
    """For an operation that creates: the path of the route that reads the item, if there is one."""

    @property
    def key(self) -> str:
        """API Gateway's own name of the route."""
        return f"{self.method} {self.path}"

    @property
    def segments(self) -> list[str]:
        return split_path(self.path)

    @property
    def parameters(self) -> list[str]:
        return [parameter_name(segment) for segment in self.segments if is_parameter(segment)]

    @property
    def actions(self) -> tuple[str, ...]:
        return OPERATION_ACTIONS[self.operation]

    @property
    def logical_id(self) -> str:
        """The route's name as CloudFormation takes it: letters and digits."""
        return "".join(word.capitalize() for word in self.name.split("_"))

    @property
    def summary(self) -> str:
        return OPERATION_SUMMARIES[self.operation]

    @property
    def breaks_line(self) -> bool:
        """Whether the call that names `location` is too long for a line of Python."""
        return len(self.location) > 120 - len('    return responses.created(request, item, "")')

    @property
    def breaks_line_of_rust(self) -> bool:
        """Whether the call that names `location` is too long for a line of Rust."""
        return len(self.location) > 120 - len('    responses::created(request, &item, Some(""))')

    @property
    def openapi_method(self) -> str:
        """The name of the route's operation in OpenAPI, which knows no ANY: there it is API Gateway's own."""
        return "x-amazon-apigateway-any-method" if self.method == "ANY" else self.method.lower()

    @property
    def openapi_parameters(self) -> list[str]:
        """The path's parameters as OpenAPI takes them: with their '+', for it is part of the path."""
        return [segment.strip("{}") for segment in self.segments if is_parameter(segment)]

    @property
    def body_schema(self) -> str:
        """The schema of openapi.yaml that the body has, if it has one."""
        if self.operation == "create":
            return "PartitionItem" if self.parameters else "Item"
        return {"replace": "Attributes", "update": "Changes"}.get(self.operation, "")

    @property
    def responses(self) -> list[tuple[str, Response]]:
        """Each status that the handler answers, with the response of openapi.yaml that describes it."""
        return list(OPERATION_RESPONSES[self.operation].items())

    def example(self, keys: list[Key]) -> str:
        """Return a call of the route that can be pasted into a shell."""
        method = (
            "" if self.method in ("ANY", "GET") else "--head " if self.method == "HEAD" else f"--request {self.method} "
        )
        call = f"curl --include {method}http://127.0.0.1:3000{self.example_path(keys)}"
        call = call.replace("--include --head", "--head")
        return f"{call} \\\n  --data '{self.example_body(keys)}'" if self.body_schema else call

    def example_body(self, keys: list[Key]) -> str:
        """Return a body that the route takes, as JSON."""
        body = {key.name: key.json_sample for key in keys if key.name not in self.parameters}
        attributes = {"name": None, "visits": 2} if self.operation == "update" else {"name": "田中太郎", "visits": 1}
        names = {key.name for key in keys}
        body.update({name: value for name, value in attributes.items() if name not in names})
        return json.dumps(body, ensure_ascii=False)

    def example_path(self, keys: list[Key]) -> str:
        """Return the route's path with values for its parameters."""
        samples = {key.name: key.sample for key in keys}
        segments = [
            samples.get(parameter_name(segment), "any") if is_parameter(segment) else segment
            for segment in self.segments
        ]
        return "/" + "/".join(segments)

    @property
    def is_page(self) -> bool:
        return self.operation in ("list", "query")

    @property
    def takes_item(self) -> bool:
        return self.operation in ("create", "replace")


class TestedRoutes(NamedTuple):
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


class Function(NamedTuple):
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


class Service(NamedTuple):
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
    def harmless_route(self) -> Route:
        """A route to try the deployed API with: one that reads, if there is one."""
        return next((route for route in self.routes if route.method == "GET"), self.routes[0])

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

    @property
    def cors_methods(self) -> list[str]:
        """The methods that a page may use."""
        methods = sorted({route.method for route in self.routes})
        return ["*"] if "ANY" in methods else methods

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
    def modules(self) -> list[tuple[str, str]]:
        """The path of each module of the service, with what it is for."""
        path = "src/service/{}.py" if self.is_python else "src/{}.rs"
        return [(path.format(name), purpose) for name, purpose in MODULE_PURPOSES.items()]

    @property
    def routes_file(self) -> str:
        return "src/service/routes.py" if self.is_python else "src/routes.rs"

    @property
    def new_route(self) -> Route:
        """A route that the service does not have, for the document that adds one by hand."""
        paths = {route.path for route in self.routes}
        logical_ids = {route.logical_id for route in self.routes}
        candidates = (f"/health{number}" for number in itertools.chain([""], itertools.count(2)))
        routes = (Route("GET", path, derive_name("GET", path), "stub") for path in candidates)
        return next(route for route in routes if route.path not in paths and route.logical_id not in logical_ids)

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

    @property
    def key_schemas(self) -> dict[str, str]:
        """The schema of openapi.yaml for each key attribute."""
        return dict(zip((key.name for key in self.keys), ("PartitionKey", "SortKey"), strict=False))

    @property
    def locates(self) -> bool:
        """Whether an answer 201 says where the item is."""
        return any(route.location for route in self.routes)

    @property
    def item_routes(self) -> list[Route]:
        """The routes to an item by its whole key, at the path that an answer 201 names where there are several."""
        routes = [route for route in self.routes if route.operation in ITEM_OPERATIONS.values()]
        path = next(
            (route.location or route.path for route in [*filter(attrgetter("location"), self.routes), *routes]), ""
        )
        return [route for route in routes if route.path == path]

    @property
    def openapi_responses(self) -> list[Response]:
        """The responses of openapi.yaml that routes refer to: all but those that a route describes itself."""
        used = [response for route in self.routes if route.method != "HEAD" for _, response in route.responses]
        return [response for response in dict.fromkeys(used) if response != PAGE]

    @property
    def openapi_schemas(self) -> set[str]:
        """The schemas of openapi.yaml that bodies have, either way, and those that they refer to."""
        schemas = {route.body_schema for route in self.routes} | {each.schema for each in self.openapi_responses}
        if any(route.is_page and route.method != "HEAD" for route in self.routes):
            schemas |= {"Item", "Page"}
        if schemas & {"Item", "PartitionItem", "Attributes", "Changes"}:
            schemas |= {"Number", "Value"}
        return schemas | ({"Number"} if self.uses_table and any(key.is_number for key in self.keys) else set())

    @property
    def handler_modules(self) -> list[str]:
        """The modules that the handlers use."""
        used = {
            "items": bool(self.operations - {"list", "stub"}),
            "pages": self.pages,
            "responses": bool(self.operations & {"create", "read", "replace", "update"}),
            "table": self.uses_table,
        }
        return [module for module, is_used in used.items() if is_used]

    @property
    def has_stubs(self) -> bool:
        """Whether a handler is yet to be written."""
        return "stub" in self.operations

    @property
    def stages(self) -> dict[str, str]:
        """The stages that the service is deployed to, each with the name of its table."""
        return {"dev": self.table_name[: TABLE_NAME_LENGTH - len("-dev")] + "-dev", "prod": self.table_name}

    @property
    def generated_names(self) -> str:
        """What CloudFormation's names for the functions and their roles begin with, as a pattern of IAM's in `!Sub`."""
        if len(f"{self.slug}-prod") <= STACK_NAME_IN_GENERATED_NAMES:
            return f"{self.slug}-${{Stage}}-*"
        return f"{f'{self.slug}-'[:STACK_NAME_IN_GENERATED_NAMES]}*"

    @property
    def ci_runner(self) -> str:
        """GitHub's machine with the processor of the functions."""
        return "ubuntu-24.04-arm" if self.architecture == "arm64" else "ubuntu-24.04"

    @property
    def oidc_audience(self) -> str:
        """Whom GitHub's tokens are for."""
        return "sts.amazonaws.com.cn" if self.region.startswith("cn-") else "sts.amazonaws.com"

    @property
    def template_description(self) -> str:
        # cfn-lint takes `${…}` for a parameter that is not replaced, and CloudFormation looks up `{{resolve:…}}`.
        text = re.sub(r"\$(?=\{)|\{(?=\{resolve:)", r"\g<0> ", self.description or self.name)
        return text.encode()[:TEMPLATE_DESCRIPTION_BYTES].decode(errors="ignore")


# --- the answers, one by one -------------------------------------------------------------------


def parse_text(answer: object, *, required: bool) -> str:
    """Return free text for people: any characters that can be seen, on one line.

    >>> parse_text("Café 🦀", required=True)
    'Café 🦀'
    """
    text = expect_string(answer).strip()
    if required and all(character.isspace() or character in JOINERS for character in text):
        raise AnswerError("is empty; write a few words")
    for character in itertools.filterfalse(is_seen, text):
        raise AnswerError(f"contains U+{ord(character):04X}, which cannot be printed; write one line of plain text")
    return text


def is_seen(character: str) -> bool:
    """Return whether a character can be printed on a line."""
    return character in JOINERS or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def parse_slug(answer: object) -> str:
    slug = expect_string(answer)
    if not re.fullmatch(r"[a-z][a-z0-9-]*", slug) or len(slug) > SLUG_LENGTH:
        raise AnswerError(
            f"{quote(slug)} is not a letter followed by letters, digits and hyphens, all lower-case, "
            f"at most {SLUG_LENGTH} characters; for example {quote(make_slug(slug))}"
        )
    if slug in DOCKER_NETWORKS:
        raise AnswerError(
            f"{quote(slug)} is the name of a Docker network; use another name, for example {quote(f'{slug}-service')}"
        )
    return slug


def parse_table_name(answer: object) -> str:
    name = expect_string(answer)
    if not re.fullmatch(r"[A-Za-z0-9_.-]{3,255}", name):
        near = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-")[:TABLE_NAME_LENGTH]
        example = near if len(near) >= 3 else "users"  # noqa: PLR2004 - DynamoDB: table names have 3 characters or more
        raise AnswerError(
            f"{quote(name)} is not 3 to {TABLE_NAME_LENGTH} of the characters A-Z a-z 0-9 _ . -; for example {quote(example)}"
        )
    return name


def parse_partition_key(answer: object) -> Key:
    return parse_key(expect_string(answer), max_bytes=MAX_PARTITION_KEY_BYTES, string_sample="001")


def parse_sort_key(answer: object) -> Key | None:
    text = expect_string(answer)
    return parse_key(text, max_bytes=1024, string_sample="a") if text.strip() else None


def parse_key(answer: str, *, max_bytes: int, string_sample: str) -> Key:
    """Return the key of `name`, `name:S` or `name:N`.

    >>> parse_key("order:N", max_bytes=2048, string_sample="001").type
    'N'
    """
    name, colon, key_type = answer.strip().partition(":")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or len(name) > KEY_NAME_LENGTH:
        near = re.sub(r"[^A-Za-z0-9_]+", "_", name)[:KEY_NAME_LENGTH].strip("_")
        example = near if re.match(r"[A-Za-z_]", near) else "user_id"
        raise AnswerError(
            f"{quote(name)} is not a letter or underscore followed by letters, digits and underscores, "
            f"at most {KEY_NAME_LENGTH} characters; for example {quote(example)}"
        )
    if colon and key_type not in ("S", "N"):
        raise AnswerError(
            f"{quote(answer)} has the type {quote(key_type)}; write {name}:S for a string, {name}:N for a number"
        )
    is_number = key_type == "N"
    return Key(name, key_type or "S", max_bytes, "1" if is_number else string_sample)


def parse_region(answer: object) -> str:
    region = expect_string(answer)
    if region not in REGIONS:
        import difflib  # noqa: PLC0415 - for mistakes alone

        ratios = {known: difflib.SequenceMatcher(None, region.lower(), known).ratio() for known in REGIONS}
        nearest = max(REGIONS, key=lambda known: ratios[known])
        is_typo = ratios[nearest] > LIKENESS_OF_A_TYPO
        hint = f"the nearest is {quote(nearest)}" if is_typo else "write for example 'us-east-1'"
        raise AnswerError(f"{quote(region)} is not an AWS region; {hint}")
    return region


def parse_cors_origin(answer: object) -> str:
    """Return the origin, `*` for any, or nothing.

    >>> parse_cors_origin("https://app.example.com")
    'https://app.example.com'
    """
    origin = expect_string(answer).strip()
    if origin not in ("", "*") and origin != find_origin(origin):
        example = find_origin(origin) or "https://app.example.com"
        raise AnswerError(
            f"{quote(origin)} is not an origin: http:// or https://, a host, and a port unless it is the scheme's "
            f"default; for example {quote(example)}"
        )
    return origin


def find_origin(text: str) -> str:
    """Return the origin of what may be a URL, as browsers name it, or nothing where there is no host.

    >>> find_origin("HTTPS://me@App.Example.com:443/page")
    'https://app.example.com'
    """
    parts = re.match(r"(?:([a-z]*):?//)?(?:[^/?#]*@)?([^/?#:,;\s'\"]*)(?::([0-9]{1,5}))?", text.lower())
    written_scheme, host, port = parts.groups() if parts else ("", "", "")
    scheme = "http" if written_scheme == "http" else "https"
    host = host.strip("*.")
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            return ""
    label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    if len(host) > HOST_LENGTH or not re.fullmatch(rf"{label}(\.{label})*", host):
        return ""
    is_named = port and 0 < int(port) <= LAST_PORT and int(port) != DEFAULT_PORTS[scheme]
    return f"{scheme}://{host}:{int(port)}" if is_named else f"{scheme}://{host}"


def parse_choice(answer: object, choices: tuple[str, ...]) -> str:
    choice = expect_string(answer)
    if choice not in choices:
        raise AnswerError(f"{quote(choice)} is not a choice; write {' or '.join(choices)}")
    return choice


def expect_string(answer: object) -> str:
    if isinstance(answer, list):
        raise AnswerError("is a list, of which cookiecutter uses only the first element; write it as a string")
    if not isinstance(answer, str):
        raise AnswerError(f"{quote(answer)} is not text; write it as a string")
    return answer


# --- the routes --------------------------------------------------------------------------------


def parse_routes(answer: object, keys: list[Key], functions: str) -> tuple[list[Route], list[str]]:
    """Return the routes of `METHOD /path [name], ...`, and what is wrong with them, a line a problem."""
    try:
        text = expect_string(answer)
    except AnswerError as error:
        hint = f": {quote(join_lines(answer))}" if isinstance(answer, list) else ""
        return [], [f"{error}{hint}"]
    routes = []
    problems = []
    for entry in filter(None, (part.strip() for part in re.split(r"[,\n]", text))):
        try:
            routes.append(parse_route(entry, keys))
        except AnswerError as error:
            problems.append(str(error))
    if not routes and not problems:
        problems.append("names no route; write for example 'GET /users'")
    problems += find_duplicates(routes)
    problems += find_sibling_parameters(routes)
    problems += find_excess(routes, functions)
    return [] if problems else [with_location(route, routes, keys) for route in routes], problems


def parse_route(entry: str, keys: list[Key]) -> Route:
    """Return the route of `METHOD /path` or `METHOD /path name`.

    >>> parse_route("GET /users/{user_id}", []).name
    'get_users_by_user_id'
    """
    method, *rest = entry.split()
    if method not in METHODS:
        import difflib  # noqa: PLC0415 - for mistakes alone

        near = difflib.get_close_matches(method.upper(), METHODS, n=1, cutoff=0.5)
        raise AnswerError(
            f"{quote(entry)}: {quote(method)} is not a method; write {near[0] if near else 'one of ' + ' '.join(METHODS)}"
        )
    if not 1 <= len(rest) <= 2:  # noqa: PLR2004 - a path, and a name or none
        raise AnswerError(f"{quote(entry)}: is not METHOD /path [name]; write for example '{method} /users'")
    path = rest[0]
    check_path(entry, path)
    derived = len(rest) == 1
    name = derive_name(method, path) if derived else rest[1]
    check_handler_name(entry, name, derived=derived)
    return Route(method, path, name, choose_operation(method, path, keys))


def check_path(entry: str, path: str) -> None:
    if not path.startswith("/"):
        raise AnswerError(f"{quote(entry)}: {quote(path)} does not start with '/'; write {quote('/' + path)}")
    if path != "/" and path.endswith("/"):
        raise AnswerError(f"{quote(entry)}: {quote(path)} ends with '/'; write {quote(path.rstrip('/') or '/')}")
    segments = split_path(path)
    if len(segments) >= PATH_RESOURCES:  # of which the root is one
        raise AnswerError(
            f"{quote(entry)}: has {len(segments)} segments, and API Gateway allows {PATH_RESOURCES - 1}; make the path shorter"
        )
    if len(path) > PATH_LENGTH:
        raise AnswerError(
            f"{quote(entry)}: the path has {len(path)} characters, and YAML allows {PATH_LENGTH} in openapi.yaml; make it shorter"
        )
    for position, segment in enumerate(segments, start=1):
        check_segment(entry, segment, is_last=position == len(segments))
    parameters = [parameter_name(segment) for segment in segments if is_parameter(segment)]
    for parameter in parameters:
        if parameters.count(parameter) > 1:
            raise AnswerError(f"{quote(entry)}: the parameter {{{parameter}}} appears twice; give each its own name")


def check_segment(entry: str, segment: str, *, is_last: bool) -> None:
    if segment in (".", ".."):
        raise AnswerError(f"{quote(entry)}: clients remove the segment {quote(segment)} from a path; use another name")
    if re.fullmatch(r"\{[A-Za-z_][A-Za-z0-9_]*\+\}", segment) and not is_last:
        raise AnswerError(
            f"{quote(entry)}: {quote(segment)} matches the rest of the path; make it the last segment, or remove its '+'"
        )
    if not re.fullmatch(r"[A-Za-z0-9._-]+|\{[A-Za-z_][A-Za-z0-9_]*\+?\}", segment):
        raise AnswerError(
            f"{quote(entry)}: {quote(segment)} is not a path segment; write letters, digits, '.', '_' and '-', "
            "or one parameter such as {user_id}, or last {proxy+}"
        )


def check_handler_name(entry: str, name: str, *, derived: bool) -> None:
    rename = f"; name the handler after the path, as in {quote(' '.join(entry.split()[:2]) + ' my_handler')}"
    label = f"the name {quote(name)}" + (" derived for the handler" if derived else "")
    if not re.fullmatch(r"[a-z](_?[a-z0-9])*_?", name):  # two '_' together are no snake case to Rust
        raise AnswerError(
            f"{quote(entry)}: {label} is not a lower-case letter followed by lower-case letters, digits and single '_'{rename}"
        )
    if len(name) > HANDLER_NAME_LENGTH:
        raise AnswerError(f"{quote(entry)}: {label} has more than {HANDLER_NAME_LENGTH} characters{rename}")
    taken = {
        "Python": PYTHON_NAMES,
        "Rust": RUST_NAMES,
        "CloudFormation": CLOUDFORMATION_NAMES,
        "the service": SERVICE_NAMES,
    }
    for owner, names in taken.items():
        if name in names:
            raise AnswerError(f"{quote(entry)}: {label} is taken by {owner}{rename}")


def derive_name(method: str, path: str) -> str:
    """Return the handler's name for a route that gives none.

    >>> derive_name("GET", "/"), derive_name("PUT", "/v1.0/{id}")
    ('get_root', 'put_v1_0_by_id')
    """
    words = [f"by_{parameter_name(segment)}" if is_parameter(segment) else segment for segment in split_path(path)] or [
        "root"
    ]
    name = re.sub(r"[^a-z0-9]+", "_", "_".join([method, *words]).lower()).strip("_")
    if len(name) <= HANDLER_NAME_LENGTH:
        return name
    digest = f"{zlib.crc32(name.encode()):08x}"
    return f"{name[: HANDLER_NAME_LENGTH - len(digest) - 1].strip('_')}_{digest}"


def choose_operation(method: str, path: str, keys: list[Key]) -> str:
    """Return what a route does: it depends on the method and on which key attributes are in the path."""
    segments = [segment for segment in split_path(path) if is_parameter(segment)]
    if any(segment.endswith("+}") for segment in segments):
        return "stub"
    parameters = {parameter_name(segment) for segment in segments}
    names = [key.name for key in keys]
    if not parameters:
        return COLLECTION_OPERATIONS.get(method, "stub")
    if parameters == set(names):
        return ITEM_OPERATIONS.get(method, "stub")
    if parameters == set(names[:1]):
        return PARTITION_OPERATIONS.get(method, "stub")
    return "stub"


def with_location(route: Route, routes: list[Route], keys: list[Key]) -> Route:
    """Return a route that creates with the path at which its item can be read, the nearest one first."""
    if not route.takes_item:
        return route
    names = {key.name for key in keys}
    paths = [
        other.path for other in routes if other.operation in ITEM_OPERATIONS.values() and set(other.parameters) == names
    ]
    readable = [other.path for other in routes if other.operation == "read" and other.method == "GET"]
    below = route.path.rstrip("/") + "/"
    ranked = sorted(dict.fromkeys(paths), key=lambda path: (path not in readable, not f"{path}/".startswith(below)))
    return Route(route.method, route.path, route.name, route.operation, ranked[0] if ranked else "")


def find_duplicates(routes: list[Route]) -> Iterator[str]:
    """Yield a line for each route, handler name or logical id that is there already."""
    keys = set()
    first: dict[str, Route] = {}
    for route in routes:
        if route.key in keys:
            yield f"'{route.key}' is listed twice; remove one"
            continue
        keys.add(route.key)
        other = first.setdefault(route.logical_id, route)
        if other is not route:
            yield (
                f"'{route.key}' and '{other.key}' would both be handled by {quote(route.name)}"
                f"; name one after its path, as in '{route.key} {route.name}_2'"
                if other.name == route.name
                else f"the names {quote(route.name)} and {quote(other.name)} have the same logical id "
                f"{route.logical_id}Function; rename one"
            )


def find_sibling_parameters(routes: list[Route]) -> Iterator[str]:
    """Yield a line for each parameter beside one of another name, which API Gateway refuses."""
    first: dict[tuple[str, ...], tuple[str, str]] = {}
    reported = set()
    for route in routes:
        for position, segment in enumerate(route.segments):
            if not is_parameter(segment):
                continue
            place = tuple(route.segments[:position])
            other_segment, other_path = first.setdefault(place, (segment, route.path))
            if segment != other_segment and (place, segment) not in reported:
                reported.add((place, segment))
                takes_rest = "+" in segment + other_segment
                hint = "put a word before one of them" if takes_rest else f"write {other_segment} in both"
                yield (
                    f"'{route.key}': {segment} is where '{other_path}' has {other_segment}, "
                    f"and API Gateway allows one parameter name per place; {hint}"
                )


def find_excess(routes: list[Route], functions: str) -> Iterator[str]:
    """Yield a line for each quota of AWS that the routes exceed."""
    most = ROUTES_PER_FUNCTIONS.get(functions, PATH_RESOURCES)
    if len(routes) > most:
        other = (
            f", or answer functions=per-route, which allows {ROUTES_PER_FUNCTIONS['per-route']}"
            if functions == "single"
            else ""
        )
        yield f"names {len(routes)} routes, and AWS allows {most} with functions={functions}; remove {len(routes) - most}{other}"
    resources = {tuple(route.segments[:end]) for route in routes for end in range(len(route.segments) + 1)}
    if len(resources) > PATH_RESOURCES:
        yield f"has {len(resources)} different path prefixes, and API Gateway allows {PATH_RESOURCES} resources; make the paths shorter or fewer"


def split_path(path: str) -> list[str]:
    return [] if path == "/" else path.removeprefix("/").split("/")


def is_parameter(segment: str) -> bool:
    return segment.startswith("{")


def parameter_name(segment: str) -> str:
    return segment.strip("{+}")


# --- defaults ----------------------------------------------------------------------------------


def make_slug(name: object) -> str:
    """Return a slug: the name's letters and digits as lower-case ASCII, or "my-service" if none remain.

    >>> make_slug("Café Orders (v2)"), make_slug("Straße"), make_slug("日本"), make_slug("3D models")
    ('cafe-orders-v2', 'strasse', 'my-service', 'service-3d-models')
    """
    text = unicodedata.normalize("NFKD", name).casefold() if isinstance(name, str) else ""  # casefold: ß is ss
    ascii_text = text.translate(ASCII_LETTERS).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-")
    if not slug:
        return "my-service"
    if not slug[0].isalpha():
        slug = f"service-{slug}"
    slug = slug[:SLUG_LENGTH].strip("-")
    return f"{slug}-service" if slug in DOCKER_NETWORKS else slug


def find_architecture(_: object = None) -> str:
    """Return this machine's architecture, as Lambda names it; x86_64 for one that Lambda does not have."""
    return "arm64" if platform.machine().lower() in ("aarch64", "arm64") else "x86_64"


def make_default_routes(answers: Answers) -> str:
    """Return create, read, update and delete for the table of the answers so far."""
    try:
        table = parse_table_name(answers["table_name"])
        partition_key = parse_partition_key(answers["partition_key"])
        sort_key = parse_sort_key(answers["sort_key"])
    except (AnswerError, KeyError):
        return "GET /"  # `check` refuses the answer that is at fault
    if table in (".", ".."):
        table = "items"
    partition = f"/{table}/{{{partition_key.name}}}"
    item = f"{partition}/{{{sort_key.name}}}" if sort_key else partition
    routes = [f"GET /{table}", f"POST /{table}"]
    if sort_key:
        routes.append(f"GET {partition}")
    routes += [f"{method} {item}" for method in ("GET", "PUT", "PATCH", "DELETE")]
    return ", ".join(routes)


# --- all of it ---------------------------------------------------------------------------------


def parse_answers(answers: Answers) -> tuple[Service | None, list[str]]:
    """Return the service that the answers describe, or None and every problem, a line each."""
    problems: list[str] = []

    def parse(answer: str, function: Callable[[object], object]) -> object:
        try:
            return function(find_answer(answers, answer))
        except AnswerError as error:
            problems.append(f"{answer}: {error}")
            return None

    parsed = {
        "name": parse("project_name", lambda text: parse_text(text, required=True)),
        "slug": parse("project_slug", parse_slug),
        "description": parse("description", lambda text: parse_text(text, required=False)),
        "table_name": parse("table_name", parse_table_name),
        "partition_key": parse("partition_key", parse_partition_key),
        "sort_key": parse("sort_key", parse_sort_key),
        "region": parse("region", parse_region),
        "cors_origin": parse("cors_origin", parse_cors_origin),
    }
    keys = [key for key in (parsed["partition_key"], parsed["sort_key"]) if isinstance(key, Key)]
    if len(keys) == 2 and keys[0].name == keys[1].name:  # noqa: PLR2004 - both keys are good
        problems.append(f"sort_key: {quote(keys[1].name)} is already the partition key; use another attribute")
    chosen = {answer: parse(answer, lambda text, of=of: parse_choice(text, of)) for answer, of in CHOICES.items()}  # type: ignore[misc]
    routes_answer = find_answer(answers, "routes")
    routes, route_problems = parse_routes(routes_answer, keys, str(chosen["functions"]))
    if not problems or routes_answer != make_default_routes(answers):  # default routes are only as good as the keys
        problems += [f"routes: {problem}" for problem in route_problems]
    problems += [
        f"{name}: is a setting of cookiecutter, not an answer; remove it" for name in SETTINGS if name in answers
    ]
    if problems:
        return None, problems
    return Service(**parsed, routes=routes, functions_answer=chosen.pop("functions"), **chosen), []  # type: ignore[arg-type]


def find_answer(answers: Answers, answer: str) -> object:
    """Return an answer, or its default.

    A replay lacks answers to questions that were not asked then, and cookiecutter asks last for what is a JSON object.
    """
    if answer in answers:
        return answers[answer]
    if answer == "project_slug":
        return make_slug(find_answer(answers, "project_name"))
    if answer == "routes":
        return make_default_routes(answers)
    if answer == "architecture":
        return find_architecture()
    with open(os.path.join(TEMPLATE, "cookiecutter.json"), encoding="utf-8") as file:  # noqa: PTH118, PTH123 - as above
        return json.load(file)[answer]


def make_service(answers: Answers) -> Service:
    """Return the service that the answers describe.

    Raises cookiecutter's FailedHookException, which it prints without a traceback, with every problem.
    """
    service, problems = parse_answers(answers)
    if service is None:
        message = "\n".join([*problems, "", *advise(answers, problems)])
        encoding = sys.stdout.encoding or "utf-8"  # cookiecutter cannot print what this lacks
        raise FailedHookException(message.encode(encoding, "backslashreplace").decode(encoding))
    return service


def advise(answers: Answers, problems: list[str]) -> list[str]:
    """Return the lines that say what to do: run a command again, or fix the answers that the problems name."""
    bad = {name: answers[name] for name in answers if any(problem.startswith(f"{name}:") for problem in problems)}
    program = find_program()
    if program and not any(isinstance(value, list) for value in bad.values()):  # a config file keeps its list
        return ["Fix the answers and run:", "", make_command(program, answers)]
    return ["Fix these answers:", "", *map(assign_answer, bad, bad.values())]


def find_program() -> list[str]:
    """Return the words that start cookiecutter, or nothing if another program renders the template."""
    path = sys.argv[0].replace(os.sep, "/")
    if path.endswith("/cookiecutter/__main__.py"):
        return [sys.executable, "-m", "cookiecutter"]
    if path.rpartition("/")[2] not in ("cookiecutter", "cookiecutter.exe"):
        return []
    if "UV" in os.environ:  # uvx has a cookiecutter on PATH that the user's shell lacks
        return ["uvx", "cookiecutter"]
    return ["cookiecutter"] if shutil.which("cookiecutter") == sys.argv[0] else [sys.argv[0]]


def make_command(program: list[str], answers: Answers) -> str:
    """Return the command that was typed, with all answers, quoted for a shell.

    Answers that were derived from others are left out, so that they follow from the fixed ones. A replay takes no answers.
    """
    words = iter(sys.argv[1:])
    typed = []
    for word in words:
        option, equals, _ = word.partition("=")
        if word == "--replay-file":
            next(words)
        elif option not in ("--no-input", "--replay", "--replay-file") and not (equals and option in answers):
            typed.append(word)
    derived = {"project_slug": make_slug(answers.get("project_name")), "routes": make_default_routes(answers)}
    given = {name: value for name, value in answers.items() if not name.startswith("_") and value != derived.get(name)}
    command = shlex.join([*program, "--no-input", *typed])
    return " ".join([command, *map(assign_answer, given, given.values())])


def assign_answer(name: str, value: object) -> str:
    """Return an answer as cookiecutter's command line takes it, always in quotes, which a fixed answer may need."""
    text = escape_jinja("".join(filter(is_seen, join_lines(value))))
    return f"{name}={shlex.quote(text)}" if shlex.quote(text) != text else f"{name}='{text}'"


def join_lines(value: object) -> str:
    """Return an answer on one line, as several routes can be given."""
    return ", ".join(map(str, value) if isinstance(value, list) else str(value).splitlines())


def escape_jinja(text: str) -> str:
    """Return text so that cookiecutter, which renders answers from a command line, gives it back as it is."""
    return re.sub(r"\{(?=[{%#])", "{{ '{' }}", text)


def quote(value: object) -> str:
    """Return a value in single quotes, on one line, cut where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    shown = text if len(text) <= 80 else text[:77] + "..."  # noqa: PLR2004 - what a line of a terminal takes
    return repr(shown) if not shown.isprintable() else f"'{shown}'"


# --- quoting for the files ---------------------------------------------------------------------


def quote_string(text: str) -> str:
    """Return text as a double-quoted string of YAML, TOML and JSON.

    Braces are escaped where Jinja would read them, so that no rendered file looks like a template.
    """
    return re.sub(r"\{(?=[{%#])", r"\\u007b", json.dumps(text, ensure_ascii=False))


def quote_path(path: str, constant: str) -> str:
    """Return a path as a literal of Python, or the name of a constant if it is too long for a line of a test."""
    return quote_string(path) if len(path) <= LITERAL_PATH_LENGTH else constant


def assign(name: str, text: str, indent: str = "") -> str:
    """Return an assignment as ruff formats it: in parentheses if it fits into a line only so."""
    literal = quote_string(text)
    line = f"{indent}{name} = {literal}"
    fits = len(line) <= 120 or len(f"{indent}    {literal}") > 120  # noqa: PLR2004 - the services' line length
    return line if fits else f"{indent}{name} = (\n{indent}    {literal}\n{indent})"


def quote_yaml(text: str) -> str:
    """Return a name or a path as a scalar of YAML: plain where YAML reads it as a string, else quoted."""
    is_plain = re.fullmatch(r"[A-Za-z_/][A-Za-z0-9_./{}+-]*", text) and text.lower() not in YAML_WORDS
    return text if is_plain else quote_string(text)


def quote_markdown(text: str) -> str:
    """Return text for a line of Markdown, in which it is shown as it is."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~$!&%])", r"\\\1", text)
    return re.sub(r"^(\d+)([.)])|^([-+=])", lambda match: f"{match[1] or ''}\\{match[2] or match[3]}", escaped)


def describe(service: Service) -> dict[str, object]:
    """Return what the post-gen check holds the rendered files against, as JSON takes it."""
    files = sorted(find_template_files())
    pruned = [name for name in files if is_pruned(name, service)]
    return {
        "files": [name for name in files if name not in pruned],
        "pruned": pruned,
        "routes_file": service.routes_file,
        "slug": service.slug,
        "language": service.language,
        "region": service.region,
        "architecture": service.architecture,
        "table": service.table_name,
        "keys": [[key.name, key.type] for key in service.keys],
        "functions": {function.logical_id: function.role for function in service.functions},
        "roles": service.roles,
        "routes": [
            {"key": route.key, "name": route.name, "operation": route.operation, "function": function.logical_id}
            for function in service.functions
            for route in function.routes
        ],
    }


def find_template_files() -> Iterator[str]:
    """Yield the path of each file that is rendered, below the service's directory."""
    top = os.path.join(TEMPLATE, DIRECTORY)  # noqa: PTH118 - pathlib would be imported for this alone
    for directory, _, files in os.walk(top):
        for file in files:
            if not file.endswith(".pyc"):
                yield os.path.relpath(os.path.join(directory, file), top).replace(os.sep, "/")  # noqa: PTH118


def is_pruned(name: str, service: Service) -> bool:
    """Return whether a file is for services with other answers alone."""
    return any(re.match(pattern, name) and not has_it(service) for pattern, has_it in FILES_FOR_SOME.items())


class AnswersExtension(Extension):
    """Registers with Jinja what the templates use, `checked` among it: the name of the service's directory."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters.update(
            architecture=find_architecture,
            assign=assign,
            default_routes=make_default_routes,
            describe=describe_answers,
            markdown=quote_markdown,
            quoted=quote_string,
            slug=make_slug,
            yaml=quote_yaml,
        )
        environment.globals.update(checked=check_answers, template_directory=TEMPLATE)
        # cruft renders two versions of the template in one process: each must import its own module.
        sys.modules.pop(__name__, None)


@pass_context
def check_answers(context: Context, _slug: str) -> str:
    """Return the service's slug, and give the templates the service as `service`.

    Cookiecutter renders the directory's name before it creates any file, so bad answers are refused before that.
    """
    service = make_service({**context["cookiecutter"], **find_lists(context)})
    context.environment.globals["service"] = service
    return service.slug


def find_lists(context: Context) -> Answers:
    """Return the answers that a config file gives as lists: cookiecutter takes the elements for choices.

    Cookiecutter keeps the answers from before it chose as `_cookiecutter`; cruft does not.
    """
    given: Answers = context.get("_cookiecutter", {})
    return {name: answer for name, answer in given.items() if isinstance(answer, list) and name not in CHOICES}


def describe_answers(answers: Answers) -> dict[str, object]:
    """Return what the post-gen hook checks the rendered files against."""
    return describe(make_service(answers))
