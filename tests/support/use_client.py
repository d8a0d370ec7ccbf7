"""Calls the default service with the client that its README generates: `use_client.py http://127.0.0.1:3000 <token>`."""

from __future__ import annotations

import sys

from users_api_client import AuthenticatedClient
from users_api_client.api.users import (
    delete_users_by_user_id,
    get_users,
    get_users_by_user_id,
    patch_users_by_user_id,
    post_users,
    put_users_by_user_id,
)
from users_api_client.models import Error, Item, ItemChanges, ItemReplacement, NewItem, Page

# The prefix is Bearer, as openapi.yaml says.
client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2], raise_on_unexpected_status=True)

for number in range(3):
    new = NewItem(user_id=f"00{number}")
    new["visits"] = number
    created = post_users.sync(client=client, body=new)
    assert isinstance(created, Item)
    assert created.to_dict() == {"user_id": f"00{number}", "visits": number}

read = get_users_by_user_id.sync("001", client=client)
assert isinstance(read, Item)
assert (read.user_id, read["visits"]) == ("001", 1)

first = get_users.sync(client=client, limit=2)
assert isinstance(first, Page)
assert isinstance(first.next_cursor, str)
second = get_users.sync(client=client, limit=2, cursor=first.next_cursor)
assert isinstance(second, Page)
assert second.next_cursor is None
assert sorted(item.user_id for item in first.items + second.items) == ["000", "001", "002"]

changes = ItemChanges.from_dict({"name": "田中太郎", "visits": None})
updated = patch_users_by_user_id.sync("001", client=client, body=changes)
assert isinstance(updated, Item)
assert updated.to_dict() == {"user_id": "001", "name": "田中太郎"}

replaced = put_users_by_user_id.sync("001", client=client, body=ItemReplacement.from_dict({"visits": 2.5}))
assert isinstance(replaced, Item)
assert replaced.to_dict() == {"user_id": "001", "visits": 2.5}

deleted = delete_users_by_user_id.sync_detailed("001", client=client)
assert (deleted.status_code, deleted.parsed) == (204, None)

missing = get_users_by_user_id.sync_detailed("001", client=client)
assert missing.status_code == 404
assert isinstance(missing.parsed, Error)
assert missing.parsed.message
