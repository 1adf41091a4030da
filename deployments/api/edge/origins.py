"""Where requests may come from: the names this server answers to, and the web pages that may talk to it.

A name that anybody can point at this machine, or a page that happens to be open in a browser on it, must not reach what
is only meant for its user (DNS rebinding, cross-site requests).
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.api.edge.refusals import refuse
from model_wrappers.contract.errors import Forbidden, InvalidInput, RequestError

ANY = "*"
HOST = re.compile(r"(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::(\d{1,5}))?")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
PROBES = ("/healthz", "/readyz", "/metrics")  # asked for by address, and worth nothing to a page
MAX_SHOWN = 100  # characters of a header an error repeats


class Origins:
    """Refuse requests to names that are not this server's, and those that other web pages send."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str], origins: Sequence[str], guarded: Sequence[str]) -> None:
        """Wrap an application.

        Args:
            app: The application.
            hosts: Names it answers to without ports, `*.example.org` for all below one, `*` for any.
            origins: Pages that may talk to it besides its own, such as `https://chat.example.org`, `*` for any.
            guarded: Paths where other pages may not even read.
        """
        self._app = app
        self._hosts = tuple(host.lower() for host in hosts)
        self._origins = tuple(origin.lower().rstrip("/") for origin in origins)
        self._guarded = tuple(guarded)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] in ("http", "websocket"):
            try:
                self._check(scope)
            except RequestError as exc:
                await refuse(exc, scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        if b"%00" in scope.get("raw_path", b"") or "\0" in scope["path"]:
            raise InvalidInput("The path holds a NUL character.")
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if scope["path"] not in PROBES:
            self._check_host(headers.getlist("host"))
        reads = scope["type"] == "http" and scope["method"] in SAFE_METHODS and scope["path"] not in self._guarded
        origin = headers.get("origin")
        if origin is not None and not reads:
            self._check_origin(origin.lower(), host.lower())

    def _check_host(self, hosts: list[str]) -> None:
        if not hosts:
            return  # a browser always sends one
        found = HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if found is None or int(found[2] or 0) > 65_535:
            raise InvalidInput(f"The header 'Host' must name one host, got {hosts[0][:MAX_SHOWN]!r}.", param="Host")
        name = found[1].lower().rstrip(".")
        if not any(_matches(name, pattern) for pattern in self._hosts):
            raise Forbidden(
                f"This server does not answer to the name '{name[:MAX_SHOWN]}'.",
                param="Host",
                hint="The operator lists its names in AUDIOGPT_ALLOWED_HOSTS.",
            )

    def _check_origin(self, origin: str, host: str) -> None:
        if origin in self._origins or ANY in self._origins or _authority(origin) == _plain(host):
            return
        raise Forbidden(
            f"The web page at '{origin[:MAX_SHOWN]}' may not talk to this server.",
            param="Origin",
            hint="The operator lists such pages in AUDIOGPT_ALLOWED_ORIGINS.",
        )


def _matches(name: str, pattern: str) -> bool:
    return pattern == ANY or name == pattern or (pattern.startswith("*.") and name.endswith(pattern[1:]))


def _authority(origin: str) -> str | None:
    """Return host and port of an origin, without the port its scheme implies."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return _plain(parts.netloc) if parts.scheme in ("http", "https") and parts.netloc else None


def _plain(host: str) -> str:
    return re.sub(r":(?:80|443)$", "", host)
