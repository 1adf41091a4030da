"""Links that open one stored file for a while without a key: for players and pictures in pages, and for downloads."""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass

import jwt

from router.principal import Principal

LIFE_S = 900.0
ALGORITHM = "HS256"
PURPOSE = b"links to artifacts"  # another secret than the one that keys are hashed with


@dataclass(frozen=True)
class Link:
    """What a link says: whose file it opens, and by whose key it was made."""

    tenant: str
    key: str | None
    artifact: str


class Links:
    """Signs links and reads them back."""

    def __init__(self, pepper: bytes, clock: Callable[[], float] = time.time) -> None:
        """Sign with a secret made from `pepper`; `clock` counts seconds since 1970."""
        self._secret = hmac.new(pepper, PURPOSE, hashlib.sha256).digest()
        self._clock = clock

    def sign(self, artifact_id: str, principal: Principal, life_s: float = LIFE_S) -> str:
        """Return what opens a file of the principal's for `life_s` seconds."""
        claims = {"t": principal.tenant, "k": principal.key, "a": artifact_id, "e": self._clock() + life_s}
        return jwt.encode(claims, self._secret, ALGORITHM)

    def read(self, text: str) -> Link | None:
        """Return what a link says, None if it is none of ours or its time is over."""
        try:
            claims = jwt.decode(text, self._secret, [ALGORITHM])
        except jwt.InvalidTokenError:
            return None
        return Link(claims["t"], claims["k"], claims["a"]) if claims["e"] > self._clock() else None
