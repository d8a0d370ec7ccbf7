//! The service behind the API.

pub mod app;
pub mod errors;
{%- if service.attributes.revision %}
pub mod etags;
{%- endif %}
pub mod http;
pub mod items;
pub mod json_values;
pub mod pages;
pub mod responses;
pub mod routes;
pub mod table;
{%- if service.attributes.written or service.attributes.expiry %}
pub mod written;
{%- endif %}
