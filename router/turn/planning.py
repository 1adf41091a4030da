"""Planning and running at once: steps start while their plan is written, and another plan may go around a failure."""

import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from llm_planner.plans.plan import Outcome, Plan, PlanOutcome, Step
from llm_planner.plans.request import AnswerRequest, Asked, PlannedOutcome, PlanRequest, WrittenAnswer
from llm_planner.plans.results import StepResult
from llm_planner.plans.validation import validate_plan
from llm_planner.replies.answer import tell_replan
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.errors import (
    InvalidInput,
    InvalidPlan,
    ModelError,
    ModelFailed,
    ModelUnavailable,
    UnsupportedMedia,
)
from router.events import Planned
from router.execution.plan_run import Emit, PlanRun
from router.telemetry import metrics, tracing
from router.turn.record import Record

logger = logging.getLogger(__name__)

# Failures that another plan may avoid; a lost process, a full queue or a passed deadline would meet it as well.
CURABLE = frozenset(error.code for error in (InvalidInput, UnsupportedMedia, InvalidPlan, ModelUnavailable))


class PlannerClient(Protocol):
    """A planner, near or remote; see `llm_planner.planner.Planner`."""

    async def check(self) -> None:
        """Return if requests can be planned; raise a `ModelError` if not."""
        ...

    async def plan(self, request: PlanRequest) -> PlannedOutcome:
        """Turn a request into an outcome."""
        ...

    def plan_stream(self, request: PlanRequest) -> AsyncGenerator[Step | Asked | PlannedOutcome, None]:
        """Yield steps that can start while the plan is still written, and at last the outcome."""
        ...

    async def replan(
        self, request: PlanRequest, plan: Plan, results: Sequence[StepResult], reason: str
    ) -> PlannedOutcome | None:
        """Return another outcome after a step failed, or None if there is none."""
        ...

    async def answer(self, request: AnswerRequest) -> WrittenAnswer:
        """Write the reply from what really ran."""
        ...


class GivenPlan:
    """Plans nothing: the plan came with the request."""

    def __init__(self, plan: Plan, artifacts: Mapping[str, ArtifactRef]) -> None:
        """Give `plan`, which may refer to `artifacts`."""
        self._plan = plan
        self._artifacts = artifacts

    async def plan_stream(self, request: PlanRequest) -> AsyncGenerator[Step | PlannedOutcome, None]:
        """Yield the plan; raise `InvalidPlan` if it cannot run."""
        validate_plan(self._plan, request.catalog, self._artifacts)
        yield PlannedOutcome(outcome=PlanOutcome(plan=self._plan), planner="caller", duration_s=0.0)


@contextmanager
def measured() -> Iterator[Callable[[PlannedOutcome], None]]:
    """Trace a block that plans, and give the function to count its outcome with."""
    began = time.perf_counter()

    def count(planned: PlannedOutcome) -> None:
        metrics.PLANS.add(planner=planned.planner, outcome=planned.outcome.kind)
        metrics.PLAN_SECONDS.observe(time.perf_counter() - began, planner=planned.planner)

    with tracing.span("plan"):
        yield count


@dataclass(frozen=True)
class Worked:
    """What came of a request: the outcome that stands, what ran, and what is to be said besides."""

    planned: PlannedOutcome
    results: tuple[StepResult, ...] = ()
    notes: tuple[str, ...] = ()


async def plan_and_run(
    planner: PlannerClient | GivenPlan,
    request: PlanRequest,
    run: PlanRun,
    emit: Emit,
    catalog: Callable[[], Catalog],
    record: Record,
) -> Worked:
    """Plan a request and run what is planned, at most one other plan included.

    Args:
        planner: Whom to ask.
        request: What is asked.
        run: Where the steps run; new.
        emit: Told of every plan.
        catalog: Models in service, as they are when another plan is asked for.
        record: Holds the plan made before, if there is one, and is told of every other before its steps run.

    Raises:
        AudioGPTError: If the planner is gone.
    """
    planned = record.planned
    if planned is None:
        with measured() as count:
            planned = await _planned(planner, request, run, early=not record.durable)
            count(planned)
        emit(Planned(**dict(planned)))
        await record.settle()
    if not isinstance(planned.outcome, PlanOutcome):
        return Worked(planned)
    worked = Worked(planned, await run.finish(planned.outcome.plan))
    failed = [result for result in worked.results if result.error and result.error.code in CURABLE]
    if planned.planner != "llm" or not failed or isinstance(planner, GivenPlan):  # only an LLM finds another way
        return worked
    now = request.model_copy(update={"catalog": catalog()})
    return await _plan_again(planner, now, run, emit, worked, failed, record)


async def _planned(
    planner: PlannerClient | GivenPlan, request: PlanRequest, run: PlanRun, *, early: bool
) -> PlannedOutcome:
    """Return the outcome; with `early`, start steps as they come."""
    async with aclosing(planner.plan_stream(request)) as items:
        async for item in items:
            if isinstance(item, PlannedOutcome):
                return item
            if early and isinstance(item, Step):
                run.start(item)
    raise ModelFailed("The planner ended without an outcome.")


async def _plan_again(
    planner: PlannerClient,
    request: PlanRequest,
    run: PlanRun,
    emit: Emit,
    worked: Worked,
    failed: list[StepResult],
    record: Record,
) -> Worked:
    assert isinstance(worked.planned.outcome, PlanOutcome)
    reason = "\n".join(_reason(result) for result in failed)
    try:
        with tracing.span("replan"):
            other = await planner.replan(request, worked.planned.outcome.plan, worked.results, reason)
    except ModelError as exc:
        logger.warning("The planner could not be asked for another plan: %s", exc.for_log)
        return worked
    if other is None or _is_same(other.outcome, worked.planned.outcome):
        return worked
    emit(Planned(**dict(other), reason=reason))
    await record.settle()
    note = tell_replan(failed, other.outcome)
    if isinstance(other.outcome, PlanOutcome):
        return Worked(other, await run.finish(other.outcome.plan), (note,))
    return replace(worked, notes=(note,))


def _is_same(other: Outcome, before: PlanOutcome) -> bool:
    return other == before or (isinstance(other, PlanOutcome) and other.plan == before.plan)


def _reason(result: StepResult) -> str:
    assert result.error is not None
    said = " ".join(filter(None, (result.error.message, result.error.hint)))
    return f"Step '{result.id}' ({result.task}) failed: {said}"
