"""Bad answers stop before anything exists, with a line for each, whichever way they come."""

from __future__ import annotations

import json
import shlex
import shutil
from typing import TYPE_CHECKING

import pytest
import yaml

from conftest import TEMPLATE, cookiecutter

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {"project_name": "Users API", "table_name": "users", "routes": "GET /users, POST /users"}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output directory with a neighbour that nobody may touch."""
    (tmp_path / "neighbour").mkdir()
    (tmp_path / "neighbour" / "file").write_text("kept")
    output = tmp_path / "output"
    output.mkdir()
    return output


def everything_below(directory: Path) -> list[str]:
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*"))


@pytest.mark.parametrize(
    ("answers", "starts"),
    [
        ({"region": "us-est-1"}, ["region: "]),
        ({"project_slug": "../../a/b"}, ["project_slug: "]),
        ({"project_slug": "../neighbour"}, ["project_slug: "]),
        ({"project_slug": ""}, ["project_slug: "]),
        (
            {"api_type": "grpc", "functions": "two", "architecture": "riscv", "language": "cobol", "auth": "jwt"},
            ["language: ", "api_type: ", "functions: ", "architecture: ", "auth: "],
        ),
        ({"cors_origin": "https://app.example.com/"}, ["cors_origin: "]),
        (
            {"table_name": "a b", "partition_key": "1", "sort_key": "x:Y"},
            ["table_name: ", "partition_key: ", "sort_key: "],
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
def test_gives_a_command_that_renders_once_the_answer_is_mended(output: Path) -> None:
    free_text = 'It\'s {{7*7}} "$(id)" `x` \\ {% raw %} #'
    answers = {
        "project_name": "R&D's API",
        "description": free_text.replace("{", "{{ '{' }}"),
        "region": "us-est-1",
        "routes": "GET /a\nPOST /a",
    }

    refusal = cookiecutter("--no-input", *(f"{name}={value}" for name, value in answers.items()))
    command = refusal.stdout.strip().splitlines()[-1]
    words = shlex.split(command.replace("us-est-1", "us-east-1"))
    result = cookiecutter("-o", str(output), *words[1:2], *words[3:], template=TEMPLATE)

    assert words[:3] == ["cookiecutter", "--no-input", str(TEMPLATE)]
    assert result.returncode == 0, result.stdout + result.stderr
    document = yaml.safe_load((output / "r-d-s-api" / "openapi.yaml").read_text())
    assert document["info"]["description"] == free_text
    assert document["paths"]["/a"].keys() == {"get", "post"}


@pytest.mark.slow
def test_refuses_bad_answers_typed_at_the_prompts(output: Path) -> None:
    import subprocess  # noqa: PLC0415

    typed = "Users\n\n\nusers\n\n\nmars\nGET users\n\n\n\n\n\n\n"
    result = subprocess.run(
        ["cookiecutter", str(TEMPLATE), "--default-config", "-o", str(output)],
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1
    assert "region: 'mars' is not an AWS region" in result.stdout
    assert "\nroutes: 'GET users': 'users' does not start with '/'; write '/users'" in result.stdout
    assert everything_below(output) == []


@pytest.mark.slow
@pytest.mark.parametrize("value", [None, 7, {"a": 1}, True])
def test_refuses_answers_of_other_types_from_a_config_file(output: Path, tmp_path: Path, value: object) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps({"default_context": {"region": value}, "replay_dir": str(tmp_path / "replay")}))

    result = cookiecutter("--no-input", "--config-file", str(config), "-o", str(output))

    assert result.returncode == 1
    assert "region: " in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert everything_below(output) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("good", "bad", "problem"),
    [
        ('"ap-northeast-1"', '"mars"', "region: 'mars' is not an AWS region"),
        ('"users-api"', '"../../a/b"', "project_slug: '../../a/b' is not"),
    ],
)
def test_refuses_bad_answers_that_are_replayed(output: Path, tmp_path: Path, good: str, bad: str, problem: str) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps({"replay_dir": str(tmp_path / "replay")}))
    assert cookiecutter("--no-input", "--config-file", str(config), "-o", str(output)).returncode == 0
    shutil.rmtree(output / "users-api")
    (replay,) = (tmp_path / "replay").iterdir()
    replay.write_text(replay.read_text().replace(good, bad))
    before = everything_below(tmp_path)

    result = cookiecutter("--replay", "--config-file", str(config), "-o", str(output))

    assert result.returncode == 1
    assert problem in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert everything_below(tmp_path) == before


@pytest.mark.slow
def test_leaves_an_existing_directory_as_it_is(output: Path) -> None:
    (output / "users-api").mkdir()
    (output / "users-api" / "mine").write_text("kept")

    result = cookiecutter("--no-input", "-o", str(output))

    assert result.returncode == 1
    assert "already exists" in result.stdout
    assert everything_below(output) == ["users-api", "users-api/mine"]
