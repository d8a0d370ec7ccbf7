"""The contract tests of requests at once: they fail for handlers that read and then write, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from renders import Service
    from stacks import Stack

pytestmark = pytest.mark.slow

ANSWERS = {
    "python": {"sort_key": "at:N"},
    "rust": {"functions": "per-route", "api_type": "http", "attributes": "email, size:number, ..."},
}
ROUTES = {"python": "src/service/routes.py", "rust": "src/routes.rs"}
# Handlers as somebody may write them: right while no other request comes in between. Those in Rust are fast: a pause
# makes sure that one does.
READ_THEN_WRITE = {
    "python": [
        (
            "    table.create(item)\n",
            """\
    try:
        table.read({"user_id": item["user_id"], "at": item["at"]})
    except errors.NotFound:
        table.replace(item)
    else:
        raise errors.Conflict("An item with this key already exists")
""",
        ),
        (
            "    return responses.ok(table.update(items.read_key(request), items.read_changes(request)))\n",
            """\
    item = {**table.read(items.read_key(request)), **items.read_changes(request)}
    table.replace({name: value for name, value in item.items() if value is not None})
    return responses.ok(item)
""",
        ),
        ("from service.http import", "from service import errors\nfrom service.http import"),
    ],
    "rust": [
        (
            "    table.create(&item).await?;\n",
            """\
    let key = [("user_id".to_string(), item["user_id"].clone())].into();
    if table.read(key).await.is_ok() {
        return Err(Error::Conflict("An item with this key already exists".into()));
    }
    std::thread::sleep(std::time::Duration::from_millis(20));
    table.replace(&item).await?;
""",
        ),
        (
            "    let item = table.update(items::read_key(request, table.key)?, items::read_changes(request)?).await?;\n",
            """\
    let mut item = table.read(items::read_key(request, table.key)?).await?;
    item.extend(items::read_changes(request)?);
    item.retain(|_, value| !value.is_null());
    std::thread::sleep(std::time::Duration::from_millis(20));
    table.replace(&item).await?;
""",
        ),
    ],
}


@pytest.mark.parametrize("language", ["python", "rust"])
def test_handlers_that_read_and_then_write_fail(make_stack: Callable[..., Stack], language: str) -> None:
    service = make_stack(language, **ANSWERS[language]).service
    passed = run_race_tests(service)
    for right, wrong in READ_THEN_WRITE[language]:
        service.edit(ROUTES[language], right, wrong)

    failed = run_race_tests(service)

    assert "2 passed" in passed
    assert "2 failed" in failed


def run_race_tests(service: Service) -> str:
    return service.run(".venv/bin/python", "-m", "pytest", "tests/contract", "-k", "at_once").stdout
