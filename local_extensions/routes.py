"""The routes: their grammar and their rules."""

from __future__ import annotations

import difflib
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_extensions.answer_text import AnswerError, split_list
from local_extensions.limits import (
    ATTRIBUTE_NAME_LENGTH,
    HANDLER_NAME_LENGTH,
    PATH_LENGTH,
    PATH_RESOURCES,
    PYTHON_NAMES,
    ROUTES_PER_FUNCTIONS,
    RUST_NAMES,
    SERVICE_NAMES,
)
from local_extensions.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_extensions.keys import Index, Key

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY")

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


@dataclass(frozen=True)
class Route:
    """A route of the API, and what its handler does."""

    method: str
    path: str
    name: str
    operation: str
    """One of OPERATION_ACTIONS."""

    location: str = ""
    """For an operation that creates: the path of the route that reads the item, if there is one."""

    index: Index | None = None
    """The index that is queried instead of the table."""

    reads_first: bool = False
    """Whether the handler reads the item that it replaces."""

    creates: bool = True
    """For an operation that replaces: whether it creates an item if none has the key."""

    sort_key: Key | None = None
    """For an operation that queries: the key in whose order it lists, if there is one."""

    is_owned: bool = False
    """Whether the items are the caller's own."""

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
        return (*(["dynamodb:GetItem"] if self.reads_first else []), *OPERATION_ACTIONS[self.operation])

    @property
    def resource(self) -> str:
        """The name of the index that the actions are on; empty for the table itself."""
        return self.index.name if self.index else ""

    @property
    def logical_id(self) -> str:
        """The route's name as CloudFormation takes it: letters and digits."""
        return "".join(word.capitalize() for word in self.name.split("_"))

    @property
    def summary(self) -> str:
        items = "the caller's items" if self.is_owned else "the items"
        if self.index:
            return f"list {items} by {self.index.own_keys[0].name}, a page at a time"
        if self.operation == "query" and self.is_owned:
            return f"list {items}, a page at a time"
        if self.operation == "replace" and not self.creates:
            return "replace an item"
        summary = OPERATION_SUMMARIES[self.operation]
        has_one_item = self.is_owned and self.operation != "create" and not self.parameters
        return summary.replace("an item", "the caller's item") if has_one_item else summary

    @property
    def body_schema(self) -> str:
        """The schema of openapi.yaml that the body has, if it has one."""
        if self.operation == "create":
            return "NewPartitionItem" if self.parameters else "NewItem"
        return {"replace": "ItemReplacement", "update": "ItemChanges"}.get(self.operation, "")

    @property
    def is_page(self) -> bool:
        return self.operation in ("list", "query")


def parse_routes(answer: object, functions: str, owner: Key | None) -> tuple[list[Route], list[str]]:
    """Return the routes of `METHOD /path [name], ...`, as stubs, and what is wrong with them, a line per problem."""
    try:
        entries = split_list(answer)
    except AnswerError as error:
        return [], [str(error)]
    routes = []
    problems = []
    for entry in entries:
        try:
            routes.append(parse_route(entry))
        except AnswerError as error:
            problems.append(str(error))
    if not routes and not problems:
        problems.append("names no route; write for example 'GET /users'")
    problems += find_duplicates(routes)
    problems += find_sibling_parameters(routes)
    problems += find_excess(routes, functions)
    problems += [
        f"'{route.key}': {{{owner.name}}} is the user who signed in, whom the token names; remove it from the path"
        for route in routes
        if owner and owner.name in route.parameters
    ]
    if problems:
        return [], problems
    return routes, []


def parse_route(entry: str) -> Route:
    """Return the route of `METHOD /path` or `METHOD /path name`, as a stub. Raises AnswerError.

    >>> parse_route("GET /users/{user_id}").name
    'get_users_by_user_id'
    """
    method, *rest = entry.split()
    if method not in METHODS:
        near = difflib.get_close_matches(method.upper(), METHODS, n=1, cutoff=0.5)
        raise AnswerError(
            f"{quote(entry)}: {quote(method)} is not a method; write {near[0] if near else 'one of ' + ' '.join(METHODS)}"
        )
    if not 1 <= len(rest) <= 2:
        raise AnswerError(f"{quote(entry)}: is not METHOD /path [name]; write for example '{method} /users'")
    path = rest[0]
    check_path(entry, path)
    derived = len(rest) == 1
    name = derive_name(method, path) if derived else rest[1]
    check_handler_name(entry, name, derived=derived)
    return Route(method, path, name, "stub")


def check_path(entry: str, path: str) -> None:
    """Raise AnswerError for a path that API Gateway does not take, or that is too long."""
    if not path.startswith("/"):
        raise AnswerError(f"{quote(entry)}: {quote(path)} does not start with '/'; write {quote('/' + path)}")
    if path != "/" and path.endswith("/"):
        raise AnswerError(f"{quote(entry)}: {quote(path)} ends with '/'; write {quote(path.rstrip('/') or '/')}")
    if len(path) > PATH_LENGTH:
        raise AnswerError(
            f"{quote(entry)}: the path has {len(path)} characters, and the limit is {PATH_LENGTH}; use shorter names"
        )
    if path == "/_docs":
        raise AnswerError(f"{quote(entry)}: on the laptop '/_docs' is the page to try the API; use another path")
    segments = split_path(path)
    for position, segment in enumerate(segments, start=1):
        check_segment(entry, segment, is_last=position == len(segments))
    parameters = [parameter_name(segment) for segment in segments if is_parameter(segment)]
    for parameter in parameters:
        if parameters.count(parameter) > 1:
            raise AnswerError(f"{quote(entry)}: the parameter {{{parameter}}} appears twice; give each its own name")


def check_segment(entry: str, segment: str, *, is_last: bool) -> None:
    """Raise AnswerError for a segment of a path that is neither a word nor a parameter."""
    if segment in (".", ".."):
        raise AnswerError(f"{quote(entry)}: clients remove the segment {quote(segment)} from a path; use another name")
    if re.fullmatch(r"\{[A-Za-z_][A-Za-z0-9_]*\+\}", segment) and not is_last:
        raise AnswerError(
            f"{quote(entry)}: {quote(segment)} matches the rest of the path; make it the last segment, or remove its '+'"
        )
    if not re.fullmatch(r"[A-Za-z0-9._-]+|\{[A-Za-z_][A-Za-z0-9_]*\+?\}", segment):
        raise AnswerError(
            f"{quote(entry)}: {quote(segment)} is not a path segment; write letters, digits, '.', '_' and '-', "
            "or one parameter such as {user_id}, or {proxy+} as the last segment"
        )
    if is_parameter(segment) and len(parameter_name(segment)) > ATTRIBUTE_NAME_LENGTH:
        raise AnswerError(
            f"{quote(entry)}: the parameter {segment} has a name of {len(parameter_name(segment))} characters, "
            f"and the limit is {ATTRIBUTE_NAME_LENGTH}; use a shorter name"
        )


def check_handler_name(entry: str, name: str, *, derived: bool) -> None:
    """Raise AnswerError for a name that a handler cannot have in both languages."""
    rename = f"; add a name for the handler, as in {quote(' '.join(entry.split()[:2]) + ' my_handler')}"
    label = f"the name {quote(name)}" + (" derived for the handler" if derived else "")
    if not re.fullmatch(r"[a-z](_?[a-z0-9])*_?", name):  # Rust does not accept '__' as snake case
        raise AnswerError(
            f"{quote(entry)}: {label} is not a lower-case letter followed by lower-case letters, digits and single '_'{rename}"
        )
    if len(name) > HANDLER_NAME_LENGTH:
        raise AnswerError(f"{quote(entry)}: {label} has more than {HANDLER_NAME_LENGTH} characters{rename}")
    taken = {
        "Python": PYTHON_NAMES,
        "Rust": RUST_NAMES,
        "the service": SERVICE_NAMES,
    }
    for owner, names in taken.items():
        if name in names:
            raise AnswerError(f"{quote(entry)}: {label} is taken by {owner}{rename}")


def derive_name(method: str, path: str) -> str:
    """Return the handler's name for a route that gives none.

    >>> derive_name("GET", "/"), derive_name("PUT", "/v1.0/{id}")
    ('get_root', 'put_v1_0_by_id')
    >>> derive_name("GET", "/books-by-status/{status}")
    'get_books_by_status'
    """
    name = method.lower()
    for segment in split_path(path) or ["root"]:
        text = f"by_{parameter_name(segment)}" if is_parameter(segment) else segment
        word = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
        if word and not (is_parameter(segment) and f"_{word}_" in f"{name}_"):
            name += f"_{word}"
    if len(name) <= HANDLER_NAME_LENGTH:
        return name
    digest = f"{zlib.crc32(name.encode()):08x}"
    return f"{name[: HANDLER_NAME_LENGTH - len(digest) - 1].strip('_')}_{digest}"


def find_duplicates(routes: list[Route]) -> Iterator[str]:
    """Yield a line for each route, handler name or logical id that is listed already."""
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
                f"; give one a name of its own, as in '{route.key} {route.name}_2'"
                if other.name == route.name
                else f"the names {quote(route.name)} and {quote(other.name)} have the same logical id "
                f"{route.logical_id}Function; rename one"
            )


def find_sibling_parameters(routes: list[Route]) -> Iterator[str]:
    """Yield a line for each parameter with a different name in the same place, which API Gateway refuses."""
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
