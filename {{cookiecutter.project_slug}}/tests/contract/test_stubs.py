"""Routes that are not implemented yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import project
import pytest
from api import Api, fill

if TYPE_CHECKING:
    from project import Route

METHODS = {"ANY": ["GET", "POST", "PUT", "PATCH", "DELETE"]}


@pytest.mark.smoke
def test_says_which_file_to_edit(api: Api, stub_route: Route) -> None:
    for method in METHODS.get(stub_route.method, [stub_route.method]):
        answer = api.request(method, fill(stub_route.path, {}))

        assert answer.status == 501, answer
        assert method == "HEAD" or (project.ROOT / answer.json["message"].split()[-1]).is_file()
