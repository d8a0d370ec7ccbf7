"""The answers to the questions: parsed, checked, and given again in a command."""

from __future__ import annotations

import difflib
import itertools
import json
import os
import platform
import re
import shlex
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cookiecutter.exceptions import FailedHookException

from local_extensions.answer_text import AnswerError, expect_string
from local_extensions.attributes import parse_attributes
from local_extensions.keys import Key, parse_indexes, parse_partition_key, parse_sort_key
from local_extensions.limits import (
    DOCKER_NETWORKS,
    PATH_LENGTH,
    REGIONS,
    SLUG_LENGTH,
    TABLE_NAME_LENGTH,
)
from local_extensions.operations import assign_operations
from local_extensions.quoting import JOINERS, escape_jinja, is_seen, join_lines, quote
from local_extensions.routes import parse_routes
from local_extensions.service import Service

if TYPE_CHECKING:
    from jinja2.runtime import Context


Answers = Mapping[str, object]

TEMPLATE = Path(__file__).resolve().parent.parent

CHOICES = {
    "language": ("python", "rust"),
    "api_type": ("rest", "http"),
    "functions": ("single", "per-route"),
    "architecture": ("x86_64", "arm64"),
    "auth": ("iam", "jwt", "none"),
}

LIKENESS_OF_A_TYPO = 0.6

# Settings that cookiecutter would read from a replay, and that change how it renders.
SETTINGS = ("_copy_without_render", "_jinja2_env_vars", "_new_lines")


class InvalidAnswersError(SystemExit, FailedHookException):
    """Lines about answers that are refused.

    Cookiecutter prints a FailedHookException without a traceback. Cruft catches nothing, and Python prints a SystemExit.
    """

    def __init__(self, *lines: str) -> None:
        encoding = sys.stdout.encoding or "utf-8"  # cookiecutter cannot print what this lacks
        super().__init__("\n".join(lines).encode(encoding, "backslashreplace").decode(encoding))


def make_service(answers: Answers) -> Service:
    """Return the service that the answers describe, or raise InvalidAnswersError with every problem."""
    service, problems = parse_answers(answers)
    if service is None:
        raise InvalidAnswersError(*problems, "", *advise(answers, problems))
    return service


def parse_answers(answers: Answers) -> tuple[Service | None, list[str]]:
    """Return the service that the answers describe, or None and every problem, a line each."""
    problems: list[str] = []

    def parse(answer: str, function: Callable[[object], object]) -> Any:
        try:
            return function(find_answer(answers, answer))
        except AnswerError as error:
            problems.append(f"{answer}: {error}")
            return None

    parsed = {
        "table_name": parse("table_name", parse_table_name),
        "partition_key": parse("partition_key", parse_partition_key),
        "sort_key": parse("sort_key", parse_sort_key),
        "region": parse("region", parse_region),
        "name": parse("project_name", lambda text: parse_text(text, required=True)),
        "slug": parse("project_slug", parse_slug),
        "description": parse("description", lambda text: parse_text(text, required=False)),
        "cors_origin": parse("cors_origin", parse_cors_origin),
    }
    keys = [key for key in (parsed["partition_key"], parsed["sort_key"]) if isinstance(key, Key)]
    attributes, attribute_problems = parse_attributes(find_answer(answers, "attributes"), [key.name for key in keys])
    indexes, index_problems = parse_indexes(find_answer(answers, "indexes"), keys, attributes)
    problems += [f"attributes: {problem}" for problem in attribute_problems]
    problems += [f"indexes: {problem}" for problem in index_problems]
    if keys and keys[-1].is_owner and indexes and find_answer(answers, "sort_key") == "":
        problems.append("indexes: without a sort key, each user has one item; remove them, or answer sort_key, too")
    chosen = {answer: parse(answer, partial(parse_choice, choices=choices)) for answer, choices in CHOICES.items()}
    problems += find_disagreements(keys, chosen["auth"], chosen["api_type"])
    routes_answer = find_answer(answers, "routes")
    owner = keys[0] if keys and keys[0].is_owner else None
    routes, route_problems = parse_routes(routes_answer, str(chosen["functions"]), owner)
    if not problems or routes_answer != make_default_routes(answers):  # default routes are only as good as the rest
        problems += [f"routes: {problem}" for problem in route_problems]
    problems += [
        f"{name}: is a setting of cookiecutter, not an answer; remove it" for name in SETTINGS if name in answers
    ]
    if problems:
        return None, problems
    routes = assign_operations(routes, keys, indexes)
    if attributes.created or attributes.revision:
        routes = [replace(route, reads_first=route.operation == "replace") for route in routes]
    model: dict[str, Any] = {
        "attributes": attributes,
        "indexes": indexes,
        "routes": routes,
        "functions_answer": chosen.pop("functions"),
    }
    return Service(**parsed, **model, **chosen), []


def find_disagreements(keys: list[Key], auth: str, api_type: str) -> Iterator[str]:
    """Yield a line for each answer that does not go with another one. `keys` are the table's."""
    if len(keys) == 2 and keys[0].name == keys[1].name:
        yield f"sort_key: {quote(keys[1].name)} is already the partition key; use another attribute"
    if len(keys) == 2 and keys[0].is_uuid:
        name = keys[0].name
        yield (
            f"partition_key: {quote(f'{name}:uuid')} is not the last attribute of the key; write {name}, or leave out the sort key"
        )
    if auth == "jwt" and api_type == "rest":
        yield "auth: 'jwt' needs an HTTP API, as SAM declares no JWT authorizer for a REST API; add api_type=http"
    if keys and keys[0].is_owner and auth != "jwt":
        yield "partition_key: the owner of an item is the user who signed in; answer auth=jwt api_type=http, too"


def find_answer(answers: Answers, answer: str) -> object:
    """Return an answer, or its default.

    A replay lacks answers to questions that were not asked then, and cookiecutter asks for JSON objects last.
    """
    if answer in answers:
        return answers[answer]
    if answer == "project_name":
        return make_name(find_answer(answers, "table_name"))
    if answer == "project_slug":
        return make_slug(find_answer(answers, "project_name"))
    if answer == "routes":
        return make_default_routes(answers)
    if answer == "architecture":
        return find_architecture()
    return read_questions()[answer]


@cache
def read_questions() -> dict[str, object]:
    """Return the default of each question, in the order of the questions."""
    questions = json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))
    return {name: default for name, default in questions.items() if not name.startswith("_")}


def parse_text(answer: object, *, required: bool) -> str:
    """Return free text for people: any characters that can be seen, on one line. Raises AnswerError.

    >>> parse_text("Café 🦀", required=True)
    'Café 🦀'
    """
    text = expect_string(answer).strip()
    if required and all(character.isspace() or character in JOINERS for character in text):
        raise AnswerError("is empty; write a few words")
    for character in itertools.filterfalse(is_seen, text):
        raise AnswerError(f"contains U+{ord(character):04X}, which cannot be printed; write one line of plain text")
    return text


def parse_slug(answer: object) -> str:
    """Return the slug. Raises AnswerError for one that Docker or CloudFormation does not take."""
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
    """Return the table's name. Raises AnswerError for one that DynamoDB does not take."""
    name = expect_string(answer)
    if not re.fullmatch(r"[A-Za-z0-9_.-]{3,255}", name):
        near = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-")[:TABLE_NAME_LENGTH]
        example = near if len(near) >= 3 else "users"
        raise AnswerError(
            f"{quote(name)} is not 3 to {TABLE_NAME_LENGTH} of the characters A-Z a-z 0-9 _ . -; for example {quote(example)}"
        )
    return name


def parse_region(answer: object) -> str:
    """Return the region. Raises AnswerError for one that AWS does not have."""
    region = expect_string(answer)
    if region not in REGIONS:
        ratios = {known: difflib.SequenceMatcher(None, region.lower(), known).ratio() for known in REGIONS}
        nearest = max(REGIONS, key=lambda known: ratios[known])
        is_typo = ratios[nearest] > LIKENESS_OF_A_TYPO
        hint = f"the nearest is {quote(nearest)}" if is_typo else "write for example 'us-east-1'"
        raise AnswerError(f"{quote(region)} is not an AWS region; {hint}")
    return region


LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST = rf"{LABEL}(\.{LABEL})*"
# As browsers send it: in lower case, without the scheme's default port.
ORIGIN = rf"(http://{HOST}(:(?!80\b)[1-9]\d{{0,4}})?|https://{HOST}(:(?!443\b)[1-9]\d{{0,4}})?)(?![\w@.-])"


def parse_cors_origin(answer: object) -> str:
    """Return the origin, `*` for any, or nothing. Raises AnswerError.

    >>> parse_cors_origin("https://app.example.com")
    'https://app.example.com'
    """
    origin = expect_string(answer).strip()
    if origin not in ("", "*") and not re.fullmatch(ORIGIN, origin):
        near = re.match(ORIGIN, origin.lower() if "://" in origin else f"https://{origin.lower()}")
        raise AnswerError(
            f"{quote(origin)} is not an origin: http:// or https://, a host, and a port unless it is the scheme's "
            f"default; for example {quote(near[0] if near else 'https://app.example.com')}"
        )
    return origin


def parse_choice(answer: object, choices: tuple[str, ...]) -> str:
    """Return one of the choices. Raises AnswerError for anything else."""
    choice = expect_string(answer)
    if choice not in choices:
        raise AnswerError(f"{quote(choice)} is not a choice; write {', '.join(choices[:-1])} or {choices[-1]}")
    return choice


def make_name(table_name: object) -> str:
    """Return the name of the service for a table.

    >>> make_name("orders"), make_name("order-items.v2"), make_name("...")
    ('Orders API', 'Order Items V2 API', 'My API')
    """
    words = re.findall(r"[A-Za-z0-9]+", table_name) if isinstance(table_name, str) else []
    return " ".join([*(word[0].upper() + word[1:] for word in words), "API"]) if words else "My API"


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


def make_default_routes(answers: Answers) -> str:
    """Return create, read, update and delete for the table of the answers so far, and a query of each index."""
    try:
        table = parse_table_name(answers["table_name"])
        partition_key = parse_partition_key(answers["partition_key"])
        sort_key = parse_sort_key(answers["sort_key"])
    except (AnswerError, KeyError):
        return "GET /"  # `checked` refuses the answer that is at fault
    keys = [key for key in (partition_key, sort_key) if key]
    parameters = "".join(f"/{{{key.name}}}" for key in keys if not key.is_owner)
    if table in (".", "..") or len(f"/{table}{parameters}") > PATH_LENGTH:
        table = "items"
    indexes, _ = parse_indexes(
        answers.get("indexes", ""), keys, parse_attributes(answers.get("attributes", ""), [key.name for key in keys])[0]
    )
    routes = [f"GET /{table}", f"POST /{table}"] if parameters else []
    if sort_key and not partition_key.is_owner:
        routes.append(f"GET /{table}/{{{partition_key.name}}}")
    routes += [f"{method} /{table}{parameters}" for method in ("GET", "PUT", "PATCH", "DELETE")]
    found_by = [index.own_keys[0].name for index in indexes]
    for index in indexes:
        name = index.own_keys[0].name
        parameter = f"/{{{name}}}" if index.path_key else ""
        path = f"/{table}-{index.name if found_by.count(name) > 1 else f'by-{name}'}{parameter}"
        if len(path) <= PATH_LENGTH:  # else the summary reports that no route queries the index
            routes.append(f"GET {path}")
    return ", ".join(routes)


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
    derived = {
        "routes": make_default_routes(answers),
        "project_name": make_name(answers.get("table_name")),
        "project_slug": make_slug(answers.get("project_name")),
    }
    given = {name: value for name, value in answers.items() if not name.startswith("_") and value != derived.get(name)}
    command = shlex.join([*program, "--no-input", *typed])
    return " ".join([command, *map(assign_answer, given, given.values())])


# Latin letters that Unicode does not decompose into an ASCII letter and a mark, as they are usually written in ASCII.
ASCII_LETTERS = str.maketrans(
    dict(
        pair.split("=") for pair in "æ=ae ə=e đ=d ð=d ħ=h ı=i ł=l ŋ=n ø=o œ=oe þ=th ŧ=t ɓ=b ɗ=d ɛ=e ƙ=k ɔ=o ƴ=y".split()
    )
)


def find_architecture(_: object = None) -> str:
    """Return this machine's architecture, as Lambda names it; x86_64 for one that Lambda does not have."""
    return "arm64" if platform.machine().lower() in ("aarch64", "arm64") else "x86_64"


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


def assign_answer(name: str, value: object) -> str:
    """Return an answer as cookiecutter's command line takes it, always in quotes, which a fixed answer may need."""
    text = escape_jinja("".join(filter(is_seen, join_lines(value))))
    return f"{name}={shlex.quote(text)}" if shlex.quote(text) != text else f"{name}='{text}'"


def find_lists(context: Context) -> Answers:
    """Return the answers that a config file gives as lists: cookiecutter takes the elements for choices.

    Cookiecutter keeps the answers from before it chose as `_cookiecutter`; cruft does not.
    """
    given: Answers = context.get("_cookiecutter", {})
    return {name: answer for name, answer in given.items() if isinstance(answer, list) and name not in CHOICES}
