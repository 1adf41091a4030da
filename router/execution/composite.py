"""Models made of other models: their sub-steps run inside one visible step."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from llm_planner.plans.plan import FromStep
from model_wrappers.contract.base import CompositeModel, SubStep, import_wrapper
from model_wrappers.contract.catalog import ModelEntry
from model_wrappers.contract.errors import ModelFailed
from model_wrappers.contract.tasks import Task, get_task
from model_wrappers.contract.tasks.base import TaskRequest, TaskResponse
from router.calls import ModelAnswer, OnProgress
from router.failures import known_failures
from router.scope import Scope
from router.validation import invalid_input

SubCall = Callable[[str, Task, TaskRequest, OnProgress], Awaitable[ModelAnswer]]  # the first is the sub-step's id
Composite = CompositeModel[TaskRequest, TaskResponse]


async def run_composite(
    entry: ModelEntry, request: TaskRequest, scope: Scope, call: SubCall, on_progress: OnProgress
) -> ModelAnswer:
    """Answer a request through other models; independent sub-steps run at the same time.

    Args:
        entry: The composite model.
        request: Media are references.
        scope: Of the request that this is part of.
        call: Answers one sub-step's request.
        on_progress: Told the mean progress of the sub-steps.

    Raises:
        ModelFailed: If the composite itself fails.
        AudioGPTError: The error of the sub-step that failed first; the others are cancelled.
    """
    started = time.perf_counter()
    with known_failures(f"Model '{entry.id}'", scope.request_id):
        model = _composite(entry.wrapper, entry.config)
        outputs = await _run_rounds(model, request, call, on_progress)
        response = model.combine(request, outputs)
    return ModelAnswer(response, run_s=time.perf_counter() - started)


@lru_cache(maxsize=64)
def _composite(wrapper: str, config: str) -> Composite:
    found = import_wrapper(wrapper)
    if not issubclass(found, CompositeModel):
        raise ModelFailed(f"'{wrapper}' calls itself composite but is no CompositeModel.")
    return found(found.Config.model_validate_json(config))


async def _run_rounds(
    model: Composite, request: TaskRequest, call: SubCall, on_progress: OnProgress
) -> dict[str, TaskResponse]:
    """Run the sub-steps and then those that depend on their answers, each round an equal part of the progress."""
    outputs: dict[str, TaskResponse] = {}
    for number in range(model.rounds):
        sub_steps = model.further_steps(request, outputs) if number else model.sub_steps(request)
        if not sub_steps:
            break

        def tell(fraction: float, number: int = number) -> None:
            on_progress((number + fraction) / model.rounds)

        outputs |= await _run_all(sub_steps, call, _Mean(len(sub_steps), tell))
    return outputs


async def _run_all(sub_steps: tuple[SubStep, ...], call: SubCall, progress: "_Mean") -> dict[str, TaskResponse]:
    tasks: dict[str, asyncio.Task[TaskResponse]] = {}
    try:
        async with asyncio.TaskGroup() as group:
            for index, sub_step in enumerate(sub_steps):
                work = _run_one(sub_step, dict(tasks), call, progress.of(index))
                tasks[sub_step.id] = group.create_task(work)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from failures
    return {sub_step_id: task.result() for sub_step_id, task in tasks.items()}


async def _run_one(
    sub_step: SubStep, earlier: Mapping[str, asyncio.Task[TaskResponse]], call: SubCall, on_progress: OnProgress
) -> TaskResponse:
    values = {name: await _value(value, earlier) for name, value in sub_step.arguments.items()}
    task = get_task(sub_step.task)
    try:
        request = task.request.model_validate(values)
    except ValidationError as exc:
        raise invalid_input(exc, task.request, f"The {task.id} request of sub-step '{sub_step.id}'") from exc
    answer = await call(sub_step.id, task, request, on_progress)
    on_progress(1.0)
    return answer.response


async def _value(value: Any, earlier: Mapping[str, asyncio.Task[TaskResponse]]) -> Any:
    if not (isinstance(value, dict) and value.keys() == {"from"}):
        return value
    reference = FromStep.model_validate(value)
    output = getattr(await earlier[reference.step_id], reference.output)
    return output if reference.index is None else output[reference.index]


class _Mean:
    """Progress of all sub-steps as one fraction."""

    def __init__(self, count: int, on_progress: OnProgress) -> None:
        self._fractions = [0.0] * count
        self._on_progress = on_progress

    def of(self, index: int) -> OnProgress:
        """Return what to tell the progress of one sub-step."""

        def tell(fraction: float) -> None:
            self._fractions[index] = fraction
            self._on_progress(sum(self._fractions) / len(self._fractions))

        return tell
