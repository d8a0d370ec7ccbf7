"""The running API under many requests at once: each gets the response it would get without others, and nothing is lost."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests

from loaded_stack import LIST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loaded_stack import LoadedStack

pytestmark = [pytest.mark.docker, pytest.mark.slow]

CREATES = 1000
IN_FLIGHT = 100
DEVICES = itertools.count()


@pytest.fixture(scope="module")
def api(loaded_stack: LoadedStack) -> Iterator[str]:
    """The URL of the items, served by `make start`; the table is empty."""
    loaded_stack.empty_table()
    with loaded_stack.running():
        yield loaded_stack.url + LIST


@pytest.fixture
def device() -> str:
    """A partition that no other test uses."""
    return f"concurrent-{next(DEVICES)}"


def send(method: str, url: str, **arguments: Any) -> requests.Response:
    return requests.request(method, url, timeout=120, **arguments)


def test_only_one_of_many_creates_succeeds(api: str, device: str) -> None:
    def create(number: int) -> tuple[int, Any]:
        response = send("POST", api, json={"device": device, "order": 1, "number": number})
        return response.status_code, response.json()

    with ThreadPoolExecutor(IN_FLIGHT) as clients:
        responses = list(clients.map(create, range(CREATES)))

    assert Counter(status for status, _ in responses) == {201: 1, 409: CREATES - 1}
    created = next(item for status, item in responses if status == 201)
    assert send("GET", f"{api}/{device}/1").json() == created


def test_concurrent_patches_lose_no_attribute(api: str, device: str) -> None:
    item = {"device": device, "order": 1, "name": "sensor"}
    changes = {f"attribute-{number}": number for number in range(100)}
    send("PUT", f"{api}/{device}/1", json=item)

    with ThreadPoolExecutor(20) as clients:
        patch = [clients.submit(send, "PATCH", f"{api}/{device}/1", json={name: changes[name]}) for name in changes]
    statuses = Counter(response.result().status_code for response in patch)

    assert statuses == {200: 100}
    assert send("GET", f"{api}/{device}/1").json() == {**item, **changes}


@pytest.mark.parametrize("path", ["", "/{device}"], ids=["table", "partition"])
def test_pages_show_each_remaining_item_once_during_writes_and_deletes(api: str, device: str, path: str) -> None:
    staying = list(range(0, 40, 2))
    for order in staying:
        send("PUT", f"{api}/{device}/{order}", json={})
    is_over = threading.Event()

    def write_and_delete(orders: range) -> Counter[int]:
        statuses: Counter[int] = Counter()
        for order in itertools.cycle(orders):
            if is_over.is_set():
                break
            for method in ("PUT", "DELETE"):
                statuses[send(method, f"{api}/{device}/{order}", json={}).status_code] += 1
        return statuses

    with ThreadPoolExecutor(2) as others:
        writers = [others.submit(write_and_delete, range(first, 40, 4)) for first in (1, 3)]
        try:
            seen = {limit: list(read_items(api + path.format(device=device), limit)) for limit in (2, 7, 25)}
        finally:
            is_over.set()
    statuses = sum((writer.result() for writer in writers), Counter[int]())

    for limit, items in seen.items():
        orders = sorted(item["order"] for item in items if item["device"] == device)
        assert [order for order in orders if order in staying] == staying, f"limit={limit}"
    assert statuses.keys() == {201, 204}


def read_items(url: str, limit: int) -> Iterator[dict[str, Any]]:
    """Yield the items of all pages."""
    query = {"limit": str(limit)}
    while True:
        response = send("GET", url, params=query)
        assert response.status_code == 200, response.text
        page = response.json()
        assert len(page["items"]) <= limit
        yield from page["items"]
        if page["next_cursor"] is None:
            return
        query["cursor"] = page["next_cursor"]


def test_serves_requests_after_refusing_a_body_of_5_megabytes(api: str, device: str) -> None:
    refused = send("POST", api, json={"device": device, "order": 1, "text": "x" * 5_000_000})
    after = send("POST", api, json={"device": device, "order": 1})

    assert (refused.status_code, refused.json().keys()) == (413, {"message"})
    assert after.status_code == 201
