"""The running API under many requests at once: each is answered as if it were alone, and nothing is lost."""

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
    """The URL of the items, served by `make start`; there are none of other tests."""
    loaded_stack.empty_table()
    with loaded_stack.running(**loaded_stack.environment):
        yield loaded_stack.url + LIST


@pytest.fixture
def device() -> str:
    """A partition of the test's own."""
    return f"concurrent-{next(DEVICES)}"


def send(method: str, url: str, **arguments: Any) -> requests.Response:
    return requests.request(method, url, timeout=120, **arguments)


def test_creates_an_item_once_however_many_ask_for_it(api: str, device: str) -> None:
    def create(number: int) -> tuple[int, Any]:
        answer = send("POST", api, json={"device": device, "order": 1, "number": number})
        return answer.status_code, answer.json()

    with ThreadPoolExecutor(IN_FLIGHT) as clients:
        answers = list(clients.map(create, range(CREATES)))

    assert Counter(status for status, _ in answers) == {201: 1, 409: CREATES - 1}
    created = next(item for status, item in answers if status == 201)
    assert send("GET", f"{api}/{device}/1").json() == created


def test_loses_no_attribute_of_patches_at_the_same_time(api: str, device: str) -> None:
    item = {"device": device, "order": 1, "name": "sensor"}
    changes = {f"attribute-{number}": number for number in range(100)}
    send("PUT", f"{api}/{device}/1", json=item)

    with ThreadPoolExecutor(20) as clients:
        patch = [clients.submit(send, "PATCH", f"{api}/{device}/1", json={name: changes[name]}) for name in changes]
    statuses = Counter(answer.result().status_code for answer in patch)

    assert statuses == {200: 100}
    assert send("GET", f"{api}/{device}/1").json() == {**item, **changes}


@pytest.mark.parametrize("path", ["", "/{device}"], ids=["table", "partition"])
def test_shows_what_stays_once_while_others_write_and_delete(api: str, device: str, path: str) -> None:
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
        answer = send("GET", url, params=query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= limit
        yield from page["items"]
        if page["next_cursor"] is None:
            return
        query["cursor"] = page["next_cursor"]


def test_refuses_a_body_of_5_megabytes_and_goes_on(api: str, device: str) -> None:
    refused = send("POST", api, json={"device": device, "order": 1, "text": "x" * 5_000_000})
    after = send("POST", api, json={"device": device, "order": 1})

    assert (refused.status_code, refused.json().keys()) == (413, {"message"})
    assert after.status_code == 201
