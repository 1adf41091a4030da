"""Loading models before they are needed: from the moment a step is planned, while those before it still run."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from typing import Any

from llm_planner.plans.plan import FromArtifact, FromStep, Step
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.base import CompositeModel, import_wrapper
from model_wrappers.contract.catalog import Catalog, ModelEntry
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.media import media_fields
from model_wrappers.contract.tasks import Task, get_task
from model_wrappers.contract.tasks.base import TaskRequest
from router.calls import Dispatcher, within
from router.capabilities import TEXT_ARGUMENTS, refusals
from router.scope import Scope

logger = logging.getLogger(__name__)

SOME_TEXT = "?"  # stands for words that another step will say


class Warmer:
    """Has the models of planned steps loaded, each by one call that `stop` cancels if it still waits."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        catalog: Callable[[], Catalog],
        scope: Scope,
        on_loaded: Callable[[ModelEntry, float], None],
    ) -> None:
        """Start with none.

        Args:
            dispatcher: The way to the models.
            catalog: Returns the models in service at the time it is called.
            scope: Of the request whose steps are planned.
            on_loaded: Told of a model that was loaded, and in how many seconds.
        """
        self._dispatcher = dispatcher
        self._catalog = catalog
        self._scope = scope
        self._on_loaded = on_loaded
        self._calls: dict[str, asyncio.Task[None]] = {}

    def expect(self, steps: Iterable[Step]) -> None:
        """Load what these steps will need and is not loaded."""
        catalog = self._catalog()
        if all(entry.loaded is not False for entry in catalog.models):
            return
        for step in steps:
            with suppress(AudioGPTError):  # a step that cannot run will say so itself
                for entry in needed_models(catalog, step):
                    if entry.loaded is False and entry.id not in self._calls:
                        self._calls[entry.id] = asyncio.create_task(self._warm(entry))

    async def stop(self) -> None:
        """Cancel the calls that still wait."""
        for call in self._calls.values():
            call.cancel()
        await asyncio.gather(*self._calls.values(), return_exceptions=True)

    async def _warm(self, entry: ModelEntry) -> None:
        try:
            who, began = f"Loading model '{entry.id}'", time.perf_counter()
            await within(self._scope.deadline, who, lambda: self._dispatcher.warm(entry))
            self._on_loaded(entry, time.perf_counter() - began)
        except AudioGPTError as exc:  # the step that needs it will tell, or do without
            logger.info("Model '%s' was not loaded ahead: %s", entry.id, exc.for_log)


def needed_models(catalog: Catalog, step: Step) -> Iterator[ModelEntry]:
    """Yield the model that a step will likely run on; of a composite, those that its sub-steps run on besides."""
    task = get_task(step.task)
    first = _likely(catalog, task, _expected(task, step.arguments), step.model, ())
    if first is not None:
        yield from _with_parts(catalog, first, ())


def _with_parts(catalog: Catalog, entry: ModelEntry, above: tuple[str, ...]) -> Iterator[ModelEntry]:
    if not entry.card.is_composite:
        yield entry
        return
    above = (*above, entry.id)
    wrapper = import_wrapper(entry.wrapper)
    for task_id in wrapper.part_tasks if issubclass(wrapper, CompositeModel) else ():
        task = get_task(task_id)
        if part := _likely(catalog, task, _expected(task, {}), None, above):
            yield from _with_parts(catalog, part, above)


def _likely(
    catalog: Catalog, task: Task, request: TaskRequest, wished: str | None, without: Collection[str]
) -> ModelEntry | None:
    """Return the best model that does not refuse what is known of a request."""
    live = [entry for entry in catalog.for_task(task.id) if entry.id not in without]
    live.sort(key=lambda entry: entry.id != wished)
    return next((entry for entry in live if not any(refusals(entry.card, task, request))), None)


def _expected(task: Task, arguments: dict[str, Any]) -> TaskRequest:
    """Return a request as far as it is known before its inputs exist: references stand for something there will be."""
    media = media_fields(task.request)
    values: dict[str, Any] = dict.fromkeys(
        name for name, field in task.request.model_fields.items() if field.is_required()
    )
    for name, value in arguments.items():
        if name in media:
            medium = ArtifactRef(id="0" * 64, kind=media[name].kind, media_type="", size_bytes=0, tenant="")
            values[name] = (medium,) if media[name].many else medium
        elif not isinstance(value, (FromStep, FromArtifact)):
            values[name] = value
        elif name in TEXT_ARGUMENTS:
            values[name] = SOME_TEXT
    return task.request.model_construct(**values)
