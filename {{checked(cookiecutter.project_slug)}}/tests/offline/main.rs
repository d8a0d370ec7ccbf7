//! What the API promises, tried offline: through the function that Lambda calls, on a DynamoDB in memory.
//!
//! The routes come from openapi.yaml, the key from template.yaml; a test runs for each route that it is about.

#![allow(clippy::indexing_slicing, clippy::missing_panics_doc, clippy::panic, clippy::unwrap_used)] // tests fail so

mod api;
mod app;
mod dynamodb;
mod items;
mod pages;
mod project;
mod values;
