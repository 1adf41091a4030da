"""A bounded room of work that waits or is served, which turns away what finds no place or would come too late."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from model_wrappers.contract.errors import ModelOverloaded, WouldMissDeadline
from router.fairness.costs import Costs
from router.fairness.order import FairOrder, Turn
from router.scope import Flow

MARGIN = 1.1  # of an expected time, for what comes between


class WaitingRoom:
    """Work of several flows for the same servers; who has more places than its share gives way to who has fewer."""

    def __init__(self, who: str, *, servers: int, places: int) -> None:
        """Start empty.

        Args:
            who: Subject of the errors' sentences, e.g. `Model 'whisper'`.
            servers: Pieces or batches of work served at once.
            places: Most work that waits or is served.
        """
        self._who = who
        self._servers = servers
        self._places = places
        self._costs = Costs()
        self._order = FairOrder(self._costs)
        self._busy: dict[Turn, float] = {}  # the first turn of what is served together: when that will be done
        self._mean_s = 0.0  # that is served together

    @property
    def waiting(self) -> int:
        """Number of turns that are not served yet."""
        return self._order.waiting

    def ordered(self) -> Iterator[Turn]:
        """Yield what waits, next first."""
        return self._order.ordered()

    def enter(
        self, flow: Flow, deadline: float, kind: str, size: float, give_way: Callable[[], None] = lambda: None
    ) -> Turn:
        """Take a place; `leave` must follow.

        Args:
            flow: Whose work it is.
            deadline: Absolute, in seconds of `time.time()`.
            kind: Work of one kind takes as long as its size says.
            size: In the kind's own unit.
            give_way: Called, at most once and only while it waits, if the place is given to another flow.

        Raises:
            ModelOverloaded: If there is no place.
            WouldMissDeadline: If it would not be done in time, as far as can be told.
        """
        if self._order.waiting + self._order.served >= self._places:
            self._make_room(flow)
        turn = self._order.enter(flow, kind, size, give_way)
        if self._costs.is_known(kind):
            left_s = deadline - time.time()
            if MARGIN * self._at_most_s(turn) > left_s and (expected_s := MARGIN * self._expected_s(turn)) > left_s:
                self._order.leave(turn)
                raise self._too_late(expected_s, left_s)
        return turn

    @contextmanager
    def place(self, flow: Flow, deadline: float, kind: str, size: float) -> Iterator[Turn]:
        """Hold a place; see `enter`. The task that waits in it is interrupted if it has to give way."""
        task = asyncio.current_task()
        assert task is not None
        displaced = False

        def give_way() -> None:
            nonlocal displaced
            displaced = task.cancel()

        turn = self.enter(flow, deadline, kind, size, give_way)
        try:
            yield turn
        except asyncio.CancelledError:
            if not displaced or task.uncancel():
                raise
            raise self.overloaded() from None
        finally:
            self.leave(turn)

    def begin(self, together: Sequence[Turn]) -> None:
        """Serve turns that wait, as one batch."""
        for turn in together:
            self._order.begin(turn)
        self._busy[together[0]] = time.monotonic() + sum(turn.charged_s or 0.0 for turn in together)

    def ran(self, together: Sequence[Turn], run_s: float) -> None:
        """Note how long a batch took; each of its turns has cost its part by size."""
        del self._busy[together[0]]
        self._mean_s += 0.2 * (run_s - self._mean_s) if self._mean_s else run_s
        share_s = run_s / sum(turn.size for turn in together)
        for turn in together:
            self._costs.learn(turn.kind, turn.size, turn.size * share_s)
            self._order.settle(turn, turn.size * share_s)

    def leave(self, turn: Turn) -> None:
        """Give a place back."""
        self._order.leave(turn)

    def overloaded(self) -> ModelOverloaded:
        """Return the error for work that finds no place."""
        all_s = sum(map(self._order.cost_s, self._order.ordered())) / self._servers
        return ModelOverloaded(
            f"{self._who} has {self.waiting} requests waiting and takes no more; try again later.",
            retry_after_s=max(1.0, math.ceil(all_s)),
        )

    def _make_room(self, flow: Flow) -> None:
        displaced = self._order.crowded_out(flow)
        if displaced is None:
            raise self.overloaded()
        displaced.give_way()
        self._order.leave(displaced)

    def _expected_s(self, turn: Turn) -> float:
        """Return after how many seconds a turn would be done: what is served before it, and itself in its batch."""
        if len(self._busy) < self._servers and self._order.waiting == 1:
            return self._costs.least_s(
                turn.kind, turn.size
            )  # a hiccup measured before must not refuse all that follows
        return self._after_s(turn, self._order.ahead_s(turn))

    def _at_most_s(self, turn: Turn) -> float:
        """Return no less than `_expected_s`, without looking at every turn."""
        return self._after_s(turn, self._order.most_ahead_s(turn))

    def _after_s(self, turn: Turn, ahead_s: float) -> float:
        now = time.monotonic()
        served_s = sum(max(0.0, done - now) for done in self._busy.values())
        return (served_s + ahead_s) / self._servers + max(self._order.cost_s(turn), self._mean_s)

    def _too_late(self, expected_s: float, left_s: float) -> WouldMissDeadline:
        return WouldMissDeadline(
            f"{self._who} would need about {expected_s:.1f} s for this request, what waits before it included; its "
            f"deadline passes in {max(0.0, left_s):.1f} s. Allow more time, or try again later.",
            retry_after_s=max(1.0, math.ceil(expected_s - left_s)),
        )
