"""Bad answers are refused before any file exists, with one line each: by questions, options, config file and replay."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from renders import ANSWERS, TEMPLATE, cookiecutter

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {"project_name": "Users API", "table_name": "users", "routes": "GET /users, POST /users"}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output directory, next to a directory that must not change."""
    (tmp_path / "neighbour").mkdir()
    (tmp_path / "neighbour" / "file").write_text("kept")
    output = tmp_path / "output"
    output.mkdir()
    return output


@pytest.fixture
def replay(tmp_path: Path) -> Path:
    """The answers that cookiecutter stores after a render."""
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps({"default_context": ANSWERS, "replay_dir": str(tmp_path / "replay")}))
    arguments = ["--no-input", "--config-file", str(config), "-o", str(tmp_path / "first")]
    cookiecutter(*arguments).check_returncode()
    (kept,) = (tmp_path / "replay").iterdir()
    return kept


def render_with_config(output: Path, answers: dict[str, object]) -> subprocess.CompletedProcess[str]:
    """Render with answers of a config file of cookiecutter."""
    config = output.with_name("config.yaml")
    config.write_text(json.dumps({"default_context": answers, "replay_dir": str(output.with_name("replay"))}))
    return cookiecutter("--no-input", "--config-file", str(config), "-o", str(output))


def everything_below(directory: Path) -> list[str]:
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*"))


@pytest.mark.parametrize(
    ("answers", "starts"),
    [
        ({"region": "us-est-1"}, ["region: "]),
        ({"project_slug": "../../a/b"}, ["project_slug: "]),
        (
            {"api_type": "grpc", "functions": "two", "architecture": "riscv", "language": "cobol", "auth": "basic"},
            ["language: ", "api_type: ", "functions: ", "architecture: ", "auth: "],
        ),
        ({"routes": "FETCH /a, GET b, GET /c/"}, ["routes: ", "routes: ", "routes: "]),
        ({"project_name": "a\nb", "description": "\x07"}, ["project_name: ", "description: "]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
@pytest.mark.slow
def test_refuses_bad_answers_with_a_line_for_each_and_leaves_nothing(
    output: Path, answers: dict[str, str], starts: list[str]
) -> None:
    before = everything_below(output.parent)

    result = cookiecutter(
        "--no-input", "-o", str(output), *(f"{name}={value}" for name, value in {**GOOD, **answers}.items())
    )

    problems, blank, *_ = result.stdout.partition("\n\n")
    assert result.returncode == 1
    assert blank
    assert [line[: len(start)] for line, start in zip(problems.splitlines(), starts, strict=True)] == starts
    assert "Traceback" not in result.stdout + result.stderr
    assert everything_below(output.parent) == before


@pytest.mark.slow
@pytest.mark.parametrize("option", ["-o", "--output-dir"])
def test_prints_a_command_that_renders_once_the_answer_is_fixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.delenv("UV", raising=False)
    free_text = 'It\'s {{7*7}} "$(id)" `x` \\ {% raw %} #'
    answers = {
        "project_name": "R&D's API",
        "description": free_text.replace("{", "{{ '{' }}"),
        "region": "us-est-1",
        "routes": "GET /a\nPOST /a",
    }

    given = [f"{name}={value}" for name, value in answers.items()]
    refusal = cookiecutter("--default-config", "--no-input", option, "my services", *given, directory=tmp_path)
    advice, _, command = refusal.stdout.strip().splitlines()[-3:]
    pasted = command.replace("region='us-est-1'", "region='us-east-1'")
    result = subprocess.run(["bash", "-c", pasted], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert advice == "Fix the answers and run:"
    assert command.startswith(f"cookiecutter --no-input {TEMPLATE} --default-config {option} 'my services' ")
    assert result.returncode == 0, result.stdout + result.stderr
    document = yaml.safe_load((tmp_path / "my services" / "r-d-s-api" / "openapi.yaml").read_text())
    assert document["info"]["description"] == free_text
    assert document["paths"]["/a"].keys() == {"get", "post"}


@pytest.mark.slow
def test_refuses_bad_answers_typed_at_the_prompts(output: Path) -> None:
    typed = "users\n\n\n\n\nmars\nGET users\n" + "\n" * 9
    result = cookiecutter("-o", str(output), typed=typed)

    assert result.returncode == 1
    assert "region: 'mars' is not an AWS region" in result.stdout
    assert "\nroutes: 'GET users': 'users' does not start with '/'; write '/users'" in result.stdout
    assert "METHOD /path [name], separated by commas" in " ".join(result.stdout.split())
    assert everything_below(output) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "value"),
    [
        *(("region", value) for value in (None, 7, True)),
        *((answer, {"a": 1}) for answer in ("project_slug", "routes")),
    ],
)
def test_refuses_answers_of_other_types_from_a_config_file(output: Path, answer: str, value: object) -> None:
    result = render_with_config(output, {answer: value})

    assert result.returncode == 1
    assert re.match(rf"{answer}: .*\n\n", result.stdout)
    assert "Traceback" not in result.stdout + result.stderr
    assert everything_below(output) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "value", "hint"),
    [
        ("routes", ["GET /a", "POST /a"], ": 'GET /a, POST /a'"),
        ("table_name", ["users", "orders"], ""),
    ],
)
def test_refuses_a_list_of_which_cookiecutter_would_use_the_first_element(
    output: Path, answer: str, value: list[str], hint: str
) -> None:
    result = render_with_config(output, {answer: value})

    assert result.returncode == 1
    assert result.stdout == (
        f"{answer}: is a list, of which cookiecutter uses only the first element; write it as a string{hint}\n"
        f"\nFix these answers:\n\n{answer}='{', '.join(value)}'\n"
    )
    assert everything_below(output) == []


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_reports_problems_in_characters_that_the_terminal_lacks(output: Path, encoding: str) -> None:
    answers = ["project_name=a\udcff", "region=日本"]  # U+DCFF is what Python reads for the byte FF

    result = cookiecutter("--no-input", "-o", str(output), *answers, PYTHONIOENCODING=encoding)

    assert result.returncode == 1
    assert "\nproject_name: contains U+DCFF, which cannot be printed" in result.stdout
    assert result.stdout.startswith("region: '")
    assert "Traceback" not in result.stdout + result.stderr
    assert everything_below(output) == []


@pytest.mark.slow
def test_renders_below_a_directory_with_spaces_quotes_and_letters_of_any_script(output: Path) -> None:
    directory = output / "日本 'x' \"y\" é"

    result = cookiecutter("--no-input", "-o", str(directory), PYTHONIOENCODING="ascii")

    assert result.returncode == 0, result.stdout + result.stderr
    assert list(output.iterdir()) == [directory]
    assert (directory / "users-api" / "Makefile").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("good", "bad", "problem"),
    [
        ('"ap-northeast-1"', '"mars"', "region: 'mars' is not an AWS region"),
        ('"users-api"', '"../../a/b"', "project_slug: '../../a/b' is not"),
        ('"_checkout"', '"_copy_without_render": ["*"], "_checkout"', "_copy_without_render: is a setting"),
        ('"_checkout"', '"_new_lines": "\\r\\n", "_checkout"', "_new_lines: is a setting"),
    ],
)
def test_refuses_bad_answers_that_are_replayed(
    output: Path, tmp_path: Path, replay: Path, good: str, bad: str, problem: str
) -> None:
    replay.write_text(replay.read_text().replace(good, bad))
    before = everything_below(tmp_path)

    result = cookiecutter("--replay", "--config-file", str(tmp_path / "config.yaml"), "-o", str(output))

    assert result.returncode == 1
    assert problem in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert everything_below(tmp_path) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("missing", "problem"), [("project_slug", "project_slug: '' is not"), ("routes", "routes: names no route")]
)
def test_asks_for_an_answer_that_a_replay_lacks_and_checks_it(
    output: Path, replay: Path, missing: str, problem: str
) -> None:
    answers = json.loads(replay.read_text())
    del answers["cookiecutter"][missing]
    replay.write_text(json.dumps(answers))

    result = cookiecutter("--replay-file", str(replay), "-o", str(output), typed="\n")

    assert result.returncode == 1
    assert problem in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert everything_below(output) == []
