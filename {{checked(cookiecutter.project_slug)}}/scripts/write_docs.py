{% set has_any = service.routes | selectattr("method", "equalto", "ANY") | list -%}
"""Writes openapi.yaml as a page, build/api.html: one file with Swagger UI, which loads nothing.

local_api.py serves the same page at /_docs, where it can send requests.
"""

import html
import json
import re
from importlib.resources import files
from pathlib import Path
from string import Template

import yaml

PROJECT = Path(__file__).resolve().parent.parent
PAGE = PROJECT / "build" / "api.html"
{%- if has_any %}
ANY_METHOD = "x-amazon-apigateway-any-method"  # not in OpenAPI, so Swagger UI does not show it
{%- endif %}

# Swagger UI resolves references in a page opened as a file only if it believes that a server sent the page.
TEMPLATE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="icon" href="data:,">
<style>$style</style>
</head>
<body>
<div id="page"></div>
{%- if has_any %}
<div class="swagger-ui"><div class="wrapper">$any_routes</div></div>
{%- endif %}
<script type="application/json" id="openapi">$openapi</script>
<script>$script</script>
<script>
const openapi = JSON.parse(document.getElementById("openapi").textContent);
const isServed = location.pathname === "/_docs";
if (isServed) openapi.servers = [{url: location.origin}];
SwaggerUIBundle({
  domNode: document.getElementById("page"),
  spec: openapi,
  plugins: [() => ({
    statePlugins: {spec: {wrapSelectors: {url: () => () => "http://localhost/"}}},
    components: {InfoUrl: () => null},
  })],
  supportedSubmitMethods: isServed ? ["get", "head", "post", "put", "patch", "delete", "options"] : [],
  validatorUrl: null,
});
</script>
</body>
</html>
""")


def make_page() -> str:
    openapi = yaml.safe_load((PROJECT / "openapi.yaml").read_text(encoding="utf-8"))
    swagger_ui = files("flask_swagger_ui") / "dist"
    script = (swagger_ui / "swagger-ui-bundle.js").read_text(encoding="utf-8")
{%- if has_any %}
    any_routes = [
        f"<p><strong>ANY</strong> <code>{html.escape(path)}</code> {html.escape(operations[ANY_METHOD]['summary'])}</p>"
        for path, operations in openapi["paths"].items()
        if ANY_METHOD in operations
    ]
{%- endif %}
    return TEMPLATE.substitute(
        title=html.escape(openapi["info"]["title"]),
        style=(swagger_ui / "swagger-ui.css").read_text(encoding="utf-8"),
{%- if has_any %}
        any_routes="".join(any_routes),
{%- endif %}
        openapi=json.dumps(openapi, ensure_ascii=False, default=str).replace("<", r"\u003c"),
        # HTML would read these as tags; all of them are in strings and patterns.
        script=re.sub(r"<(?=!--|/?script)", r"\\x3c", script, flags=re.IGNORECASE),
    )


def main() -> None:
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(make_page(), encoding="utf-8")
    print(PAGE.relative_to(PROJECT))


if __name__ == "__main__":
    main()
