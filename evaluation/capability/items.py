"""What is asked of a model, what is known to be right, and what came back."""

from dataclasses import dataclass
from typing import Literal, get_args

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.tasks.base import TaskRequest, TaskResponse
from model_wrappers.contract.visual import Video

Split = Literal["used while developing", "never used"]
"""Whether somebody looked at a model's answers to an item while working on it."""
USED, UNUSED = get_args(Split)


@dataclass(frozen=True)
class TrueEvent:
    """A sound that is in a recording; times in seconds."""

    labels: tuple[str, ...]
    """Names that are right for it."""
    onset: float
    offset: float
    caption: str = ""
    """Regular expression of what a caption that names it says."""


@dataclass(frozen=True, eq=False)
class Truth:
    """What is known of the right answer; each metric uses what it needs, and is left out where that is missing."""

    text: str | None = None
    """Words spoken or sung."""
    language: str = "en"
    references: tuple[str, ...] = ()
    """Right translations or captions."""
    audio: Audio | None = None
    sources: tuple[Audio, ...] = ()
    """Voices of a mixture."""
    events: tuple[TrueEvent, ...] | None = None
    video: Video | None = None
    accept: str | None = None
    """Regular expression the words of a fitting sound match."""
    refuse: bool = False
    """Whether the right answer is that nothing fits."""


@dataclass(frozen=True, eq=False)
class Item:
    """One request with its truth; items of one `group`, and those of one `split`, are also reported apart."""

    id: str
    request: TaskRequest
    truth: Truth
    group: str = ""
    split: Split | None = None


@dataclass(frozen=True, eq=False)
class Answer:
    """A model's response and what it cost; what cannot be told from outside a server is None."""

    response: TaskResponse
    model: str
    run_s: float = 0.0
    """Seconds on the clock."""
    cpu_s: float | None = None
    peak_memory_mib: float | None = None
    """What the model's process has needed so far."""


def sound_s(item: Item, response: TaskResponse) -> float | None:
    """Return the seconds of sound given, or made where none was given; None where there is neither."""
    for holder in (item.request, response):
        for name in ("audio", "video"):
            medium = getattr(holder, name, None)
            if isinstance(medium, Audio | Video):
                return medium.duration_s
    return None
