"""Choosing the models for a request, best first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from model_wrappers.contract.catalog import Catalog, ModelEntry
from model_wrappers.contract.errors import InvalidInput, ModelUnavailable, RequestError
from model_wrappers.contract.tasks import Task, get_task
from model_wrappers.contract.tasks.base import TaskRequest
from router.capabilities import Refusal, refusals


@dataclass(frozen=True)
class Wish:
    """Which model a caller would like, if any; unless it is to be the `only` one, the others are its fallbacks."""

    model: str | None = None
    only: bool = False


ANY = Wish()


def choose(
    catalog: Catalog, task_id: str, request: TaskRequest, wish: Wish = ANY, without: Collection[str] = ()
) -> tuple[ModelEntry, ...]:
    """Return the live models that can take a request, best first; the others are its fallbacks.

    Args:
        catalog: Models in service.
        task_id: Task of the request.
        request: Media are references.
        wish: Model to put first, or to choose alone.
        without: Models not to choose.

    Raises:
        NotFound: If there is no such task or wished model.
        ModelUnavailable: If no model of the task, or not the wished one, is live.
        RequestError: If every live model refuses the request; the message has each one's reason.
    """
    task = get_task(task_id)
    live = [entry for entry in _live(catalog, task_id, wish) if entry.id not in without]
    if not live:
        raise _unavailable(catalog, task_id)
    refused: dict[str, list[Refusal]] = {}
    chosen = []
    for entry in live:
        reasons = list(refusals(entry.card, task, request))
        if reasons:
            refused[entry.id] = reasons
        else:
            chosen.append(entry)
    if not chosen:
        raise _refused(task, refused)
    return tuple(chosen)


def _live(catalog: Catalog, task_id: str, wish: Wish) -> Sequence[ModelEntry]:
    live = catalog.for_task(task_id)
    if wish.model is None:
        return live
    first = catalog.get(wish.model)
    if task_id not in first.card.tasks:
        names = ", ".join(entry.id for entry in live) or "none"
        raise InvalidInput(f"Model '{wish.model}' does not do {task_id}; choose one of: {names}.", param="model")
    return [first] if wish.only else [first, *(entry for entry in live if entry.id != first.id)]


def _unavailable(catalog: Catalog, task_id: str) -> ModelUnavailable:
    reason = catalog.why_off(task_id) or "no other model is configured for it"
    return ModelUnavailable(f"No model can do {task_id} now: {reason}.")


def _refused(task: Task, refused: dict[str, list[Refusal]]) -> RequestError:
    everything = [refusal for reasons in refused.values() for refusal in reasons]
    errors = {refusal.error for refusal in everything}
    params = {refusal.param for refusal in everything}
    details = "; ".join(
        f"{model_id}: {', '.join(refusal.reason for refusal in reasons)}" for model_id, reasons in refused.items()
    )
    error = errors.pop() if len(errors) == 1 else InvalidInput
    return error(
        f"No model of {task.id} can take this request. {details}.", param=params.pop() if len(params) == 1 else None
    )
