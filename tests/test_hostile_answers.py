"""Answers that nobody thought of: each is refused by a clear line, or gives a service that is as it should be."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from cookiecutter.main import cookiecutter as render
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from conftest import TEMPLATE, Service, cookiecutter
from local_extensions import CHOICES, METHODS, REGIONS, escape_jinja, parse_answers

SOME = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

# Each would end what it stands in, in some file of the service: Jinja, Python, Rust, shell, Make, YAML, TOML, JSON,
# Markdown, mermaid, HTML, CloudFormation, GitHub's expressions.
BREAKOUTS = (
    *("{{ 7 * 7 }}", "{% raw %}", "{% endraw %}", "{# x #}", '"""', "'''", "\\", '\\"', "\\N{DASH}", '"#', "*/", "//"),
    *("$(touch x)", "`touch x`", "${HOME}", "$$", "'; touch x; '", "$(shell touch x)", "%s", "%(x)s", "{0}"),
    *(": ", " #", "- ", "!Ref x", "&a", "*a", "| ", "> ", "---", "]]", "}}", "```", "|", "<br>", "</script>", "[x](y)"),
    *("end", "-->", "%%{", "${AWS::Region}", "${{ github.token }}", "é", "🦀", "م", "\u200d", "~", "null", "0", "yes"),
)
printable = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])
free_text = st.lists(st.sampled_from(BREAKOUTS) | st.text(printable, max_size=5), max_size=6).map("".join)

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True) | st.sampled_from(
    ["class", "type", "order", "name", "size", "self", "item", "key", "table", "request", "id", "N", "S", "k" * 255]
)
keys = st.builds("{}{}".format, names, st.sampled_from(["", ":S", ":N"]))


@st.composite
def routes(draw: st.DrawFn, key_names: list[str]) -> str:
    """Some routes, below paths that keep them apart."""
    words = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,7}", fullmatch=True)
    segments = st.lists(words | st.sampled_from([f"{{{name}}}" for name in key_names]), max_size=3, unique=True)
    drawn = []
    for number in range(draw(st.integers(1, 6))):
        path = "/".join([f"/r{number}", *draw(segments), *draw(st.sampled_from([[], [], [], ["{rest+}"]]))])
        methods = draw(st.lists(st.sampled_from(METHODS), min_size=1, max_size=3, unique=True))
        drawn += [f"{method} {path} {method.lower()}_{number}" for method in methods]
    return ", ".join(drawn)


@st.composite
def answers(draw: st.DrawFn) -> dict[str, str]:
    """A set of answers, odd in all that may be odd."""
    partition_key = draw(keys)
    sort_key = draw(st.just("") | keys.filter(lambda key: key.partition(":")[0] != partition_key.partition(":")[0]))
    key_names = [key.partition(":")[0] for key in (partition_key, sort_key) if key]
    return {
        "project_name": "x" + draw(free_text),
        "project_slug": draw(st.from_regex(r"s[a-z0-9-]{0,39}", fullmatch=True)),
        "description": draw(free_text),
        "table_name": draw(st.from_regex(r"[A-Za-z0-9_.-]{3,20}", fullmatch=True)),
        "partition_key": partition_key,
        "sort_key": sort_key,
        "region": draw(st.sampled_from(REGIONS)),
        "routes": draw(routes(key_names)),
        **{answer: draw(st.sampled_from(choices)) for answer, choices in CHOICES.items()},
        "cors_origin": draw(st.sampled_from(["", "*", "https://app.example.com", "http://localhost:5173"])),
    }


@pytest.mark.slow
def test_what_is_accepted_renders_and_passes_the_checks(tmp_path: Path, tools: Path) -> None:
    rendered: list[str] = []

    @settings(SOME, max_examples=60)
    @given(answers())
    def check(drawn: dict[str, str]) -> None:
        _, problems = parse_answers(drawn)
        assume(not problems)
        output = tmp_path / str(len(rendered))

        path = render(
            str(TEMPLATE),
            no_input=True,
            default_config=True,
            output_dir=str(output),
            extra_context={answer: escape_jinja(value) for answer, value in drawn.items()},
        )

        rendered.append(path)

    check()

    templates = [f"{path}/template.yaml" for path in rendered]
    lint = subprocess.run(["cfn-lint", *templates], capture_output=True, text=True, check=False)
    assert len(rendered) >= 50
    assert lint.stdout == ""
    for service in [Service(Path(path)) for path in rendered if Path(path, "src", "service").exists()][::12]:
        (service.path / ".venv").symlink_to(tools)
        (tools / ".complete").touch()
        assert " passed" in service.make("test")


@pytest.mark.slow
def test_what_is_refused_leaves_lines_and_nothing_else(tmp_path: Path) -> None:
    refused = 0

    @settings(SOME, max_examples=25)
    @given(answers(), st.dictionaries(st.sampled_from([*CHOICES, "region", "routes"]), free_text, min_size=1))
    def check(drawn: dict[str, str], mistakes: dict[str, str]) -> None:
        nonlocal refused
        drawn |= mistakes
        _, problems = parse_answers(drawn)
        assume(problems)
        refused += 1

        arguments = [f"{answer}={escape_jinja(value)}" for answer, value in drawn.items()]
        result = cookiecutter("--no-input", "--output-dir", str(tmp_path / "output"), *arguments)

        assert result.returncode == 1
        assert result.stdout.partition("\n\n")[0].splitlines() == problems
        assert "Traceback" not in result.stdout + result.stderr
        assert not (tmp_path / "output").exists()

    check()

    assert refused >= 20


@given(
    st.dictionaries(st.sampled_from([*CHOICES, "routes", "region", "table_name", "project_name"]), st.none()), st.data()
)
def test_an_answer_of_another_type_is_refused_by_name(wrong: dict[str, None], data: st.DataObject) -> None:
    other: st.SearchStrategy[Any] = st.none() | st.integers() | st.booleans() | st.lists(st.text()) | st.just({"a": 1})
    good: dict[str, object] = dict(data.draw(answers()))
    assume(not parse_answers(good)[1])

    _, problems = parse_answers({**good, **{answer: data.draw(other) for answer in wrong}})

    assert {problem.partition(":")[0] for problem in problems} >= wrong.keys()
