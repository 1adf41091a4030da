"""A gate with so many places behind it: whoever finds them taken waits for a share of them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from router.calls import within
from router.fairness.order import Turn
from router.fairness.waiting_room import WaitingRoom
from router.scope import Flow


class FairGate:
    """Lets in as many at once as there are places; used in one event loop."""

    def __init__(self, who: str, *, places: int, max_waiting: int) -> None:
        """Start open.

        Args:
            who: Subject of the errors' sentences.
            places: Most that are in at once.
            max_waiting: Most that wait.
        """
        self._who = who
        self._room = WaitingRoom(who, servers=places, places=places + max_waiting)
        self._free = places
        self._waiting: dict[Turn, asyncio.Future[None]] = {}
        self._entered: dict[Turn, float] = {}

    async def enter(self, flow: Flow, deadline: float, kind: str = "", size: float = 1.0) -> Turn:
        """Wait for a place; `leave` must follow.

        Raises:
            ModelOverloaded: If too many wait.
            WouldMissDeadline: If it would not be done in time.
            DeadlineExceeded: If no place is free in time.
        """
        inside: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def give_way() -> None:
            if not inside.done():
                inside.set_exception(self._room.overloaded())

        turn = self._room.enter(flow, deadline, kind, size, give_way)
        self._waiting[turn] = inside
        try:
            self._let_in()
            await within(deadline, self._who, lambda: inside)
        except BaseException:
            self.leave(turn)
            raise
        return turn

    def leave(self, turn: Turn) -> None:
        """Give a place back, or wait no more."""
        self._waiting.pop(turn, None)
        began = self._entered.pop(turn, None)
        if began is not None:
            self._free += 1
            self._room.ran([turn], time.monotonic() - began)
        self._room.leave(turn)
        self._let_in()

    @asynccontextmanager
    async def place(self, flow: Flow, deadline: float, kind: str = "", size: float = 1.0) -> AsyncIterator[None]:
        """Wait for a place and hold it; see `enter`."""
        turn = await self.enter(flow, deadline, kind, size)
        try:
            yield
        finally:
            self.leave(turn)

    def _let_in(self) -> None:
        while self._free and (turn := next(self._room.ordered(), None)) is not None:
            self._free -= 1
            self._room.begin([turn])
            self._entered[turn] = time.monotonic()
            inside = self._waiting.pop(turn)
            if not inside.done():
                inside.set_result(None)
