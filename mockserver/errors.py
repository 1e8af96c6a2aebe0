"""
Every refusal the mock answers with:

* ApiError            an ErrorBody `{message, code, status, contextId, details, errors}`
  + BadRequest        400, with the platform's own code
  + Unauthorized      401
  + Forbidden         403
  + NotFound          404
  + MethodNotAllowed  405
  + ClientTooSlow     408
  + Conflict          409
  + TooLarge          413
  + Unsupported       415
  + Misdirected       421, a Host that is not this server
  + TooManyRequests   429, says when to come back
  + NotImitated       501, an operation that the platform has and the mock has not
  + Overloaded        503, says when to come back
  + TimedOut          504
  + StoreFull         507, the disk has no room; what was asked was not done
* OAuthError          400 `{error, description, error_description}`: the token endpoint has a body of its own

Source of codes and messages: official swagger of 2018-03-21, unless a handler says otherwise.
"""


class ApiError(Exception):
    status = 500
    code = "internal.server.error"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.headers: dict[str, str] = {}
        self.parameters: dict[str, object] = {}  # more fields of the body


class BadRequest(ApiError):
    status, code = 400, "bad.request"


class Unauthorized(ApiError):
    status, code = 401, "bad.credentials"


class Forbidden(ApiError):
    status, code = 403, "missing.permissions"


class NotFound(ApiError):
    status, code = 404, "not.found"


class MethodNotAllowed(ApiError):
    status, code = 405, "method.not.allowed"  # Assumption: the code; no source shows one


class ClientTooSlow(ApiError):
    status, code = 408, "client.timeout"

    def __init__(self) -> None:
        super().__init__("The client did not produce a request within the server timeout limit.")


class Conflict(ApiError):
    status, code = 409, "general.conflict"


class TooLarge(ApiError):
    status, code = 413, "request.entity.too.large"


class Unsupported(ApiError):
    status, code = 415, "unsupported.media.type"


class Misdirected(ApiError):
    status, code = 421, "misdirected.request"  # the mock's own


class TooManyRequests(ApiError):
    status, code = 429, "too.many.requests.retry.after"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"Rate limit exceeded the maximum. Retry the request in [{retry_after_s}] seconds")
        self.headers = {"Retry-After": str(retry_after_s)}


class NotImitated(ApiError):
    status, code = 501, "mock.not.imitated"  # the mock's own


class Overloaded(ApiError):
    status, code = 503, "service.unavailable"

    def __init__(self) -> None:
        super().__init__("Service Unavailable - The server is currently unavailable (because it is overloaded).")
        self.headers = {"Retry-After": "1"}


class TimedOut(ApiError):
    status, code = 504, "request.timeout"

    def __init__(self) -> None:
        super().__init__("The request timed out.")


class StoreFull(ApiError):
    status, code = 507, "insufficient.storage"  # the mock's own

    def __init__(self) -> None:
        super().__init__("The mock's disk has no room for this. Free some, then send the request again.")


class OAuthError(Exception):
    """A refusal of the token endpoint. Source: public client code that lives with it (contract notes, OAuth)."""

    status = 400

    def __init__(self, error: str, description: str, delay_s: float = 0.0) -> None:
        super().__init__(description)
        self.delay_s = delay_s  # before it is told
        self.error = error
        self.description = description


def contact_list_not_found() -> NotFound:
    return NotFound("The contact list could not be found.", "contact.list.not.found")


def missing_columns() -> BadRequest:
    """Source of the message: a refusal quoted on 2026-09-18. Assumption: the code."""
    return BadRequest("The contact columns do not match what is required in the list", "invalid.contact.columns")


def invalid_columns() -> BadRequest:
    return BadRequest("The contact columns are invalid.", "invalid.contact.columns")


def invalid_value(value: object, kind: str, allowed: str) -> BadRequest:
    return BadRequest(
        f"Value [{value}] is not valid for field type [{kind}]. Allowable values are: {allowed}", "invalid.value"
    )
