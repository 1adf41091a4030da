"""Elliptical requests that repeat the last step with one thing changed: "and the second one?", "now in Korean"."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from llm_planner.offline.arguments.build import build_arguments
from llm_planner.offline.arguments.manners import named_model
from llm_planner.offline.arguments.scene import Scene
from llm_planner.offline.sources.collected import Sources
from llm_planner.offline.sources.references import named, position
from llm_planner.offline.words.lexicon import is_command, strip_prefix, words_of
from llm_planner.offline.words.lists import phrases, words
from llm_planner.offline.words.masking import Masked
from llm_planner.plans.plan import Chat, FromArtifact, Outcome, Plan, PlanOutcome, Step, Unsupported
from llm_planner.plans.request import PlanRequest
from llm_planner.replies.questions import tell_versions
from model_wrappers.contract.artifacts import Kind
from model_wrappers.contract.sessions import Session, Turn
from model_wrappers.contract.tasks import TASKS

_MODEL_NAME = re.compile(r"[A-Za-z][\w.-]*")
MOST_WORDS = 6  # of a wish for another model
_ALTERNATIVES = (("audio", "text"), ("target", "reference"))
_MEDIA = ("audio", "image", "reference", "text")


def follow_up(masked: Masked, request: PlanRequest, sources: Sources) -> Outcome | None:
    """Return what comes of doing the last thing again with a change, or None where that is not asked for."""
    if _is_undo(masked.text) and request.session.turns:
        return Chat(reply=tell_versions(request.session))
    plan = _repeated(masked, request, sources)
    if plan is None and (other := _other_model(masked.text)) and (steps := last_steps(request.session)):
        return _no_such_model(other, steps[-1].task, request)
    live = plan is not None and all(step.task in request.live_tasks for step in plan.steps)
    return PlanOutcome(plan=plan) if plan and live else None


def _is_undo(text: str) -> bool:
    """Tell whether a request is to take the last step back: "undo that"."""
    bare = strip_prefix(text)
    match = phrases("undo").match(bare)
    return bool(match) and words_of(bare) <= words("undo", "beside")


def _is_same_again(text: str) -> bool:
    """Tell whether a request is to do all of what was done last, for another file: "the same with this one"."""
    said = words_of(text.replace("FILE", "file "))
    return bool(said & words("same_again", "same")) and said <= words("same_again")


def _other_model(text: str) -> str | None:
    """Return the model that a request wants used instead: "use espeak-ng instead"."""
    bare = strip_prefix(text)
    match = phrases("use_model").match(bare)
    if match is None or len(bare.split()) > MOST_WORDS:
        return None
    name, *rest = bare[match.end() :].strip(" .!").split() or [""]
    named = _MODEL_NAME.fullmatch(name) and name.lower() not in words("pointing") and "QUOTE" not in name
    return name if named and "FILE" not in name and set(rest) <= words("use_model", "after") else None


def _what_changes(text: str) -> str | None:
    """Return what is said to be other than last time: "and now in Korean, please" is "in Korean"."""
    rest, changed = text.strip(), False
    while match := phrases("ellipsis").match(rest):
        rest, changed = rest[match.end() :].lstrip(" ,.;:"), True
    while (last := rest.rstrip(" .?!,").rpartition(" ")) and last[2].casefold() in words("ellipsis", "after"):
        rest = last[0]
    return rest.rstrip(" .?!,") if changed else None


def _no_such_model(name: str, task: str, request: PlanRequest) -> Unsupported:
    there = ", ".join(entry.id for entry in request.catalog.for_task(task)) or "none"
    return Unsupported(reason=f"No model of {task} is called '{name}'; in service are: {there}.")


def _repeated(masked: Masked, request: PlanRequest, sources: Sources) -> Plan | None:
    session = request.session
    last = _last_step(session)
    if last is None:
        return None
    turn, step = last
    if request.attachments and _is_same_again(masked.text) and len(last_steps(session)) > 1:
        return _with_other_files(last_steps(session), turn, request)
    base = _standing(step, turn, session)
    if base is not None and _other_model(masked.text):
        model = named_model(step.task, masked.text, request.catalog)
        return Plan(steps=(Step(id="s1", task=step.task, arguments=base, model=model),)) if model else None
    rest = _what_changes(masked.text)
    if not rest or base is None or is_command(rest):
        return None
    changed = _changes(step.task, rest, masked, _alike(base, sources) if position(rest) is not None else sources)
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
