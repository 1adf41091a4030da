"""How much decoded media a replica holds: requests wait as references until there is room for what they refer to."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.catalog import ModelCard
from model_wrappers.contract.media import media_values
from model_wrappers.contract.tasks.base import TaskRequest
from router.fairness.order import Turn

BYTES_A_SAMPLE = 4
BYTES_A_PIXEL = 3
OWN_SHARE = 0.75  # of the budget: so much of it one tenant may hold


class MediaMemory:
    """A budget that requests share in the order of their turns; one that is larger than all of it goes alone.

    No tenant takes the last part of it: what others send then finds room at once.
    """

    def __init__(self, budget_mib: int, ordered: Callable[[], Iterator[Turn]]) -> None:
        """Hold nothing yet.

        Args:
            budget_mib: MiB of decoded media.
            ordered: Yields the turns that wait, next first.
        """
        self._budget = budget_mib * 2**20
        self._ordered = ordered
        self._held: Counter[str] = Counter()  # bytes, by tenant
        self._waiting: dict[Turn, tuple[int, asyncio.Future[None]]] = {}

    @property
    def waiting(self) -> int:
        """Number of requests that wait as references."""
        return len(self._waiting)

    @asynccontextmanager
    async def room(self, size_bytes: int, turn: Turn) -> AsyncIterator[None]:
        """Wait for room of so many bytes, and keep it until the end."""
        let_in: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[turn] = (size_bytes, let_in)
        self._let_in()
        try:
            await let_in
            yield
        finally:
            if self._waiting.pop(turn, None) is None:
                self._held[turn.flow.tenant] -= size_bytes
                self._held += Counter()  # forgets who holds nothing
            self._let_in()

    def _let_in(self) -> None:
        for turn in tuple(self._ordered()) if self._waiting else ():
            if turn not in self._waiting:
                continue
            size_bytes, let_in = self._waiting[turn]
            total, own = self._held.total(), self._held[turn.flow.tenant]
            if total and total + size_bytes > self._budget:
                return  # nor anything behind it, so that large ones come in, too
            if own and own + size_bytes > OWN_SHARE * self._budget:
                continue
            del self._waiting[turn]
            self._held[turn.flow.tenant] += size_bytes
            if not let_in.done():
                let_in.set_result(None)


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
