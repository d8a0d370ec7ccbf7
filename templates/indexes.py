class Index(NamedTuple):
    """A global secondary index of the table."""

    name: str
    key: Sequence[KeyAttribute]

    @property
    def cursor_key(self) -> Sequence[KeyAttribute]:
        """What identifies an item in the index: its key and the table's, each attribute once."""
        return list({attribute.name: attribute for attribute in (*self.key, *KEY)}.values())


INDEXES = {
{%- for index in service.indexes %}
    "{{ index.name }}": Index(
        name="{{ index.name }}",
        key=[
{%- for key in index.keys %}
            KeyAttribute("{{ key.name }}", "{{ key.type }}", max_bytes={{ key.max_bytes }}),
{%- endfor %}
        ],
    ),
{%- endfor %}
}
