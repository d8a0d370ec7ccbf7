//! What a handler receives and returns, with either API Gateway.

use std::collections::{BTreeMap, HashMap};

/// A request, after API Gateway has matched its route.
#[derive(Debug, Default)]
pub struct Request {
    pub method: String,
    /// The path of the route, with its parameters' names: `/users/{user_id}`.
    pub resource: String,
    /// The path as the client sees it, with the stage in front if there is one.
    pub path: String,
    /// The values of the path's parameters, decoded.
    pub parameters: BTreeMap<String, String>,
    pub query: HashMap<String, String>,
    /// The headers, with names in lower case.
    pub headers: HashMap<String, String>,
    pub body: String,
{%- if service.is_jwt %}
    /// What the token says of the caller: API Gateway has verified it.
    pub claims: HashMap<String, String>,
{%- endif %}
}

/// A response: its status, its body, and headers. A body without a Content-Type is JSON.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub body: String,
    pub headers: BTreeMap<&'static str, String>,
}

impl Response {
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            body: body.into(),
            headers: BTreeMap::new(),
        }
    }

    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }
}
