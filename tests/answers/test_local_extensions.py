"""The answers, one by one: what is accepted, what is refused, and what is made of them."""

from __future__ import annotations

import builtins
import doctest
import importlib
import json
import pkgutil
import re
import shlex
import sys
from typing import TYPE_CHECKING, Any, ClassVar

import botocore.loaders
import pytest
import yaml
from jinja2 import Environment, Template

import local_extensions
from local_extensions import contract, examples, openapi_parts, source
from local_extensions.answer_text import AnswerError
from local_extensions.answers import (
    find_program,
    make_command,
    make_default_routes,
    make_slug,
    parse_answers,
    parse_choice,
    parse_cors_origin,
    parse_region,
    parse_slug,
    parse_table_name,
    parse_text,
)
from local_extensions.attributes import TYPES, WRITTEN_TYPES, Attributes, parse_attributes
from local_extensions.expectations import is_pruned
from local_extensions.keys import Index, Key, parse_indexes, parse_partition_key, parse_sort_key
from local_extensions.limits import REGIONS
from local_extensions.operations import assign_operations
from local_extensions.quoting import quote_markdown, quote_string, quote_yaml
from local_extensions.routes import Route, parse_routes

if TYPE_CHECKING:
    from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib

USER_ID = Key("user_id", "S", 2048, "001")
POSTED_AT = Key("posted_at", "N", 1024, "1")

ANSWERS = {
    "project_name": "Users API",
    "project_slug": "users-api",
    "description": "",
    "table_name": "users",
    "partition_key": "user_id",
    "sort_key": "",
    "region": "ap-northeast-1",
    "routes": "GET /users",
    "language": "python",
    "api_type": "rest",
    "functions": "single",
    "architecture": "x86_64",
    "auth": "iam",
    "cors_origin": "",
}


def route_problems(routes: str, keys: list[Key] | None = None, functions: str = "per-route") -> list[str]:
    return parse_routes(routes, functions, keys[0] if keys and keys[0].is_owner else None)[1]


def assigned(routes: str, keys: list[Key] | None = None, indexes: list[Index] | None = None) -> list[Route]:
    keys = keys or [USER_ID]
    assert route_problems(routes, keys) == []
    return assign_operations(parse_routes(routes, "per-route", None)[0], keys, indexes or [])


def operations(routes: str, keys: list[Key], indexes: list[Index] | None = None) -> list[str]:
    return [route.operation for route in assigned(routes, keys, indexes)]


class TestText:
    @pytest.mark.parametrize(
        "text", ["Users API", "田中さん\u3000API", "Café", "👩‍💻 desk", 'a "b" $(c) {{7*7}} \\ #', "नमस्ते"]
    )
    def test_accepts_what_people_write(self, text: str) -> None:
        assert parse_text(text, required=True) == text

    @pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\x00b", "a\x7fb", "a\u202eb", "\ud800", "a\u2028b"])
    def test_refuses_what_cannot_be_seen(self, text: str) -> None:
        with pytest.raises(AnswerError, match=r"U\+[0-9A-F]{4}"):
            parse_text(text, required=False)

    def test_wants_a_name_and_no_description(self) -> None:
        for text in ("  ", "\u200d \u200c"):
            with pytest.raises(AnswerError, match="empty"):
                parse_text(text, required=True)
        assert parse_text("", required=False) == ""


class TestSlug:
    @pytest.mark.parametrize("slug", ["a", "users-api", "a1-", "a" * 40])
    def test_accepts(self, slug: str) -> None:
        assert parse_slug(slug) == slug

    @pytest.mark.parametrize(
        "slug",
        [
            "",
            "bridge",
            "1a",
            "A",
            "a_b",
            "a" * 41,
            "../../a/b",
            "a\n",
            "é",
            None,
            ["a"],
        ],
    )
    def test_refuses(self, slug: object) -> None:
        with pytest.raises(AnswerError):
            parse_slug(slug)

    @pytest.mark.parametrize(
        "name", ["Users API", "Host", "Café (v2)", "日本", "3D", "", "--", "x" * 99, "{{7*7}}", "../..", None, ["a"]]
    )
    def test_is_made_of_any_name(self, name: object) -> None:
        slug = make_slug(name)
        assert parse_slug(slug) == slug

    @pytest.mark.parametrize(
        ("name", "slug"),
        [
            ("Straße", "strasse"),
            ("Ærø Ǽrø", "aero-aero"),
            ("Œuvres d'Łódź", "oeuvres-d-lodz"),
            ("Þórður", "thordur"),
            ("Đà Nẵng", "da-nang"),
            ("Iğdır İzmir", "igdir-izmir"),
            ("Bəŋ Ŧ Ɓɗɛƙɔƴ", "ben-t-bdekoy"),
        ],
    )
    def test_spells_each_latin_letter_in_ascii(self, name: str, slug: str) -> None:
        assert make_slug(name) == slug


class TestTableAndKeys:
    @pytest.mark.parametrize("name", ["abc", "A.b-c_9", "...", "x" * 255, "123"])
    def test_accepts_a_table_name(self, name: str) -> None:
        assert parse_table_name(name) == name

    @pytest.mark.parametrize("name", ["ab", "x" * 256, "a b", "a/b", "täble", "", None, "abc\n"])
    def test_refuses_a_table_name(self, name: object) -> None:
        with pytest.raises(AnswerError, match=r"for example|string"):
            parse_table_name(name)

    @pytest.mark.parametrize(
        ("answer", "name", "key_type"),
        [
            ("id", "id", "S"),
            ("id:S", "id", "S"),
            ("order:N", "order", "N"),
            ("k" * 64, "k" * 64, "S"),
        ],
    )
    def test_accepts_a_key(self, answer: str, name: str, key_type: str) -> None:
        key = parse_partition_key(answer)
        assert (key.name, key.type) == (name, key_type)

    @pytest.mark.parametrize("answer", ["", "1a", "a-b", "a b", "a:", "a:B", "a:n", ":S", "k" * 65, "é", "a:S:N"])
    def test_refuses_a_key(self, answer: str) -> None:
        with pytest.raises(AnswerError):
            parse_partition_key(answer)

    def test_refuses_one_attribute_for_both_keys(self) -> None:
        problems = parse_answers({**ANSWERS, "sort_key": "user_id:N"})[1]
        assert [problem.split(":")[0] for problem in problems] == ["sort_key"]

    @pytest.mark.parametrize(
        ("answers", "hint"),
        [
            (
                {"partition_key": "id:uuid", "sort_key": "at"},
                "partition_key: 'id:uuid' is not the last attribute of the key",
            ),
            (
                {"indexes": "id:uuid"},
                "indexes: 'id:uuid': 'id:uuid' has the type 'uuid', which a key cannot have; write id:S",
            ),
            (
                {"partition_key": "id:Owner"},
                "write id:S for a string, id:N for a number, id:uuid for an id that the service makes, id:owner for the user who signed in",
            ),
            ({"partition_key": "id:UUID"}, "partition_key: 'id:UUID' has the type 'UUID', which a key cannot have"),
            (
                {"attributes": "a:expiry", "indexes": "a"},
                "indexes: 'a': 'a' is an expiry, and DynamoDB cannot filter by a key",
            ),
        ],
    )
    def test_refuses_what_the_service_writes_where_it_cannot_be(self, answers: dict[str, str], hint: str) -> None:
        assert any(hint in problem for problem in parse_answers({**ANSWERS, **answers})[1])

    @pytest.mark.parametrize("answers", [{"partition_key": "id:uuid"}, {"sort_key": "id:uuid"}])
    def test_accepts_a_uuid_as_the_last_attribute_of_the_key(self, answers: dict[str, str]) -> None:
        service, problems = parse_answers({**ANSWERS, **answers})

        assert problems == []
        assert service
        assert service.id_key
        assert service.id_key.name == "id"


class TestRegion:
    def test_knows_every_region_of_every_partition(self) -> None:
        partitions = botocore.loaders.create_loader().load_data("endpoints")["partitions"]
        assert set(REGIONS) == {region for partition in partitions for region in partition["regions"]}

    @pytest.mark.parametrize(
        ("typo", "nearest"),
        [("us-est-1", "us-east-1"), ("ap-northeast1", "ap-northeast-1"), ("EU-WEST-1", "eu-west-1")],
    )
    def test_answers_a_typo_with_the_nearest(self, typo: str, nearest: str) -> None:
        with pytest.raises(AnswerError, match=f"the nearest is '{nearest}"):
            parse_region(typo)


class TestCorsOrigin:
    @pytest.mark.parametrize(
        "origin",
        [
            "",
            "*",
            "https://app.example.com",
            "http://localhost:5173",
            "https://a.com:65535",
        ],
    )
    def test_takes_an_origin_any_or_none(self, origin: str) -> None:
        assert parse_cors_origin(f" {origin} ") == origin

    @pytest.mark.parametrize(
        ("answer", "example"),
        [
            ("https://app.example.com/", "https://app.example.com"),
            ("app.example.com:8443", "https://app.example.com:8443"),
            ("HTTPS://Shop.Example.com", "https://shop.example.com"),
            ("https://a.com:443", "https://a.com"),
            ("https://a.com,https://b.com", "https://a.com"),
            ("https://*.example.com", "https://app.example.com"),
            ("https://bücher.example", "https://app.example.com"),
            ("https://" + "a" * 64 + ".com", "https://app.example.com"),
            ("?", "https://app.example.com"),
        ],
    )
    def test_answers_anything_else_with_the_origin_in_it(self, answer: str, example: str) -> None:
        with pytest.raises(AnswerError, match=re.escape(f"for example '{example}'")):
            parse_cors_origin(answer)


def test_answers_what_is_far_from_any_region_with_an_example() -> None:
    for answer in ("", "Tokyo"):
        with pytest.raises(AnswerError, match="write for example 'us-east-1'"):
            parse_region(answer)


def test_refuses_a_choice_that_is_not_offered_and_names_those_that_are() -> None:
    with pytest.raises(AnswerError, match="'grpc' is not a choice; write rest or http"):
        parse_choice("grpc", ("rest", "http"))
    with pytest.raises(AnswerError, match="'basic' is not a choice; write iam, jwt or none"):
        parse_choice("basic", ("iam", "jwt", "none"))


def test_refuses_tokens_for_a_rest_api_in_a_line_that_says_why() -> None:
    service, problems = parse_answers({**ANSWERS, "auth": "jwt"})

    assert service is None
    assert problems == [
        "auth: 'jwt' needs an HTTP API, as SAM declares no JWT authorizer for a REST API; add api_type=http"
    ]


class TestRouteGrammar:
    @pytest.mark.parametrize(
        ("routes", "keys"),
        [
            ("GET /", ["GET /"]),
            ("GET /,POST /", ["GET /", "POST /"]),
            ("GET /a\nPOST /a\n", ["GET /a", "POST /a"]),
            ("  GET   /a  ,, ", ["GET /a"]),
            ("ANY /v1.0/a_b-c/{id}", ["ANY /v1.0/a_b-c/{id}"]),
            ("GET /f/{proxy+}", ["GET /f/{proxy+}"]),
        ],
    )
    def test_accepts(self, routes: str, keys: list[str]) -> None:
        parsed, problems = parse_routes(routes, "per-route", None)
        assert ([route.key for route in parsed], problems) == (keys, [])

    @pytest.mark.parametrize(
        ("routes", "hint"),
        [
            ("", "names no route"),
            ("FETCH /a", "'FETCH' is not a method"),
            ("get /a", "write GET"),
            ("GTE /a", "write GET"),
            ("GET", "METHOD /path"),
            ("GET /a b c", "METHOD /path"),
            ("GET /a/", "write '/a'"),
            ("ANY /_docs docs", "on the laptop '/_docs' is the page to try the API; use another path"),
            ("GET /a//b", "'' is not a path segment"),
            ("GET /ü", "'ü' is not a path segment"),
            ("GET /a/../b", "'..'"),
            ("GET /{a-b}", "'{a-b}' is not a path segment"),
            ("GET /x{a}", "'x{a}' is not a path segment"),
            ("GET /{proxy+}/a", "make it the last segment"),
            ("GET /{a}/{a}", "{a} appears twice"),
            ("GET /a, GET /a", "'GET /a' is listed twice"),
            ("GET /a-b, GET /a_b", "would both be handled by 'get_a_b'"),
            ("GET /a x, POST /a x", "would both be handled by 'x'"),
            ("GET /a x1, GET /b x_1", "the same logical id X1Function"),
            ("GET /u/{id}, GET /u/{user_id}/posts", "write {id} in both"),
            ("GET /u/{id}, GET /u/{id+} rest", "put a word before one of them"),
            ("GET /a Bad", "not a lower-case letter"),
            ("GET /a x__y", "single '_'"),
            (f"GET /{'a' * 120}", "the path has 121 characters, and the limit is 120"),
            (f"GET /{{{'a' * 65}}}", "has a name of 65 characters, and the limit is 64"),
            ("GET /a " + "x" * 65, "more than 64 characters"),
        ],
    )
    def test_refuses_and_says_what_would_be_right(self, routes: str, hint: str) -> None:
        problems = route_problems(routes)
        assert len(problems) == 1
        assert hint in problems[0]

    @pytest.mark.parametrize(
        "name", "class match list print fn impl self str async drop ref_ key table routes app".split()
    )
    def test_refuses_a_name_that_is_taken(self, name: str) -> None:
        problems = route_problems(f"GET /a {name}")
        assert len(problems) == 1
        assert f"'{name}' is taken by" in problems[0]

    def test_derives_names_that_fit_and_differ_for_long_paths(self) -> None:
        routes = ", ".join(f"GET /{'x' * 99}/{end}" for end in ("one", "two"))
        parsed, problems = parse_routes(routes, "per-route", None)
        assert problems == []
        assert len({route.name for route in parsed}) == 2
        assert all(len(route.name) <= 64 for route in parsed)

    def test_reports_every_bad_route_at_once(self) -> None:
        assert len(route_problems("FETCH /a, GET b, GET /c/, GET /d")) == 3

    @pytest.mark.parametrize(
        ("route", "name"),
        [
            ("GET /", "get_root"),
            ("GET /users/{user_id}", "get_users_by_user_id"),
            ("PATCH /v1.0/User-Data", "patch_v1_0_user_data"),
            ("GET /users list_users", "list_users"),
            ("GET /_a_/{_b}", "get_a_by_b"),
            ("GET /books-by-status/{status}", "get_books_by_status"),
            ("GET /books-by-status-and-at/{status}", "get_books_by_status_and_at"),
        ],
    )
    def test_names_the_handler(self, route: str, name: str) -> None:
        assert parse_routes(route, "per-route", None)[0][0].name == name

    @pytest.mark.parametrize(("functions", "most"), [("per-route", 150), ("single", 45)])
    def test_takes_as_many_routes_as_aws_does(self, functions: str, most: int) -> None:
        routes = [f"GET /r{number}" for number in range(most + 1)]
        assert route_problems(",".join(routes[:most]), functions=functions) == []
        (problem,) = route_problems(",".join(routes), functions=functions)
        assert f"{most + 1} routes" in problem
        assert "remove 1" in problem

    def test_takes_no_more_path_resources_than_a_rest_api(self) -> None:
        assert route_problems(",".join(f"GET /a{n}/b h{n}" for n in range(149))) == []
        (problem,) = route_problems(",".join(f"GET /a{n}/b/c h{n}" for n in range(149)))
        assert "300 resources" in problem

    def test_refuses_every_keyword_and_builtin_of_this_python(self) -> None:
        names = [name for name in dir(builtins) if name.islower() and not name.startswith("_")]
        assert all(route_problems(f"GET /a {name}") for name in names)


class TestOperations:
    ALL = "GET {0}, HEAD {0}, POST {0}, PUT {0}, PATCH {0}, DELETE {0}, OPTIONS {0}, ANY {0}"

    @pytest.mark.parametrize(
        ("path", "keys", "expected"),
        [
            ("/", [USER_ID], "list list create stub stub stub stub stub"),
            ("/x", [USER_ID, POSTED_AT], "list list create stub stub stub stub stub"),
            ("/{user_id}", [USER_ID], "read read stub replace update delete stub stub"),
            ("/{user_id}", [USER_ID, POSTED_AT], "query query create stub stub stub stub stub"),
            ("/{user_id}/{posted_at}", [USER_ID, POSTED_AT], "read read stub replace update delete stub stub"),
            ("/{posted_at}", [USER_ID, POSTED_AT], "stub stub stub stub stub stub stub stub"),
            ("/{user_id}/{other}", [USER_ID], "stub stub stub stub stub stub stub stub"),
            ("/{user_id+}", [USER_ID], "stub stub stub stub stub stub stub stub"),
        ],
    )
    def test_follow_from_the_method_and_the_keys_in_the_path(self, path: str, keys: list[Key], expected: str) -> None:
        assert operations(self.ALL.format(path), keys) == expected.split()

    @pytest.mark.parametrize(
        ("routes", "expected"),
        [
            ("GET /, POST /", "list create"),
            ("GET /a, HEAD /b", "list list"),
            ("GET /users, GET /users/{user_id}, GET /health, POST /login", "list read stub stub"),
            ("GET /a, POST /users/{user_id}, GET /users", "stub stub list"),
            ("GET /a, GET /users/{user_id}/more", "list read"),
            ("GET /a, GET /users/{user_id+}", "list stub"),
        ],
    )
    def test_list_and_create_only_at_a_collection(self, routes: str, expected: str) -> None:
        assert operations(routes, [USER_ID]) == expected.split()

    def test_take_the_path_above_a_partition_for_a_collection(self) -> None:
        routes = "GET /users, GET /users/{user_id}, GET /health"
        assert operations(routes, [USER_ID, POSTED_AT]) == ["list", "query", "stub"]

    @pytest.mark.parametrize(
        ("route", "indexes", "expected"),
        [
            ("GET /anything/{email}", ["email"], "by-email"),
            ("POST /anything/{email}", ["email"], ""),
            ("GET /anything/{email}/{city}", ["email", "city"], ""),
            ("GET /x-by-email/{email}", ["email", "email/city"], "by-email"),
            ("GET /x/{email}", ["email", "email/city"], ""),
            ("GET /x/{user_id}", ["email/user_id"], ""),
        ],
    )
    def test_query_the_index_of_the_parameter(self, route: str, indexes: list[str], expected: str) -> None:
        parsed = parse_indexes(", ".join(indexes), [USER_ID], Attributes())[0]
        (found,) = assigned(route, [USER_ID], parsed)
        assert found.resource == expected
        assert found.operation == ("query" if expected else "read" if "user_id" in route else "stub")

    def test_prefer_the_table_to_an_index(self) -> None:
        parsed = parse_indexes("posted_at", [USER_ID, POSTED_AT], Attributes())[0]
        assert operations("GET /a/{user_id}, GET /b/{posted_at}", [USER_ID, POSTED_AT], parsed) == ["query", "query"]

    def test_locate_a_new_item_at_the_nearest_route_that_reads_it(self) -> None:
        routes = "POST /people, POST /users, GET /users/{user_id}, DELETE /people/{user_id}, GET /people/{user_id}"
        parsed = assigned(routes)
        assert [route.location for route in parsed[:2]] == ["/people/{user_id}", "/users/{user_id}"]

    def test_locate_a_new_item_below_whole_segments(self) -> None:
        routes = "POST /user, GET /users/{user_id}, GET /user/{user_id}"
        assert assigned(routes)[0].location == "/user/{user_id}"

    def test_locate_nothing_where_no_route_has_an_item(self) -> None:
        assert assigned("POST /users")[0].location == ""


class TestDefaultRoutes:
    def test_create_read_update_and_delete(self) -> None:
        keys = [USER_ID, POSTED_AT]
        plain = make_default_routes(ANSWERS)
        sorted_ = make_default_routes({**ANSWERS, "sort_key": "posted_at:N"})
        assert operations(plain, keys[:1]) == ["list", "create", "read", "replace", "update", "delete"]
        assert operations(sorted_, keys) == ["list", "create", "query", "read", "replace", "update", "delete"]

    @pytest.mark.parametrize("table", ["...", "A.b-c", "123", "x" * 110, "x" * 255])
    def test_are_accepted_for_any_table(self, table: str) -> None:
        problems = route_problems(make_default_routes({**ANSWERS, "table_name": table}))
        assert problems == []

    def test_query_each_index(self) -> None:
        answers = {**ANSWERS, "indexes": "email, status, status/at:N"}
        routes = make_default_routes(answers).split(", ")[-3:]
        assert routes == [
            "GET /users-by-email/{email}",
            "GET /users-by-status/{status}",
            "GET /users-by-status-and-at/{status}",
        ]
        assert "x" * 64 not in make_default_routes({**ANSWERS, "indexes": "x" * 64})
        service = parse_answers({**answers, "routes": make_default_routes(answers)})[0]
        assert service
        assert [route.resource for route in service.routes[-3:]] == ["by-email", "by-status", "by-status-and-at"]


class TestAttributes:
    @pytest.mark.parametrize(
        ("answer", "listed", "allows_others"),
        [
            ("", [], True),
            ("email?, ...", [("email", "string", False)], True),
            (
                "a:number,b:integer?\n c:boolean",
                [("a", "number", True), ("b", "integer", False), ("c", "boolean", True)],
                False,
            ),
            (
                "at:datetime, tags:list?, more:map",
                [("at", "datetime", True), ("tags", "list", False), ("more", "map", True)],
                False,
            ),
            (
                "made:created, seen:updated, no:revision, until:expiry?, ...",
                [
                    ("made", "created", False),
                    ("seen", "updated", False),
                    ("no", "revision", False),
                    ("until", "expiry", False),
                ],
                True,
            ),
            (
                ", ".join(f"a{number}" for number in range(100)),
                [(f"a{number}", "string", True) for number in range(100)],
                False,
            ),
        ],
    )
    def test_accepts(self, answer: str, listed: list[tuple[str, str, bool]], *, allows_others: bool) -> None:
        attributes, problems = parse_attributes(answer, [USER_ID.name])
        assert problems == []
        assert [(attribute.name, attribute.type, attribute.is_required) for attribute in attributes.listed] == listed
        assert attributes.allows_others is allows_others

    @pytest.mark.parametrize(
        ("answer", "problem"),
        [
            ("a:int", "'a:int': 'int' is not a type; write a:integer"),
            ("a:new", "'a:new': 'new' is not a type; write string, number, integer,"),
            ("a:", "'a:': '' is not a type; write string"),
            ("a??", "'a??': 'a?' is not a letter or underscore"),
            ("a, b, a:number", "'a' is listed twice; remove one"),
            ("user_id", "'user_id' is in the table's key, which every item has; remove it"),
            ("a:new|", "'a:new|': a value is empty; write 1 to 64 of the characters"),
            ("a:new|new", "'a:new|new': the value 'new' is listed twice; remove one"),
            ("a:new|not so", "'a:new|not so': the value 'not so' is not 1 to 64 of the characters"),
            ("a:created?", "'a:created?': every item has what the service writes; write a:created"),
            ("a:created, b:created", "'a' and 'b' are both of the type created; remove one"),
            ("a:expiry, b:expiry?", "are both of the type expiry; remove one"),
            (
                "a:uuid",
                "'a:uuid': a uuid is the last attribute of the table's key; write partition_key=a:uuid, or sort_key=a:uuid",
            ),
            ("a:owner", "'a:owner': an owner is the table's partition key; write partition_key=a:owner"),
            ("..., a", "'...' allows other attributes; write it once, at the end"),
            (", ".join(f"a{number}" for number in range(101)), "lists 101 attributes, and the limit is 100; remove 1,"),
            (["a"], "is a list, of which cookiecutter uses only the first element; write it as a string: 'a'"),
            (7, "'7' is not text"),
        ],
    )
    def test_refuses_with_a_hint(self, answer: object, problem: str) -> None:
        (found,) = parse_attributes(answer, [USER_ID.name])[1]
        assert problem in found

    def test_reports_every_problem(self) -> None:
        assert len(parse_attributes("a:int, b:x|, user_id", [USER_ID.name])[1]) == 3


class TestIndexes:
    @pytest.mark.parametrize(
        ("answer", "attributes", "expected"),
        [
            ("", "", {}),
            ("email", "", {"by-email": [("email", "S")]}),
            ("status/at:N", "", {"by-status-and-at": [("status", "S"), ("at", "N")]}),
            (
                "at, status/at",
                "at:integer, status:a|b",
                {"by-at": [("at", "N")], "by-status-and-at": [("status", "S"), ("at", "N")]},
            ),
            ("at:S", "at:datetime, ...", {"by-at": [("at", "S")]}),
            ("posted_at", "", {"by-posted_at": [("posted_at", "N")]}),
            ("email/user_id", "email", {"by-email-and-user_id": [("email", "S"), ("user_id", "S")]}),
        ],
    )
    def test_have_the_types_of_the_key_and_the_attributes(
        self, answer: str, attributes: str, expected: dict[str, list[tuple[str, str]]]
    ) -> None:
        keys = [USER_ID, POSTED_AT]
        indexes, problems = parse_indexes(answer, keys, parse_attributes(attributes, [key.name for key in keys])[0])
        assert problems == []
        assert {index.name: [(key.name, key.type) for key in index.keys] for index in indexes} == expected

    @pytest.mark.parametrize(
        ("answer", "attributes", "problem"),
        [
            ("a/b/c", "", "'a/b/c': an index has at most two key attributes; write partition/sort"),
            ("a/a", "", "'a/a': has one attribute for both keys; remove '/a'"),
            ("a/", "", "'a/': '' is not a letter or underscore"),
            (
                "a:B",
                "",
                "'a:B': 'a:B' has the type 'B', which a key cannot have; write a:S for a string, a:N for a number",
            ),
            ("user_id/a", "", "'user_id/a': 'user_id' is the table's partition key"),
            ("a, a", "", "'a': is listed twice; remove one"),
            ("Aa, aa", "", "'aa': the index's name by-aa is too similar to by-Aa"),
            ("a_and_b, a/b", "", "'a/b': the index's name by-a-and-b is too similar to by-a_and_b"),
            ("a:N", "a", "'a:N': 'a' has the type S elsewhere; write a:S"),
            ("posted_at:S", "", "'posted_at:S': 'posted_at' has the type N elsewhere; write posted_at:N"),
            ("a", "a:list", "'a': 'a' is an array, and the key of an index is a string or a number"),
            ("b", "a", "'b': 'b' is not one of the attributes; add it to them, or end them with ..."),
            (f"{'x' * 64}/{'y' * 25}", "", "has 97 characters, and the limit is 96; use shorter attribute names"),
            (", ".join(f"a{number}" for number in range(21)), "", "names 21 indexes, and DynamoDB allows 20; remove 1"),
            (["a"], "", "is a list, of which cookiecutter uses only the first element"),
        ],
    )
    def test_refuses_with_a_hint(self, answer: object, attributes: str, problem: str) -> None:
        keys = [USER_ID, POSTED_AT]
        (found,) = parse_indexes(answer, keys, parse_attributes(attributes, [key.name for key in keys])[0])[1]
        assert problem in found

    def test_limit_an_attribute_of_several_keys_to_the_smallest(self) -> None:
        service = parse_answers({**ANSWERS, "indexes": "a/b, b, c/user_id"})[0]
        assert service
        limits = {key.name: key.max_bytes for key in service.all_keys}
        assert limits == {"user_id": 1024, "a": 2048, "b": 1024, "c": 2048}

    @pytest.mark.parametrize(
        ("indexes", "attributes"),
        [
            ("visits", ""),
            ("name:N", ""),
            ("state/at", "state:a|b, at:datetime?"),
        ],
    )
    def test_have_the_same_values_in_all_examples(self, indexes: str, attributes: str) -> None:
        answers = {**ANSWERS, "indexes": indexes, "attributes": attributes}
        service = parse_answers({**answers, "routes": make_default_routes(answers)})[0]
        assert service
        (index,) = service.indexes
        route = next(route for route in service.routes if route.index)

        for seed in map(json.loads, examples.list_seeds(service)):
            assert examples.format_path(service, route).endswith(f"/{seed[index.partition_key.name]}")
            assert all(isinstance(seed[key.name], int) == key.is_number for key in index.keys)

    def test_allow_a_function_its_query_and_nothing_else(self) -> None:
        answers = {**ANSWERS, "indexes": "email", "functions": "per-route"}
        service = parse_answers({**answers, "routes": make_default_routes(answers)})[0]
        assert service
        assert service.roles["QueryByEmailRole"] == {"by-email": ["dynamodb:Query"]}
        assert "QueryRole" not in service.roles


class TestCheck:
    def test_collects_the_problems_of_all_answers(self) -> None:
        wrong = {
            **ANSWERS,
            "project_slug": "../x",
            "region": "mars",
            "api_type": "grpc",
            "routes": "GET a, FETCH /",
            "sort_key": "a:B",
        }
        service, problems = parse_answers(wrong)
        assert service is None
        assert [problem.split(":")[0] for problem in problems] == [
            "sort_key",
            "region",
            "project_slug",
            "api_type",
            "routes",
            "routes",
        ]

    @pytest.mark.parametrize("value", [None, 7, 1.5, True, [], ["a"], {"a": 1}])
    @pytest.mark.parametrize("answer", ANSWERS)
    def test_refuses_values_other_than_text(self, answer: str, value: Any) -> None:
        problems = parse_answers({**ANSWERS, answer: value})[1]
        assert any(problem.startswith(f"{answer}: ") for problem in problems)
        assert all("\n" not in problem for problem in problems)

    def test_takes_the_default_of_a_missing_answer(self) -> None:
        service, problems = parse_answers({"table_name": "orders"})
        assert problems == []
        assert service
        assert (service.name, service.slug, service.routes[0].key) == ("Orders API", "orders-api", "GET /")

    @pytest.mark.parametrize("setting", ["_copy_without_render", "_jinja2_env_vars", "_new_lines"])
    def test_refuses_settings_of_cookiecutter_that_would_render_otherwise(self, setting: str) -> None:
        problems = parse_answers({**ANSWERS, setting: ["*"]})[1]
        assert problems == [f"{setting}: is a setting of cookiecutter, not an answer; remove it"]

    @pytest.mark.parametrize(
        "mistake", [{"partition_key": "user-id"}, {"table_name": "a/b"}, {"sort_key": "user_id"}, {"table_name": None}]
    )
    def test_does_not_report_the_default_routes_of_an_answer_that_it_refuses(self, mistake: dict[str, Any]) -> None:
        answers = {**ANSWERS, **mistake}
        answers["routes"] = make_default_routes(answers)
        assert [problem.split(":")[0] for problem in parse_answers(answers)[1]] == list(mistake)

    def test_leaves_derived_answers_out_of_the_command(self) -> None:
        answers = {**ANSWERS, "partition_key": "user-id"}
        answers["routes"] = make_default_routes(answers)
        command = make_command(["cookiecutter"], answers)
        assert "routes=" not in command
        assert "project_slug=" not in command

    def test_leaves_out_of_the_command_what_cannot_be_seen(self) -> None:
        command = make_command(["cookiecutter"], {"description": "a\x1b[2J\x00\u202e\u3000é👩\u200d💻"})
        assert shlex.split(command)[-1] == "description=a[2J\u3000é👩\u200d💻"

    def test_gives_a_command_with_every_answer_quoted(self) -> None:
        answers = {**ANSWERS, "description": 'it\'s {{7*7}} $(x) `y` "z" {% raw %}', "routes": "GET /a\nPOST /a"}
        command = make_command(["cookiecutter"], answers)
        given = dict(word.split("=", 1) for word in shlex.split(command) if "=" in word)
        rendered = {name: Environment(autoescape=True).from_string(value).render() for name, value in given.items()}
        assert given.keys() == answers.keys() - {"project_name", "project_slug"}
        assert all(f" {name}='" in command for name in given)
        assert Template(given["description"]).render() == answers["description"]
        assert rendered["routes"] == "GET /a, POST /a"

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("gh:org/template", "gh:org/template"),
            ("-o 'a b' ../template --no-input region=mars", "-o 'a b' ../template"),
            ("template -fv --output-dir=x 'region=mars' --checkout v1", "template -fv --output-dir=x --checkout v1"),
            ("--replay template", "template"),
            ("template --replay-file=answers.json -o x", "template -o x"),
            ("template regoin=mars", "template regoin=mars"),
        ],
    )
    def test_repeats_the_template_and_the_options_as_they_were_typed(
        self, monkeypatch: pytest.MonkeyPatch, typed: str, kept: str
    ) -> None:
        monkeypatch.setattr(sys, "argv", ["cookiecutter", *shlex.split(typed)])
        command = make_command(["cookiecutter"], {"region": "mars", "description": ""})
        assert command == f"cookiecutter --no-input {kept} region='mars' description=''"

    @pytest.mark.parametrize(
        ("program", "words"),
        [
            ("{bin}/cookiecutter", ["cookiecutter"]),
            ("other/bin/cookiecutter", ["other/bin/cookiecutter"]),
            ("/x/site-packages/cookiecutter/__main__.py", [sys.executable, "-m", "cookiecutter"]),
            ("/x/bin/cruft", []),
            ("", []),
        ],
    )
    def test_finds_the_program_as_it_was_typed(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, words: list[str]
    ) -> None:
        (tmp_path / "cookiecutter").touch(mode=0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.delenv("UV", raising=False)
        monkeypatch.setattr(sys, "argv", [program.format(bin=tmp_path)])
        assert find_program() == words

    def test_finds_uvx_of_which_cookiecutter_is_not_on_the_path_of_the_user(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("UV", "/x/uv")
        monkeypatch.setattr(sys, "argv", ["/x/archive/bin/cookiecutter"])
        assert find_program() == ["uvx", "cookiecutter"]


NASTY = [
    "plain",
    'say "hi"',
    "it's",
    "a: b # c",
    "{{7*7}} {% x %} {# y #}",
    "\\n \\",
    "日本 🦀 é",
    "$(x) `y` ${Z} $$",
    "!tag",
    "1. a",
    "*b* _c_ <d> & [e](f)",
]


class TestQuoting:
    @pytest.mark.parametrize("text", NASTY)
    def test_a_string_is_read_back_as_it_was(self, text: str) -> None:
        quoted = quote_string(text)
        assert yaml.safe_load(quoted) == text
        assert json.loads(quoted) == text
        if sys.version_info >= (3, 11):
            assert tomllib.loads(f"x = {quoted}") == {"x": text}

    @pytest.mark.parametrize("text", NASTY)
    def test_no_quoted_text_looks_like_a_template(self, text: str) -> None:
        for quoted in (quote_string(text), quote_markdown(text)):
            assert not any(opener in quoted for opener in ("{{", "{%", "{#"))

    @pytest.mark.parametrize(
        "name",
        ["users", "no", "Null", "y", "1e3", "1.5", "0x1", "2020-01-01", ".", "...", "-a", "on", "/a/{b}", "/{p+}", "~"],
    )
    def test_a_name_is_a_string_to_yaml(self, name: str) -> None:
        assert yaml.safe_load(f"key: {quote_yaml(name)}") == {"key": name}

    def test_a_plain_name_stays_plain(self) -> None:
        assert quote_yaml("/users/{user_id}") == "/users/{user_id}"


class TestContract:
    """What contract tests call."""

    @pytest.mark.parametrize(
        ("others", "methods"),
        [
            ("", ["GET", "POST", "PUT", "PATCH", "DELETE"]),
            ("GET, DELETE", ["POST", "PUT", "PATCH"]),
            ("GET, POST, PUT, PATCH, DELETE", ["HEAD"]),
            ("GET, POST, PUT, PATCH, DELETE, HEAD", ["OPTIONS"]),
            ("GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS", []),
        ],
    )
    def test_a_route_for_any_method_gets_those_without_a_route(self, others: str, methods: list[str]) -> None:
        routes = ", ".join(
            [*(f"{method} /x {method.lower()}_it" for method in others.split(", ") if method), "ANY /x any_it"]
        )
        service = parse_answers({**ANSWERS, "routes": routes})[0]
        assert service
        route = service.routes[-1]

        assert contract.list_methods(service, route) == methods
        assert contract.list_requests(service, [route]) == [f"{method} /x" for method in methods[-1:]]


@pytest.mark.parametrize(
    ("name", "pruned"),
    [
        ("src/table.rs", True),
        ("Cargo.toml", True),
        ("src/service/table.py", False),
        ("tools/Cargo.toml", False),
        ("tests/unit/test_read.py", False),
    ],
)
def test_only_the_template_s_own_files_are_for_other_answers(name: str, *, pruned: bool) -> None:
    service = parse_answers(ANSWERS)[0]
    assert service

    assert is_pruned(name, service) == pruned


def test_the_examples_in_docstrings_are_right() -> None:
    names = [module.name for module in pkgutil.iter_modules(local_extensions.__path__)]

    results = [doctest.testmod(importlib.import_module(f"local_extensions.{name}")) for name in names]

    assert sum(result.attempted for result in results) > 0
    assert sum(result.failed for result in results) == 0


def test_each_type_of_attribute_is_in_every_table() -> None:
    tables = {
        "openapi_parts.TYPE_SCHEMAS": openapi_parts.TYPE_SCHEMAS.keys() - {"enum"},
        "contract.WRONG_VALUES": {*contract.WRONG_VALUES, *WRITTEN_TYPES} - {"enum"},
        "source.PYTHON_CHECKS": source.PYTHON_CHECKS.keys(),
        "source.RUST_KINDS": source.RUST_KINDS.keys(),
    }
    assert {name: types for name, types in tables.items() if types != TYPES.keys()} == {}


class TestOwners:
    OWNER = parse_partition_key("user_id:owner")
    ID = parse_sort_key("todo_id:uuid")
    KEYS: ClassVar[list[Key]] = [key for key in (OWNER, ID) if key]

    def test_are_the_partition_key_of_a_table_alone(self) -> None:
        answers = {**ANSWERS, "partition_key": "user_id:owner", "auth": "jwt", "api_type": "http"}
        service = parse_answers(answers)[0]
        assert service
        assert service.partition_key.is_owner
        for answer in ({"sort_key": "a:owner"}, {"indexes": "a:owner"}):
            (problem,) = parse_answers({**answers, **answer})[1]
            assert "which only a table's partition key can have" in problem

    def test_report_a_refused_sort_key_once(self) -> None:
        answers = {
            "partition_key": "user_id:owner",
            "sort_key": "a:b",
            "indexes": "c",
            "auth": "jwt",
            "api_type": "http",
        }
        (problem,) = parse_answers({**ANSWERS, **answers})[1]
        assert problem.startswith("sort_key: 'a:b' has the type 'b'")

    @pytest.mark.parametrize("auth", ["iam", "none"])
    def test_need_users_who_sign_in(self, auth: str) -> None:
        problems = parse_answers({**ANSWERS, "partition_key": "user_id:owner", "auth": auth})[1]
        assert problems == [
            "partition_key: the owner of an item is the user who signed in; answer auth=jwt api_type=http, too"
        ]

    def test_need_a_sort_key_for_an_index(self) -> None:
        answers = {**ANSWERS, "partition_key": "user_id:owner", "auth": "jwt", "api_type": "http", "indexes": "status"}
        assert parse_answers({**answers, "sort_key": "todo_id"})[1] == []
        assert parse_answers({**answers, "sort_key": ""})[1] == [
            "indexes: without a sort key, each user has one item; remove them, or answer sort_key, too"
        ]

    @pytest.mark.parametrize(
        ("routes", "summaries"),
        [
            (
                "GET /a, POST /a, GET /a/{todo_id}, GET /a-by-at",
                [
                    "list the caller's items, a page at a time",
                    "create an item",
                    "read an item",
                    "list the caller's items by at, a page at a time",
                ],
            ),
            ("GET /me, PATCH /me", ["read the caller's item", "set and remove attributes of the caller's item"]),
        ],
    )
    def test_are_in_the_summaries_of_routes(self, routes: str, summaries: list[str]) -> None:
        keys = self.KEYS if "todo_id" in routes else self.KEYS[:1]
        indexes = parse_indexes("at:N", keys, Attributes())[0]
        assert [route.summary for route in assigned(routes, keys, indexes)] == summaries

    @pytest.mark.parametrize("path", ["/todos/{user_id}", "/{user_id}/{todo_id}", "/x/{user_id+}"])
    def test_are_in_no_path(self, path: str) -> None:
        (problem,) = route_problems(f"GET {path}", self.KEYS)
        assert problem == (
            f"'GET {path}': {{user_id}} is the user who signed in, whom the token names; remove it from the path"
        )

    @pytest.mark.parametrize(
        ("routes", "expected"),
        [
            (TestOperations.ALL.format("/a/{todo_id}"), "read read stub replace update delete stub stub"),
            ("GET /a, HEAD /a, POST /a, PUT /a, GET /a/{todo_id}", "query query create stub read"),
            ("GET /, POST /, DELETE /{todo_id}", "query create delete"),
            ("GET /a, POST /a", "stub stub"),
            ("GET /admin/login, POST /admin/login, POST /todos, GET /todos/{todo_id}", "stub stub create read"),
            ("GET /a/{other}, GET /a/{other}/{todo_id}, GET /b/{todo_id+}", "stub stub stub"),
        ],
    )
    def test_leave_the_sort_key_to_the_path(self, routes: str, expected: str) -> None:
        assert operations(routes, self.KEYS) == expected.split()

    @pytest.mark.parametrize(
        ("routes", "expected"),
        [
            (TestOperations.ALL.format("/profile"), "read read stub replace update delete stub stub"),
            ("GET /health, DELETE /session, GET /profile, PUT /profile", "stub stub read replace"),
            ("GET /health, PATCH /a/profile, DELETE /a/profile", "stub update delete"),
            ("GET /me, DELETE /session", "read stub"),
            ("GET /me, GET /you, HEAD /you", "read read read"),
            ("POST /me, GET /{other}", "stub stub"),
        ],
    )
    def test_have_one_item_each_without_a_sort_key(self, routes: str, expected: str) -> None:
        assert operations(routes, self.KEYS[:1]) == expected.split()

    @pytest.mark.parametrize(
        ("answer", "attributes", "expected"),
        [
            ("status", "", {"by-status": ("user_id", "status", True)}),
            ("at:N", "", {"by-at": ("user_id", "at", False)}),
            (
                "status, text",
                "status:open|done, text",
                {"by-status": ("user_id", "status", True), "by-text": ("user_id", "text", True)},
            ),
            (
                "a, b, c, d",
                "a:number, b:integer, c:datetime, d:created",
                {f"by-{name}": ("user_id", name, False) for name in "abcd"},
            ),
        ],
    )
    def test_look_up_or_sort_by_the_attribute_of_an_index(
        self, answer: str, attributes: str, expected: dict[str, tuple[str, str, bool]]
    ) -> None:
        indexes, problems = parse_indexes(answer, self.KEYS, parse_attributes(attributes, [])[0])
        assert problems == []
        assert {index.name: (*(key.name for key in index.keys), index.is_lookup) for index in indexes} == expected

    @pytest.mark.parametrize(
        ("answer", "problem"),
        [
            (
                "a/b",
                "'a/b': an index has at most two key attributes; user_id is its partition key, so name one attribute",
            ),
            ("user_id", "'user_id': 'user_id' is the table's partition key"),
            (
                "todo_id",
                "'todo_id': 'todo_id' is the table's sort key, which the table itself finds items by; remove it",
            ),
            ("a, a", "'a': is listed twice; remove one"),
        ],
    )
    def test_refuse_an_index_with_a_hint(self, answer: str, problem: str) -> None:
        (found,) = parse_indexes(answer, self.KEYS, Attributes())[1]
        assert problem in found

    def test_find_their_items_by_default_routes(self) -> None:
        answers = {**ANSWERS, "table_name": "todos", "partition_key": "user_id:owner", "indexes": "status, at:N"}
        with_sort_key = {**answers, "sort_key": "todo_id:uuid"}
        indexes = parse_indexes("status, at:N", self.KEYS, Attributes())[0]
        routes = assigned(make_default_routes(with_sort_key), self.KEYS, indexes)
        assert {route.key: route.resource or route.operation for route in routes} == {
            "GET /todos": "query",
            "POST /todos": "create",
            "GET /todos/{todo_id}": "read",
            "PUT /todos/{todo_id}": "replace",
            "PATCH /todos/{todo_id}": "update",
            "DELETE /todos/{todo_id}": "delete",
            "GET /todos-by-status/{status}": "by-status",
            "GET /todos-by-at": "by-at",
        }
        assert [route.location for route in routes[:2]] == ["", "/todos/{todo_id}"]
        assert [route.sort_key.name if route.sort_key else "" for route in routes] == ["todo_id", *[""] * 6, "at"]
        assert make_default_routes({**answers, "indexes": ""}) == "GET /todos, PUT /todos, PATCH /todos, DELETE /todos"
