"""Services in one repository, as docs/monorepo.md says."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from renders import TEMPLATE, Service, cookiecutter

if TYPE_CHECKING:
    from pathlib import Path

SLUGS = ["users-api", "orders-api"]
DIRECTORY = "services/users-api"
PYPROJECT = """\
[project]
name = "shared"
version = "0.1.0"
requires-python = ">=3.14"

[build-system]
requires = ["uv_build"]
build-backend = "uv_build"
"""
CARGO = '[package]\nname = "shared"\nversion = "0.1.0"\nedition = "2024"\n'


def read_blocks(section: str, language: str) -> list[str]:
    """Return the blocks of a section of the page, in a language."""
    page = (TEMPLATE / "docs" / "monorepo.md").read_text(encoding="utf-8")
    (text,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def make_repository(path: Path, language: str = "python") -> Service:
    """Make a repository with two services, and a package that they could share."""
    for slug in SLUGS:
        arguments = ["--no-input", "--output-dir", str(path / "services"), f"language={language}"]
        cookiecutter(*arguments, f"project_slug={slug}").check_returncode()
    write(path, "shared/pyproject.toml", PYPROJECT)
    write(path, "shared/src/shared/__init__.py", 'NAME = "shared"\n')
    write(path, "shared/Cargo.toml", CARGO)
    write(path, "shared/src/lib.rs", "")
    return Service(path)


def write(path: Path, file: str, text: str) -> None:
    (path / file).parent.mkdir(parents=True, exist_ok=True)
    (path / file).write_text(text, encoding="utf-8")


def in_service(repository: Service, command: str) -> str:
    """Run a command in the first service, and return what it prints."""
    return repository.run("bash", "-c", f"cd {DIRECTORY} && {command}").stdout


def follow(repository: Service, commands: str, slug: str = "users-api") -> None:
    """Run the page's commands for a service."""
    name = slug.upper().replace("-", "_")
    repository.check("bash", "-euc", commands.replace("users-api", slug).replace("USERS_API", name))


@pytest.mark.slow
class TestUvWorkspace:
    def test_excludes_a_service(self, tmp_path: Path) -> None:
        repository = make_repository(tmp_path)
        (setting,) = read_blocks("A uv workspace", "toml")

        write(tmp_path, "pyproject.toml", re.sub("exclude.*\n", "", setting))
        included = in_service(repository, "make .venv/.local")
        write(tmp_path, "pyproject.toml", setting)
        in_service(repository, "make .venv/.local")

        assert re.search(r"\.venv/\.local: (Directory nonexistent|No such file)", included)
        assert (tmp_path / DIRECTORY / ".venv" / ".local").exists()
        assert (tmp_path / DIRECTORY / "uv.lock").exists()


@pytest.mark.slow
@pytest.mark.rust
class TestCargoWorkspace:
    def test_excludes_a_service(self, tmp_path: Path) -> None:
        repository = make_repository(tmp_path, "rust")
        shutil.rmtree(tmp_path / "services/orders-api")
        (setting,) = read_blocks("A Cargo workspace", "toml")
        setting = setting.replace('["services/*"]', '["shared", "services/*"]')
        command = ("cargo", "metadata", "--no-deps", "--format-version", "1")

        write(tmp_path, "Cargo.toml", re.sub("exclude.*\n", "", setting))
        included = repository.run(*command)
        write(tmp_path, "Cargo.toml", setting)

        assert "multiple workspace roots" in included.stdout
        repository.check(*command)
        assert find_root(repository) == str(tmp_path / DIRECTORY)


def find_root(repository: Service) -> str:
    """Return the root of the workspace that cargo finds for the service, or cargo's error."""
    text = in_service(repository, "cargo metadata --no-deps --format-version 1")
    return str(json.loads(text)["workspace_root"]) if text.startswith("{") else text


@pytest.mark.slow
class TestSharedPackage:
    def test_in_python_is_a_wheel(self, tmp_path: Path) -> None:
        repository = make_repository(tmp_path)
        (commands,) = read_blocks("A package that services share", "sh")

        follow(repository, commands)

        assert "--hash=sha256:" in repository.read(f"{DIRECTORY}/src/requirements.txt")
        assert list((tmp_path / DIRECTORY / ".aws-sam" / "build").glob("*/shared/__init__.py"))
        in_service(repository, "uv remove --no-sync shared && uv add --no-sync ../../shared")
        output = in_service(repository, "make build")
        assert "all requirements must have a hash" in " ".join(output.split()), output  # uv breaks long lines

    @pytest.mark.rust
    def test_in_rust_is_a_path(self, tmp_path: Path, rust_tools: Path) -> None:
        repository = make_repository(tmp_path, "rust")
        page = (TEMPLATE / "docs" / "monorepo.md").read_text(encoding="utf-8")
        (line,) = re.findall("`(shared = .*?)`", page)
        manifest = repository.read(f"{DIRECTORY}/Cargo.toml")
        write(tmp_path, f"{DIRECTORY}/Cargo.toml", manifest.replace("[dependencies]\n", f"[dependencies]\n{line}\n"))
        check = f"{rust_tools}/bin/cargo-deny check bans licenses sources"

        without_licence = in_service(repository, check)
        write(tmp_path, "shared/Cargo.toml", CARGO + "publish = false\n")
        result = in_service(repository, check)

        assert "shared = 0.1.0 is unlicensed" in without_licence
        assert "bans ok, licenses ok, sources ok" in result


@pytest.mark.slow
class TestGitHub:
    """The root's workflow for each service, and what they refer to."""

    @pytest.mark.parametrize("language", ["python", "rust"])
    def test_finds_each_service(self, tmp_path: Path, language: str) -> None:
        repository = make_repository(tmp_path, language)
        workflow, action, dependabot = read_blocks("GitHub", "sh")

        for slug in SLUGS:
            follow(repository, workflow, slug)
            if language == "rust":
                follow(repository, action, slug)
        follow(repository, dependabot)

        files = [f".github/workflows/{slug}.yml" for slug in SLUGS]
        actions = [f"services/{slug}/.github/actions/setup/action.yml" for slug in SLUGS]
        repository.check("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files)
        repository.check("check-jsonschema", "--builtin-schema", "vendor.github-actions", *actions)
        repository.check("check-jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml")
        assert find_shared_names(*(yaml.safe_load(repository.read(file)) for file in files)) == set()
        for file in (*files, *actions, ".github/dependabot.yml"):
            assert list(find_missing_paths(repository, file)) == [], file


def find_shared_names(*workflows: Any) -> set[str]:
    """Return the names that GitHub would take for the same: of workflows, tags, groups of runs, and variables."""
    names = []
    for workflow in workflows:
        text = json.dumps(workflow, default=str)
        tags = workflow.get("on", workflow.get(True))["push"]["tags"]
        groups = re.findall(r'"group": "([\w-]+)', text)
        names.append({workflow["name"], *tags, *groups, *re.findall(r"vars\.(\w+)", text)})
    return set.intersection(*names)


def find_missing_paths(repository: Service, file: str) -> list[str]:
    """Return the paths in a file of GitHub's that do not exist, from the root."""
    text = repository.read(file)
    paths = re.findall(
        r"(?:uses: (?=\./)|working-directory: |directory: /|, /|[ '](?=[\w./-]*Cargo\.toml))([\w./-]+)", text
    )
    return [path for path in paths if not (repository.path / path).exists()]
