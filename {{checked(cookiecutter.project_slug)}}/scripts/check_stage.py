"""Exits with a line if samconfig.toml gives a stage no valid value for a parameter of template.yaml."""

import re
import sys
import tomllib
from pathlib import Path

import click
from cloudformation import Template
from samcli.cli.types import CfnParameterOverridesType

PROJECT = Path(__file__).resolve().parent.parent


def main(stage: str) -> None:
    settings = tomllib.loads((PROJECT / "samconfig.toml").read_text(encoding="utf-8"))[stage]["deploy"]["parameters"]
    template = Template((PROJECT / "template.yaml").read_text(encoding="utf-8"), "{{ service.region }}")
    try:
        values = CfnParameterOverridesType().convert(settings.get("parameter_overrides"), None, None)
    except click.BadParameter as error:
        sys.exit(f"samconfig.toml, STAGE={stage}: {error.message}")
    for name, parameter in template.section("Parameters").items():
        value = values.get(name, parameter.get("Default", ""))
        parts = value.split(",") if "List" in parameter["Type"] else [value]
        if not all(re.fullmatch(parameter.get("AllowedPattern", ".*"), part.strip()) for part in parts):
            rule = parameter.get("ConstraintDescription", f"must match {parameter.get('AllowedPattern')}")
            sys.exit(f"{name} {rule}; set it for STAGE={stage} in samconfig.toml, under parameter_overrides")


if __name__ == "__main__":
    main(sys.argv[1])
