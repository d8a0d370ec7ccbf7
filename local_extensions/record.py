"""What answers.json contains: the answers, and the template's address and version. `make update` renders them again."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from local_extensions.answers import TEMPLATE
from local_extensions.quoting import quote_string

if TYPE_CHECKING:
    from local_extensions.answers import Answers


def list_answers(answers: Answers) -> list[tuple[str, str]]:
    """Return each answer, as JSON; cookiecutter's own settings begin with an underscore."""
    return [(name, quote_string(str(answer))) for name, answer in answers.items() if not name.startswith("_")]


def find_address(answers: Answers) -> str:
    """Return the template's URL without credentials, or nothing if the template is a directory or an archive."""
    is_local = Path(str(answers.get("_template", "."))).exists()
    url = "" if is_local else ask_git("config", "--get", "remote.origin.url")
    return remove_credentials(url) if re.match(r"(https?|ssh|git)://|[\w.-]+@[\w.-]+:", url) else ""


def remove_credentials(url: str) -> str:
    """Return a URL without credentials.

    >>> remove_credentials("https://me:token@example.com/a"), remove_credentials("ssh://git@example.com/a")
    ('https://example.com/a', 'ssh://git@example.com/a')
    """
    return re.sub(r"^(https?://)[^/@]*@", r"\1", url)


def find_version() -> str:
    """Return the template's tag, or its commit, or nothing if git does not know the template."""
    return ask_git("describe", "--always")


def ask_git(*arguments: str) -> str:
    """Return what git prints about the template; nothing without git, or if the template has no repository of its own."""
    if not (TEMPLATE / ".git").exists():
        return ""
    command = ["git", "--git-dir", str(TEMPLATE / ".git"), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    except OSError:
        return ""
