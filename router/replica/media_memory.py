"""How much decoded media a replica holds: requests wait as references until there is room for what they refer to."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.catalog import ModelCard
from model_wrappers.contract.media import media_values
from model_wrappers.contract.tasks.base import TaskRequest

BYTES_A_SAMPLE = 4
BYTES_A_PIXEL = 3


class MediaMemory:
    """A budget that requests share, the longest waiting first; one that is larger than all of it goes alone."""

    def __init__(self, budget_mib: int) -> None:
        """Hold nothing yet."""
        self._budget = budget_mib * 2**20
        self._held = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def waiting(self) -> int:
        """Number of requests that wait as references."""
        return sum(1 for _, turn in self._waiting if not turn.done())

    @asynccontextmanager
    async def room(self, size_bytes: int) -> AsyncIterator[None]:
        """Wait for room of so many bytes, and keep it until the end; waiters come in order."""
        await self._enter(size_bytes)
        try:
            yield
        finally:
            self._held -= size_bytes
            self._let_in()

    async def _enter(self, size_bytes: int) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size_bytes, turn))
        self._let_in()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was let in, and then its caller left
                self._held -= size_bytes
            self._let_in()
            raise

    def _let_in(self) -> None:
        while self._waiting:
            size_bytes, turn = self._waiting[0]
            if turn.cancelled():
                self._waiting.popleft()
                continue
            if self._held and self._held + size_bytes > self._budget:
                return
            self._waiting.popleft()
            self._held += size_bytes
            turn.set_result(None)


def decoded_bytes(request: TaskRequest, card: ModelCard) -> int:
    """Return how much memory the media that a request refers to take, as far as their references tell."""
    refs = {value.id: value for value in media_values(request).values() if isinstance(value, ArtifactRef)}
    return sum(_bytes_of(ref, card) for ref in refs.values())


def _bytes_of(ref: ArtifactRef, card: ModelCard) -> int:
    if ref.kind == "audio":
        rate, channels = card.sample_rate or ref.sample_rate or 0, card.channels or ref.channels or 1
        return round((ref.duration_s or 0.0) * rate) * channels * BYTES_A_SAMPLE
    if ref.kind == "image":
        return (ref.width or 0) * (ref.height or 0) * BYTES_A_PIXEL
    return ref.size_bytes
