//! The service behind the API.

pub mod app;
pub mod errors;
pub mod http;
pub mod items;
pub mod json_values;
pub mod pages;
pub mod responses;
pub mod routes;
pub mod table;
