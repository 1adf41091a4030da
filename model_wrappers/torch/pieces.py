"""Requests in pieces that share passes with those of other requests: windows of sound, sentences, phrases."""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import TypeVar

from model_wrappers.contract.base import Work
from model_wrappers.contract.errors import AudioGPTError, Cancelled
from model_wrappers.torch.batches import in_memory

PieceT = TypeVar("PieceT")
OutputT = TypeVar("OutputT")
PreparedT = TypeVar("PreparedT")
AnswerT = TypeVar("AnswerT")


def run_pieces(
    pieces: Sequence[Sequence[PieceT]],
    work: Work,
    run: Callable[[Sequence[PieceT]], Sequence[OutputT | AudioGPTError]],
    *,
    rows: int,
    alike: Callable[[PieceT], object] = lambda piece: None,
) -> list[list[OutputT] | AudioGPTError]:
    """Run a network on the pieces of all requests: the first ones of all together, then the second ones, and so on.

    Args:
        pieces: Of each request of the work, in order.
        work: Asked before every pass who still waits, and told how far each request is.
        run: Makes one output of each piece it is given, in one pass.
        rows: Most pieces in a pass; fewer where the memory does not suffice.
        alike: What pieces must have in common to share a pass, such as their shape.

    Returns:
        The outputs of each request's pieces in order, or why it has none.
    """
    found: list[dict[int, OutputT]] = [{} for _ in pieces]
    failed: dict[int, AudioGPTError] = {}
    for item, own in enumerate(pieces):
        if not own:
            work.progress(item, 1.0)

    def waits(place: tuple[int, int]) -> bool:
        return place[1] not in failed and not work.cancelled(place[1])

    for group in _groups(pieces, alike):
        coming = iter(group)
        while chosen := list(islice(filter(waits, coming), rows)):
            outputs = in_memory([pieces[item][number] for number, item in chosen], run)
            for (number, item), output in zip(chosen, outputs, strict=True):
                if isinstance(output, AudioGPTError):
                    failed[item] = output
                else:
                    found[item][number] = output
            for item in {item for _, item in chosen}:
                work.progress(item, len(found[item]) / len(pieces[item]))
    return [failed.get(item) or _in_order(found[item], len(own)) for item, own in enumerate(pieces)]


def respond(
    batch: Sequence[PreparedT],
    outputs: Sequence[OutputT | AudioGPTError],
    response: Callable[[PreparedT, OutputT], AnswerT],
) -> list[AnswerT | AudioGPTError]:
    """Make a response of each prepared request and its output; an error stays what it is, or takes its place."""

    def one(prepared: PreparedT, output: OutputT | AudioGPTError) -> AnswerT | AudioGPTError:
        try:
            return output if isinstance(output, AudioGPTError) else response(prepared, output)
        except AudioGPTError as exc:
            return exc

    return [one(prepared, output) for prepared, output in zip(batch, outputs, strict=True)]


def _groups(pieces: Sequence[Sequence[PieceT]], alike: Callable[[PieceT], object]) -> list[list[tuple[int, int]]]:
    """Return places, number of the piece and of its request, in groups of pieces that may share a pass."""
    groups: dict[object, list[tuple[int, int]]] = {}
    for number, item in sorted((number, item) for item, own in enumerate(pieces) for number in range(len(own))):
        groups.setdefault(alike(pieces[item][number]), []).append((number, item))
    return list(groups.values())


def _in_order(found: dict[int, OutputT], expected: int) -> list[OutputT] | AudioGPTError:
    if len(found) < expected:
        return Cancelled("The caller stopped waiting; the work was given up.")
    return [output for _, output in sorted(found.items(), key=lambda each: each[0])]
