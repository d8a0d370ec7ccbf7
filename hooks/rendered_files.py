"""Reads the files of a rendered service, and parses them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if sys.version_info >= (3, 11):
    import tomllib

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class TemplateLoader(SafeLoader):
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
    """Return the parsed text; Python 3.10 has no parser, so it does not check pyproject.toml and samconfig.toml."""
    return tomllib.loads(text) if sys.version_info >= (3, 11) else None


def parse_yaml(text: str) -> Any:
    return TemplateLoader(text).get_single_data()


# Source is left to the service's own tools: cookiecutter may run on an older Python than the service.
PARSERS: Mapping[str, Callable[[str], Any]] = {
    ".json": json.loads,
    ".toml": parse_toml,
    ".yaml": parse_yaml,
    ".yml": parse_yaml,
}
