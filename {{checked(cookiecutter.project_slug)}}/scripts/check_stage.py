"""Exits with a line if samconfig.toml gives a stage no valid value for a parameter of template.yaml."""

import re
import sys
import tomllib
from pathlib import Path

import click
from cloudformation import Template, TemplateError
from samcli.cli.types import CfnParameterOverridesType

PROJECT = Path(__file__).resolve().parent.parent


def main(stage: str) -> None:
    try:
        stages = tomllib.loads((PROJECT / "samconfig.toml").read_text(encoding="utf-8"))
        given = stages[stage]["deploy"]["parameters"].get("parameter_overrides")
        values = CfnParameterOverridesType().convert(given, None, None)
        template = Template((PROJECT / "template.yaml").read_text(encoding="utf-8"), "{{ service.region }}")
        parameters = template.section("Parameters")
    except tomllib.TOMLDecodeError as error:
        sys.exit(f"samconfig.toml is not valid TOML: {error}")
    except click.BadParameter as error:
        sys.exit(f"samconfig.toml, STAGE={stage}: {error.message}")
    except TemplateError as error:
        sys.exit(f"template.yaml is invalid: {error}")
    for name, parameter in parameters.items():
        pattern = parameter.get("AllowedPattern", "(?s).*")
        value = str(values.get(name, parameter.get("Default", "")))
        parts = value.split(",") if "List" in str(parameter.get("Type")) else [value]
        if not all(re.fullmatch(pattern, part.strip()) for part in parts):
            rule = parameter.get("ConstraintDescription", f"must match {pattern}")
            sys.exit(f"{name} {rule}; set it for STAGE={stage} in samconfig.toml, under parameter_overrides")


if __name__ == "__main__":
    main(sys.argv[1])
