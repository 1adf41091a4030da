"""Plans over models whose behaviour a test scripts, without their processes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from llm_planner.plans.plan import Plan
from llm_planner.plans.results import StepResult
from model_wrappers.contract.catalog import Catalog, ModelEntry
from router.calls import ModelAnswer, ModelCall, OnProgress
from router.execution.attempts import RetryPolicy
from router.execution.executor import Executor
from router.scope import Scope
from tests.router.dispatching import scope
from tests.router.models import card, translated

AT_ONCE = RetryPolicy(backoff_s=0.0)
Behaviour = Callable[[ModelCall, OnProgress], Awaitable[str]]


class Scripted:
    """A dispatcher whose models are coroutines that return a text; a model without one echoes."""

    def __init__(self, **behaviours: Behaviour) -> None:
        self.behaviours = behaviours
        self.calls: list[tuple[str, ModelCall]] = []
        self.warmed: list[str] = []
        self.warming: set[str] = set()
        self.loading = asyncio.Event()  # set: models are loaded at once
        self.loading.set()

    async def run(self, entry: ModelEntry, call: ModelCall, on_progress: OnProgress | None = None) -> ModelAnswer:
        self.calls.append((entry.id, call))
        assert on_progress is not None
        request: Any = call.request
        behaviour = self.behaviours.get(entry.id)
        text = request.text if behaviour is None else await behaviour(call, on_progress)
        return ModelAnswer(translated(request, text))

    async def warm(self, entry: ModelEntry) -> None:
        self.warmed.append(entry.id)
        self.warming.add(entry.id)
        try:
            await self.loading.wait()
        finally:
            self.warming.discard(entry.id)

    @property
    def called(self) -> list[str]:
        """Models in the order of their calls."""
        return [model for model, _ in self.calls]


def raising(*errors: BaseException | None) -> Behaviour:
    """Return a model that raises these in turn, and answers where one is None and after the last."""
    left = list(errors)

    async def behave(call: ModelCall, on_progress: OnProgress) -> str:
        error = left.pop(0) if left else None
        if error is not None:
            raise error
        return "answered"

    return behave


async def hang(call: ModelCall, on_progress: OnProgress) -> str:
    """Work until cancelled."""
    await asyncio.Event().wait()
    raise AssertionError


def catalog(*models: str, **fields: Any) -> Catalog:
    """Return a catalog of translating models, the best first."""
    return Catalog(
        models=tuple(ModelEntry(id=m, wrapper="tests:X", card=card("speech-translation", **fields)) for m in models)
    )


def step(step_id: str, text: Any = "hi", model: str | None = None, **arguments: Any) -> dict[str, Any]:
    """Return a translation as a step of a plan."""
    return {
        "id": step_id,
        "task": "speech-translation",
        "model": model,
        "arguments": {"text": text, "target_language": "en", **arguments},
    }


def plan(*steps: dict[str, Any]) -> Plan:
    """Return a plan of what `step` returned."""
    return Plan.model_validate({"steps": steps})


def executing(dispatcher: Any, models: Catalog, store: Any = None, policy: RetryPolicy | None = None) -> Executor:
    """Return an executor with these models in service."""
    return Executor(dispatcher, store, lambda: models, policy)


async def execute(
    dispatcher: Scripted,
    what: Plan,
    models: Catalog | None = None,
    *,
    store: Any = None,
    within: Scope | None = None,
    policy: RetryPolicy = AT_ONCE,
    **options: Any,
) -> tuple[StepResult, ...]:
    """Run a plan to its end; `models` defaults to one, `m`."""
    executor = executing(dispatcher, models or catalog("m"), store, policy)
    return await executor.execute(what, within or scope(), **options)


def states(results: tuple[StepResult, ...]) -> dict[str, str]:
    """Return how each step ended, by its id."""
    return {result.id: result.state for result in results}
