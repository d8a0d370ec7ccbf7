"""Text for YAML, TOML, JSON, Markdown, Python, shells and messages."""

from __future__ import annotations

import json
import re
import unicodedata

JOINERS = "\u200c\u200d"  # hold emoji and many scripts together; other format characters only deceive the eye

# YAML 1.1: what reads as a boolean or as null.
YAML_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def quote(value: object) -> str:
    """Return a value in single quotes, on one line, cut where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    shown = text if len(text) <= 80 else text[:77] + "..."
    return repr(shown) if not shown.isprintable() else f"'{shown}'"


def quote_string(text: str) -> str:
    """Return text as a double-quoted string of YAML, TOML and JSON.

    Braces are escaped where Jinja would read them, so that no rendered file looks like a template.
    """
    return re.sub(r"\{(?=[{%#])", r"\\u007b", json.dumps(text, ensure_ascii=False))


def quote_yaml(text: str) -> str:
    """Return a name or a path as a scalar of YAML: plain where YAML reads it as a string, else quoted."""
    is_plain = re.fullmatch(r"[A-Za-z_/][A-Za-z0-9_./{}+-]*", text) and text.lower() not in YAML_WORDS
    return text if is_plain else quote_string(text)


def quote_markdown(text: str) -> str:
    """Return text for a line of Markdown, in which it is shown as it is."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~$!&%])", r"\\\1", text)
    return re.sub(r"^(\d+)([.)])|^([-+=])", lambda match: f"{match[1] or ''}\\{match[2] or match[3]}", escaped)


def escape_jinja(text: str) -> str:
    """Return text so that cookiecutter, which renders answers from a command line, gives it back as it is."""
    return re.sub(r"\{(?=[{%#])", "{{ '{' }}", text)


def join_lines(value: object) -> str:
    """Return an answer on one line, as several routes can be given."""
    return ", ".join(map(str, value) if isinstance(value, list) else str(value).splitlines())


def is_seen(character: str) -> bool:
    """Return whether a character can be printed on a line."""
    return character in JOINERS or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
