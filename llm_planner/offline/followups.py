"""Elliptical requests that repeat the last step with one thing changed: "and the second one?", "now in Korean"."""

import re
from collections.abc import Mapping
from typing import Any

from llm_planner.offline.arguments import build_arguments
from llm_planner.offline.lexicon import is_command
from llm_planner.offline.masking import Masked
from llm_planner.offline.pointers import ORDINAL
from llm_planner.offline.references import named
from llm_planner.offline.scene import Scene
from llm_planner.offline.sources import Sources
from llm_planner.plans.plan import FromArtifact, Plan, Step
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
_ALTERNATIVES = (("audio", "text"), ("target", "reference"))
_MEDIA = ("audio", "image", "reference", "text")


def follow_up(masked: Masked, session: Session, sources: Sources) -> Plan | None:
    """Return the last step again with what the request changes, or None where it is no such request."""
    match = _ELLIPSIS.match(masked.text)
    last = _last_step(session)
    if match is None or last is None or is_command(match["rest"]):
        return None
    turn, step = last
    base = _standing(step, turn, session)
    if base is None:
        return None
    changed = _changes(
        step.task, match["rest"], masked, _alike(base, sources) if ORDINAL.search(match["rest"]) else sources
    )
    if not changed:
        return None
    kept = {name: value for name, value in base.items() if not _replaced(name, changed)}
    return Plan(steps=(Step(id="s1", task=step.task, arguments={**kept, **changed}),))


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
