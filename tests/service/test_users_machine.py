"""What is set up differently on a user's machine does not change what a target of the service does."""

from __future__ import annotations

import json
import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from renders import Service

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from renders import Bake
    from stacks import Stack

FOR_OTHER_PROJECTS = {
    "python": """
        GIT_DIR GOOS MYPYPATH PIP_AUDIT_OUTPUT PIPAPI_PYTHON_LOCATION PYTEST_ADDOPTS PYTEST_PLUGINS PYTHONPATH
        PYTHONWARNINGS PYTHON_GIL RUFF_OUTPUT_FILE SAM_BUILD_MODE SAM_DEBUG_PORT SAM_DOCKER_NETWORK SAM_TEMPLATE_FILE
        SCHEMATHESIS_HOOKS SHELLCHECK_OPTS UV_NO_DEV UV_NO_SOURCES UV_NO_VERIFY_HASHES UV_PROJECT_ENVIRONMENT
        UV_SYSTEM_PYTHON UV_WORKING_DIR VIRTUAL_ENV
    """,
    "rust": """
        CARGO_BUILD_RUSTFLAGS CARGO_BUILD_TARGET CARGO_BUILD_TARGET_DIR CARGO_ENCODED_RUSTFLAGS CARGO_LAMBDA_COMPILER
        CARGO_PROFILE_DEV_PANIC CARGO_TARGET_DIR CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS CLIPPY_CONF_DIR
        PYTEST_ADDOPTS RUSTC_WORKSPACE_WRAPPER RUSTFLAGS RUSTFMT UV_NO_DEV
    """,
}
# Each of these makes a target fail, or check nothing, if it reaches the target's programs.
HARMFUL = {
    "CDPATH": "{directory}",
    "MYPYPATH": "{directory}",
    "PYTEST_ADDOPTS": "--no-such-option",
    "PYTEST_PLUGINS": "no_such_plugin",
    "PYTHONINSPECT": "1",
    "PYTHONOPTIMIZE": "2",
    "PYTHONWARNINGS": "error",
    "PYTHON_GIL": "0",
    "RUFF_OUTPUT_FILE": "{directory}/ruff.txt",
    "SHELLCHECK_OPTS": "--no-such-option",
}


def show_environment(service: Service, target: str, **environment: str) -> dict[str, str]:
    """Return the variables that the recipes of a target get, but do none of them."""
    (service.path / "show.mk").write_text(f"{target}: show\nshow: ; @env; exit 1\n")
    result = service.run("make", "--file", "show.mk", "--file", "Makefile", target, **environment)
    return dict(line.split("=", 1) for line in result.stdout.splitlines() if "=" in line)


@pytest.mark.parametrize("language", FOR_OTHER_PROJECTS)
def test_no_target_gets_variables_for_other_projects(bake: Bake, language: str) -> None:
    variables = dict.fromkeys(FOR_OTHER_PROJECTS[language].split(), "/other")

    shown = show_environment(bake(language=language), "help", **variables, UV_OFFLINE="1", CARGO_HOME="/home/cargo")

    assert not shown.keys() & variables.keys()
    assert (shown["UV_OFFLINE"], shown["CARGO_HOME"]) == ("1", "/home/cargo"), "those of the machine still reach it"


@pytest.mark.slow
def test_checks_and_tests_the_same_whatever_the_shell_sets(bake_with_tools: Bake, tmp_path: Path) -> None:
    service = bake_with_tools()
    (tmp_path / "api.py").write_text("1 + ''\n")
    (tmp_path / ".venv").mkdir()
    environment = {name: value.format(directory=tmp_path) for name, value in HARMFUL.items()}

    output = service.make("lint", "test", **environment)

    assert "All checks passed!" in output
    assert re.search(r"\b[1-9]\d* passed\b", output)
    assert "rm -rf .venv" not in service.make("--dry-run", "setup", **environment)


@pytest.mark.parametrize("target", ["deploy", "url", "delete"])
def test_only_the_command_line_of_make_chooses_the_stage(bake: Bake, target: str) -> None:
    service = bake()

    assert "--config-env dev " in service.make("--dry-run", target, STAGE="prod")
    assert "--config-env prod " in service.make("--dry-run", target, "STAGE=prod")


@pytest.mark.slow
def test_the_environment_is_complete_whatever_uv_is_set_to_and_recreated_if_it_is_broken(
    bake: Bake, tmp_path: Path
) -> None:
    service = bake()
    service.make("setup", UV_NO_DEV="1", UV_PROJECT_ENVIRONMENT=str(tmp_path / "other"))
    assert (service.path / ".venv" / "bin" / "sam").exists()
    assert not (tmp_path / "other").exists()

    service.check("uv", "sync", "--quiet", "--no-dev")  # as an owner may, for what is deployed
    service.make("docs")
    service.check(".venv/bin/sam", "--version")

    moved = Service(service.path.rename(service.path.with_name("orders")))
    assert ".venv is broken; run: make setup" in moved.run("make", "doctor").stdout
    moved.make("docs")
    moved.check(".venv/bin/sam", "--version")
    assert ".venv is broken" not in moved.run("make", "doctor").stdout

    python = moved.path / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3.14")
    assert ".venv is broken; run: make setup" in moved.run("make", "doctor").stdout
    moved.make("docs")
    moved.check(".venv/bin/sam", "--version")


@pytest.mark.docker
@pytest.mark.slow
class TestTheEngine:
    def test_is_the_one_of_docker_s_context(
        self, make_stack: Callable[..., Stack], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stack = make_stack()
        endpoint = f"unix://{tmp_path}/another.sock"
        with monkeypatch.context() as shell:  # without it, the stack is taken down
            shell.delenv("DOCKER_HOST", raising=False)
            shell.setenv("DOCKER_CONFIG", str(tmp_path))
            (tmp_path / "another.sock").symlink_to("/var/run/docker.sock")
            stack.service.check("docker", "context", "create", "another", "--docker", f"host={endpoint}")
            stack.service.check("docker", "context", "use", "another")

            for target in ("dev", "up", "start", "test-integration"):
                assert show_environment(stack.service, target)["DOCKER_HOST"] == endpoint
            assert (
                show_environment(stack.service, "engine", DOCKER_HOST="unix:///mine")["DOCKER_HOST"] == "unix:///mine"
            )
            assert "All is well." in stack.make("doctor")

            (tmp_path / "another.sock").unlink()
            result = stack.service.run("make", "doctor", *stack.settings)
            assert result.returncode != 0
            assert f"The Docker engine does not respond at {endpoint}; start Docker." in result.stdout

    def test_must_see_the_project(self, make_stack: Callable[..., Stack], tmp_path: Path) -> None:
        stack = make_stack()
        assert "does not see" not in stack.make("doctor")
        # As an engine that does not share the directory: it mounts an empty one.
        (tmp_path / "empty").mkdir()
        docker = tmp_path / "docker"
        docker.write_text(
            f'#!/bin/bash\nshared={tmp_path}/empty\nexec {shutil.which("docker")} "${{@/#$PWD\\/localstack/$shared}}"\n'
        )
        docker.chmod(0o755)

        result = stack.service.run("make", "doctor", *stack.settings, PATH=f"{tmp_path}:{os.environ['PATH']}")

        assert result.returncode != 0
        assert f"The Docker engine does not see {stack.service.path}; share it" in result.stdout
        assert "make up" not in result.stdout

    def test_may_use_selinux(self, bake: Bake) -> None:
        """Compose reads the labels that mounts ask for."""
        service = bake()
        config = service.run("docker", "compose", "--file", "compose.yaml", "config", "--format", "json")
        volumes = json.loads(config.stdout)["services"]["localstack"]["volumes"]

        assert len(volumes) == 2
        for volume in volumes:
            assert volume["read_only"]
            assert volume["bind"]["selinux"] == "z"
