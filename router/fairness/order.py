"""The order in which waiting work is served, so that each tenant gets its share.

Weighted fair queueing (Demers, Keshav and Shenker, 1989): each flow has a clock, which its work moves on by what it
cost, divided by the flow's weight; next is the work after which its flow's clock would show least. A flow that comes
back starts level with whoever is furthest behind, so that nobody saves up for later.
"""

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from router.fairness.costs import Costs
from router.scope import Flow

BACKGROUND_SHARE = 1 / 16  # of a tenant's weight, for its work that nobody waits for
MAX_IDLE_FLOWS = 1_024  # remembered


@dataclass(eq=False)
class Turn:
    """A piece of work in the order."""

    flow: Flow
    kind: str
    size: float
    number: int
    level: float  # what its flow's clock shows at least when it is served
    give_way: Callable[[], None]
    charged_s: float | None = None  # once it is being served
    gone: bool = False


@dataclass
class _Line:
    """The turns of one flow, in order of arrival."""

    weight: float
    clock: float = 0.0
    waiting: dict[Turn, None] = field(default_factory=dict)
    sizes: Counter[str] = field(default_factory=Counter)  # of what waits, by kind
    served: int = 0

    @property
    def next_start(self) -> float:
        return self.start(next(iter(self.waiting)))

    def add(self, turn: Turn) -> None:
        self.waiting[turn] = None
        self.sizes[turn.kind] += turn.size  # type: ignore[assignment]  # counters count in fractions, too

    def remove(self, turn: Turn) -> None:
        del self.waiting[turn]
        self.sizes[turn.kind] -= turn.size  # type: ignore[assignment]
        if not self.waiting:
            self.sizes.clear()

    def start(self, turn: Turn) -> float:
        return max(self.clock, turn.level)


class FairOrder:
    """Turns that wait or are served; who serves them asks for the order and tells what each has cost."""

    def __init__(self, costs: Costs) -> None:
        """Start empty; `costs` says what work is expected to take."""
        self._costs = costs
        self._lines: dict[tuple[str, bool], _Line] = {}
        self._numbers = itertools.count()
        self._level = 0.0  # the clock of whoever was served last
        self.waiting = self.served = 0

    def enter(self, flow: Flow, kind: str, size: float, give_way: Callable[[], None] = lambda: None) -> Turn:
        """Add work at the end of its flow's line.

        Args:
            flow: Whose it is.
            kind: Of the work, as the costs know it.
            size: Of the work, in the kind's own unit.
            give_way: Called if the turn has to leave for another flow's.
        """
        level = min((line.next_start for line in self._lines.values() if line.waiting), default=self._level)
        if len(self._lines) > MAX_IDLE_FLOWS:
            self._forget(level)
        line = self._lines.setdefault(_key(flow), _Line(_weight(flow)))
        line.weight = _weight(flow)
        turn = Turn(flow, kind, size, next(self._numbers), level, give_way)
        line.add(turn)
        self.waiting += 1
        return turn

    def ordered(self) -> Iterator[Turn]:
        """Yield what waits in the order in which it would be served; nothing may come or go meanwhile."""
        heap = []
        for line in self._lines.values():
            turns = iter(line.waiting)
            if (turn := next(turns, None)) is not None:
                clock = line.start(turn) + self.cost_s(turn) / line.weight
                heap.append((clock, line.clock, turn.number, turn, line.weight, turns))
        heapq.heapify(heap)
        while heap:
            clock, _, _, turn, weight, turns = heap[0]
            yield turn
            if (following := next(turns, None)) is None:
                heapq.heappop(heap)
            else:
                then = max(clock, following.level) + self.cost_s(following) / weight
                heapq.heapreplace(heap, (then, clock, following.number, following, weight, turns))

    def cost_s(self, turn: Turn) -> float:
        """Return the seconds a turn is expected to take."""
        return self._costs.cost_s(turn.kind, turn.size)

    def ahead_s(self, turn: Turn) -> float:
        """Return the seconds of work that is served before the turn that came last.

        That is what is ahead of it now, or what its own flow has there at the rate of its share, if that is more: work
        of others that is still to come may overtake it, but not take its share.
        """
        ahead_s = sum(map(self.cost_s, itertools.takewhile(lambda other: other is not turn, self.ordered())))
        return max(ahead_s, self._at_its_share_s(turn))

    def most_ahead_s(self, turn: Turn) -> float:
        """Return no less than `ahead_s` does, at less cost, for the turn that came last."""
        all_s = sum(map(self._all_s, self._lines.values()))
        return max(all_s - self.cost_s(turn), self._at_its_share_s(turn))

    def _at_its_share_s(self, turn: Turn) -> float:
        line = self._lines[_key(turn.flow)]
        active = sum(other.weight for other in self._lines.values() if other.waiting or other.served)
        return max(0.0, self._all_s(line) - self.cost_s(turn)) * active / line.weight

    def _all_s(self, line: _Line) -> float:
        return sum(self._costs.cost_s(kind, size) for kind, size in line.sizes.items())

    def begin(self, turn: Turn) -> None:
        """Serve a turn that waits: its flow is charged with what it is expected to cost."""
        line = self._lines[_key(turn.flow)]
        line.remove(turn)
        self.waiting -= 1
        self.served += 1
        line.served += 1
        turn.charged_s = self.cost_s(turn)
        self._level = line.start(turn)
        line.clock = self._level + turn.charged_s / line.weight

    def settle(self, turn: Turn, spent_s: float) -> None:
        """Charge a turn that is served with what it really took."""
        if turn.charged_s is not None and not turn.gone:
            line = self._lines[_key(turn.flow)]
            line.clock += (spent_s - turn.charged_s) / line.weight
            turn.charged_s = spent_s

    def leave(self, turn: Turn) -> None:
        """Take a turn out; one that was not served has cost nothing. Leaving twice changes nothing."""
        if turn.gone:
            return
        turn.gone = True
        line = self._lines[_key(turn.flow)]
        if turn.charged_s is None:
            line.remove(turn)
            self.waiting -= 1
        else:
            line.served -= 1
            self.served -= 1
        if not self.waiting and not self.served:  # nobody is left to be fair to
            self._lines.clear()
            self._level = 0.0

    def crowded_out(self, flow: Flow) -> Turn | None:
        """Return which turn has to go where there is no room for another one of `flow`.

        It is the newest of the flow that holds most places for its weight; None if that would be `flow` itself.
        """
        own = self._lines.get(_key(flow))
        most = (1 + (len(own.waiting) if own else 0)) / _weight(flow)
        heaviest = max(self._lines.values(), key=_load, default=None)
        if heaviest is None or _load(heaviest) <= most:
            return None
        return next(reversed(heaviest.waiting))

    def _forget(self, level: float) -> None:
        """Drop the flows that have nothing here and would start level with the others."""
        for key, line in list(self._lines.items()):
            if not line.waiting and not line.served and line.clock <= level:
                del self._lines[key]


def _key(flow: Flow) -> tuple[str, bool]:
    return flow.tenant, flow.background


def _weight(flow: Flow) -> float:
    return flow.weight * (BACKGROUND_SHARE if flow.background else 1.0)


def _load(line: _Line) -> float:
    return len(line.waiting) / line.weight
