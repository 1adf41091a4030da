"""What the small models are made of, and the switches by which a test holds and watches them."""

import threading
from collections import defaultdict
from typing import Any

from model_wrappers.contract.catalog import ModelCard
from model_wrappers.contract.tasks.base import TaskRequest
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from router.spec import ModelSpec

POLL_S = 0.002


class _Switches(dict[str, threading.Event]):
    """Switches by name, the same one for two threads that ask for a new one at once."""

    def __missing__(self, name: str) -> threading.Event:
        return self.setdefault(name, threading.Event())


BATCHES: dict[str, list[list[str]]] = defaultdict(list)
GATES, STARTED, STOPPED, UNLOADED = _Switches(), _Switches(), _Switches(), _Switches()


def card(*tasks: str, **fields: Any) -> ModelCard:
    """Return a card with the given fields and plain values for the others."""
    plain = {"title": "Test model", "method": "classical", "licence": "CC0-1.0", "source": "tests", "revision": "1"}
    return ModelCard.model_validate({**plain, "memory_mb": 1, **fields, "tasks": tasks})


def translated(request: SpeechTranslationRequest, text: str) -> SpeechTranslationResponse:
    """Return a translation that says the given text."""
    return SpeechTranslationResponse(text=text, language=request.target_language, source_language="en")


def echo_request(text: str, target_language: str = "en") -> TaskRequest:
    """Return a request the echoing models take."""
    return SpeechTranslationRequest(text=text, target_language=target_language)


def spec(model_id: str, wrapper: str, **args: Any) -> ModelSpec:
    """Return one of the models under an id of its own."""
    return ModelSpec(id=model_id, wrapper=f"tests.router.models:{wrapper}", args=args)
