"""What can go wrong with a request. The message is for the client; `app` gives each error its status."""


class ServiceError(Exception):
    """An error that the response reports."""


class InvalidRequest(ServiceError):
    """The request cannot be served as it is."""


class NotFound(ServiceError):
    """The item or the route does not exist."""


class AlreadyExists(ServiceError):
    """The item's key is taken."""


class TooLarge(ServiceError):
    """The item is larger than DynamoDB stores."""


class NotImplementedYet(ServiceError):
    """The handler is not written yet."""


class Unavailable(ServiceError):
    """The table cannot serve the request now; the log has the cause."""
