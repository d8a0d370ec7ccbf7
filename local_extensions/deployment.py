"""What only the deployment needs: template.yaml, samconfig.toml, CI and the deploy role."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from local_extensions.limits import FUNCTION_NAME_LENGTH, TABLE_NAME_LENGTH, TEMPLATE_DESCRIPTION_BYTES

if TYPE_CHECKING:
    from local_extensions.routes import Route
    from local_extensions.service import Service


def describe_template(service: Service) -> str:
    """Return the description of template.yaml, as far as CloudFormation takes it."""
    # cfn-lint takes `${…}` for a parameter that is not replaced, and CloudFormation looks up `{{resolve:…}}`.
    text = re.sub(r"\$(?=\{)|\{(?=\{resolve:)", r"\g<0> ", service.description or service.name)
    return text.encode()[:TEMPLATE_DESCRIPTION_BYTES].decode(errors="ignore")


def name_resource(index: str) -> str:
    """Return the ARN of the table, or of an index of it, as template.yaml writes it."""
    return f"!Sub ${{Table.Arn}}/index/{index}" if index else "!GetAtt Table.Arn"


def list_cors_methods(service: Service) -> list[str]:
    """Return the methods that a web page may use."""
    methods = sorted({route.method for route in service.routes})
    return ["*"] if "ANY" in methods else methods


def list_stages(service: Service) -> dict[str, str]:
    """Return the stages that the service is deployed to, each with the name of its table."""
    return {"dev": service.table_name[: TABLE_NAME_LENGTH - len("-dev")] + "-dev", "prod": service.table_name}


def name_function(service: Service, logical_id: str) -> str:
    """Return what follows the stack's name and `_` in a function's name.

    That is its logical id, shortened where Lambda allows less: a stage's name may have as many letters as "staging".
    """
    name = logical_id.removesuffix("Function")
    room = FUNCTION_NAME_LENGTH - len(f"{service.slug}-staging_")
    return name if len(name) <= room else f"{name[: room - 8]}{zlib.crc32(name.encode()):08x}"


def choose_runner(service: Service) -> str:
    """Return GitHub's machine with the processor of the functions."""
    return "ubuntu-24.04-arm" if service.architecture == "arm64" else "ubuntu-24.04"


def choose_audience(service: Service) -> str:
    """Return the audience of GitHub's tokens in the region's partition."""
    return "sts.amazonaws.com.cn" if service.region.startswith("cn-") else "sts.amazonaws.com"


def choose_harmless_route(service: Service) -> Route:
    """Return a route to try the deployed API with: one that reads, if it exists."""
    return next((route for route in service.routes if route.method == "GET"), service.routes[0])
