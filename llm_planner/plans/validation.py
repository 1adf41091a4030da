"""Check a plan before anything runs; every problem at once, worded for the planner that repairs it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from llm_planner.plans.grounding import invented_names
from llm_planner.plans.plan import Clarify, Outcome, Plan, PlanOutcome, Step, Unsupported
from llm_planner.plans.request import PlanRequest
from llm_planner.plans.step_validation import StepContext, step_problems
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.errors import InvalidPlan
from model_wrappers.contract.sessions import Session

MAX_DEPTH = 16  # steps one after the other
MAX_FAN_OUT = 16  # steps that use the outputs of one step


def known_artifacts(session: Session) -> dict[str, ArtifactRef]:
    """Return the artifacts a plan of this session may use, by name and by id."""
    by_id = {artifact.ref.id: artifact.ref for artifact in session.artifacts}
    return by_id | {artifact.name: artifact.ref for artifact in session.artifacts}


def check_outcome(outcome: Outcome, request: PlanRequest) -> Outcome:
    """Return an outcome that can stand: its plan can run, its text names only what exists, its alternatives are live.

    Raises:
        InvalidPlan: If it cannot.
    """
    if isinstance(outcome, PlanOutcome):
        validate_plan(outcome.plan, request.catalog, known_artifacts(request.session))
    text = _words(outcome)
    if not text.strip() and not isinstance(outcome, PlanOutcome):
        raise InvalidPlan(f"The {outcome.kind} outcome has an empty text; write what the user should read.")
    said = "\n".join([request.text, *(turn.text for turn in request.session.turns)])
    invented = invented_names(text, request.session.artifacts, given=said)
    if invented:
        raise InvalidPlan(
            f"The text names {', '.join(invented)}, which do not exist; name only artifacts of the table."
        )
    if isinstance(outcome, Unsupported):
        live = tuple(task for task in outcome.alternatives if task in request.live_tasks)
        return outcome.model_copy(update={"alternatives": live})
    return outcome


def _words(outcome: Outcome) -> str:
    if isinstance(outcome, PlanOutcome):
        return "\n".join(outcome.notes)
    if isinstance(outcome, Clarify):
        return outcome.question
    return outcome.reason if isinstance(outcome, Unsupported) else outcome.reply


def validate_plan(plan: Plan, catalog: Catalog, artifacts: Mapping[str, ArtifactRef]) -> None:
    """Accept a plan that can run on the live models and the session's own artifacts.

    Args:
        plan: Plan to check.
        catalog: Models in service.
        artifacts: What references may name, by name in the session and by id.

    Raises:
        InvalidPlan: If it cannot run; the message has one problem a line.
    """
    context = StepContext(catalog, artifacts, {step.id: step for step in plan.steps})
    problems = [*_shape_problems(plan), *(p for step in plan.steps for p in step_problems(step, context))]
    _raise(problems)


def validate_step(
    step: Step, catalog: Catalog, artifacts: Mapping[str, ArtifactRef], earlier: Sequence[Step] = ()
) -> None:
    """Accept a step that can run alone, or after the earlier steps.

    Raises:
        InvalidPlan: If it cannot run, or refers to a step that is not among the earlier ones.
    """
    steps = {other.id: other for other in earlier}
    problems = [_duplicate(step.id)] if step.id in steps else []
    _raise([*problems, *step_problems(step, StepContext(catalog, artifacts, steps))])


def _raise(problems: list[str]) -> None:
    if problems:
        raise InvalidPlan("\n".join(problems), param="plan")


def _shape_problems(plan: Plan) -> Iterator[str]:
    counts = Counter(step.id for step in plan.steps)
    yield from (_duplicate(step_id) for step_id, count in counts.items() if count > 1)
    for producer, count in Counter(producer for producer, _ in set(plan.edges)).items():
        if count > MAX_FAN_OUT:
            yield f"{count} steps use the outputs of step '{producer}'; at most {MAX_FAN_OUT} may, so plan fewer"
    cycle = find_cycle(plan)
    if cycle:
        yield f"steps {' -> '.join(cycle)} wait for each other; break the cycle"
    elif (depth := _depth(plan)) > MAX_DEPTH:
        yield f"the longest chain has {depth} steps; at most {MAX_DEPTH} may follow each other, so plan fewer"


def _duplicate(step_id: str) -> str:
    return f"step id '{step_id}' is used more than once; give every step its own"


def find_cycle(plan: Plan) -> tuple[str, ...]:
    """Return the ids along one cycle, first id repeated at the end, or nothing if there is none."""
    waiting = {
        step.id: [s for s in step.depends_on if any(s == other.id for other in plan.steps)] for step in plan.steps
    }
    while ready := [step_id for step_id, sources in waiting.items() if not sources]:
        waiting = {
            step_id: [source for source in sources if source not in ready]
            for step_id, sources in waiting.items()
            if step_id not in ready
        }
    if not waiting:
        return ()
    path = [next(iter(waiting))]
    while path[-1] not in path[:-1]:
        path.append(waiting[path[-1]][0])
    return tuple(reversed(path[path.index(path[-1]) :]))


def _depth(plan: Plan) -> int:
    depths: dict[str, int] = {}
    for _ in plan.steps:
        for step in plan.steps:
            depths[step.id] = 1 + max((depths.get(source, 0) for source in step.depends_on), default=0)
    return max(depths.values())
