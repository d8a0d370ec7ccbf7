//! What a handler is given and gives back, whichever API Gateway is in front.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fmt::{self, Display, Formatter};

use lambda_runtime::Error as BoxError;

/// A request, after API Gateway has matched its route.
#[derive(Debug)]
pub struct Request {
    pub method: String,
    /// The path of the route, with its parameters' names: `/users/{user_id}`.
    pub resource: String,
    /// The path as the client sees it, with the stage before it where there is one.
    pub path: String,
    /// The values of the path's parameters, decoded.
    pub parameters: BTreeMap<String, String>,
    pub query: HashMap<String, String>,
    pub body: String,
}

/// An answer: its status, its body as JSON text, and further headers.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub body: String,
    pub headers: BTreeMap<&'static str, String>,
}

impl Response {
    #[must_use]
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            body: body.into(),
            headers: BTreeMap::new(),
        }
    }

    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }
}

/// What a handler returns.
pub type Answer = Result<Response, HttpError>;

/// An answer other than success, returned from anywhere below a handler, with the message for the client.
#[derive(Debug)]
pub enum HttpError {
    BadRequest(String),
    NotFound(String),
    Conflict(String),
    TooLarge(String),
    /// Something failed inside: its cause is logged, and the client is told nothing of it.
    Internal(BoxError),
    NotImplemented(String),
    /// What the service needs does not work at the moment; the cause is logged.
    Unavailable(String, BoxError),
}

impl HttpError {
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::BadRequest(_) => 400,
            Self::NotFound(_) => 404,
            Self::Conflict(_) => 409,
            Self::TooLarge(_) => 413,
            Self::Internal(_) => 500,
            Self::NotImplemented(_) => 501,
            Self::Unavailable(..) => 503,
        }
    }
}

impl Display for HttpError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadRequest(message)
            | Self::NotFound(message)
            | Self::Conflict(message)
            | Self::TooLarge(message)
            | Self::NotImplemented(message)
            | Self::Unavailable(message, _) => formatter.write_str(message),
            Self::Internal(_) => formatter.write_str("Internal server error"),
        }
    }
}

impl Error for HttpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Internal(cause) | Self::Unavailable(_, cause) => Some(cause.as_ref()),
            _ => None,
        }
    }
}
