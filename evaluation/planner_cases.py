"""Planner cases: what is asked, turn by turn, and what is expected."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from model_wrappers.contract.artifacts import Kind
from model_wrappers.contract.errors import InvalidInput, NotFound

Category = Literal["single", "chain", "unsupported", "clarify", "chat", "context"]
Behaviour = Literal["plan", "clarify", "unsupported", "chat"]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Attachment(_Value):
    """A file that comes with a turn; only its kind and name matter to planning."""

    kind: Kind
    name: str


class PlanShape(_Value):
    """One accepted plan: its tasks, and data flow as index pairs (producer, consumer)."""

    tasks: tuple[str, ...]
    edges: tuple[tuple[int, int], ...] = ()


class Expectation(_Value):
    """What a turn is to yield."""

    behaviour: Behaviour
    plans: tuple[PlanShape, ...] = Field(default=(), description="Accepted alternatives")
    args: dict[str, Any] = Field(default_factory=dict, description="Argument values some step must carry")
    missing: str | None = Field(default=None, description="Argument a question must ask for")
    uses: str | None = Field(default=None, description="Input that must be used: turn:K, turn:K#J, attachment:NAME")


class CaseTurn(_Value):
    """One request of a case."""

    text: str
    attachments: tuple[Attachment, ...] = ()
    expect: Expectation


class Case(_Value):
    """A dialogue of one or more turns."""

    id: str
    category: Category
    turns: tuple[CaseTurn, ...] = Field(min_length=1)


def read_cases(paths: Sequence[Path]) -> list[Case]:
    """Read case files, one JSON object a line; plain `{"prompt", "task"}` lines are accepted too.

    Raises:
        NotFound: If a file does not exist.
        InvalidInput: If a line is no case; the message names file and line.
    """
    return [case for path in paths for case in _read(path)]


def _read(path: Path) -> list[Case]:
    if not path.is_file():
        raise NotFound(f"There is no case file '{path}'; give a .jsonl file of planner cases.", param="cases")
    cases = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            cases.append(
                _plain(value, number) if isinstance(value, dict) and "prompt" in value else Case.model_validate(value)
            )
        except (ValueError, KeyError, ValidationError) as exc:
            raise InvalidInput(f"{path.name}, line {number}: not a planner case ({exc}).", param="cases") from exc
    return cases


def _plain(value: dict[str, Any], number: int) -> Case:
    """Read a prompt with the task it asks for; what the task takes counts as attached."""
    from model_wrappers.contract.tasks import get_task

    try:
        task = get_task(value["task"])
    except NotFound as exc:
        raise ValueError(exc.message) from exc
    attachments = tuple(
        Attachment(kind=medium.kind, name=f"{name}.{medium.kind}")
        for name, medium in task.inputs.items()
        if medium.required
        or medium.kind == "image"
        or (name == "audio" and "target_language" in task.request.model_fields)
    )
    expect = Expectation(behaviour="plan", plans=(PlanShape(tasks=(task.id,)),))
    turn = CaseTurn(text=value["prompt"], attachments=attachments, expect=expect)
    return Case(id=str(value.get("id", f"{task.id}-{number:03d}")), category="single", turns=(turn,))
