"""Requests of several users in one forward pass: who is in it, who still waits, and what if memory runs out."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from model_wrappers.contract.base import RunContext, Work
from model_wrappers.contract.errors import AudioGPTError, Cancelled, ModelFailed

logger = logging.getLogger(__name__)

RequestT = TypeVar("RequestT")
PreparedT = TypeVar("PreparedT")
AnswerT = TypeVar("AnswerT")
Criterion = Callable[..., Any]  # `(input_ids, scores) -> which rows end`, as `generate` of transformers takes them


def answer_together(
    requests: Sequence[RequestT],
    context: RunContext,
    prepare: Callable[[RequestT], PreparedT],
    answer: Callable[[Sequence[PreparedT], Work], Sequence[AnswerT | AudioGPTError]],
) -> list[AnswerT | AudioGPTError]:
    """Prepare every request, then answer all that could be prepared in one go.

    Args:
        requests: Requests that may share a batch.
        context: Progress and cancellation by index.
        prepare: Decodes and checks one request; its `AudioGPTError` takes the request's place.
        answer: Runs the model on all of them.
    """
    outcomes: dict[int, AnswerT | AudioGPTError] = {}
    prepared: dict[int, PreparedT] = {}
    for index, request in enumerate(requests):
        try:
            Work(context, (index,)).report(0.0)
            prepared[index] = prepare(request)
        except AudioGPTError as exc:
            outcomes[index] = exc

    def run(indices: Sequence[int]) -> Sequence[AnswerT | AudioGPTError]:
        try:
            return answer([prepared[index] for index in indices], Work(context, tuple(indices)))
        except Cancelled as exc:
            return [exc] * len(indices)

    order = list(prepared)
    outcomes.update(zip(order, in_memory(order, run), strict=True))
    return [outcomes[index] for index in range(len(requests))]


def in_memory(
    items: Sequence[PreparedT], run: Callable[[Sequence[PreparedT]], Sequence[AnswerT | AudioGPTError]]
) -> list[AnswerT | AudioGPTError]:
    """Run on all items at once; if the device's memory does not suffice, on each half, down to one at a time.

    Args:
        items: What to run on, in order.
        run: Returns one answer for each item it is given.
    """
    import torch

    if not items:
        return []
    try:
        return list(run(items))
    except torch.OutOfMemoryError as exc:
        reason = str(exc).split(". ")[0]
    _release()
    if len(items) == 1:
        return [ModelFailed(f"The device's memory does not suffice for this one input ({reason}); send a shorter one.")]
    logger.warning("Out of memory with %d items, going on with halves: %s", len(items), reason)
    middle = len(items) // 2
    return [*in_memory(items[:middle], run), *in_memory(items[middle:], run)]


def _release() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def waiting_rows(work: Work, max_new_tokens: int, rows_each: int = 1) -> Criterion:
    """Return a stopping criterion for `generate` that reports progress and ends rows nobody waits for.

    Args:
        work: Whose rows are decoded, in order of its requests.
        max_new_tokens: The most tokens a row may become, for the fraction.
        rows_each: Rows of one request, the beams of a search.
    """
    import torch

    steps = 0

    def criterion(input_ids: Any, scores: Any, **_: Any) -> Any:
        nonlocal steps
        steps += 1
        work.report(min(steps / max_new_tokens, 1.0))
        gone = [work.cancelled(row // rows_each) for row in range(len(input_ids))]
        return torch.tensor(gone, device=input_ids.device)

    return criterion
