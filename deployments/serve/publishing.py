"""One catalog for all processes: one of them reads it from Serve and posts it, the others read what is posted.

Serve's controller tells all its details in one answer, which a hundred ingresses would otherwise ask for fifty times a
second. Nobody is elected: whoever posted last goes on, and where no new post comes another process takes over. Two that
post at once are both right, and the next look tells all but the last that somebody else does it.
"""

import asyncio
import hashlib
import json
import random
import secrets
import time
import zlib
from collections.abc import Awaitable, Callable
from typing import Protocol

from pydantic import BaseModel, ConfigDict
from ray.experimental import internal_kv

from model_wrappers.contract.catalog import Catalog

NAMESPACE = "audiogpt"
SILENT_S = 8.0  # without a new post; some processes wait up to twice as long, so that one takes over and not all
# Versions of the code whose catalogs differ in their fields do not read each other's.
KEY = f"catalog-{hashlib.sha256(json.dumps(Catalog.model_json_schema(), sort_keys=True).encode()).hexdigest()[:16]}"


class Post(BaseModel):
    """A catalog as it is posted; no two posts are equal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: str
    number: int
    catalog: Catalog


class Board(Protocol):
    """Where all processes see what was posted last."""

    async def get(self) -> bytes | None:
        """Return what was posted last."""

    async def put(self, post: bytes) -> None:
        """Replace what was posted last."""


class RayBoard:
    """Ray's own store of keys and values, which its head keeps."""

    async def get(self) -> bytes | None:
        """Return what was posted last."""
        return await asyncio.to_thread(internal_kv._internal_kv_get, KEY, namespace=NAMESPACE)

    async def put(self, post: bytes) -> None:
        """Replace what was posted last."""
        await asyncio.to_thread(internal_kv._internal_kv_put, KEY, post, True, namespace=NAMESPACE)


class PublishedCatalog:
    """Returns the catalog: another process' as long as one posts it, else this one's own, which it then posts."""

    def __init__(
        self,
        read: Callable[[], Awaitable[Catalog]],
        board: Board | None = None,
        *,
        silent_s: float = SILENT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Post nothing yet.

        Args:
            read: Reads the catalog from Serve.
            board: Where it is posted; Ray's store unless given.
            silent_s: Seconds without a new post after which this process may take over.
            clock: Seconds that never go back.
        """
        self._read = read
        self._board = board or RayBoard()
        self._clock = clock
        self._patience_s = silent_s * random.uniform(1.0, 2.0)  # noqa: S311 - no secret
        self._me = secrets.token_hex(8)
        self._posts = 0
        self._mine: bytes | None = None  # posted last
        self._seen: bytes | None = None
        self._heard = clock()

    async def __call__(self) -> Catalog | None:
        """Return the catalog, None where nothing new is known."""
        found = await self._board.get()
        if found is None or found == self._mine:
            return await self._post()
        if found != self._seen:
            is_first, self._seen, self._heard = self._seen is None, found, self._clock()
            return None if is_first else opened(found).catalog  # the first may have been posted long ago
        return await self._post() if self._clock() - self._heard >= self._patience_s else None

    async def _post(self) -> Catalog:
        catalog = await self._read()
        self._posts += 1
        self._mine = closed(Post(by=self._me, number=self._posts, catalog=catalog))
        await self._board.put(self._mine)
        return catalog


def closed(post: Post) -> bytes:
    """Return a post as it is kept."""
    return zlib.compress(post.model_dump_json().encode())


def opened(found: bytes) -> Post:
    """Return the post that was kept."""
    return Post.model_validate_json(zlib.decompress(found))
