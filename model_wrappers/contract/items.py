"""Batches of models that work on one request at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import RunContext
from model_wrappers.contract.catalog import Limits
from model_wrappers.contract.errors import AudioGPTError, Cancelled, InvalidInput, ModelFailed, TooLarge

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")


@dataclass(frozen=True)
class Item:
    """Progress and cancellation of one request of a batch."""

    context: RunContext
    index: int

    def report(self, fraction: float) -> None:
        """Say how far the request is, 0 to 1, and stop if nobody waits for it any more.

        Raises:
            Cancelled: If the caller went away.
        """
        if self.context.cancelled(self.index):
            raise Cancelled("The caller stopped waiting; the work was given up.")
        self.context.progress(self.index, fraction)

    def part(self, first: float, last: float) -> "Part":
        """Return the run context of work that takes the request from one fraction to another."""
        return Part(self, first, last)


@dataclass(frozen=True)
class Part:
    """The run context of a stretch of one request's work, itself a batch of one."""

    item: Item
    first: float
    last: float

    def report(self, fraction: float) -> None:
        """Say how far the stretch is, 0 to 1, and stop if nobody waits any more."""
        self.item.report(self.first + fraction * (self.last - self.first))

    def progress(self, item: int, fraction: float) -> None:
        """Report the fraction of the stretch as one of the whole."""
        self.report(fraction)

    def cancelled(self, item: int) -> bool:
        """Tell whether nobody waits for the request any more."""
        return self.item.context.cancelled(self.item.index)


def answer_each(
    requests: Sequence[RequestT], context: RunContext, answer: Callable[[RequestT, Item], ResponseT]
) -> list[ResponseT | AudioGPTError]:
    """Answer requests one after another; an error takes its request's place and spoils no other."""

    def answer_one(index: int) -> ResponseT | AudioGPTError:
        item = Item(context, index)
        try:
            item.report(0.0)
            return answer(requests[index], item)
        except AudioGPTError as exc:
            return exc
        except (ArithmeticError, LookupError, RuntimeError, ValueError) as exc:
            failure = ModelFailed(f"The model failed on this input: {type(exc).__name__}: {exc}.")
            failure.__cause__ = exc
            return failure

    return [answer_one(index) for index in range(len(requests))]


def check_limits(audio: Audio, limits: Limits, *, param: str = "audio") -> None:
    """Refuse audio a model cannot take.

    Raises:
        TooLarge: If it is too long.
        InvalidInput: If it has too few or too many channels.
    """
    if limits.max_duration_s is not None and audio.duration_s > limits.max_duration_s:
        raise TooLarge(
            f"The audio lasts {audio.duration_s:.1f} s; this model takes at most {limits.max_duration_s:g} s. "
            "Send it in shorter parts.",
            param=param,
        )
    least, most = limits.min_channels or 1, limits.max_channels or audio.channels
    if not least <= audio.channels <= most:
        allowed = f"at least {least}" if audio.channels < least else f"at most {most}"
        raise InvalidInput(f"The audio has {audio.channels} channel(s); this model takes {allowed}.", param=param)
