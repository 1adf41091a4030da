"""Run cases against a planner: a session grows turn by turn, with stand-ins for what the steps would have made."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from evaluation.planner_cases import Case, CaseTurn
from llm_planner.plans.history import add_uploads, remember, with_turn
from llm_planner.plans.plan import FromArtifact, FromStep, Outcome, Plan, PlanOutcome, Step
from llm_planner.plans.request import PlanRequest
from llm_planner.plans.results import StepResult
from model_wrappers.contract.artifacts import ArtifactRef, Kind
from model_wrappers.contract.catalog import Catalog, ModelCard, ModelEntry
from model_wrappers.contract.sessions import Session
from model_wrappers.contract.tasks import TASKS

DEADLINE_S = 60.0  # for one plan
TENANT = "evaluation"
MEDIA_TYPES: dict[Kind, str] = {
    "audio": "audio/wav",
    "image": "image/png",
    "video": "video/mp4",
    "score": "audio/midi",
    "text": "text/plain",
    "data": "application/x-npz",
}

PlanFunction = Callable[[PlanRequest], Outcome]


@dataclass(frozen=True)
class Played:
    """One turn as it was planned; `session` is the one it was planned in."""

    turn: CaseTurn
    request: PlanRequest
    outcome: Outcome
    latency_ms: float


def full_catalog(off: frozenset[str] = frozenset()) -> Catalog:
    """Return a catalog with one model a task and no language limits.

    Args:
        off: Tasks whose model is not in service.
    """
    return Catalog(models=tuple(_entry(task, "off" if task in off else "live") for task in TASKS))


def _entry(task: str, state: str) -> ModelEntry:
    card = ModelCard(
        title=task, tasks=(task,), method="classical", licence="none", source="none", revision="none", memory_mb=1
    )
    return ModelEntry.model_validate(
        {
            "id": task,
            "wrapper": "none:None",
            "card": card,
            "state": state,
            "reason": None if state == "live" else "switched off",
        }
    )


def play(case: Case, plan: PlanFunction, catalog: Catalog | None = None) -> Iterator[Played]:
    """Plan a case turn by turn, each in the session the turns before have left."""
    session = Session(id=case.id, tenant=TENANT)
    models = catalog or full_catalog()
    for turn in case.turns:
        files = [(_reference(f"{case.id}/{a.name}", a.kind), a.name) for a in turn.attachments]
        session = add_uploads(session, files)
        request = PlanRequest(text=turn.text, session=session, catalog=models, deadline=time.time() + DEADLINE_S)
        started = time.perf_counter()
        outcome = plan(request)
        yield Played(turn, request, outcome, (time.perf_counter() - started) * 1000)
        results = _results(outcome.plan, request) if isinstance(outcome, PlanOutcome) else ()
        session = with_turn(session, remember(session, turn.text, outcome, results, "Done."))


def made_text(turn: int, step: str) -> str:
    """Return the stand-in for a text that a step of a turn wrote."""
    return f"text that step {step} of turn {turn} wrote"


def _results(plan: Plan, request: PlanRequest) -> tuple[StepResult, ...]:
    return tuple(_result(step, request) for step in plan.steps)


def _result(step: Step, request: PlanRequest) -> StepResult:
    task = TASKS[step.task]
    artifacts: dict[str, ArtifactRef] = {}
    for name, medium in task.outputs.items():
        if medium.kind == "data" or (not medium.required and not step.arguments.get("speak")):
            continue
        for path in [f"{name}.{index}" for index in range(_count(step))] if medium.many else [name]:
            artifacts[path] = _reference(f"{request.session.id}/{request.turn}/{step.id}/{path}", medium.kind)
    outputs = {"text": made_text(request.turn, step.id)} if "text" in task.response.model_fields else {}
    return StepResult(id=step.id, task=step.task, state="done", outputs=outputs, artifacts=artifacts)


def _count(step: Step) -> int:
    count = step.arguments.get("speakers", 2)
    return count if isinstance(count, int) else 2


def _reference(name: str, kind: Kind) -> ArtifactRef:
    return ArtifactRef(
        tenant=TENANT,
        id=hashlib.sha256(name.encode()).hexdigest(),
        kind=kind,
        media_type=MEDIA_TYPES[kind],
        size_bytes=1,
    )


def inputs_of(played: Played) -> set[str]:
    """Return what the steps of a plan take from outside it, as `attachment:NAME`, `turn:K` and `turn:K#J`."""
    if not isinstance(played.outcome, PlanOutcome):
        return set()
    used: set[str] = set()
    for step in played.outcome.plan.steps:
        for value in step.arguments.values():
            if isinstance(value, FromArtifact):
                used |= _names_of(value.artifact, played.request.session)
            elif isinstance(value, str) and not isinstance(value, FromStep):
                used |= _names_of_text(value, played.request.session)
    return used


def _names_of(name: str, session: Session) -> set[str]:
    rows = {row.name: row for row in session.artifacts} | {row.ref.id: row for row in session.artifacts}
    row = rows.get(name)
    if row is None:
        return set()
    if row.origin != "output":
        return {f"attachment:{row.file_name}"}
    siblings = [other.name for other in session.artifacts if other.turn == row.turn and other.origin == "output"]
    return {f"turn:{row.turn}", f"turn:{row.turn}#{siblings.index(row.name)}"}


def _names_of_text(text: str, session: Session) -> set[str]:
    return {
        name
        for turn in session.turns
        for place, value in enumerate(turn.outputs.values())
        if value == text
        for name in (f"turn:{turn.index}", f"turn:{turn.index}#{place}")
    }
