//! What can go wrong with a request. The message is for the client; `app` gives each error its status.

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request cannot be served as it is.
    #[error("{0}")]
    InvalidRequest(String),
    /// The item or the route does not exist.
    #[error("{0}")]
    NotFound(String),
    /// The item's key is taken.
    #[error("{0}")]
    AlreadyExists(String),
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
