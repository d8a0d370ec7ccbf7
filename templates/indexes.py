class Index(NamedTuple):
    """A global secondary index of the table."""

    name: str
    partition_key: KeyAttribute
    sort_key: KeyAttribute | None = None

    @property
    def key(self) -> list[KeyAttribute]:
        return [key for key in (self.partition_key, self.sort_key) if key]

    @property
    def cursor_key(self) -> list[KeyAttribute]:
        """What identifies an item in the index: its key and the table's, each attribute once."""
        return list({key.name: key for key in (*self.key, *KEY)}.values())

{% for index in service.indexes %}
{{ index.constant }} = Index(
    name="{{ index.name }}",
{%- for key in index.keys %}
    {{ "partition_key" if loop.first else "sort_key" }}=KeyAttribute(
        name="{{ key.name }}",
        type="{{ key.type }}",
        max_bytes={{ key.max_bytes }},
    ),
{%- endfor %}
)
{%- endfor %}
INDEXES = [
{%- for index in service.indexes %}
    {{ index.constant }},
{%- endfor %}
]
