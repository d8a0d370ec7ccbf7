"""YAML that looks written by hand."""

from __future__ import annotations

import re
from typing import Any

import yaml

from local_extensions.quoting import YAML_WORDS


class Line(dict[str, Any]):
    """A mapping that is written on one line."""


class Dumper(yaml.SafeDumper):
    """Indents lists, writes those of plain values on one line, and uses double quotes."""

    def increase_indent(self, *_: Any, flow: bool = False, **__: Any) -> None:
        super().increase_indent(flow, indentless=False)

    def check_simple_key(self) -> bool:
        return True  # all keys are text on one line; PyYAML would write one of 128 characters as `? key`

    def choose_scalar_style(self) -> str:
        style = super().choose_scalar_style()
        return '"' if style == "'" else style

    def ignore_aliases(self, _data: object) -> bool:
        return True

    def represent_line(self, line: Line) -> yaml.Node:
        return self.represent_mapping("tag:yaml.org,2002:map", line, flow_style=True)

    def represent_values(self, values: list[Any]) -> yaml.Node:
        is_plain = not any(isinstance(value, dict) for value in values)
        return self.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=is_plain)

    def represent_text(self, text: str) -> yaml.Node:
        """Quote what a reader of any version of YAML may take for a number or another word."""
        is_plain = re.match(r"[A-Za-z_/$^]", text) and text.lower() not in YAML_WORDS
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_plain else '"')


Dumper.add_representer(Line, Dumper.represent_line)
Dumper.add_representer(list, Dumper.represent_values)
Dumper.add_representer(str, Dumper.represent_text)


def format_yaml(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=float("inf")).rstrip()
