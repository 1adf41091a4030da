"""What a session remembers of a turn, and how much of a long session still fits before a planner."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from llm_planner.plans.plan import Clarify, FromArtifact, FromStep, Outcome, PlanOutcome, Step
from llm_planner.plans.ports import ports
from llm_planner.plans.results import StepResult
from model_wrappers.contract.artifacts import ArtifactRef, Kind
from model_wrappers.contract.sessions import Origin, Session, SessionArtifact, Turn
from model_wrappers.contract.tasks import TASKS
from model_wrappers.contract.tasks.base import MAX_TEXT_CHARACTERS

TURN_TOKENS = 1_500  # of turns kept word for word
SUMMARY_TOKENS = 600  # of what the turns before them were about
SHOWN_CHARACTERS = 400  # of one request or reply before a planner
SHOWN_OVERHEAD = 100  # characters around a turn's texts before a planner
DESCRIPTION_CHARACTERS = 120
BYTES_PER_TOKEN = 4  # of UTF-8; a rule of thumb that holds for English and errs on the safe side for others


class Remembered(NamedTuple):
    """What a turn adds to its session."""

    turn: Turn
    artifacts: tuple[SessionArtifact, ...]


def next_turn(session: Session) -> int:
    """Return the index of the turn to come; turns keep their numbers when earlier ones are cut."""
    return session.turns[-1].index + 1 if session.turns else 0


def add_uploads(
    session: Session, files: Iterable[tuple[ArtifactRef, str | None]], origin: Origin = "upload"
) -> Session:
    """Return the session with the files of the turn to come in its table, named after their kind.

    Args:
        session: Session as it was before the request.
        files: References with the names the files came with.
        origin: `upload` for resources, `speech` for the spoken request itself.
    """
    rows = list(session.artifacts)
    for ref, file_name in files:
        row = SessionArtifact(
            name=_next_name(rows, ref.kind),
            ref=ref,
            origin=origin,
            turn=next_turn(session),
            file_name=file_name,
            description=shorten(f"{origin} {file_name or ref.media_type}", DESCRIPTION_CHARACTERS),
        )
        rows.append(row)
    return session.model_copy(update={"artifacts": tuple(rows)})


def name_artifacts(session: Session, outcome: Outcome, results: Sequence[StepResult]) -> tuple[SessionArtifact, ...]:
    """Return rows for everything the steps made, with names unique in the session and one line on each."""
    steps = {step.id: step for step in outcome.plan.steps} if isinstance(outcome, PlanOutcome) else {}
    rows: list[SessionArtifact] = list(session.artifacts)
    made: dict[str, str] = {}
    for result in results:
        for path, ref in result.artifacts.items():
            row = SessionArtifact(
                name=_next_name(rows, ref.kind),
                ref=ref,
                origin="output",
                turn=next_turn(session),
                step=result.id,
                output=path,
                task=result.task,
                description=_describe(steps.get(result.id), result, path, made),
            )
            rows.append(row)
            made[f"{result.id}.{path}"] = row.name
    return tuple(rows[len(session.artifacts) :])


def remember(
    session: Session,
    text: str,
    outcome: Outcome,
    results: Sequence[StepResult],
    reply: str,
    *,
    spoken: bool = False,
    created: datetime | None = None,
) -> Remembered:
    """Build the turn and the rows of the artifact table that a finished request adds to its session.

    Args:
        session: Session the request was planned in, with this turn's uploads.
        text: The request in words.
        outcome: What planning yielded.
        results: What became of the steps, in the plan's order.
        reply: What was answered.
        spoken: Whether the request was spoken.
        created: When the turn ended; now if None.
    """
    pending = (outcome.pending or {"text": text}) if isinstance(outcome, Clarify) else None
    turn = Turn(
        index=next_turn(session),
        text=text,
        spoken=spoken,
        outcome=outcome.kind,
        reply=reply,
        outputs={f"{result.id}.{name}": value for result in results for name, value in text_outputs(result).items()},
        plan=outcome.plan.model_dump(mode="json", by_alias=True) if isinstance(outcome, PlanOutcome) else None,
        pending=pending,
        created=created or datetime.now(UTC),
    )
    return Remembered(turn, name_artifacts(session, outcome, results))


def with_turn(session: Session, remembered: Remembered) -> Session:
    """Return the session after the turn."""
    turns, artifacts = (*session.turns, remembered.turn), (*session.artifacts, *remembered.artifacts)
    return session.model_copy(update={"turns": turns, "artifacts": artifacts})


def text_outputs(result: StepResult) -> dict[str, str]:
    """Return the outputs of a step that are texts, by name, language codes left out."""
    task = TASKS.get(result.task)
    names = [name for name, port in ports(task.response).items() if port.kind == "text"] if task else []
    found = {name: result.outputs.get(name) for name in names}
    return {name: value[:MAX_TEXT_CHARACTERS] for name, value in found.items() if isinstance(value, str) and value}


def condense(session: Session, turn_tokens: int = TURN_TOKENS, summary_tokens: int = SUMMARY_TOKENS) -> Session:
    """Return the session with the newest turns that fit the budget, the older ones folded into its summary.

    The newest turn always stays, and so does the whole artifact table. A store may keep the summary with turns it still
    holds: none is told twice.
    """
    kept, used = 0, 0
    for turn in reversed(session.turns):
        used += count_tokens(_shown_turn(turn))
        if kept and used > turn_tokens:
            break
        kept += 1
    cut = session.turns[: len(session.turns) - kept]
    if not cut:
        return session
    told = max((int(index) for index in re.findall(r"^Turn (\d+):", session.summary, re.MULTILINE)), default=-1)
    lines = [*session.summary.splitlines(), *(_line(turn) for turn in cut if turn.index > told)]
    while count_tokens("\n".join(lines)) > summary_tokens:
        lines.pop(0)
    return session.model_copy(update={"summary": "\n".join(lines), "turns": session.turns[len(cut) :]})


def count_tokens(text: str) -> int:
    """Estimate how many tokens an LLM makes of a text."""
    return -(-len(text.encode()) // BYTES_PER_TOKEN)


def shorten(text: str, characters: int) -> str:
    """Return a text on one line, cut with an ellipsis where it is longer."""
    flat = " ".join(text.split())
    return flat if len(flat) <= characters else flat[: characters - 1].rstrip() + "…"


def _shown_turn(turn: Turn) -> str:
    return shorten(turn.text, SHOWN_CHARACTERS) + shorten(turn.reply, SHOWN_CHARACTERS) + " " * SHOWN_OVERHEAD


def _line(turn: Turn) -> str:
    steps = turn.plan.get("steps", []) if turn.plan else []
    tasks = [str(step["task"]) for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
    return f"Turn {turn.index}: {shorten(turn.text, 80)!r} -> {', '.join(tasks) or turn.outcome}"


def _next_name(rows: Sequence[SessionArtifact], kind: Kind) -> str:
    numbers = [row.name.rpartition("-")[2] for row in rows if row.name.startswith(f"{kind}-")]
    return f"{kind}-{max((int(number) for number in numbers if number.isdigit()), default=0) + 1}"


def _describe(step: Step | None, result: StepResult, path: str, made: Mapping[str, str]) -> str:
    sources = [_source(value, made) for value in (step.arguments.values() if step else ())]
    literals = [f"{name}: {value}" for name, value in (step.arguments.items() if step else ()) if _is_plain(value)]
    texts = list(text_outputs(result).values())
    named = ", ".join(source for source in sources if source)
    line = f"{path} of {result.task}" + (f" on {named}" if named else "")
    return shorten("; ".join([line, *literals, *texts]), DESCRIPTION_CHARACTERS)


def _source(value: object, made: Mapping[str, str]) -> str:
    if isinstance(value, FromArtifact):
        return value.artifact
    return made.get(value.source, value.source) if isinstance(value, FromStep) else ""


def _is_plain(value: object) -> bool:
    return not isinstance(value, FromStep | FromArtifact)
