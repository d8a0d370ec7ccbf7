# RFC 3339, without leap seconds; the date is checked separately.
DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]([01][0-9]|2[0-3])(:[0-5][0-9]){2}(\.[0-9]+)?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)


class Attribute(NamedTuple):
    """What the value of an attribute must be."""

    type: str
    """One of TYPES, or enum: one of `values`."""

    required: bool = True
    values: tuple[str, ...] = ()

    @property
    def must_be(self) -> str:
        return f"one of {', '.join(self.values)}" if self.type == "enum" else TYPES[self.type][0]

    def accepts(self, value: Any) -> bool:
        return value in self.values if self.type == "enum" else TYPES[self.type][1](value)


def is_datetime(value: Any) -> bool:
    if not isinstance(value, str) or not DATETIME.fullmatch(value):
        return False
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        return False
    return True


{% if service.attributes.created or service.attributes.updated -%}
def is_written_time(value: Any) -> bool:
    """Return whether a text has the form that the service writes: others sort wrongly."""
    return is_datetime(value) and re.fullmatch(r"[0-9-]{10}T[0-9:]{8}\.[0-9]{3}Z", value) is not None


{% endif -%}
{% if service.attributes.expiry -%}
def is_expiry(value: Any) -> bool:
    """Return whether a number is a time in seconds, until the year 9999; milliseconds are larger."""
    return isinstance(value, Decimal) and value == value.to_integral_value() and value <= {{ service.attributes.max_seconds }}


{% endif -%}
# What a value must be, as the message says it, and the check.
TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
{%- for name, type in service.attributes.types.items() %}
    "{{ name }}": ("{{ type.must_be }}", {{ source.PYTHON_CHECKS[name] }}),
{%- endfor %}
}

# The attributes of an item in addition to its key; openapi.yaml describes them, too. One line each.
ATTRIBUTES = {
{%- for attribute in service.attributes.listed %}
    {{ source.define_in_python(attribute) }},
{%- endfor %}
}  # fmt: skip
ALLOWS_OTHERS = {{ service.attributes.allows_others }}
KNOWN = {*ATTRIBUTES, *(key.name for key in KEY)}
