"""Calls that are sent again when the server is busy or the connection breaks."""

import uuid
from collections.abc import Mapping
from typing import Any

import httpx

from audiogpt_client.calls import Call
from audiogpt_client.errors import ServerError

ATTEMPTS = 4
PAUSE_S = 1.0  # after a connection that broke
MAX_PAUSE_S = 20.0  # a server that asks for more time gets none: its error is told
BUSY = (409, 429, 502, 503)  # answers that may say when to come again


class Retries:
    """Says of one call whether it may be sent again, and when; one that makes something has a key of its own."""

    def __init__(self, call: Call[Any], attempts: int = ATTEMPTS) -> None:
        """Send `call` at most `attempts` times."""
        self._left = attempts
        self._may = call.makes or call.method == "GET"
        self.options: Mapping[str, Any] = call.options
        if call.makes:
            self.options = {**call.options, "headers": {"Idempotency-Key": uuid.uuid4().hex}}

    def pause_s(self, error: Exception) -> float | None:
        """Return how many seconds to wait before the call is sent again, None if it is not."""
        self._left -= 1
        if not self._may or self._left <= 0:
            return None
        if isinstance(error, ServerError):
            return self._asked_for(error)
        return PAUSE_S if isinstance(error, (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)) else None

    def _asked_for(self, error: ServerError) -> float | None:
        after_s = error.retry_after_s
        return after_s if error.status in BUSY and after_s is not None and after_s <= MAX_PAUSE_S else None
