"""Work that is planned on a model: told by every process that plans, measured by each replica."""

import statistics
import time
from collections import deque
from collections.abc import Callable

KEPT_S = 15.0  # what a process told counts for so long: three times as long as between two tellings
RECENT = 32  # calls whose times make the median


class PlannedWork:
    """How long one replica would need for all steps that are planned on its model."""

    def __init__(self, at_once: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing planned.

        Args:
            at_once: Requests a replica runs together.
            clock: Seconds, from any start.
        """
        self._at_once = at_once
        self._clock = clock
        self._steps: dict[str, tuple[int, float]] = {}  # by process, with the time it was told
        self._runs_s: deque[float] = deque(maxlen=RECENT)

    def expect(self, process: str, steps: int) -> None:
        """Note how many steps a process has planned on the model, in place of what it told before."""
        self._steps[process] = (steps, self._clock())

    def ran(self, run_s: float) -> None:
        """Note how long a call ran."""
        self._runs_s.append(run_s)

    def seconds(self) -> float:
        """Return steps times the median of a call, divided by those run together; 0 while no call has run."""
        oldest = self._clock() - KEPT_S
        self._steps = {process: told for process, told in self._steps.items() if told[1] > oldest}
        if not self._runs_s:
            return 0.0
        return sum(steps for steps, _ in self._steps.values()) * statistics.median(self._runs_s) / self._at_once
