"""Writes openapi.yaml as a page to read, build/api.html: one file, with Swagger UI in it, that loads nothing."""

from __future__ import annotations

import html
import json
import re
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parent.parent
PAGE = PROJECT / "build" / "api.html"
SWAGGER_UI = files("flask_swagger_ui") / "dist"
ANY_METHOD = "x-amazon-apigateway-any-method"

# The policy has the browser see to it that nothing is loaded, whatever stands in a description.
TEMPLATE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="icon" href="data:,">
<style>$style</style>
</head>
<body>
<div id="page"></div>
<div class="swagger-ui"><div class="wrapper">$any_routes</div></div>
<script type="application/json" id="openapi">$openapi</script>
<script>$script</script>
<script>
// Swagger UI follows no reference in a page that is opened as a file, unless it takes it for one of a server.
const onServer = () => ({
  statePlugins: {spec: {wrapSelectors: {url: () => () => "http://localhost/"}}},
  components: {InfoUrl: () => null},
});
SwaggerUIBundle({
  domNode: document.getElementById("page"),
  spec: JSON.parse(document.getElementById("openapi").textContent),
  plugins: [onServer],
  supportedSubmitMethods: [],
  validatorUrl: null,
});
</script>
</body>
</html>
""")


def main() -> None:
    openapi = yaml.safe_load((PROJECT / "openapi.yaml").read_text(encoding="utf-8"))
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(write_page(openapi), encoding="utf-8")
    print(PAGE.relative_to(PROJECT))


def write_page(openapi: dict[str, Any]) -> str:
    return TEMPLATE.substitute(
        title=html.escape(openapi["info"]["title"]),
        style=(SWAGGER_UI / "swagger-ui.css").read_text(encoding="utf-8"),
        any_routes="".join(describe_any_routes(openapi)),
        openapi=json.dumps(openapi, ensure_ascii=False, default=str).replace("<", r"\u003c"),
        script=escape_script((SWAGGER_UI / "swagger-ui-bundle.js").read_text(encoding="utf-8")),
    )


def describe_any_routes(openapi: dict[str, Any]) -> list[str]:
    """Return a paragraph for each route for any method, which OpenAPI does not know and Swagger UI does not show."""
    return [
        f"<p><strong>ANY</strong> <code>{html.escape(path)}</code> {html.escape(operations[ANY_METHOD]['summary'])}</p>"
        for path, operations in openapi["paths"].items()
        if ANY_METHOD in operations
    ]


def escape_script(script: str) -> str:
    """Return a script without what HTML takes for a tag of its own; all of it stands in strings and patterns."""
    return re.sub(r"<(?=!--|/?script)", r"\\x3c", script, flags=re.IGNORECASE)


if __name__ == "__main__":
    main()
