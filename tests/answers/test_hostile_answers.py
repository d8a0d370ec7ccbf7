"""Random answers: each is refused with a clear line, or gives a service that passes its checks."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from cookiecutter.main import cookiecutter as render
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from local_extensions.answers import CHOICES, parse_answers
from local_extensions.limits import REGIONS
from local_extensions.quoting import escape_jinja
from local_extensions.routes import METHODS
from renders import TEMPLATE, Service, cookiecutter, use_tools

if TYPE_CHECKING:
    from collections.abc import Callable

SOME = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

# Each would end the text around it, in some file of the service: Jinja, Python, Rust, shell, Make, YAML, TOML, JSON,
# Markdown, mermaid, HTML, CloudFormation, GitHub's expressions.
BREAKOUTS = (
    *("{{ 7 * 7 }}", "{% raw %}", "{% endraw %}", "{# x #}", '"""', "'''", "\\", '\\"', "\\N{DASH}", '"#', "*/", "//"),
    *("$(touch x)", "`touch x`", "${HOME}", "$$", "'; touch x; '", "$(shell touch x)", "%s", "%(x)s", "{0}"),
    *(": ", " #", "- ", "!Ref x", "&a", "*a", "| ", "> ", "---", "]]", "}}", "```", "|", "<br>", "</script>", "[x](y)"),
    *("end", "-->", "%%{", "${AWS::Region}", "${{ github.token }}", "é", "🦀", "م", "\u200d", "~", "null", "0", "yes"),
    *("{{resolve:secretsmanager:a:SecretString:b}}", "{{resolve:ssm:/a:1}}", "@a", "=1+1", "<!--", "&lt;", "\u3000"),
)
printable = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])
free_text = st.lists(st.sampled_from(BREAKOUTS) | st.text(printable, max_size=5), max_size=6).map("".join)

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True) | st.sampled_from(
    """
    class type order name size self item key table request id N S _ __class__ items limit cursor event message
    null true no on off yes y n
    """.split()
)
keys = st.builds("{}{}".format, names, st.sampled_from(["", ":S", ":N"]))
ATTRIBUTES = (
    "",
    "...",
    "null:no|yes|1.5|null, true:string?, on:number, y:datetime?, e1:integer",
    f"{'a' * 64}:{'|'.join('v' * length for length in range(30, 60))}, b:boolean?, l:list?, m:map?, ...",
)
INDEXES = ("", "", "e1, null/on", f"{'a' * 64}", "e1/y, on")


ANSWERS = [name for name in json.loads((TEMPLATE / "cookiecutter.json").read_text()) if name[0] != "_"]
other: st.SearchStrategy[Any] = st.none() | st.integers() | st.booleans() | st.lists(st.text()) | st.just({"a": "1"})
# What ends a line or a program, and what cannot be seen.
unprintable = st.text(st.sampled_from("a\n\t\x1b\x7f\x85\u2028\u202e\u200f\ufeff"), min_size=1, max_size=5)


@st.composite
def routes(draw: st.DrawFn, key_names: list[str]) -> str:
    """Some routes, below paths that keep them apart."""
    words = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,7}", fullmatch=True)
    words |= st.sampled_from(["w" * 60, "w" * 110])  # about as long as a path may be
    segments = st.lists(
        words | st.sampled_from([f"{{{name}}}" for name in key_names or ["other"]]), max_size=3, unique=True
    )
    drawn = []
    for number in range(draw(st.integers(1, 6))):
        path = "/".join([f"/r{number}", *draw(segments), *draw(st.sampled_from([[], [], [], ["{rest+}"]]))])
        methods = draw(st.lists(st.sampled_from(METHODS), min_size=1, max_size=3, unique=True))
        drawn += [f"{method} {path} {method.lower()}_{number}" for method in methods]
    odd = st.sampled_from(["null", "no", "on", "off", "yes", "y", "item", "page", "json", "get", "e1", "x_", "ref_"])
    drawn += [f"GET /odd/{name} {name}" for name in draw(st.lists(odd, max_size=3, unique=True))]
    return ", ".join(drawn)


@st.composite
def answers(draw: st.DrawFn) -> dict[str, str]:
    """A set of answers, odd in all that may be odd."""
    partition_key = draw(keys)
    sort_key = draw(st.just("") | keys.filter(lambda key: key.partition(":")[0] != partition_key.partition(":")[0]))
    key_names = [key.partition(":")[0] for key in (partition_key, sort_key) if key]
    owned = {}
    if draw(st.integers(0, 3)) == 0:
        indexes = draw(st.sampled_from(["", "e1, null"])) if sort_key else ""
        owner = f"{key_names.pop(0)}:owner"
        owned = {"partition_key": owner, "indexes": indexes, "auth": "jwt", "api_type": "http"}
    return {
        "project_name": "x" + draw(free_text),
        "project_slug": draw(
            st.from_regex(r"s[a-z0-9-]{0,39}", fullmatch=True) | st.sampled_from(["null", "true", "no", "on", "y"])
        ),
        "description": draw(free_text),
        "table_name": draw(
            st.from_regex(r"[A-Za-z0-9_.-]{3,20}", fullmatch=True)
            | st.sampled_from(["---", "...", "1e3", "0x1", "true", "null", "--help", "2020-01-01", "t" * 255])
        ),
        "partition_key": partition_key,
        "sort_key": sort_key,
        "attributes": draw(st.sampled_from(ATTRIBUTES)),
        "indexes": draw(st.sampled_from(INDEXES)),
        "region": draw(st.sampled_from(REGIONS)),
        "routes": draw(routes(key_names)),
        **{answer: draw(st.sampled_from(choices)) for answer, choices in CHOICES.items()},
        "cors_origin": draw(st.sampled_from(["", "*", "https://app.example.com", "http://localhost:5173"])),
        **owned,
    }


@pytest.mark.slow
def test_what_is_accepted_renders_and_passes_the_checks(tmp_path: Path, tools: Path) -> None:
    rendered: list[str] = []

    @settings(SOME, max_examples=25)
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

    checks = [
        ["cfn-lint", *(f"{path}/template.yaml" for path in rendered)],
        ["ruff", "check", "--quiet", *rendered],
        ["ruff", "format", "--check", "--quiet", *rendered],
    ]
    if shutil.which("cargo"):
        manifests = tmp_path.glob("*/*/Cargo.toml")
        checks += [["cargo", "fmt", "--check", f"--manifest-path={manifest}"] for manifest in manifests]
    results = [subprocess.run(command, capture_output=True, text=True, check=False) for command in checks]
    assert len(rendered) >= 20
    assert [result.stdout + result.stderr for result in results if result.stdout or result.returncode] == []
    for service in [Service(Path(path)) for path in rendered if Path(path, "src", "service").exists()][::8]:
        use_tools(service, tools)
        assert " passed" in service.make("test")


def give_on_a_command_line(drawn: dict[str, Any], directory: Path) -> list[str]:
    del directory
    return ["--no-input", *(f"{answer}={escape_jinja(value)}" for answer, value in drawn.items())]


def give_in_a_config_file(drawn: dict[str, Any], directory: Path) -> list[str]:
    context = {name: escape_jinja(value) if isinstance(value, str) else value for name, value in drawn.items()}
    config = {"default_context": context, "replay_dir": str(directory / "replay")}
    (directory / "config.yaml").write_text(yaml.dump(config), encoding="utf-8")
    return ["--no-input", "--config-file", str(directory / "config.yaml")]


def give_in_a_replay(drawn: dict[str, Any], directory: Path) -> list[str]:
    more = {"_extensions": ["local_extensions.AnswersExtension"], "unknown": "{{ 7 * 7 }}"}
    (directory / "answers.json").write_text(json.dumps({"cookiecutter": {**drawn, **more}}), encoding="utf-8")
    return ["--replay-file", str(directory / "answers.json")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("give", "mistake"),
    [
        (give_on_a_command_line, free_text | unprintable),
        # cookiecutter takes a list of a config file for one to choose from, and a number for its digits.
        (give_in_a_config_file, free_text | unprintable | st.none() | st.booleans()),
        # Nothing else brings what no process can be given, nor what Jinja reads as another end of a line.
        (give_in_a_replay, free_text | unprintable | st.sampled_from(["a\x00", "\r", "\ud800"]) | other),
    ],
)
def test_what_is_refused_leaves_lines_and_nothing_else(
    tmp_path: Path, give: Callable[[dict[str, Any], Path], list[str]], mistake: st.SearchStrategy[Any]
) -> None:
    refused = 0

    @settings(SOME, max_examples=12)
    @given(answers(), st.dictionaries(st.sampled_from(ANSWERS), mistake, min_size=1))
    def check(drawn: dict[str, Any], mistakes: dict[str, Any]) -> None:
        nonlocal refused
        drawn |= mistakes
        _, problems = parse_answers(drawn)
        assume(problems)
        refused += 1

        result = cookiecutter(*give(drawn, tmp_path), "--output-dir", str(tmp_path / "output"))

        assert result.returncode == 1
        assert result.stdout.partition("\n\n")[0].splitlines() == problems
        assert "Traceback" not in result.stdout + result.stderr
        assert not (tmp_path / "output").exists()

    check()

    assert refused >= 8
