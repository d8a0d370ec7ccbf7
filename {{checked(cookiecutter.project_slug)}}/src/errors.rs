//! What can go wrong with a request, and the response's status. The message is for the client.

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request cannot be served as it is.
    #[error("{0}")]
    InvalidRequest(String),
{%- if service.owner %}
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(String),
{%- endif %}
    /// The item or the route does not exist.
    #[error("{0}")]
    NotFound(String),
    /// The item is not in the state that the request needs.
    #[error("{0}")]
    Conflict(String),
{%- if service.attributes.revision %}
    /// The item is not as If-Match or If-None-Match requires.
    #[error("The item is not as If-Match or If-None-Match requires")]
    PreconditionFailed,
{%- endif %}
    /// The item is larger than DynamoDB stores.
    #[error("{0}")]
    TooLarge(String),
    /// The handler is not written yet.
    #[error("{0}")]
    NotImplementedYet(String),
    /// The table cannot serve the request now; the log has the cause.
    #[error("{0}")]
    Unavailable(String, #[source] BoxError),
    /// The service itself failed; the log has the cause.
    #[error("Internal server error")]
    Internal(#[source] BoxError),
}

impl Error {
    pub fn status(&self) -> u16 {
        match self {
            Error::InvalidRequest(_) => 400,
{%- if service.owner %}
            Error::Forbidden(_) => 403,
{%- endif %}
            Error::NotFound(_) => 404,
            Error::Conflict(_) => 409,
{%- if service.attributes.revision %}
            Error::PreconditionFailed => 412,
{%- endif %}
            Error::TooLarge(_) => 413,
            Error::Internal(_) => 500,
            Error::NotImplementedYet(_) => 501,
            Error::Unavailable(..) => 503,
        }
    }
}
