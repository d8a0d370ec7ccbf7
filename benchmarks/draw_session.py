"""Runs the commands of the README and draws them with their output. Writes results/session.svg.

The picture differs from the run in three ways: the template is this checkout, the ports are free ones, and the Python
and the packages that uv finds are left out.
"""

from __future__ import annotations

import re
import shlex
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from measuring import RESULTS, find_free_port, run, serve
from template_copy import TEMPLATE

PORT = "3000"  # the service's default
SECONDS = 900  # where a fork's default is Rust, it is compiled first
FOUND_BY_UV = re.compile(r"^(Using CPython| \+ ).*\n", re.MULTILINE)
FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)  # loaded from another site


def main() -> None:
    console = Console(record=True, width=110)
    for command, output in run_session():
        console.print(Text(f"$ {command}", style="bold"))
        if output:
            console.print(Text(output.strip() + "\n"))
    svg = console.export_svg(title="cookiecutter-sam-localstack", unique_id="session")
    (RESULTS / "session.svg").write_text(FONT.sub("", svg), encoding="utf-8")


def read_commands() -> list[str]:
    """Return the README's first two blocks of commands: render, serve, call."""
    readme = (TEMPLATE / "README.md").read_text(encoding="utf-8")
    blocks: list[str] = re.findall(r"^```sh\n(.*?)\n```$", readme, re.DOTALL | re.MULTILINE)[:2]
    return [command for block in blocks for command in re.split(r"(?<!\\)\n", block)]


def run_session() -> list[tuple[str, str]]:
    """Run the commands, and return each with its output."""
    render, enter, start, call = read_commands()
    port = find_free_port()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        cookiecutter = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--default-config"]
        rendered = run_shell(re.sub(r"^uvx cookiecutter \S+", shlex.join(cookiecutter), render), directory)
        settings = f"PORT={port} LOCALSTACK_PORT={find_free_port()}"
        log = directory / "log"
        script = f"({enter} && {start} {settings}) >{log} 2>&1"
        with serve("bash", "-c", script, directory=directory, port=port, seconds=SECONDS):
            called = run_shell(call.replace("curl", "curl --silent").replace(PORT, str(port)), directory)
        started = log.read_text(encoding="utf-8")
    started = FOUND_BY_UV.sub("", started).partition("\nINFO ")[0]
    return [
        (render, rendered),
        (enter, ""),
        (start, started.replace(str(port), PORT)),
        (call, called.replace("\r", "")),
    ]


def run_shell(command: str, directory: Path) -> str:
    """Run a command in a shell whose PWD is the directory."""
    return run("bash", "-c", f"cd {shlex.quote(str(directory))} && {command}")


if __name__ == "__main__":
    main()
