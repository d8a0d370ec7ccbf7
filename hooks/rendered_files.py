"""Reads the files of a rendered service, and parses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

try:
    import tomllib
except ModuleNotFoundError:
    # Python 3.10 has no TOML parser, so it does not check pyproject.toml and samconfig.toml.
    tomllib = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class TemplateLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Loads YAML and CloudFormation templates: `!Ref Table` becomes "!Ref Table", other functions their content."""


def construct_function(loader: Any, function: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return f"!{function} {node.value}"
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


TemplateLoader.add_multi_constructor("!", construct_function)


class Project:
    """The rendered files: the expected values, their texts, and their parsed content."""

    def __init__(self, root: Path, expected: Mapping[str, Any]) -> None:
        self.root = root
        self.expected = expected
        self.texts: dict[str, str] = {}
        self.parsed: dict[str, Any] = {}

    def read(self) -> Iterator[str]:
        """Read and parse every rendered file; yield one line per file that is missing or not valid."""
        for name in self.expected["files"]:
            try:
                self.texts[name] = (self.root / name).read_bytes().decode("utf-8")
                parse = PARSERS.get(Path(name).suffix)
                self.parsed[name] = parse(self.texts[name]) if parse else None
            except OSError:
                yield f"{name}: is missing"
            except (ValueError, yaml.YAMLError) as error:
                yield f"{name}: is not valid: {' '.join(str(error).split())}"


def parse_toml(text: str) -> Any:
    return tomllib.loads(text) if tomllib else None


def parse_yaml(text: str) -> Any:
    return yaml.load(text, TemplateLoader)  # noqa: S506 - derived from a SafeLoader


# Source is left to the service's own tools: cookiecutter may run on an older Python than the service.
PARSERS: Mapping[str, Callable[[str], Any]] = {
    ".json": json.loads,
    ".toml": parse_toml,
    ".yaml": parse_yaml,
    ".yml": parse_yaml,
}
