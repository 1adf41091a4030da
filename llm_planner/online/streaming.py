"""Steps out of a plan that is still being written, each as soon as it is complete and can run."""

import json
import re

from pydantic import ValidationError

from llm_planner.online.schema import without_nulls
from llm_planner.plans.plan import MAX_STEPS, Step
from llm_planner.plans.request import PlanRequest
from llm_planner.plans.validation import known_artifacts, validate_step
from model_wrappers.contract.errors import InvalidPlan

_STEPS = re.compile(r"(?<!\s)\s*+:\s*+\[")


class StepScanner:
    """Cut complete JSON objects out of the `"steps"` array of a text that comes in pieces, each character read once."""

    def __init__(self) -> None:
        """Start before the first character."""
        self._text = ""
        self._position = 0
        self._depth = 0  # of brackets inside the array; 0 outside any step
        self._begin = -1  # of the step or string being read
        self._quoted = self._escaped = self._inside = self._done = False

    def feed(self, piece: str) -> list[str]:
        """Read on and return the JSON texts of the steps completed by this piece."""
        self._text += piece
        found: list[str] = []
        while self._position < len(self._text) and not self._done:
            character = self._text[self._position]
            if self._quoted:
                self._read_quoted(character)
            elif character == '"':
                self._quoted = True
                self._begin = self._position if not self._inside else self._begin
            elif self._inside:
                found += self._read_bracket(character)
            elif character == "[" and self._after_steps_key():
                self._inside = True
            self._position += 1
        return found

    def _read_quoted(self, character: str) -> None:
        if self._escaped:
            self._escaped = False
        elif character == "\\":
            self._escaped = True
        elif character == '"':
            self._quoted = False

    def _after_steps_key(self) -> bool:
        key = self._text[max(self._begin, 0) : self._position + 1]
        return key.startswith('"steps"') and _STEPS.fullmatch(key.removeprefix('"steps"')) is not None

    def _read_bracket(self, character: str) -> list[str]:
        if character in "{[":
            self._begin = self._position if self._depth == 0 else self._begin
            self._depth += 1
        elif character in "}]":
            if self._depth == 0:
                self._done = True
                return []
            self._depth -= 1
            if self._depth == 0:
                return [self._text[self._begin : self._position + 1]]
        return []


class StepStream:
    """Turn a streamed answer into steps that can start: complete, valid alone, with every source known."""

    def __init__(self, request: PlanRequest) -> None:
        """Check steps against the request's catalog and session."""
        self._request = request
        self._artifacts = known_artifacts(request.session)
        self._scanner = StepScanner()
        self._opened = ""  # first character of the answer
        self._waiting: list[Step] = []
        self.ready: list[Step] = []

    def feed(self, piece: str) -> list[Step]:
        """Read on and return the steps that can start now; what cannot run is left to the whole plan's validation."""
        if not self._opened:
            self._opened = piece.strip()[:1]
        if self._opened != "{":
            return []  # thoughts or prose come first; steps in them are drafts
        for text in self._scanner.feed(piece):
            step = _read_step(text)
            if step is not None and len(self.ready) + len(self._waiting) < MAX_STEPS:
                self._waiting.append(step)
        begin = len(self.ready)
        while startable := next((step for step in self._waiting if self._can_start(step)), None):
            self._waiting.remove(startable)
            self.ready.append(startable)
        return self.ready[begin:]

    def _can_start(self, step: Step) -> bool:
        try:
            validate_step(step, self._request.catalog, self._artifacts, self.ready)
        except InvalidPlan:
            return False
        return True


def _read_step(text: str) -> Step | None:
    try:
        return Step.model_validate(without_nulls(json.loads(text)))
    except (ValidationError, json.JSONDecodeError, RecursionError):
        return None
