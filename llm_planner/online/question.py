"""One question to the LLM while it is counted: estimated, until its server tells."""

import json
import time
from typing import Any

from llm_planner.online.llm_answers import Tokens
from llm_planner.plans.history import count_tokens
from llm_planner.plans.request import LLMCall

Calls = list[LLMCall]


class Question:
    """Keeps its entry among the calls made for a request; probes are nobody's and have none."""

    def __init__(self, model: str, parameters: dict[str, Any], calls: Calls | None) -> None:
        """Begin to count what is sent to a model; there is no entry before something is noted."""
        self._model = model
        self._parameters = parameters
        self._calls = calls
        self._place = len(calls) if calls is not None else 0
        self._prompt_tokens: int | None = None
        self._began = time.perf_counter()

    def note(self, tokens: Tokens | None, said: str, *, ended: bool = True) -> None:
        """Note what it came to so far.

        Args:
            tokens: As the server counted them; estimated if None.
            said: What was answered.
            ended: Whether no more will come.
        """
        if self._calls is None:
            return
        tokens = tokens or Tokens(prompt_tokens=self._estimated(), completion_tokens=count_tokens(said))
        elapsed_s = time.perf_counter() - self._began
        call = LLMCall(model=self._model, elapsed_s=elapsed_s, ended=ended, **dict(tokens))
        self._calls[self._place : self._place + 1] = [call]

    def _estimated(self) -> int:
        if self._prompt_tokens is None:
            self._prompt_tokens = count_tokens(json.dumps(self._parameters))
        return self._prompt_tokens
