"""Running a plan: every step as soon as its inputs exist, to one deadline, with an event per change."""

import asyncio
import time
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, Literal

from llm_planner.plan import Plan, Step
from llm_planner.results import ErrorInfo, StepResult
from model_wrappers.artifacts import ArtifactRef
from model_wrappers.catalog import Catalog
from model_wrappers.errors import InvalidPlan
from router.arguments import ArtifactReader, Sources
from router.attempts import Caller, RetryPolicy, Scope
from router.dispatch import Dispatcher
from router.events import StepEnded
from router.running_step import Emit, RunningStep, unbreakable

TASK_STEP = "task"  # id of the only step of `execute_task`


class Executor:
    """Runs plans over a dispatcher; holds nothing of any of them."""

    def __init__(self, dispatcher: Dispatcher, artifacts: ArtifactReader, policy: RetryPolicy | None = None) -> None:
        """Keep the parts.

        Args:
            dispatcher: The way to the models.
            artifacts: What arguments may refer to by id, and where texts are read from.
            policy: When to try a model again.
        """
        self._caller = Caller(dispatcher, policy or RetryPolicy())
        self._artifacts = artifacts

    async def execute(
        self,
        plan: Plan,
        catalog: Catalog,
        *,
        deadline: float,
        artifacts: Mapping[str, ArtifactRef] | None = None,
        tenant: str = "default",
        request_id: str = "",
        emit: Emit | None = None,
        done: Mapping[str, StepResult] | None = None,
    ) -> tuple[StepResult, ...]:
        """Run a plan; a failed step skips only its descendants.

        Args:
            plan: Steps in any order.
            catalog: Models in service.
            deadline: Absolute, in seconds of `time.time()`.
            artifacts: What the plan may refer to, by name or id.
            tenant: Owner of artifacts and results.
            request_id: For the logs.
            emit: Told of every change, in the event loop.
            done: Results of steps that ran before; done steps are not run again, and the plan may refer to them.

        Returns:
            One result for every step, in the plan's order.

        Raises:
            InvalidPlan: If ids repeat, a reference names no step or steps wait for each other.
            asyncio.CancelledError: If cancelled, once every running call is.
        """
        finished = {step_id: result for step_id, result in (done or {}).items() if result.state == "done"}
        _check(plan, finished)
        scope = Scope(catalog, deadline, tenant, request_id)
        results = dict(finished)
        sources = Sources(self._artifacts, tenant, artifacts or {}, results)
        await _Run(plan, scope, sources, results, unbreakable(emit)).execute(self._caller)
        return tuple(results[step.id] for step in plan.steps)

    async def execute_task(
        self,
        task: str,
        arguments: Mapping[str, Any],
        catalog: Catalog,
        *,
        deadline: float,
        artifacts: Mapping[str, ArtifactRef] | None = None,
        tenant: str = "default",
        request_id: str = "",
        model: str | None = None,
        emit: Emit | None = None,
    ) -> StepResult:
        """Run one task without a plan; the arguments are those of `execute`, and may hold references themselves.

        Returns:
            The result, which is done.

        Raises:
            AudioGPTError: If it failed.
        """
        step = Step.model_construct(id=TASK_STEP, task=task, arguments=dict(arguments), model=model)
        running = RunningStep(
            step, Scope(catalog, deadline, tenant, request_id), unbreakable(emit), time.perf_counter()
        )
        result = await running.run(self._caller, Sources(self._artifacts, tenant, artifacts or {}))
        if running.error is not None:
            raise running.error
        return result


class _Run:
    """One plan while it runs."""

    def __init__(self, plan: Plan, scope: Scope, sources: Sources, results: dict[str, StepResult], emit: Emit) -> None:
        self._steps = [step for step in plan.steps if step.id not in results]
        self._ended = {step.id: asyncio.Event() for step in self._steps}
        self._scope = scope
        self._sources = sources
        self._results = results
        self._emit = emit
        self._blame: dict[str, str] = {}  # step that was skipped -> step that failed
        self._started = time.perf_counter()

    async def execute(self, caller: Caller) -> None:
        """Give every step its result."""
        async with asyncio.TaskGroup() as group:
            for step in self._steps:
                group.create_task(self._step(step, caller))

    async def _step(self, step: Step, caller: Caller) -> None:
        try:
            for source in step.depends_on:
                if source in self._ended:
                    await self._ended[source].wait()
        except asyncio.CancelledError:
            self._without_run(step, "cancelled", "Not run: the run was cancelled.")
            raise
        lacking = next((source for source in step.depends_on if self._results[source].state != "done"), None)
        if lacking is None:
            running = RunningStep(step, self._scope, self._emit, self._started)
            self._results[step.id] = await running.run(caller, self._sources)
        else:
            self._skip(step, lacking)
        self._ended[step.id].set()

    def _skip(self, step: Step, lacking: str) -> None:
        blamed = self._blame[step.id] = self._blame.get(lacking, lacking)
        state = self._results[blamed].state
        became = "was cancelled" if state == "cancelled" else state
        self._without_run(step, "skipped", f"Not run: it needs step '{blamed}', which {became}.")

    def _without_run(self, step: Step, state: Literal["skipped", "cancelled"], message: str) -> None:
        error = ErrorInfo(type="model_error", code=state, message=message)
        result = StepResult(id=step.id, task=step.task, state=state, error=error)
        self._results[step.id] = result
        self._emit(StepEnded(result=result))


def _check(plan: Plan, finished: Mapping[str, StepResult]) -> None:
    """Reject a plan that could not be run to its end."""
    known = [step.id for step in plan.steps]
    if len(set(known)) < len(known):
        twice = next(step_id for step_id in known if known.count(step_id) > 1)
        raise InvalidPlan(f"Step id '{twice}' is used more than once; give every step its own.", param="plan")
    for source, consumer in plan.edges:
        if source not in known and source not in finished:
            raise InvalidPlan(
                f"Step '{consumer}' refers to step '{source}', which does not exist; steps are: {', '.join(known)}.",
                param="plan",
            )
    try:
        TopologicalSorter({step.id: step.depends_on for step in plan.steps}).prepare()
    except CycleError as exc:
        path = " -> ".join(exc.args[1])
        raise InvalidPlan(f"Steps {path} wait for each other; break the cycle.", param="plan") from exc
