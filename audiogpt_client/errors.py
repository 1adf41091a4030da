"""What can go wrong between client and server."""

import re

import httpx

_NUMBER = re.compile(r"^\[Errno -?\d+\] ")  # of the operating system, which says nothing to people


class ServerError(Exception):
    """The server answered with an error, or not at all."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "unreachable",
        status: int | None = None,
        hint: str | None = None,
        request_id: str | None = None,
        kind: str = "model_error",
    ) -> None:
        """Keep what the server said.

        Args:
            message: What is wrong.
            code: The server's error code; `unreachable` if there was no answer.
            status: HTTP status, None if there was no answer.
            hint: What to do about it.
            request_id: Id of the request in the server's log.
            kind: Who repairs it: request_error, plan_error or model_error.
        """
        super().__init__(message)
        self.code = code
        self.status = status
        self.hint = hint
        self.request_id = request_id
        self.kind = kind


def error_of(response: httpx.Response) -> ServerError:
    """Return the error a response with an error status carries; its body must have been read."""
    try:
        error = response.json()["error"]
        return ServerError(
            error["message"],
            code=error["code"],
            status=response.status_code,
            hint=error.get("hint"),
            request_id=error.get("request_id"),
            kind=error.get("type", "model_error"),
        )
    except (ValueError, KeyError, TypeError):
        return ServerError(f"HTTP {response.status_code}: {response.text[:500]}", status=response.status_code)


def unreachable(base_url: str, cause: httpx.HTTPError) -> ServerError:
    """Return the error for a server that did not answer."""
    reason = _NUMBER.sub("", str(cause)) or type(cause).__name__
    return ServerError(
        f"No answer from {base_url}: {reason.rstrip('.')}.",
        hint="Start the server with 'make run', or name another one.",
    )
