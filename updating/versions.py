"""The versions of the template, and their renders."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from service_git import UpdateError, git

if TYPE_CHECKING:
    from collections.abc import Mapping

TEMPLATE = Path(__file__).resolve().parent.parent

# cookiecutter runs in a process of its own for each version of the template, whose code it imports.
RENDER = """
import json, sys
from cookiecutter.exceptions import CookiecutterException
from cookiecutter.main import cookiecutter
template, output, config, answers = sys.argv[1:]
try:
    cookiecutter(template, no_input=True, extra_context=json.loads(answers), output_dir=output, config_file=config)
except CookiecutterException as error:
    sys.exit(str(error))
"""

# What the template prints after the problems of answers: a command of cookiecutter.
ADVICE = "\n\nFix "


@dataclass
class Render:
    """A render of one version of the template."""

    path: Path
    summary: str

    def read(self, file: str) -> str:
        path = self.path / file
        return path.read_text(encoding="utf-8") if path.is_file() else ""


def find_commit(version: str, source: str) -> str:
    """Return the commit of a version of the template that `source` names."""
    revision = ["--end-of-options", f"{version or ' '}^{{commit}}"]
    commit = git("-C", str(TEMPLATE), "rev-parse", "--verify", "--quiet", *revision, check=False).strip()
    if not commit:
        raise UpdateError(f"{source}: '{version}' is not a version of the template; write a tag or a commit of it.")
    return commit


def describe(commit: str) -> str:
    """Return a commit's tag, or the commit."""
    return git("-C", str(TEMPLATE), "describe", "--always", commit).strip()


def check_out(commit: str, directory: Path) -> Path:
    directory.mkdir()
    work_tree = ["--git-dir", git("-C", str(TEMPLATE), "rev-parse", "--absolute-git-dir").strip(), "--work-tree", "."]
    git(
        "-C",
        str(directory),
        *work_tree,
        "checkout",
        "--quiet",
        commit,
        "--",
        ".",
        environment={"GIT_INDEX_FILE": f"{directory}.index"},
    )
    return directory


def read_questions(template: Path) -> list[str]:
    questions = json.loads((template / "cookiecutter.json").read_text(encoding="utf-8"))
    return [name for name in questions if not name.startswith("_")]


def render(template: Path, output: Path, answers: Mapping[str, str], problem: str) -> Render:
    """Render a version of the template. The user's own cookiecutter settings are not for this service."""
    output.mkdir()
    config = output.with_suffix(".yaml")
    config.write_text(json.dumps({"replay_dir": f"{output}-replay"}), encoding="utf-8")
    known = {name: escape_jinja(answer) for name, answer in answers.items() if name in read_questions(template)}
    command = [sys.executable, "-c", RENDER, str(template), str(output), str(config), json.dumps(known)]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if result.returncode:
        raise UpdateError(f"{problem}:\n{(result.stdout + result.stderr).partition(ADVICE)[0].strip()}")
    (path,) = output.iterdir()
    return Render(path, result.stderr)


def escape_jinja(text: str) -> str:
    """Return an answer so that cookiecutter, which renders it, gives it back as it is."""
    return re.sub(r"\{(?=[{%#])", "{{ '{' }}", text)
