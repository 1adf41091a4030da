"""The lines before the models, as far as this process's own calls make them: who waits, and for how long."""

import math
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from model_wrappers.contract.catalog import ModelEntry
from router.calls import Timing
from router.fairness.costs import Costs
from router.fairness.order import FairOrder, Turn
from router.scope import Flow
from router.standing import CallerStanding

NEWEST = 0.2  # weight of the newest call in the mean time of a model's calls

OnWait = Callable[[int, float | None], None]


@dataclass(eq=False)
class Place:
    """A call in a line; `told` is the place it was told last, None before it was told any."""

    on_wait: OnWait
    told: int | None = None
    came: float = field(default_factory=time.perf_counter)
    began: float | None = None  # when its turn came

    @property
    def timing(self) -> Timing:
        """How long the call waited and ran so far, as far as its caller can tell."""
        now = time.perf_counter()
        began = self.began if self.began is not None else now
        return Timing(began - self.came, now - began, int(self.began is not None))


class _Line:
    def __init__(self) -> None:
        self.order = FairOrder(Costs())
        self.places: dict[Turn, Place] = {}
        self.at_once = 1
        self.mean_run_s: float | None = None

    def tell(self) -> None:
        """Let those whose turn has come begin, and tell who waits of a new place."""
        waiting = tuple(self.order.ordered())
        free = max(0, self.at_once - self.order.served)
        for turn in waiting[:free]:
            self.order.begin(turn)
            self.places[turn].began = time.perf_counter()
            self._tell(self.places[turn], 0)
        for number, turn in enumerate(waiting[free:], 1):
            self._tell(self.places[turn], number)

    def _tell(self, place: Place, number: int) -> None:
        if number != (place.told or 0):
            place.told = number
            place.on_wait(number, self._wait_s(number))

    def _wait_s(self, number: int) -> float | None:
        if self.mean_run_s is None:
            return None
        return math.ceil(number / self.at_once) * self.mean_run_s


class Lines:
    """Counts the calls of this process to each model; those past what it runs at once wait."""

    def __init__(self) -> None:
        """Start with no calls."""
        self._lines: dict[str, _Line] = {}
        self._process = secrets.token_hex(8)
        self._load_s: dict[str, float] = {}

    @contextmanager
    def place(self, entry: ModelEntry, flow: Flow, on_wait: OnWait) -> Iterator[Place]:
        """Stand in a model's line while the call is out.

        Args:
            entry: The model.
            flow: Whose call it is; the replicas serve in the order of shares, too.
            on_wait: Called with the place among those that wait, 1 for the next and 0 once the turn has come, and the
                expected wait in seconds, None while nothing is known of it. Not called for a call that need not wait.
        """
        line = self._lines.setdefault(entry.id, _Line())
        line.at_once = entry.at_once
        turn = line.order.enter(flow, "", 1.0)
        place = line.places[turn] = Place(on_wait)
        line.tell()
        try:
            yield place
        finally:
            line.order.leave(turn)
            del line.places[turn]
            line.tell()

    def ran(self, entry: ModelEntry, run_s: float) -> None:
        """Note how long a call ran in its model."""
        line = self._lines.setdefault(entry.id, _Line())
        line.mean_run_s = run_s if line.mean_run_s is None else line.mean_run_s + NEWEST * (run_s - line.mean_run_s)

    def standing(self) -> CallerStanding:
        """Return the calls that are out, by model and tenant, and how long one runs in each model."""
        lines = {name: line for name, line in self._lines.items() if line.places}
        calls = {name: Counter(turn.flow.tenant for turn in line.places) for name, line in lines.items()}
        runs_s = {name: line.mean_run_s for name, line in self._lines.items() if line.mean_run_s is not None}
        return CallerStanding(self._process, calls, runs_s)

    def loaded(self, entry: ModelEntry, load_s: float) -> None:
        """Note how long a model that was not loaded took until it was."""
        self._load_s[entry.id] = load_s

    def answer_s(self, entry: ModelEntry) -> float:
        """Return in how many seconds a call made now will be answered, as far as this process has seen: 0 if not."""
        load_s = self._load_s.get(entry.id, 0.0) if entry.loaded is False else 0.0
        line = self._lines.get(entry.id)
        if line is None or line.mean_run_s is None:
            return load_s
        rounds = max(0, len(line.places) - entry.at_once + 1) / entry.at_once
        return load_s + (math.ceil(rounds) + 1) * line.mean_run_s

    def counts(self) -> dict[str, tuple[int, int]]:
        """Return how many calls run and how many wait, by model."""
        return {name: (line.order.served, line.order.waiting) for name, line in self._lines.items()}
