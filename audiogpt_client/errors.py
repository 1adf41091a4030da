"""What can go wrong between client and server."""

import math
import re

import httpx

_NUMBER = re.compile(r"^\[Errno -?\d+\] ")  # of the operating system, which says nothing to people


UNREACHABLE = "unreachable"  # code of an error the server did not give


class ServerError(Exception):
    """The server answered with an error, or not at all."""

    def __init__(
        self,
        message: str,
        *,
        code: str = UNREACHABLE,
        status: int | None = None,
        hint: str | None = None,
        request_id: str | None = None,
        kind: str = "model_error",
        retry_after_s: float | None = None,
    ) -> None:
        """Keep what the server said.

        Args:
            message: What is wrong.
            code: The server's error code; `unreachable` if there was no answer.
            status: HTTP status, None if there was no answer.
            hint: What to do about it.
            request_id: Id of the request in the server's log.
            kind: Who repairs it: request_error, plan_error or model_error.
            retry_after_s: Seconds after which the same call may succeed, where the server says so.
        """
        super().__init__(message)
        self.code = code
        self.status = status
        self.hint = hint
        self.request_id = request_id
        self.kind = kind
        self.retry_after_s = retry_after_s


def error_of(response: httpx.Response) -> ServerError:
    """Return the error a response with an error status carries; its body must have been read."""
    retry_after_s = seconds(response.headers.get("Retry-After"))
    try:
        error = response.json()["error"]
        return ServerError(
            error["message"],
            code=error["code"],
            status=response.status_code,
            hint=error.get("hint"),
            request_id=error.get("request_id"),
            kind=error.get("type", "model_error"),
            retry_after_s=retry_after_s,
        )
    except (ValueError, KeyError, TypeError):
        return ServerError(
            f"HTTP {response.status_code}: {response.text[:500]}",
            status=response.status_code,
            retry_after_s=retry_after_s,
        )


def seconds(header: str | None) -> float | None:
    """Return the seconds of a `Retry-After` header; None if it is missing or a date."""
    try:
        found = float(header or "")
    except ValueError:
        return None
    return found if math.isfinite(found) and found >= 0 else None


def unreachable(base_url: str, cause: httpx.HTTPError) -> ServerError:
    """Return the error for a server that did not answer."""
    reason = _NUMBER.sub("", str(cause)) or type(cause).__name__
    return ServerError(
        f"No answer from {base_url}: {reason.rstrip('.')}.",
        hint="Start the server with 'make run', or name another one.",
    )
