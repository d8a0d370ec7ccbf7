{% set attributes = service.attributes -%}
"""What the service sets in an item itself{{ ", and when an item has expired" if attributes.expiry }}."""

{{ source.import_for_written(service) }}

{{ source.define_written(service) }}
{%- if attributes.written %}
# A body may repeat what was read: these are ignored there.
WRITTEN = {{ source.join_written(service) }}


def complete(item: dict[str, Any]) -> dict[str, Any]:
    """Return a new item with what the service sets."""
{%- if attributes.created and attributes.updated %}
    time_of_creation = format_now()
{%- endif %}
    return {
        **item,
{%- if attributes.created %}
        CREATED: {{ "time_of_creation" if attributes.updated else "format_now()" }},
{%- endif %}
{%- if attributes.updated %}
        UPDATED: {{ "time_of_creation" if attributes.created else "format_now()" }},
{%- endif %}
{%- if attributes.revision %}
        REVISION: Decimal(1),
{%- endif %}
    }
{%- endif %}
{%- if service.keeps_on_replace %}


def keep(item: dict[str, Any], old: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return an item with what it keeps of the one that it replaces, if there is one."""
    if old is None:
        return item
{%- if attributes.created %}
    # An item from before the attribute existed has no time of creation.
    kept = {name: value for name, value in item.items() if name != CREATED}
    if CREATED in old:
        kept[CREATED] = old[CREATED]
{%- endif %}
{%- if attributes.created and attributes.revision %}
    kept[REVISION] = old.get(REVISION, 0) + 1
    return kept
{%- elif attributes.created %}
    return kept
{%- else %}
    return {**item, REVISION: old.get(REVISION, 0) + 1}
{%- endif %}
{%- endif %}
{%- if attributes.created or attributes.updated %}


def format_now() -> str:
    """Return the time as RFC 3339 in UTC with milliseconds: texts of one length sort by time."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
{%- endif %}
{%- if attributes.expiry %}


def is_expired(item: Mapping[str, Any]) -> bool:
    """Return whether an item's time is over: DynamoDB deletes it within days, and until then it counts as missing."""
    expiry = item.get(EXPIRY)
    return isinstance(expiry, Decimal) and expiry <= read_clock()


def read_clock() -> int:
    """Return the seconds since 1970."""
    return int(time.time())
{%- endif %}
