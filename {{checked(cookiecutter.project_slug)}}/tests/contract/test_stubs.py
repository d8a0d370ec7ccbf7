"""Routes that are not implemented yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import project
import pytest
from api import Api, fill

if TYPE_CHECKING:
    from project import Route

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.mark.smoke
def test_says_which_file_to_edit(api: Api, stub_route: Route) -> None:
    for method in list_methods(stub_route):
        answer = api.request(method, fill(stub_route.path, {}))

        assert answer.status == 501, answer
        assert method == "HEAD" or (project.ROOT / answer.json["message"].split()[-1]).is_file()


def list_methods(route: Route) -> list[str]:
    """Return the methods to call a route with: for any method, those that its path has no other route for."""
    others = {other.method for other in project.ROUTES if other.path == route.path}
    return [method for method in METHODS if method not in others] if route.method == "ANY" else [route.method]
