"""What is set up differently on a user's machine does not change what a target of the service does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conftest import Service

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Bake

FOR_OTHER_PROJECTS = {
    "python": ["PYTHONPATH", "SAM_BUILD_MODE", "SAM_DOCKER_NETWORK", "SAM_TEMPLATE_FILE", "VIRTUAL_ENV"]
    + ["UV_NO_DEV", "UV_PROJECT_ENVIRONMENT", "UV_SYSTEM_PYTHON", "UV_WORKING_DIR"],
    "rust": ["CARGO_BUILD_RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_BUILD_TARGET_DIR", "CARGO_ENCODED_RUSTFLAGS"]
    + ["CARGO_TARGET_DIR", "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS", "RUSTFLAGS", "UV_NO_DEV"],
}


def show_environment(service: Service, target: str, **environment: str) -> dict[str, str]:
    """Return the variables that the recipes of a target get, but do none of them."""
    (service.path / "show.mk").write_text(f"{target}: show\nshow: ; @env; exit 1\n")
    result = service.run("make", "--file", "show.mk", "--file", "Makefile", target, **environment)
    return dict(line.split("=", 1) for line in result.stdout.splitlines() if "=" in line)


@pytest.mark.parametrize("language", FOR_OTHER_PROJECTS)
def test_no_target_gets_variables_for_other_projects(bake: Bake, language: str) -> None:
    variables = dict.fromkeys(FOR_OTHER_PROJECTS[language], "/other")

    shown = show_environment(bake(language=language), "help", **variables, UV_OFFLINE="1", CARGO_HOME="/home/cargo")

    assert not shown.keys() & variables.keys()
    assert (shown["UV_OFFLINE"], shown["CARGO_HOME"]) == ("1", "/home/cargo"), "those of the machine still reach it"


@pytest.mark.parametrize("target", ["deploy", "url", "delete"])
def test_only_the_command_line_of_make_chooses_the_stage(bake: Bake, target: str) -> None:
    service = bake()

    assert "--config-env dev " in service.make("--dry-run", target, STAGE="prod")
    assert "--config-env prod " in service.make("--dry-run", target, "STAGE=prod")


@pytest.mark.slow
class TestTheEnvironment:
    def test_is_complete_whatever_uv_is_set_to(self, bake: Bake, tmp_path: Path) -> None:
        service = bake()

        service.make("setup", UV_NO_DEV="1", UV_PROJECT_ENVIRONMENT=str(tmp_path / "other"))

        assert (service.path / ".venv" / "bin" / "sam").exists()
        assert not (tmp_path / "other").exists()

    def test_is_recreated_if_its_tools_are_gone(self, bake: Bake) -> None:
        service = bake()
        service.make("setup")
        service.check("uv", "sync", "--quiet", "--no-dev")  # as an owner may, for what is deployed

        service.make("docs")
        service.check(".venv/bin/sam", "--version")

    def test_is_recreated_if_the_project_moved(self, bake: Bake) -> None:
        service = bake()
        service.make("setup")
        moved = Service(service.path.rename(service.path.with_name("orders")))
        assert ".venv is broken; run: make setup" in moved.run("make", "doctor").stdout

        moved.make("docs")
        moved.check(".venv/bin/sam", "--version")
        assert ".venv is broken" not in moved.run("make", "doctor").stdout

    def test_is_recreated_if_its_python_is_gone(self, bake: Bake) -> None:
        service = bake()
        service.make("setup")
        python = service.path / ".venv" / "bin" / "python"
        python.unlink()
        python.symlink_to("/nowhere/python3.14")
        result = service.run("make", "doctor")
        assert result.returncode != 0
        assert ".venv is broken; run: make setup" in result.stdout

        service.make("docs")
        service.check(".venv/bin/sam", "--version")
