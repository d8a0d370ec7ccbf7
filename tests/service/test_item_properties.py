"""Properties that hold for all items and any order of requests, in both languages, on DynamoDB Local.

The requests go straight to the function, which runs in several containers of Lambda's image.
"""

from __future__ import annotations

import itertools
import json
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from loaded_stack import ITEM, KEY, LIST, PARTITION, Function, run_function_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loaded_stack import LoadedStack, Response

    Item = dict[str, Any]
    Property = Callable[[Function, settings], None]

pytestmark = [pytest.mark.docker, pytest.mark.slow]

SOME = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
CONTAINERS = 4
DEVICES = itertools.count()

# Words that DynamoDB reserves, or that have a meaning in its expressions.
SPECIAL_NAMES = ["#a", ":b", "a.b", "a[0]", "#0", ":0", "#partition", "size", "name", "status", "SET", "NULL", "S", "N"]
names = st.sampled_from(SPECIAL_NAMES) | st.text(min_size=1, max_size=12)


@st.composite
def numbers(draw: st.DrawFn) -> Decimal:
    """Any number that DynamoDB stores, in different notations."""
    digits = draw(st.from_regex("[1-9][0-9]{0,37}", fullmatch=True))
    sign, magnitude = draw(st.sampled_from(["", "-"])), draw(st.integers(-130, 125) | st.integers(-8, 40))
    return Decimal(f"{sign}{digits[0]}.{digits[1:] or 0}E{magnitude}")


texts = st.text(max_size=20) | st.sampled_from(["", "🦀👩‍👩‍👧", "\0", "\u2028", '"\\', "\ufffe", "1", "null"])
scalars = st.none() | st.booleans() | texts | numbers() | st.sampled_from([Decimal(0), Decimal("1.0"), Decimal("-0E9")])
values = st.recursive(
    scalars, lambda parts: st.lists(parts, max_size=5) | st.dictionaries(names, parts, max_size=5), max_leaves=20
)
attributes = st.dictionaries(names.filter(lambda name: name not in KEY), values, max_size=8)


def dump(value: Any) -> str:
    """Return a value as JSON, each number in its own notation."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{dump(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


def normalize(value: Any) -> Any:
    """Return a form that is equal for equal values: numbers compare as numbers, and differ from booleans."""
    if isinstance(value, dict):
        return {name: normalize(part) for name, part in value.items()}
    if isinstance(value, list):
        return [normalize(part) for part in value]
    if isinstance(value, Decimal):
        return "number", str(value.normalize(Context(prec=38)) if value else 0)
    return type(value), value


def new_device() -> str:
    """Return the name of a new partition."""
    return f"device-{next(DEVICES)}"


@pytest.fixture(scope="module")
def function(loaded_stack: LoadedStack) -> Iterator[Function]:
    with run_function_of(loaded_stack, loaded_stack.artifact, CONTAINERS) as function:
        yield function


def patch(item: Item, changes: Item) -> Item:
    """Return an item after a PATCH."""
    removed = {name for name, value in changes.items() if value is None}
    return {name: value for name, value in {**item, **changes}.items() if name not in removed}


# The sort keys of items that are written and deleted while the pages are read.
PASSING = [Decimal(order) + Decimal("0.5") for order in range(-6, 6)]
staying_orders = st.lists(numbers().filter(lambda order: order not in PASSING), unique=True, max_size=8)
writes = st.lists(st.tuples(st.sampled_from(["PUT", "DELETE"]), st.sampled_from(PASSING)), max_size=3)


def check_pages_show_remaining_items_once(function: Function, some: settings) -> None:
    """The pages together show each remaining item once, whatever is written and deleted between them."""

    @settings(some, max_examples=20)
    @given(staying_orders, st.lists(writes, max_size=12), st.integers(1, 12), st.booleans())
    def check(staying: list[Decimal], between: list[Any], limit: int, is_of_partition: bool) -> None:
        device = new_device()
        for order in [*staying, *PASSING[::2]]:
            function.request("PUT", ITEM, device, str(order), body="{}")
        path = [PARTITION, device] if is_of_partition else [LIST]
        seen: list[Decimal] = []
        upcoming = iter(between)

        for items in read_pages(function, path, limit if is_of_partition else 10 * limit):
            seen += [item["order"] for item in items if item["device"] == device]
            # The next page must not depend on the item that its cursor names.
            gone = [("DELETE", order) for order in seen[-1:] if order in PASSING]
            for method, order in [*next(upcoming, []), *gone]:
                written = function.request(method, ITEM, device, str(order), body="{}")
                assert written.status in {200, 201, 204, 404}

        assert sorted(order for order in seen if order not in PASSING) == sorted(staying)
        assert not is_of_partition or seen == sorted(set(seen))
        for order in [*staying, *PASSING]:
            function.request("DELETE", ITEM, device, str(order))

    check()


def read_pages(function: Function, path: list[str], limit: int) -> Iterator[list[Item]]:
    query = {"limit": str(min(limit, 100))}
    while True:
        page = function.request("GET", *path, query=query)
        assert page.status == 200, page.text
        assert len(page.json["items"]) <= limit
        yield page.json["items"]
        if page.json["next_cursor"] is None:
            return
        query["cursor"] = page.json["next_cursor"]


class ItemsOfADevice(RuleBasedStateMachine):
    """Requests for the items of a device, and a dictionary of the items that it should have."""

    orders = st.sampled_from([Decimal(1), Decimal("1.0"), Decimal("-2.5"), Decimal("1E+125"), Decimal("1E-130")])

    function: Function

    def __init__(self) -> None:
        super().__init__()
        self.device = new_device()
        self.items: dict[Decimal, Item] = {}

    def request(self, method: str, order: Decimal, body: Item | None = None) -> Response:
        return self.function.request(method, ITEM, self.device, str(order), body=dump(body or {}))

    def make(self, order: Decimal, item: Item) -> Item:
        return {"device": self.device, "order": order, **item}

    def expect(self, response: Response, status: int, content: Item | None = None) -> None:
        assert response.status == status, response.text
        if content is not None:
            assert normalize(response.json) == normalize(content)

    @rule(order=orders, attributes=attributes)
    def create(self, order: Decimal, attributes: Item) -> None:
        item = self.make(order, attributes)
        response = self.function.request("POST", LIST, body=dump(item))
        if order in self.items:
            self.expect(response, 409)
        else:
            self.items[order] = item
            self.expect(response, 201, item)

    @rule(order=orders, attributes=attributes)
    def replace(self, order: Decimal, attributes: Item) -> None:
        status = 200 if order in self.items else 201
        self.items[order] = self.make(order, attributes)
        self.expect(self.request("PUT", order, attributes), status, self.items[order])

    @rule(order=orders, attributes=attributes)
    def update(self, order: Decimal, attributes: Item) -> None:
        response = self.request("PATCH", order, attributes)
        if order not in self.items:
            self.expect(response, 404)
        else:
            self.items[order] = patch(self.items[order], attributes)
            self.expect(response, 200, self.items[order])

    @rule(order=orders)
    def delete(self, order: Decimal) -> None:
        self.expect(self.request("DELETE", order), 204 if self.items.pop(order, None) else 404)

    @rule(order=orders)
    def read(self, order: Decimal) -> None:
        item = self.items.get(order)
        self.expect(self.request("GET", order), 200 if item else 404, item)

    @invariant()
    def lists_all_in_order(self) -> None:
        page = self.function.request("GET", PARTITION, self.device)
        self.expect(page, 200, {"items": [self.items[order] for order in sorted(self.items)], "next_cursor": None})


def check_behaves_like_a_dictionary(function: Function, some: settings) -> None:
    """Requests in any order get the responses that a dictionary of items would give."""
    machine = type("Machine", (ItemsOfADevice,), {"function": function})
    run_state_machine_as_test(machine, settings=settings(some, max_examples=20, stateful_step_count=20))


PROPERTIES: list[Property] = [
    check_pages_show_remaining_items_once,
    check_behaves_like_a_dictionary,
]


@pytest.mark.parametrize("check", PROPERTIES, ids=lambda check: check.__name__.removeprefix("check_"))
def test_property_holds(function: Function, check: Property) -> None:
    check(function, SOME)
