"""Running a step of an ended run again, changed, and with it only what depends on it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from llm_planner.plans.plan import Plan, Step
from model_wrappers.contract.errors import InvalidInput
from router.events import RunInfo
from router.records.runs import RunStore
from router.scope import Scope
from router.turn.conversation import MESSAGE


@dataclass(frozen=True)
class StepChange:
    """What is different about a step this time; an argument that is None falls back to its default."""

    step: str
    arguments: Mapping[str, Any]
    model: str | None = None


async def rerun(run_id: str, change: StepChange, store: RunStore, scope: Scope) -> RunInfo:
    """Queue a run of the same plan with one step changed; the steps that do not depend on it are not run again.

    Args:
        run_id: An ended run of the tenant.
        change: The step, and how it differs.
        store: Where the runs are.
        scope: Of the new run.

    Raises:
        Conflict: If the run has not ended.
        InvalidInput: If it had no plan, the plan no such step, or the arguments are none.
        NotFound: If the tenant has no such run.
    """
    return await asyncio.to_thread(_rerun, run_id, change, store, scope)


def _rerun(run_id: str, change: StepChange, store: RunStore, scope: Scope) -> RunInfo:
    work = store.work(run_id, scope.tenant)
    plan = _changed(work.plan, change)
    again = _dependants(plan, change.step)
    message = MESSAGE.validate_json(work.request, extra="ignore")
    message = replace(message, scope=scope, plan=plan, uploads=() if work.answered else message.uploads)
    session_id = store.get(run_id, scope.tenant).session_id
    new = store.create(
        MESSAGE.dump_json(message).decode(),
        tenant=scope.tenant,
        session_id=session_id,
        deadline_s=scope.remaining_s(),
        most=scope.principal.limits.runs,
        results=[result for result in work.results if result.id not in again],
    )
    return store.get(new, scope.tenant)


def _changed(plan: Plan, change: StepChange) -> Plan:
    known = ", ".join(step.id for step in plan.steps)
    if change.step not in [step.id for step in plan.steps]:
        raise InvalidInput(f"The run has no step '{change.step}'; it has: {known}.", param="step")
    old = plan.step(change.step)
    arguments = {**old.model_dump(by_alias=True)["arguments"], **change.arguments}
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        new = Step(id=old.id, task=old.task, arguments=given, model=change.model or old.model)
    except ValidationError as exc:
        raise InvalidInput(f"The arguments cannot be read: {exc.errors()[0]['msg']}.", param="arguments") from exc
    return Plan(steps=tuple(new if step.id == new.id else step for step in plan.steps))


def _dependants(plan: Plan, step_id: str) -> set[str]:
    """Return a step and all that need it, directly or not."""
    found = {step_id}
    while more := {step.id for step in plan.steps if step.id not in found and found.intersection(step.depends_on)}:
        found |= more
    return found
