"""What users of a running system were refused, were asked back or asked again, from sessions they hand over.

Words stay out unless they are asked for: what is counted is outcomes and tasks.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from evaluation.planner_cases import Attachment, Case, CaseTurn, Expectation
from evaluation.scoring import shape_of
from llm_planner.plans.plan import Plan
from model_wrappers.contract.errors import InvalidInput, NotFound
from model_wrappers.contract.sessions import Session, Turn

Kind = Literal["accepted", "refused", "asked back", "asked again"]
KINDS: tuple[Kind, ...] = ("accepted", "refused", "asked back", "asked again")
_CORRECTS = re.compile(
    r"^(?:no|nope|wrong|not that|i meant|i said|that(?:'s| is) (?:wrong|not)|actually|try again|once more)\b",
    re.IGNORECASE,
)


def read_sessions(paths: Iterable[Path]) -> list[Session]:
    """Read sessions as `GET /v1/sessions/{id}` returns them: one a file, or one a line.

    Raises:
        NotFound: If a file does not exist.
        InvalidInput: If it holds no session.
    """
    return [session for path in paths for session in _read(path)]


def _read(path: Path) -> Iterator[Session]:
    if not path.is_file():
        raise NotFound(f"There is no file '{path}'; give sessions saved from the server as JSON.", param="feedback")
    text = path.read_text(encoding="utf-8")
    try:
        values = (
            [json.loads(line) for line in text.splitlines() if line.strip()] if "\n{" in text else [json.loads(text)]
        )
        yield from (Session.model_validate(value) for value in values)
    except (ValueError, ValidationError) as exc:
        raise InvalidInput(f"{path.name} holds no session: {exc}", param="feedback") from exc


def judge(session: Session) -> list[tuple[Turn, Kind]]:
    """Tell of every turn what its user made of it, as far as the next turn shows."""
    following = [*session.turns[1:], None]
    return [(turn, _kind(turn, after)) for turn, after in zip(session.turns, following, strict=True)]


def _kind(turn: Turn, after: Turn | None) -> Kind:
    if turn.outcome == "unsupported":
        return "refused"
    if turn.outcome == "clarify":
        return "asked back"
    again = after is not None and (bool(_CORRECTS.match(after.text)) or _same_words(turn.text, after.text))
    return "asked again" if again else "accepted"


def _same_words(one: str, other: str) -> bool:
    """Tell whether a request says mostly what the one before said."""
    a, b = (set(re.findall(r"\w+", text.lower())) for text in (one, other))
    return len(a) > 2 and len(a & b) / len(a | b) > 0.6


def report(sessions: Sequence[Session]) -> dict[str, Any]:
    """Count turns by what became of them, and those planned by task."""
    judged = [pair for session in sessions for pair in judge(session)]
    kinds = Counter(kind for _, kind in judged)
    tasks = Counter((task, kind) for turn, kind in judged for task in _tasks(turn))
    return {
        "sessions": len(sessions),
        "turns": len(judged),
        "kinds": {kind: kinds[kind] for kind in KINDS},
        "tasks": {task: {kind: tasks[task, kind] for kind in KINDS} for task in sorted({task for task, _ in tasks})},
    }


def _tasks(turn: Turn) -> list[str]:
    steps = turn.plan.get("steps") if turn.plan else None
    return [str(step["task"]) for step in steps if isinstance(step, Mapping)] if isinstance(steps, list | tuple) else []


def cases(sessions: Sequence[Session]) -> Iterator[Case]:
    """Yield what was asked again, with its words, expecting what stood in the end."""
    for number, session in enumerate(sessions):
        judged = judge(session)
        for (turn, kind), (after, later) in pairwise(judged):
            if kind == "asked again" and later == "accepted" and after.plan:
                files = tuple(
                    Attachment(kind=row.ref.kind, name=row.file_name or row.name)
                    for row in session.artifacts
                    if row.turn == turn.index and row.origin == "upload"
                )
                expect = Expectation(behaviour="plan", plans=(shape_of(Plan.model_validate(after.plan)),))
                asked = CaseTurn(text=turn.text, attachments=files, expect=expect)
                yield Case(id=f"feedback-{number}-{turn.index}", category="context", turns=(asked,))


def table(counted: Mapping[str, Any]) -> str:
    """Return the counts as lines for a terminal."""
    lines = [
        f"{counted['turns']} turns of {counted['sessions']} sessions",
        f"{'':<28}" + "".join(f"{k:>13}" for k in KINDS),
    ]
    rows = {"all": counted["kinds"], **counted["tasks"]}
    return "\n".join([*lines, *(f"{name:<28}" + "".join(f"{row[k]:>13}" for k in KINDS) for name, row in rows.items())])
