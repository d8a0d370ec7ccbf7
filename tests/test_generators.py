"""The tools that render the template give the same service, and cruft brings a new version of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from conftest import TEMPLATE, cookiecutter

if TYPE_CHECKING:
    from pathlib import Path

ANSWERS = {"project_name": "Orders", "table_name": "orders", "partition_key": "order:N", "region": "eu-west-1"}

pytestmark = pytest.mark.slow


def run(*command: str, directory: Path, timeout: float = 120) -> str:
    result = subprocess.run(
        command,
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


def read_tree(directory: Path) -> dict[str, bytes]:
    paths = [
        path for path in directory.rglob("*") if path.is_file() and ".git" not in path.relative_to(directory).parts
    ]
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in paths if path.name != ".cruft.json"}


def commit_all(repository: Path, message: str) -> str:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
    run("git", "add", "--all", directory=repository)
    run("git", *identity, "commit", "--quiet", "--message", message, directory=repository)
    return run("git", "rev-parse", "HEAD", directory=repository).strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of its own, with the template as it is here."""
    files = (
        run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", directory=TEMPLATE)
        .strip("\0")
        .split("\0")
    )
    copy = tmp_path / "cookiecutter-sam-localstack"
    for file in files:
        if (TEMPLATE / file).exists():
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TEMPLATE / file, copy / file)
    run("git", "init", "--quiet", "--initial-branch=main", directory=copy)
    commit_all(copy, "The template")
    return copy


@pytest.fixture
def expected(tmp_path: Path) -> dict[str, bytes]:
    """What cookiecutter renders."""
    result = cookiecutter(
        "--no-input", "-o", str(tmp_path / "cookiecutter"), *(f"{name}={value}" for name, value in ANSWERS.items())
    )
    assert result.returncode == 0, result.stderr
    return read_tree(tmp_path / "cookiecutter" / "orders")


def test_sam_init_gives_the_same_service(repository: Path, expected: dict[str, bytes], tmp_path: Path) -> None:
    context = json.dumps(ANSWERS)
    output = tmp_path / "sam"

    run(
        "sam",
        "init",
        "--location",
        str(repository),
        "--no-input",
        "--extra-context",
        context,
        "--output-dir",
        str(output),
        directory=tmp_path,
    )

    assert read_tree(output / "orders") == expected


def test_sam_init_refuses_bad_answers_without_a_traceback(repository: Path, tmp_path: Path) -> None:
    output = tmp_path / "sam"

    result = subprocess.run(
        [
            "sam",
            "init",
            "--location",
            str(repository),
            "--no-input",
            "--extra-context",
            '{"region": "mars"}',
            "--output-dir",
            str(output),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1
    assert "region: 'mars' is not an AWS region" in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    assert not output.exists() or not list(output.iterdir())


def test_cruft_create_gives_the_same_service(repository: Path, expected: dict[str, bytes], tmp_path: Path) -> None:
    run(
        "cruft",
        "create",
        str(repository),
        "--no-input",
        "--extra-context",
        json.dumps(ANSWERS),
        "--output-dir",
        str(tmp_path / "cruft"),
        directory=tmp_path,
    )

    assert read_tree(tmp_path / "cruft" / "orders") == expected


@pytest.fixture
def service(repository: Path, tmp_path: Path) -> Path:
    """A service that cruft made of an older version of the template, and that its team keeps in git."""
    extensions = repository / "local_extensions.py"
    http = repository / "{{cookiecutter.project_slug}}" / "src" / "service" / "http.py"
    new = {path: path.read_text(encoding="utf-8") for path in (extensions, http)}
    extensions.write_text(
        new[extensions].replace('"list": "list the items, a page at a time"', '"list": "show the items"'),
        encoding="utf-8",
    )
    http.write_text(new[http].replace("What a handler is given", "What an old handler was given"), encoding="utf-8")
    assert new != {path: path.read_text(encoding="utf-8") for path in new}
    commit_all(repository, "An older version")
    run(
        "cruft",
        "create",
        str(repository),
        "--no-input",
        "--extra-context",
        json.dumps(ANSWERS),
        "--output-dir",
        str(tmp_path),
        directory=tmp_path,
    )
    service = tmp_path / "orders"
    run("git", "init", "--quiet", "--initial-branch=main", directory=service)
    commit_all(service, "The service")
    for path, text in new.items():
        path.write_text(text, encoding="utf-8")
    commit_all(repository, "A newer version")
    return service


def test_cruft_update_brings_the_new_version(service: Path, expected: dict[str, bytes]) -> None:
    before = read_tree(service)

    run("cruft", "update", "--skip-apply-ask", directory=service)

    assert before["src/service/routes.py"] != expected["src/service/routes.py"]
    assert before["src/service/http.py"] != expected["src/service/http.py"]
    assert read_tree(service) == expected


def test_cruft_update_brings_new_routes_and_keeps_a_handler_that_was_edited(service: Path) -> None:
    routes = service / "src" / "service" / "routes.py"
    edited = "    table.delete(table.read_path_key(request))\n    print('deleted')\n"
    routes.write_text(
        routes.read_text(encoding="utf-8").replace("    table.delete(table.read_path_key(request))\n", edited),
        encoding="utf-8",
    )
    commit_all(service, "An edit")
    wanted = json.loads((service / ".cruft.json").read_text())["context"]["cookiecutter"]["routes"] + ", GET /reports"

    run(
        "cruft",
        "update",
        "--skip-apply-ask",
        "--variables-to-update",
        json.dumps({"routes": wanted}),
        directory=service,
    )

    text = routes.read_text(encoding="utf-8")
    assert edited in text
    assert '"GET /reports": get_reports,' in text
    assert "Path: /reports" in (service / "template.yaml").read_text(encoding="utf-8")


def test_cruft_update_refuses_bad_routes_and_leaves_the_service_as_it_is(service: Path) -> None:
    before = read_tree(service)

    result = subprocess.run(
        ["cruft", "update", "--skip-apply-ask", "--variables-to-update", '{"routes": "FETCH /"}'],
        cwd=service,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode != 0
    assert "'FETCH' is not a method" in result.stdout + result.stderr
    assert read_tree(service) == before
