"""The documents are accurate."""

from __future__ import annotations

import html
import json
import re
import shlex
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from draw_session import read_commands, run_session
from local_extensions.answers import CHOICES
from renders import TEMPLATE, Service, cookiecutter

if TYPE_CHECKING:
    from pathlib import Path

    from renders import Bake

DOCUMENTS = sorted(
    file for directory in (".", "docs", "benchmarks/results") for file in (TEMPLATE / directory).glob("*.md")
)


Tree = dict[str, "Tree"]


def draw_tree(files: list[str]) -> list[str]:
    """Return a tree of paths, as the README shows it."""
    tree: Tree = {}
    for file in files:
        node = tree
        for part in file.split("/"):
            node = node.setdefault(part, {})

    def draw(node: Tree, indent: str) -> list[str]:
        lines = []
        for position, (name, below) in enumerate(sorted(node.items())):
            is_last = position == len(node) - 1
            lines.append(f"{indent}{'└── ' if is_last else '├── '}{name}")
            lines += draw(below, indent + ("    " if is_last else "│   "))
        return lines

    return draw(tree, "")


def test_the_readme_shows_the_tree_that_is_rendered(bake: Bake) -> None:
    (shown,) = re.findall(
        r"```\nusers-api\n(.*?)\n```", (TEMPLATE / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )

    assert shown.splitlines() == draw_tree(bake().files)


def test_the_readme_shows_handlers_that_are_rendered(bake: Bake) -> None:
    readme = (TEMPLATE / "README.md").read_text(encoding="utf-8")
    answers = dict(word.split("=", 1) for word in shlex.split(read_commands()[0]) if "=" in word)
    (shown,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)

    assert len(shown.splitlines()) in range(10, 25)
    assert shown in bake(**answers).read("src/service/routes.py")


@pytest.mark.slow
def test_the_readme_s_first_commands_create_an_item() -> None:
    outputs = [output for _, output in run_session()]

    assert outputs[0].startswith("orders-api: table orders with the key order_id in ")
    assert "The API responds at http://127.0.0.1:3000" in outputs[2]
    assert outputs[3].startswith("HTTP/1.1 201 CREATED\n")
    assert json.loads(outputs[3].splitlines()[-1]) == {"order_id": "001", "total": 1980}


def test_the_picture_shows_the_readme_s_first_commands() -> None:
    picture = (TEMPLATE / "benchmarks" / "results" / "session.svg").read_text(encoding="utf-8")
    shown = html.unescape(picture).replace("\N{NO-BREAK SPACE}", " ")

    assert [line for command in read_commands() for line in command.splitlines() if line not in shown] == []
    assert "HTTP/1.1 201 CREATED" in shown


@pytest.mark.parametrize("language", ["python", "rust"])
def test_a_service_s_readme_lists_each_of_its_files_or_their_directory(bake: Bake, language: str) -> None:
    service = bake(language=language)
    layout = service.read("README.md").partition("## Layout")[2].partition("\n## ")[0]
    named = [name for row in re.findall(r"^\| (`.*?) \|", layout, re.MULTILINE) for name in re.findall("`(.*?)`", row)]
    own = {"README.md", "Makefile", "src/service/__init__.py", "tests/api.py", "tests/conftest.py"}
    hidden = (".editorconfig", ".gitattributes", ".gitignore", ".pre-commit-config.yaml", ".yamllint.yaml")

    missing = [
        file
        for file in service.files
        if file not in {*own, *hidden, "tests/openapi.py", "tests/schemathesis_hooks.py"}
        and not any(file == name or (name.endswith("/") and file.startswith(name)) for name in named)
    ]

    assert missing == []
    assert all((service.path / name).exists() for name in named)


@pytest.mark.slow
def test_the_readme_shows_the_messages_that_bad_answers_give(tmp_path: Path) -> None:
    text = (TEMPLATE / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"\$ cookiecutter .*?\n(.*?)\n```", text, re.DOTALL)

    result = cookiecutter("--no-input", "region=us-est-1", "routes=GTE /users", directory=tmp_path)

    assert result.stdout.partition("\n\n")[0] == shown


def test_the_readme_has_every_answer_with_its_default() -> None:
    text = (TEMPLATE / "README.md").read_text(encoding="utf-8")

    for answer, default in json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8")).items():
        if answer.startswith("_"):
            continue
        (row,) = re.findall(rf"^\| `{answer}` \|(.*)\|$", text, re.MULTILINE)
        assert "{{" in default or row.split("|")[0].strip() == default
        assert all(choice in row for choice in CHOICES.get(answer, ()))


def test_the_readme_has_the_figures_that_were_measured() -> None:
    measured = (TEMPLATE / "benchmarks" / "results" / "languages.md").read_text(encoding="utf-8")

    assert measured.strip() in (TEMPLATE / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("document", "figures"), [("README.md", 2), ("docs/decisions.md", 4)])
def test_the_documents_have_the_figures_that_were_measured(document: str, figures: int) -> None:
    text = (TEMPLATE / document).read_text(encoding="utf-8")
    found = [
        (figure, file)
        for paragraph in text.split("\n\n")
        for file in re.findall(r"results/(\w+\.md)\) \(", paragraph)
        for figure in re.findall(r"([\d,.]+ (?:bytes|modules|ms)|[\d.]+(?= times))", paragraph)
    ]
    results = {file: (TEMPLATE / "benchmarks" / "results" / file).read_text(encoding="utf-8") for _, file in found}

    assert len(found) == figures
    assert [figure for figure, file in found if figure.removesuffix(" bytes") not in results[file]] == []


def test_the_arithmetic_of_scale_is_right() -> None:
    text = (TEMPLATE / "docs" / "scale.md").read_text(encoding="utf-8")

    sums = re.findall(r"`([\d,.]+(?: [×÷] [\d,.]+)+) = ([\d,.]+)`", text)

    assert len(sums) == text.count(" = ")
    assert [f"{sum_} is not {result}" for sum_, result in sums if compute(sum_) != compute(result)] == []


def compute(text: str) -> Fraction:
    """Return the value of numbers that are multiplied and divided, from left to right."""
    first, *rest = text.replace(",", "").split()
    value = Fraction(first)
    for sign, number in zip(rest[::2], rest[1::2], strict=True):
        value = value * Fraction(number) if sign == "×" else value / Fraction(number)
    return value


def test_each_promise_of_security_has_its_test() -> None:
    text = (TEMPLATE / "SECURITY.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+|Test\w+)`", text))
    sources = "".join(file.read_text(encoding="utf-8") for file in (TEMPLATE / "tests").rglob("test_*.py"))

    promises = re.findall(r"^\| (?!Promise|---).* \| (.*) \|$", text, re.MULTILINE)

    assert all("`" in tests for tests in promises)
    assert [name for name in named if not re.search(rf"^ *(def|class) {name}\b", sources, re.MULTILINE)] == []


def read_anchors(document: Path) -> set[str]:
    """Return the anchors that GitHub gives a document's headings."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def find_broken_links(document: Path) -> list[str]:
    links = re.findall(r"\]\((?!https://)([^)#]*)(?:#([^)]+))?\)", document.read_text(encoding="utf-8"))
    return [
        f"{path}#{anchor}" if anchor else path
        for path, anchor in links
        for target in [document.parent / path if path else document]
        if not target.exists() or (anchor and anchor not in read_anchors(target))
    ]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    assert find_broken_links(document) == []


@pytest.fixture(scope="module")
def makefiles(cookies_session: Any) -> str:
    """The template's and the service's Makefile, without their line breaks inside a rule."""
    services = [
        Service(cookies_session.bake(extra_context=answers).project_path)
        for answers in ({}, {"auth": "jwt", "api_type": "http", "project_slug": "tokens"})
    ]
    texts = [(TEMPLATE / "Makefile").read_text(encoding="utf-8"), *(service.read("Makefile") for service in services)]
    return "".join(texts).replace("\\\n", "")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_that_are_named_exist(document: Path, makefiles: str) -> None:
    named = set(re.findall(r"`make ([a-z_-]+)", document.read_text(encoding="utf-8")))

    pattern = r"^(?:{0}:|BENCHMARKS :=.* {0}\b)"
    assert [target for target in named if not re.search(pattern.format(target), makefiles, re.MULTILINE)] == []


def find_long_paragraphs(text: str) -> list[str]:
    """Return the start of each paragraph and item of a list that needs more than 400 characters."""
    prose = re.sub(r"(?s)^```.*?^```$|^[|<][^\n]*$", "", text, flags=re.MULTILINE)
    paragraphs = re.split(r"\n\s*\n|\n(?= *(?:[-*]|\d+\.) )", prose)
    return [paragraph.strip()[:60] for paragraph in paragraphs if len(paragraph.strip()) > 400]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_paragraph_is_long(document: Path) -> None:
    assert find_long_paragraphs(document.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"language": "rust", "api_type": "http", "auth": "none", "cors_origin": "https://app.example.com"},
        {
            "partition_key": "user_id:owner",
            "sort_key": "id:uuid",
            "auth": "jwt",
            "api_type": "http",
            "attributes": "text, at:created, updated_at:updated, revision:revision, expires_at:expiry?, ...",
        },
    ],
    ids=["default", "rust", "owners"],
)
def test_no_paragraph_of_a_service_s_documents_is_long(bake: Bake, answers: dict[str, str]) -> None:
    service = bake(**answers)
    documents = [file for file in service.files if file.endswith(".md")]

    assert len(documents) == 4
    assert [(file, start) for file in documents for start in find_long_paragraphs(service.read(file))] == []


def test_finds_long_paragraphs_and_items_of_lists() -> None:
    long = "word " * 81
    text = f"# A\n\n{long}\n\n- short\n- {long}\n\n| {long} |\n\n```\n{long}\n```\n"

    assert [start[:6] for start in find_long_paragraphs(text)] == ["word w", "- word"]
