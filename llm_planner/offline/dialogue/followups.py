"""Elliptical requests that repeat the last step with one thing changed: "and the second one?", "now in Korean"."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from llm_planner.offline.arguments.build import build_arguments
from llm_planner.offline.arguments.manners import named_model
from llm_planner.offline.arguments.scene import Scene
from llm_planner.offline.sources.collected import Sources
from llm_planner.offline.sources.pointers import ORDINAL
from llm_planner.offline.sources.references import named
from llm_planner.offline.words.lexicon import is_command
from llm_planner.offline.words.masking import Masked
from llm_planner.plans.plan import Chat, FromArtifact, Outcome, Plan, PlanOutcome, Step, Unsupported
from llm_planner.plans.request import PlanRequest
from llm_planner.replies.questions import tell_versions
from model_wrappers.contract.artifacts import Kind
from model_wrappers.contract.sessions import Session, Turn
from model_wrappers.contract.tasks import TASKS

_ELLIPSIS = re.compile(
    r"^(?:(?:ok(?:ay)?|k|here(?:'s| is| are) [^,.;:]+)[,.;:]?\s+)?(?:and|what about|how about|now|also|or|then|"
    r"(?:(?:do|please) )*the same|likewise|same|again|"
    r"ditto|no|nope|sorry|i meant?|rather)\b[\s,]*"
    r"(?:(?:do )?(?:the same )?(?:for|with|to|thing)\s+)*(?:now |also |maybe |what about |how about "
    r")*(?P<rest>.+?)(?:\s+(?:too|as well|please|then|next|now|instead))*[\s.?!]*$",
    re.IGNORECASE,
)
_SAME_AGAIN = re.compile(
    r"^(?:(?:and|now|ok(?:ay)?|please|here(?:'s| is| are) [^,.;:]+|can you|could you|i want|i'd like)[,.;:\s]+)*"
    r"(?:do |apply |repeat |make |all )*(?:(?:exactly )?the same|same|likewise|ditto|again)\b(?! language| voice)"
    r"(?: thing| steps?| treatment| again)?(?: (?:with|for|to|on) (?:this|that|these|it|the|my|FILE)\b[^,;]*)?"
    r"[\s.?!,]*(?:please)?[\s.!]*$",
    re.IGNORECASE,
)
"""All of what was done last, for another file."""
_OTHER_MODEL = re.compile(
    r"^(?:(?:no|ok(?:ay)?|now|and|please|again|but)[,\s]+)*(?:(?:try|do|make) (?:it|that|this) (?:again )?)?"
    r"(?:use|using|with|via|try it with|take) (?:the )?(?:model )?"
    r"(?P<name>(?!it\b|that\b|this\b|me\b|QUOTE|FILE)[\w.-]+)"
    r"(?: instead| now| this time| for (?:it|that|this)| please)*[\s.!]*$",
    re.IGNORECASE,
)
_UNDO = re.compile(
    r"^(?:(?:please|no|ok(?:ay)?|can you|could you)[,\s]+)*(?:undo|revert|roll back|take (?:it|that) back)\b"
    r"(?: (?:it|that|this|the last (?:step|change|one)))?[\s.!?]*$",
    re.IGNORECASE,
)
_ALTERNATIVES = (("audio", "text"), ("target", "reference"))
_MEDIA = ("audio", "image", "reference", "text")


def follow_up(masked: Masked, request: PlanRequest, sources: Sources) -> Outcome | None:
    """Return what comes of doing the last thing again with a change, or None where that is not asked for."""
    if _UNDO.match(masked.text) and request.session.turns:
        return Chat(reply=tell_versions(request.session))
    plan = _repeated(masked, request, sources)
    if plan is None and (other := _OTHER_MODEL.match(masked.text)) and (steps := last_steps(request.session)):
        return _no_such_model(other["name"], steps[-1].task, request)
    live = plan is not None and all(step.task in request.live_tasks for step in plan.steps)
    return PlanOutcome(plan=plan) if plan and live else None


def _no_such_model(name: str, task: str, request: PlanRequest) -> Unsupported:
    there = ", ".join(entry.id for entry in request.catalog.for_task(task)) or "none"
    return Unsupported(reason=f"No model of {task} is called '{name}'; in service are: {there}.")


def _repeated(masked: Masked, request: PlanRequest, sources: Sources) -> Plan | None:
    session = request.session
    last = _last_step(session)
    if last is None:
        return None
    turn, step = last
    if request.attachments and (match := _SAME_AGAIN.match(masked.text)) and len(last_steps(session)) > 1:
        return _with_other_files(last_steps(session), turn, request)
    base = _standing(step, turn, session)
    if base is not None and _OTHER_MODEL.match(masked.text):
        model = named_model(step.task, masked.text, request.catalog)
        return Plan(steps=(Step(id="s1", task=step.task, arguments=base, model=model),)) if model else None
    match = _ELLIPSIS.match(masked.text)
    if match is None or base is None or is_command(match["rest"]):
        return None
    changed = _changes(
        step.task, match["rest"], masked, _alike(base, sources) if ORDINAL.search(match["rest"]) else sources
    )
    if not changed:
        return None
    kept = {name: value for name, value in base.items() if not _replaced(name, changed)}
    return Plan(steps=(Step(id="s1", task=step.task, arguments={**kept, **changed}),))


def _with_other_files(steps: Sequence[Step], turn: Turn, request: PlanRequest) -> Plan | None:
    """Return all of a plan on the files that came now, in place of those that came then."""
    sent = [row for row in request.session.artifacts if row.turn == turn.index and row.origin == "upload"]
    others = {kind: [row for row in request.attachments if row.ref.kind == kind] for kind in get_args(Kind)}
    replaced = {
        row.name: others[row.ref.kind][place].name
        for kind in others
        for place, row in enumerate(row for row in sent if row.ref.kind == kind)
        if place < len(others[kind])
    }
    if not replaced:
        return None

    def moved(value: Any) -> Any:
        return (
            FromArtifact(artifact=replaced.get(value.artifact, value.artifact))
            if isinstance(value, FromArtifact)
            else value
        )

    return Plan(
        steps=tuple(
            step.model_copy(update={"arguments": {name: moved(value) for name, value in step.arguments.items()}})
            for step in steps
        )
    )


def _alike(base: Mapping[str, Any], sources: Sources) -> Sources:
    """Return the sources of the kind and origin of what a step worked on: a position counts among those."""
    worked_on = next((s for s in sources.items if any(s.value == value for value in base.values())), None)
    alike = [s for s in sources.items if worked_on and (s.kind, s.task) == (worked_on.kind, worked_on.task)]
    return Sources(alike) if len(alike) > 1 else sources


def _replaced(name: str, changed: Mapping[str, Any]) -> bool:
    """Tell whether an argument gives way to its alternative: a text instead of an audio, words instead of a sample."""
    return any(name in pair and (set(pair) - {name}) & changed.keys() for pair in _ALTERNATIVES)


def last_steps(session: Session) -> tuple[Step, ...]:
    """Return the steps of the last plan of a session."""
    last = _last_step(session)
    return Plan.model_validate(last[0].plan).steps if last else ()


def _last_step(session: Session) -> tuple[Turn, Step] | None:
    for turn in reversed(session.turns):
        if turn.plan:
            return turn, Plan.model_validate(turn.plan).steps[-1]
    return None


def _standing(step: Step, turn: Turn, session: Session) -> dict[str, Any] | None:
    """Return a step's arguments with references to its own plan replaced by what those steps made."""
    rows = {f"{row.step}.{row.output}": row.name for row in session.artifacts if row.turn == turn.index}
    found: dict[str, Any] = {}
    for name, value in step.model_dump(mode="json", by_alias=True)["arguments"].items():
        if isinstance(value, Mapping) and "from" in value:
            source = str(value["from"])
            if source in rows:
                found[name] = FromArtifact(artifact=rows[source])
            elif source in turn.outputs:
                found[name] = turn.outputs[source]
            else:
                return None
        else:
            found[name] = value
    return found


def _changes(task: str, rest: str, masked: Masked, sources: Sources) -> dict[str, Any]:
    built = build_arguments(task, Scene(rest, "", masked, sources)).variants[0]
    media = TASKS[task].inputs.keys() | {"text"}
    kinds: tuple[Kind, ...] = ("audio", "image", "text")
    pointed = {kind for kind in kinds if named(rest, masked, sources, kind) or sources.attachments(kind)}
    return {
        name: value
        for name, value in built.items()
        if name not in media
        or (name in pointed if name in _MEDIA else bool(pointed))
        or (name == "text" and (task == "text-to-audio" or bool(masked.quotes_in(rest))))
    }
