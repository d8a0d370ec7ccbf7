"""The page that `make docs` writes of a service's API."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from renders import Bake, Service

pytestmark = pytest.mark.slow

HOSTILE = (
    """</script><script>alert(1)</script> <!-- "R&D" 'x' \\u003c $title ${x} ![](http://a.example/x.png) 日本 🦀"""
)


class Page(HTMLParser):
    """What a browser sees of a page: its tags, their attributes, and the text in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.texts.append("")

    def handle_data(self, data: str) -> None:
        if self.texts:
            self.texts[-1] += data

    def text_of(self, **attributes: str) -> str:
        (text,) = [
            text for (_, found), text in zip(self.tags, self.texts, strict=True) if attributes.items() <= found.items()
        ]
        return text


def write_page(service: Service) -> Page:
    assert service.make("docs").splitlines()[-1] == "build/api.html"
    return Page(service.read("build/api.html"))


@pytest.mark.parametrize("name", ["Users API", HOSTILE], ids=["plain", "hostile"])
def test_holds_the_whole_of_openapi_yaml_and_loads_nothing(bake_with_tools: Bake, name: str) -> None:
    service = bake_with_tools(project_name=name, project_slug="page", description=name)

    page = write_page(service)

    openapi = yaml.safe_load(service.read("openapi.yaml"))
    assert openapi["info"] == {"title": name, "version": "0.1.0", "description": name}
    assert json.loads(page.text_of(id="openapi")) == openapi
    assert list(openapi["paths"]) == ["/users", "/users/{user_id}"]
    assert_loads_nothing(page)


def test_shows_the_routes_for_any_method_that_openapi_does_not_know(bake_with_tools: Bake) -> None:
    service = bake_with_tools(routes="GET /users, ANY /files/{proxy+}")

    page = write_page(service)

    shown = [text for (tag, _), text in zip(page.tags, page.texts, strict=True) if tag == "code"]
    assert shown == ["/files/{proxy} Not implemented yet\n"]


def assert_loads_nothing(page: Page) -> None:
    tags = [tag for tag, _ in page.tags]
    assert [tag for tag in tags if tag not in {"div", "p", "strong", "code"}] == [
        *("html", "head", "meta", "meta", "meta", "title", "link", "style", "body", "script", "script", "script")
    ]
    assert [attributes["href"] for _, attributes in page.tags if "href" in attributes] == ["data:,"]
    assert [attributes for _, attributes in page.tags if "src" in attributes] == []
    assert (
        page.tags[3][1]["content"]
        == "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'"
    )
    assert "@import" not in page.texts[tags.index("style")]
    assert "url(http" not in page.texts[tags.index("style")]
    scripts = [text for (tag, _), text in zip(page.tags, page.texts, strict=True) if tag == "script"]
    assert len(scripts) == 3
    assert [found for text in scripts for found in re.findall(r"<!--|</?script", text, re.IGNORECASE)] == []
