"""The fixtures of all tests, and which tests this machine can run."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from typing import TYPE_CHECKING, Any

import pytest

from loaded_stack import run_loaded_stack
from ministack import run_ministack
from renders import (
    ANSWERS,
    CARGO_CONFIG,
    COOKIECUTTER_CONFIG,
    NUMBERS,
    TEMPLATE,
    Bake,
    Service,
    cookiecutter,
    find_free_port,
    find_missing,
    use_tools,
)
from repositories import clone_template
from stacks import Stack
from template_copy import copy_template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from loaded_stack import LoadedStack
    from ministack import MiniStack

# What a `make` or a CI that runs the tests would have the services' own `make` say and do.
for variable in ("CI", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
    os.environ.pop(variable, None)

# Cookiecutter, cruft and sam read it instead of the user's own.
os.environ["COOKIECUTTER_CONFIG"] = str(COOKIECUTTER_CONFIG)

# A shell's background jobs ignore Ctrl-C, and so would all that the tests start, where they are such a job.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what compiles Rust, which are tests with a fixture for it and those of each language; and what uses MiniStack.

    One process first compiles what all services in Rust share. Tests of these run last: they would wait for it.
    """
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        values = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if {"bake_rust", "rust_build"} & fixtures or "rust" in values:
            item.add_marker("rust")
        if {"ministack", "guarded"} & fixtures:
            item.add_marker("ministack")
    items.sort(key=lambda item: (not item.get_closest_marker("first"), bool(item.get_closest_marker("rust"))))


def pytest_report_header() -> list[str]:
    """Say at the start which tests are left out on this machine."""
    missing = {
        marker: find_missing(marker) for marker in ("browser", "docker", "go", "lldb", "ministack", "node", "rust")
    }
    return [f"left out, tests marked `{marker}`: {reason}" for marker, reason in missing.items() if reason]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine lacks; with REQUIRE_DOCKER=1, fail it, except for what needs Go or LLDB."""
    missing = {marker.name: find_missing(marker.name) for marker in item.iter_markers()}
    reason = next(filter(None, missing.values()), "")
    if reason and not (missing.get("go") or missing.get("lldb")) and os.environ.get("REQUIRE_DOCKER") == "1":
        pytest.fail(f"REQUIRE_DOCKER=1, and {reason}", pytrace=False)
    elif reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def render_once(cookies_session: Any) -> Callable[..., Path]:
    """Renders each set of answers once. Not to be changed."""
    paths: dict[str, Path] = {}

    def render(**answers: Any) -> Path:
        answers_in_order = repr(sorted(answers.items()))
        if answers_in_order not in paths:
            result = cookies_session.bake(extra_context={**ANSWERS, **answers})
            assert result.exception is None, result.exception
            paths[answers_in_order] = result.project_path
        return paths[answers_in_order]

    return render


@pytest.fixture
def bake(render_once: Callable[..., Path], tmp_path: Path) -> Bake:
    """Renders a service that the test may change."""

    def render(**answers: Any) -> Service:
        path = render_once(**answers)
        copy = tmp_path / f"service-{next(NUMBERS)}" / path.name
        shutil.copytree(path, copy)
        return Service(copy)

    return render


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A copy of the template, to be broken."""
    copy = tmp_path / "template"
    copy_template(copy)
    return copy


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment that `make setup` makes in a rendered service, to be shared by several."""
    output = tmp_path_factory.mktemp("tools")
    cookiecutter("--no-input", "--output-dir", str(output)).check_returncode()
    service = Service(output / "users-api")
    service.make("setup")
    return service.path / ".venv"


@pytest.fixture(scope="session")
def rust_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory in which cargo compiles all services: the AWS SDK takes minutes. Each has a `target` of its own.

    Cargo reads the file for every service below it, whatever the service's Makefile removes from the environment.
    """
    build = TEMPLATE / "build" / "rust-target"
    config = tmp_path_factory.getbasetemp() / ".cargo" / "config.toml"
    config.parent.mkdir(exist_ok=True)
    config.write_text(CARGO_CONFIG.format(build=build), encoding="utf-8")
    return build


@pytest.fixture(scope="session")
def rust_tools() -> Path:
    """The tools of a service in Rust, in one place for all tests: cargo compiles all again for a linker at another path."""
    output = TEMPLATE / "build" / "rust-tools"
    output.mkdir(parents=True, exist_ok=True)
    with (output / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Each time, because the tools' versions may have changed.
        arguments = ["--no-input", "--overwrite-if-exists", "--output-dir", str(output), "language=rust"]
        cookiecutter(*arguments).check_returncode()
        Service(output / "users-api").make("setup")
    return output / "users-api" / ".venv"


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of this repository, whose newest commit is the template as it is here. Not to be changed."""
    copy = tmp_path_factory.mktemp("repository") / "cookiecutter-sam-localstack"
    clone_template(copy)
    return copy


@pytest.fixture(scope="session")
def ministack() -> Iterator[MiniStack]:
    """AWS in a container of its own."""
    with run_ministack() as stack:
        yield stack


@pytest.fixture(scope="session", params=["python", pytest.param("rust", marks=pytest.mark.first)])
def loaded_stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadedStack]:
    """A service in each language, built, whose LocalStack runs: for all tests that load it with requests."""
    directory = tmp_path_factory.mktemp("loaded")
    if request.param == "rust":
        request.getfixturevalue("rust_build")
    tools = request.getfixturevalue("tools" if request.param == "python" else "rust_tools")
    with run_loaded_stack(request.param, directory, tools) as stack:
        yield stack


@pytest.fixture
def bake_rust(bake: Bake, rust_tools: Path, rust_build: Path) -> Bake:
    """Renders a service in Rust that has its tools, and shares what cargo compiles."""
    del rust_build  # works by its file

    def render(**answers: Any) -> Service:
        # Each has its own name: cargo confuses packages of one name in one directory.
        answers = {"project_slug": f"rust-{os.getpid()}-{next(NUMBERS)}", **answers}
        service = bake(language="rust", **answers)
        use_tools(service, rust_tools)
        return service

    return render


@pytest.fixture
def bake_with_tools(bake: Bake, tools: Path) -> Bake:
    """Renders a service that has its tools already."""

    def render(**answers: Any) -> Service:
        service = bake(**answers)
        use_tools(service, tools)
        return service

    return render


@pytest.fixture
def make_stack(bake_with_tools: Bake, request: pytest.FixtureRequest) -> Iterator[Callable[..., Stack]]:
    """Renders services with stacks of their own, and takes the stacks down afterwards."""
    stacks: list[Stack] = []

    def make(language: str = "python", **answers: str) -> Stack:
        if language == "rust":
            service = request.getfixturevalue("bake_rust")(**answers)
        else:
            service = bake_with_tools(**{"project_slug": f"test-{os.getpid()}-{next(NUMBERS)}", **answers})
        stacks.append(Stack(service, find_free_port(), find_free_port()))
        return stacks[-1]

    yield make
    for stack in stacks:
        stack.service.run("make", "down", *stack.settings)
        assert stack.containers() == []
