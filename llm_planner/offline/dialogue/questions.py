"""Clarifying questions that are still open, and the answers that complete them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from llm_planner.offline.arguments.names import is_reference, sound_to_find
from llm_planner.offline.arguments.scene import Scene
from llm_planner.offline.sources.collected import Sources, collect
from llm_planner.offline.sources.references import named
from llm_planner.offline.words.language_names import find_languages
from llm_planner.offline.words.lexicon import strip_prefix, words_of
from llm_planner.offline.words.lists import phrases, words
from llm_planner.offline.words.masking import Masked
from llm_planner.offline.words.music import find_durations, find_melody
from llm_planner.offline.words.times import find_duration, find_range, with_digits
from llm_planner.plans.request import PlanRequest
from model_wrappers.contract.artifacts import Kind
from model_wrappers.contract.tasks import TASKS

_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?")
MEDIA: dict[str, Kind] = {"audio": "audio", "reference": "audio", "image": "image"}


@dataclass(frozen=True)
class Pending:
    """A request that waits for an answer.

    `turns` are the turns whose uploads belong to it, `answers` what was answered so far, `offers` what a yes means.
    """

    text: str
    task: str = ""
    missing: tuple[str, ...] = ()
    turns: tuple[int, ...] = ()
    answers: Mapping[str, Any] = field(default_factory=dict)
    offers: Mapping[str, float] = field(default_factory=dict)

    def continued(self, answers: Mapping[str, Any]) -> "Pending":
        """Return the request with more answers."""
        return Pending(self.text, self.task, self.missing, self.turns, {**self.answers, **answers, "task": self.task})

    def asking(
        self, task: str, missing: tuple[str, ...], turn: int, offers: Mapping[str, float] | None = None
    ) -> "Pending":
        """Return the request as it waits for what is missing now, or for a yes to what is offered."""
        return Pending(self.text, task, missing, (*self.turns, turn), self.answers, offers or {})

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for the session."""
        return {
            "text": self.text,
            "task": self.task,
            "missing": list(self.missing),
            "turns": list(self.turns),
            "answers": dict(self.answers),
            "offers": dict(self.offers),
        }


def open_question(request: PlanRequest) -> Pending | None:
    """Return the last question that nobody answered yet, whatever was talked about in between."""
    done: set[str] = set()
    for turn in reversed(request.session.turns):
        if turn.outcome == "plan" and turn.plan:
            steps = turn.plan.get("steps")
            done |= (
                {str(step["task"]) for step in steps if isinstance(step, dict)}
                if isinstance(steps, list | tuple)
                else set()
            )
        if turn.outcome == "clarify" and turn.pending:
            pending = _read(turn.pending)
            if pending is None or pending.task in done:
                return None
            return pending
    return None


def _read(stored: Mapping[str, Any]) -> Pending | None:
    """Return a question this planner asked; one of another planner has no task."""
    if not isinstance(stored.get("task"), str) or stored["task"] not in TASKS:
        return None
    return Pending(
        text=str(stored.get("text", "")),
        task=stored["task"],
        missing=tuple(stored.get("missing", ())),
        turns=tuple(stored.get("turns", ())),
        answers=dict(stored.get("answers", {})),
        offers=dict(stored.get("offers", {})),
    )


def find_answers(masked: Masked, request: PlanRequest, pending: Pending) -> dict[str, Any] | None:
    """Return what a request, as it was read, answers to an open question; None where it answers nothing."""
    answers: dict[str, Any] = {}
    for name in pending.missing:
        value = _answer(name, masked, request, pending)
        if value is not None:
            answers[name] = value
    if "target" in pending.missing and "target" not in answers and _sent(request, "audio"):
        answers["reference"] = True
    return answers or None


def _answer(name: str, masked: Masked, request: PlanRequest, pending: Pending) -> Any:
    text = masked.text.strip(" .!")
    if name in MEDIA:
        return _medium(name, masked, request)
    if name in ("start", "end"):
        found = find_range(text)
        return found[0 if name == "start" else 1] if found else None
    if name == "target_language":
        return find_languages(text).target
    if name == "notes":
        return list(find_melody(masked.restore(text)).notes) or None
    if name == "durations":
        notes = (
            find_melody(masked.restore(text)).notes or pending.answers.get("notes") or find_melody(pending.text).notes
        )
        return list(find_durations(masked.restore(text), len(notes))) or None
    if name == "target":
        return None if _only_points(text) else sound_to_find(Scene(strip_prefix(text), "", masked, Sources()))
    if name in pending.offers:
        return pending.offers[name] if phrases("yes").match(text) else _number(name, text)
    return _free_text(masked)


def _only_points(text: str) -> bool:
    """Tell whether a text names nothing that comes with it: "here it is", "this one"."""
    return words_of(text) <= words("pointing") | words("function_words")


def _number(name: str, text: str) -> float | None:
    """Return another number than the one offered."""
    if name == "duration":
        return find_duration(text)
    match = _NUMBER.search(with_digits(text))
    return float(match[0]) if match else None


def _medium(name: str, masked: Masked, request: PlanRequest) -> Any:
    kind = MEDIA[name]
    if _sent(request, kind):
        return True
    pointed = named(masked.text, masked, collect(request), kind)
    return True if pointed else None


def _sent(request: PlanRequest, kind: Kind) -> bool:
    return any(artifact.ref.kind == kind for artifact in request.attachments)


def _free_text(masked: Masked) -> str | None:
    if masked.quotes:
        return max(masked.quotes, key=len)
    text = masked.restore(masked.text).strip()
    if match := phrases("introduces_words").match(text):
        text = text[match.end() :].lstrip(" :")
    return None if not text or is_reference(text) else text.strip()
