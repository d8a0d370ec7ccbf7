class Index(NamedTuple):
    """A global secondary index of the table."""

    name: str
    key: Sequence[KeyAttribute]

    @property
    def cursor_key(self) -> Sequence[KeyAttribute]:
        """What identifies an item in the index: its key and the table's, each attribute once."""
        return list({attribute.name: attribute for attribute in (*self.key, *KEY)}.values())

{% for index in service.indexes %}
{{ index.constant }} = Index(
    name="{{ index.name }}",
    key=(
{%- for key in index.keys %}
        KeyAttribute(
            name="{{ key.name }}",
            type="{{ key.type }}",
            max_bytes={{ key.max_bytes }},
        ),
{%- endfor %}
    ),
)
{%- endfor %}
INDEXES = [
{%- for index in service.indexes %}
    {{ index.constant }},
{%- endfor %}
]
