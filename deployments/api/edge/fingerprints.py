"""Whether two requests ask for the same: a digest of what they say, taken while the body goes by."""

import hashlib
from email.message import Message as Fields

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from deployments.api.forms import media_type


class Fingerprint:
    """The digest of a request. The boundary between a form's parts is left out: clients draw it anew each time."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        """Begin with method, path and query; the body follows as it is received."""
        self._receive = receive
        self._complete = False
        kind = Headers(scope=scope).get("content-type", "")
        self._boundary = _boundary(kind)
        self._tail = b""
        head = (scope["method"], scope["path"], scope["query_string"].decode("latin-1"), media_type(kind))
        self._digest = hashlib.sha256("\0".join(head).encode() + b"\0")

    async def receive(self) -> Message:
        """Return the next message of the request."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._add(message.get("body", b""))
            self._complete = not message.get("more_body", False)
        return message

    async def read_on(self) -> bool:
        """Read what nobody has read of the body; tell whether it came to its end."""
        while not self._complete:
            if (await self.receive())["type"] == "http.disconnect":
                return False
        return True

    def text(self) -> str:
        """Return the digest; call it once, after the body's end."""
        self._digest.update(self._tail)
        return self._digest.hexdigest()

    def _add(self, data: bytes) -> None:
        if not self._boundary:
            self._digest.update(data)
            return
        *parts, self._tail = (self._tail + data).split(self._boundary)
        for part in parts:
            self._digest.update(part + b"\0")
        whole = len(self._tail) - (len(self._boundary) - 1)  # what follows may be the begin of a boundary
        if whole > 0:
            self._digest.update(self._tail[:whole])
            self._tail = self._tail[whole:]


def _boundary(content_type: str) -> bytes:
    fields = Fields()
    fields["content-type"] = content_type
    boundary = fields.get_param("boundary")
    return boundary.encode("latin-1", "replace") if isinstance(boundary, str) else b""
