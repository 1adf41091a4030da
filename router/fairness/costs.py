"""What work costs: its size times the seconds that a unit of such work was measured to take."""

import math
from dataclasses import dataclass

from model_wrappers.contract.media import media_values
from model_wrappers.contract.tasks.base import TaskRequest

NEWEST = 0.1  # weight of the newest measurement
ENOUGH = 3  # measurements from which on an estimate is trusted
CHARACTERS_PER_S = 15.0  # of speech
UNKNOWN = 1e-9  # seconds a unit
LEAST_SIZE = 0.5  # no work is free
TEXTS = ("text", "lyrics")


@dataclass
class _Measured:
    size: float = 0.0
    spent_s: float = 0.0
    count: int = 0
    fastest: float = math.inf  # seconds a unit


class Costs:
    """Seconds a unit of size takes, by kind of work."""

    def __init__(self) -> None:
        """Know nothing: until a kind is measured, it costs next to nothing, and who is served is charged afterwards."""
        self._measured: dict[str, _Measured] = {}

    def cost_s(self, kind: str, size: float) -> float:
        """Return the seconds that work is expected to take."""
        known = self._measured.get(kind)
        return size * (UNKNOWN if known is None else known.spent_s / known.size)

    def least_s(self, kind: str, size: float) -> float:
        """Return the seconds that work takes at least, as far as was seen."""
        known = self._measured.get(kind)
        return 0.0 if known is None else size * known.fastest

    def is_known(self, kind: str) -> bool:
        """Tell whether a kind was measured often enough to be judged by it."""
        known = self._measured.get(kind)
        return known is not None and known.count >= ENOUGH

    def learn(self, kind: str, size: float, spent_s: float) -> None:
        """Note what work took."""
        known = self._measured.setdefault(kind, _Measured(size, spent_s))
        known.size += NEWEST * (size - known.size)
        known.spent_s += NEWEST * (spent_s - known.spent_s)
        known.fastest = min(known.fastest, spent_s / size)
        known.count += 1


def size_of(request: TaskRequest) -> float:
    """Return the size of a request in seconds of sound: what it holds, what it asks for, and what its texts last."""
    media_s = sum(medium.duration_s or 0.0 for medium in media_values(request).values())
    asked_s = getattr(request, "duration_s", None) or 0.0
    characters = sum(len(getattr(request, name, None) or "") for name in TEXTS)
    return max(LEAST_SIZE, media_s + asked_s + characters / CHARACTERS_PER_S)
