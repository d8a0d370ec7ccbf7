"""`make dev DOCKER=no DEBUG=…`: a debugger stops the function at a line of a handler, in both languages."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import requests

from debugger import Debugger
from renders import find_free_port
from stacks import Stack, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from renders import Bake, Service

pytestmark = pytest.mark.slow

SECONDS = 60
PYTHON_ROUTES = "src/service/routes.py"
PYTHON_LINE = "    return pages.make_page("
RUST_LINE = "    let item = table.read("


def find_free_ports(count: int) -> int:
    """Return the first of several ports on which nothing listens."""
    while True:
        first = find_free_port()
        with contextlib.suppress(OSError), contextlib.ExitStack() as servers:
            for port in range(first, first + count):
                servers.enter_context(socket.create_server(("127.0.0.1", port)))
            return first


@contextlib.contextmanager
def debugging(service: Service, port: int) -> Iterator[Stack]:
    stack = Stack(service, find_free_port(), find_free_port())
    with stack.running("dev", "DOCKER=no", f"DEBUG={port}"):
        yield stack


def read_log(stack: Stack) -> str:
    return (stack.service.path / "dev.log").read_text()


def get(stack: Stack, path: str = "/users") -> tuple[int, Any]:
    response = requests.get(stack.url + path, timeout=SECONDS)
    return response.status_code, response.json()


def read_launch(service: Service, port: int) -> dict[str, Any]:
    """Return the configuration for VS Code that the service's README has, for a port."""
    match = re.search(r"`.vscode/launch.json`:\n\n```json\n(.*?)```", service.read("README.md"), re.DOTALL)
    assert match
    assert match[1].count("\n") == 5
    configuration: dict[str, Any] = json.loads(match[1].replace("5678", str(port)))["configurations"][0]
    return configuration


def find_line(service: Service, file: str, start: str) -> int:
    """Return the number of the first line that starts with a text."""
    lines = enumerate(service.read(file).splitlines(), start=1)
    return next(number for number, line in lines if line.startswith(start))


def shorten_timeouts(service: Service) -> None:
    """Give the function, its integration and its start a second at most."""
    template = re.sub(r"Timeout: \d+", "Timeout: 1", service.read("template.yaml"))
    template = re.sub(r"( +)(Path: /.*\n)", r"\1\2\1TimeoutInMillis: 500\n", template)
    (service.path / "template.yaml").write_text(template)
    script = service.path / "scripts" / "local_lambda.py"
    script.write_text(re.sub(r"SECONDS_TO_START = \d+", "SECONDS_TO_START = 1", script.read_text()))


def test_stops_at_a_line_of_a_handler_and_no_timeout_ends_the_request(bake_with_tools: Bake) -> None:
    service = bake_with_tools()
    shorten_timeouts(service)
    port = find_free_ports(1)
    line = find_line(service, PYTHON_ROUTES, PYTHON_LINE)

    with debugging(service, port) as stack, ThreadPoolExecutor() as pool:
        response = pool.submit(get, stack)
        time.sleep(4)
        waits = not response.done()
        debugger = Debugger(read_launch(service, port))
        verified = debugger.attach(service.path / PYTHON_ROUTES, line)
        stopped, variables = debugger.wait_until_stopped()
        time.sleep(3)
        stays = not response.done()
        debugger.resume()
        continued = response.result(SECONDS)
        debugger.detach()
        detached = get(stack)

    assert (waits, verified, stopped, stays) == (True, True, line, True)
    assert variables["page"] == "Page(items=[], last_key=None)"
    assert continued == detached == (200, {"items": [], "next_cursor": None})
    assert read_log(stack).count(f"waits for a debugger on port {port}\n") == 1


def test_stops_after_each_edit_again_on_the_same_port(bake_with_tools: Bake) -> None:
    service = bake_with_tools()
    port = find_free_ports(1)
    routes = service.path / PYTHON_ROUTES
    text = routes.read_text()
    first = find_line(service, PYTHON_ROUTES, PYTHON_LINE)
    stops = []

    with debugging(service, port) as stack, ThreadPoolExecutor() as pool:
        for edit in range(2):
            if edit:
                routes.write_text("# edited\n" * edit + text)
            response = pool.submit(get, stack)
            line = f"waits for a debugger on port {port}\n"
            wait_until(lambda: read_log(stack).count(line) == edit + 1, SECONDS)
            debugger = Debugger(read_launch(service, port))
            debugger.attach(routes, find_line(service, PYTHON_ROUTES, PYTHON_LINE))
            stops.append(debugger.wait_until_stopped()[0])
            debugger.resume()
            assert response.result(SECONDS)[0] == 200

    assert stops == [first, first + 1]


def test_each_function_has_the_next_port(bake_with_tools: Bake) -> None:
    service = bake_with_tools(functions="per-route", routes="GET /users, POST /users, GET /users/{user_id}")
    first = find_free_ports(3)
    line = find_line(service, PYTHON_ROUTES, PYTHON_LINE)

    with debugging(service, first) as stack, ThreadPoolExecutor() as pool:
        announced = r"local_(\w+) waits for a debugger on port (\d+)\n"
        wait_until(lambda: len(re.findall(announced, read_log(stack))) == 3, SECONDS)
        ports = dict(re.findall(announced, read_log(stack)))
        response = pool.submit(get, stack)
        debugger = Debugger(read_launch(service, int(ports["GetUsers"])))
        debugger.attach(service.path / PYTHON_ROUTES, line)
        stopped, _ = debugger.wait_until_stopped()
        debugger.resume()
        status, _ = response.result(SECONDS)

    assert sorted(ports.values()) == [str(port) for port in range(first, first + 3)]
    assert (stopped, status) == (line, 200)


class TestPorts:
    """What `DEBUG=` takes."""

    @pytest.mark.parametrize(
        ("debug", "line"),
        [
            ("{before}", "Port {taken} is taken; stop what listens there, or choose another with DEBUG"),
            ("65535", "DEBUG=65536 is not a valid port; use 1 to 65535"),
            ("yes", "DEBUG=yes is not a valid port; use 1 to 65535"),
        ],
    )
    def test_refuses_what_is_not_free_in_one_line(self, bake_with_tools: Bake, debug: str, line: str) -> None:
        service = bake_with_tools(functions="per-route", routes="GET /users, POST /users")
        stack = Stack(service, find_free_port(), find_free_port())
        with socket.create_server(("127.0.0.1", find_free_port())) as server:
            taken = server.getsockname()[1]

            setting = debug.format(before=taken - 1)
            result = service.run("make", "dev", "DOCKER=no", f"DEBUG={setting}", *stack.settings)

        assert result.returncode != 0
        assert line.format(taken=taken) in result.stdout.splitlines()
        assert "Traceback" not in result.stdout

    def test_count_on_make_s_command_line_only(self, bake_with_tools: Bake) -> None:
        service = bake_with_tools()

        by_shell = service.make("--dry-run", "dev", "DOCKER=no", DEBUG="5678")
        by_make = service.make("--dry-run", "dev", "DOCKER=no", "DEBUG=5678")

        assert "debug" not in by_shell
        assert "--only-group debug" in by_make
        assert '--debug-port "5678"' in by_make

    @pytest.mark.docker
    def test_need_the_api_without_docker(self, bake_with_tools: Bake) -> None:
        result = bake_with_tools().run("make", "dev", "DEBUG=5678")

        assert result.returncode != 0
        assert "DEBUG works without Docker only: make dev DOCKER=no DEBUG=5678" in result.stdout.splitlines()


@pytest.mark.lldb
def test_lldb_stops_at_a_line_of_a_handler_in_rust(bake_rust: Bake) -> None:
    service = bake_rust()
    shorten_timeouts(service)
    # The packages stay as they are compiled for the other tests.
    (service.path / ".cargo").mkdir()
    (service.path / ".cargo" / "config.toml").write_text('[profile.dev.package."*"]\ndebug = false\n')
    routes = service.path / "src" / "routes.rs"
    text = routes.read_text()
    attach = r"ApiFunction: (rust-lldb --attach-pid \d+)\n"
    stops = []

    with debugging(service, find_free_ports(1)) as stack, ThreadPoolExecutor() as pool:
        for edit in range(2):
            routes.write_text("// edited\n" * edit + text)
            assert get(stack, "/users/nobody")[0] == 404
            command = re.findall(attach, read_log(stack))[-1]
            line = find_line(service, "src/routes.rs", RUST_LINE)
            lldb = start_lldb(command, f"breakpoint set --file routes.rs --line {line}")
            function = psutil.Process(int(command.split()[-1]))
            wait_until(lambda: function.status() == psutil.STATUS_TRACING_STOP, SECONDS)
            wait_until(lambda: function.status() != psutil.STATUS_TRACING_STOP, SECONDS)
            response = pool.submit(get, stack, "/users/nobody")
            output = lldb.communicate()[0]
            stops.append((re.search(r"stop reason = breakpoint", output) is not None, f"-> {line} " in output))
            assert ") request->method.vec.len = 3\n" in output
            assert response.result(SECONDS) == (404, {"message": "No item has this key"})

    assert stops == [(True, True)] * 2


def start_lldb(command: str, *commands: str) -> subprocess.Popen[str]:
    """Run a line that attaches LLDB, give it commands, and let it read a variable where it stops for three seconds."""
    commands = (*commands, "continue", "frame variable request->method.vec.len", "platform shell sleep 3", "detach")
    options = [option for command in commands for option in ("--one-line", command)]
    arguments = [*shlex.split(command), "--batch", *options]
    # Debian 12's LLDB looks for its modules in a directory that does not exist, and rust-lldb needs them.
    modules = ":".join(str(path) for path in Path("/usr/lib").glob("llvm-*/lib/python3*/dist-packages"))
    environment = {**os.environ, "PYTHONPATH": modules}
    return subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
