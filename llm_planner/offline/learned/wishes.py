"""What a request asks for, as the parser understood it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from llm_planner.offline.learned.queries import BEHAVIOURS, Behaviour
from model_wrappers.contract.tasks import TASKS

WORDED = frozenset({"target", "text", "reference", "lyrics", "image"})  # in any words, so that rules may find too much
SURELY_LACKS = 0.6  # probability of a question, from which it is asked even where words seem to give an answer


@dataclass(frozen=True)
class Wish:
    """A step as it was understood: its task, the place of the step it works on, and how much each word asks for it.

    `content` is where the words stand that name what it works on: the sound to make, the words to say; `odds` is the
    probability that it is wanted.
    """

    task: str
    parent: int | None
    words: tuple[tuple[int, int, float], ...]
    content: tuple[int, int] | None = None
    odds: float = 1.0

    def moved(self, place: Callable[[int], int]) -> "Wish":
        """Return the wish with its words in other places."""
        words = tuple((place(begin), place(end), p) for begin, end, p in self.words)
        content = self.content and (place(self.content[0]), place(self.content[1]))
        return replace(self, words=words, content=content)


@dataclass(frozen=True)
class Parse:
    """A request as the network reads it, with the probability of the likeliest reading."""

    behaviour: Behaviour
    lack: str
    wishes: tuple[Wish, ...]
    confidence: float
    behaviours: tuple[float, ...]

    @property
    def share(self) -> float:
        """The probability of the likeliest behaviour."""
        return max(self.behaviours)

    def asks(self) -> str | None:
        """Return the task that surely lacks what the request leaves open, or None."""
        if self.lack not in WORDED or self.behaviours[BEHAVIOURS.index("clarify")] < SURELY_LACKS:
            return None
        return next((wish.task for wish in self.wishes if self.lack in TASKS[wish.task].request.model_fields), None)

    def moved(self, place: Callable[[int], int]) -> "Parse":
        """Return the reading with the words of its wishes in other places."""
        return replace(self, wishes=tuple(wish.moved(place) for wish in self.wishes))
