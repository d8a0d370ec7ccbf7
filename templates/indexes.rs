/// A global secondary index of the table.
pub struct Index {
    pub name: &'static str,
    pub key: &'static [KeyAttribute],
}

impl Index {
    /// Return what identifies an item in the index: its key and the table's, each attribute once.
    pub fn cursor_key(&self) -> Vec<KeyAttribute> {
        let is_new = |attribute: &&KeyAttribute| self.key.iter().all(|own| own.name != attribute.name);
        self.key.iter().chain(KEY.iter().filter(is_new)).cloned().collect()
    }
}
{% for index in service.indexes %}
#[rustfmt::skip] // one line per attribute
pub const {{ index.constant }}: Index = Index {
    name: "{{ index.name }}",
    key: &[
{%- for key in index.keys %}
        KeyAttribute { name: "{{ key.name }}", kind: ScalarAttributeType::{{ key.type }}, max_bytes: {{ key.max_bytes }} },
{%- endfor %}
    ],
};
{%- endfor %}
#[rustfmt::skip]
pub const INDEXES: [Index; {{ service.indexes | length }}] = [{{ service.indexes | map(attribute="constant") | join(", ") }}];
