"""What can go wrong with a request. The message is for the client; the class has the response's status."""


class ServiceError(Exception):
    """An error that the response reports, with the status of its class."""

    status = 500


class InvalidRequest(ServiceError):
    """The request cannot be served as it is."""

    status = 400


{% if service.owner -%}
class Forbidden(ServiceError):
    """The caller may not do this."""

    status = 403


{% endif -%}
class NotFound(ServiceError):
    """The item or the route does not exist."""

    status = 404


class Conflict(ServiceError):
    """The item is not in the state that the request needs."""

    status = 409


{% if service.attributes.revision -%}
class PreconditionFailed(ServiceError):
    """The item is not as If-Match or If-None-Match requires."""

    status = 412


{% endif -%}
class TooLarge(ServiceError):
    """The item is larger than DynamoDB stores."""

    status = 413


class NotImplementedYet(ServiceError):
    """The handler is not written yet."""

    status = 501


class Unavailable(ServiceError):
    """The table cannot serve the request now; the log has the cause."""

    status = 503
