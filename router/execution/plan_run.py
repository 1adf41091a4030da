"""A plan and its steps while they run, and while the plan may still change."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Literal, Self

from llm_planner.plans.plan import Plan, Step
from llm_planner.plans.results import ErrorInfo, StepResult, StepState
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.catalog import ModelEntry
from model_wrappers.contract.errors import AudioGPTError, Cancelled, InvalidPlan
from model_wrappers.contract.media import references
from model_wrappers.contract.tasks import get_task
from router.calls import ModelAnswer, within
from router.events import Event, StepEnded, StepProgress, StepQueued, StepRetried, StepStarted
from router.execution.arguments import ArtifactReader, Sources, build_request
from router.execution.attempts import Caller
from router.execution.selection import Wish
from router.execution.step_metrics import StepMetrics
from router.failures import known_failures
from router.scope import Scope
from router.telemetry import tracing
from router.usage.calls import Bill, billed

logger = logging.getLogger(__name__)

Emit = Callable[[Event], None]
Keep = Callable[[StepResult], Awaitable[StepResult]]
PROGRESS_STEP = 0.01  # smaller advances make no event
PLACE_TOLD_S = 1.0  # a line may move faster


def unbreakable(emit: Emit | None) -> Emit:
    """Return an emit that logs what the given one raises: a listener must not break a run."""

    def emit_safely(event: Event) -> None:
        try:
            if emit is not None:
                emit(event)
        except Exception:
            logger.exception("A listener failed on a '%s' event", event.type)

    return emit_safely


class RunningStep:
    """Runs one step and watches its attempts."""

    def __init__(
        self,
        step: Step,
        scope: Scope,
        emit: Emit,
        plan_started: float,
        *,
        fall_back: bool = True,
        first: bool = False,
        trace: tracing.Place = None,
        keep: Keep | None = None,
    ) -> None:
        """Prepare a step whose inputs exist.

        Args:
            step: The step.
            scope: Of the run.
            emit: Told of every change; must not raise.
            plan_started: `time.perf_counter()` at the start of the plan.
            fall_back: Whether another model than the step's may answer.
            first: Whether it is the first of its plan.
            trace: Where in the trace it belongs; to the current span if None.
            keep: Makes of its result what is told and kept; if it raises an `AudioGPTError`, the step has failed.
        """
        self._step = step
        self._scope = scope
        self._emit = emit
        self._plan_started = plan_started
        self._wish = Wish(step.model, only=not fall_back)
        self._metrics = StepMetrics(step.task, scope, first=first)
        self._trace = trace
        self._keep = keep
        self._started = time.perf_counter()
        self._model: str | None = None
        self._attempts = 0
        self._reused = False
        self._fraction = 0.0
        self._told_place = -math.inf
        self._warnings: tuple[str, ...] = ()
        self._bill = Bill(None)
        self.error: AudioGPTError | None = None

    @property
    def step(self) -> str:
        """Id of the step."""
        return self._step.id

    async def run(self, caller: Caller, sources: Sources) -> StepResult:
        """Run the step to its end; an `AudioGPTError` ends in the result and in `error`.

        Raises:
            asyncio.CancelledError: If cancelled, after the step's last event.
        """
        with tracing.span("step", self._trace, step=self._step.id, task=self._step.task):
            try:
                with known_failures(f"Step '{self._step.id}'", self._scope.request_id), billed() as self._bill:
                    answer = await self._answer(caller, sources)
                    result = self._result("done", answer=answer)
                    if self._keep is not None:
                        result = await self._keep(result)
                return self._tell(result, answer)
            except asyncio.CancelledError:
                self._end("cancelled", Cancelled("The step was cancelled."))
                raise
            except Cancelled as exc:
                return self._end("cancelled", exc)
            except AudioGPTError as exc:
                tracing.failed(exc)
                return self._end("failed", exc)

    def attempting(self, entry: ModelEntry, error: AudioGPTError | None) -> None:
        """Tell that a model is about to be called, for the first time or after an error."""
        self._model = entry.id
        self._attempts += 1
        self._metrics.attempting(entry, error)
        if error is not None:
            self._emit(StepRetried(step=self._step.id, model=entry.id, error=ErrorInfo.of(error)))
            return
        at_s = time.perf_counter() - self._plan_started
        loading = entry.loaded is False
        self._emit(StepStarted(step=self._step.id, task=self._step.task, model=entry.id, loading=loading, at_s=at_s))

    def reusing(self, entry: ModelEntry) -> None:
        """Note that a model's earlier answer is taken."""
        self._model, self._reused = entry.id, True

    def waiting(self, place: int, wait_s: float | None) -> None:
        """Tell the place in the model's line, but for changes that follow each other closely."""
        now = time.perf_counter()
        if place > 0 and now < self._told_place + PLACE_TOLD_S:
            return
        self._told_place = now
        self._emit(StepQueued(step=self._step.id, place=place, wait_s=wait_s))

    def progress(self, fraction: float) -> None:
        """Tell how far the step is; it never goes back, not even in another attempt."""
        if fraction >= self._fraction + PROGRESS_STEP:
            self._fraction = min(fraction, 1.0)
            self._emit(StepProgress(step=self._step.id, fraction=self._fraction))

    def _end(self, state: StepState, error: AudioGPTError) -> StepResult:
        self.error = error
        return self._tell(self._result(state, error))

    def _result(
        self, state: StepState, error: AudioGPTError | None = None, answer: ModelAnswer | None = None
    ) -> StepResult:
        return StepResult(
            id=self._step.id,
            task=self._step.task,
            state=state,
            model=self._model,
            outputs=answer.response.model_dump(mode="json") if answer else {},
            artifacts=references(answer.response) if answer else {},
            error=ErrorInfo.of(error) if error else None,
            warnings=self._warnings,
            attempts=self._attempts,
            usage=self._bill.total,
            reused=self._reused,
            key=answer.key if answer else None,
            started_s=self._started - self._plan_started,
            duration_s=time.perf_counter() - self._started,
        )

    def _tell(self, result: StepResult, answer: ModelAnswer | None = None) -> StepResult:
        self._metrics.ended(result, answer)
        self._emit(StepEnded(result=result))
        return result

    async def _answer(self, caller: Caller, sources: Sources) -> ModelAnswer:
        async def work() -> ModelAnswer:
            task = get_task(self._step.task)
            request = await build_request(task, self._step.arguments, sources)
            self._warnings = tuple(ref.warning for ref in references(request).values() if ref.warning)
            return await caller.call(task, request, self._scope, self, wish=self._wish)

        return await within(self._scope.deadline, f"Step '{self._step.id}'", work)


class PlanRun:
    """Runs steps as soon as their inputs exist; use it as a context manager, which leaves nothing running behind it.

    A planner that is still writing may start steps before the plan is whole, and another plan may follow one that did
    not work out: a step that both hold runs once, a step that the later one lacks is cancelled.
    """

    def __init__(
        self,
        caller: Caller,
        scope: Scope,
        reader: ArtifactReader,
        artifacts: Mapping[str, ArtifactRef],
        emit: Emit,
        done: Mapping[str, StepResult],
        *,
        tell_done: bool = False,
        keep: Keep | None = None,
    ) -> None:
        """Start with no steps.

        Args:
            caller: The way to the models.
            scope: What all steps have in common.
            reader: What arguments may refer to by id, and where texts are read from.
            artifacts: What steps may refer to, by name or id.
            emit: Told of every change; must not raise.
            done: Steps of the first plan that need not run.
            tell_done: Whether their ends are told all the same.
            keep: See `RunningStep`.
        """
        self._caller = caller
        self._scope = scope
        self._emit = emit
        self._done = dict(done)
        self._tell_done = tell_done
        self._keep = keep
        self._warmer = caller.warmer(scope)
        self._steps: dict[str, Step] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._results: dict[str, StepResult] = {}
        self._blame: dict[str, str] = {}  # step that was skipped -> step that failed
        self._sources = Sources(reader, scope.tenant, artifacts, self._results)
        self._began: float | None = None  # when the first step started
        self._first: str | None = None  # that step
        self._trace = tracing.here()

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(self, *details: object) -> None:
        """Cancel what still runs and wait for its end."""
        await self._drop(list(self._steps))
        await self._warmer.stop()

    def start(self, step: Step) -> None:
        """Start a step ahead of its plan; every step it refers to was started before."""
        if self._began is None:
            self._began, self._first = time.perf_counter(), step.id
        self._steps[step.id] = step
        task = self._tasks[step.id] = asyncio.create_task(self._run(step, self._began))
        if step.id not in self._done:
            self._warmer.expect([step])
            task.add_done_callback(self._caller.planned.add(step))

    async def finish(self, plan: Plan) -> tuple[StepResult, ...]:
        """Run a plan to its end; a failed step skips only its descendants.

        Steps that were started before and are in the plan unchanged, like all they depend on, go on or are not run
        again; the others are cancelled first.

        Returns:
            One result for every step, in the plan's order.

        Raises:
            InvalidPlan: If ids repeat, a reference names no step or steps wait for each other.
            asyncio.CancelledError: If cancelled, once every running call is.
        """
        _check(plan)
        self._warmer.expect(step for step in plan.steps if step.id not in self._done)
        kept = self._kept(plan)
        await self._drop([step_id for step_id in self._steps if step_id not in kept])
        for step in plan.steps:
            if step.id not in kept:
                self.start(step)
        await asyncio.gather(*self._tasks.values())
        self._done.clear()  # another plan's steps of these names are others
        return tuple(self._results[step.id] for step in plan.steps)

    def _kept(self, plan: Plan) -> set[str]:
        """Return the steps that stay: equal to the plan's, and so is everything their inputs come from."""
        kept = {step.id for step in plan.steps if self._steps.get(step.id) == step}
        while lost := {step_id for step_id in kept if not kept.issuperset(self._steps[step_id].depends_on)}:
            kept -= lost
        return kept

    async def _drop(self, step_ids: Iterable[str]) -> None:
        """Cancel steps, wait for their end and forget them."""
        tasks = [self._tasks[step_id] for step_id in step_ids]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)  # unlike `wait`, to their end even if cancelled
        for step_id in step_ids:
            del self._steps[step_id], self._tasks[step_id]
            self._results.pop(step_id, None)
            self._blame.pop(step_id, None)

    async def _run(self, step: Step, began: float) -> None:
        if step.id in self._done:
            self._results[step.id] = self._done[step.id]
            if self._tell_done:
                self._emit(StepEnded(result=self._done[step.id]))
            return
        try:
            for source in step.depends_on:
                await asyncio.wait({self._tasks[source]})
        except asyncio.CancelledError:
            self._without_run(step, "cancelled", "Not run: the step was cancelled.")
            raise
        lacking = next((source for source in step.depends_on if self._results[source].state != "done"), None)
        if lacking is None:
            first = step.id == self._first
            running = RunningStep(step, self._scope, self._emit, began, first=first, trace=self._trace, keep=self._keep)
            self._results[step.id] = await running.run(self._caller, self._sources)
        else:
            self._skip(step, lacking)

    def _skip(self, step: Step, lacking: str) -> None:
        blamed = self._blame[step.id] = self._blame.get(lacking, lacking)
        state = self._results[blamed].state
        became = "was cancelled" if state == "cancelled" else state
        self._without_run(step, "skipped", f"Not run: it needs step '{blamed}', which {became}.")

    def _without_run(self, step: Step, state: Literal["skipped", "cancelled"], message: str) -> None:
        error = ErrorInfo(type="model_error", code=state, message=message)
        result = StepResult(id=step.id, task=step.task, state=state, error=error)
        self._results[step.id] = result
        StepMetrics(step.task, self._scope).ended(result)
        self._emit(StepEnded(result=result))


def _check(plan: Plan) -> None:
    """Reject a plan that could not be run to its end."""
    known = [step.id for step in plan.steps]
    if len(set(known)) < len(known):
        twice = next(step_id for step_id in known if known.count(step_id) > 1)
        raise InvalidPlan(f"Step id '{twice}' is used more than once; give every step its own.", param="plan")
    for source, consumer in plan.edges:
        if source not in known:
            raise InvalidPlan(
                f"Step '{consumer}' refers to step '{source}', which does not exist; steps are: {', '.join(known)}.",
                param="plan",
            )
    try:
        TopologicalSorter({step.id: step.depends_on for step in plan.steps}).prepare()
    except CycleError as exc:
        path = " -> ".join(exc.args[1])
        raise InvalidPlan(f"Steps {path} wait for each other; break the cycle.", param="plan") from exc
