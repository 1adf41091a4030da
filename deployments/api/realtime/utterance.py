"""What a user of a realtime session says, spoken or typed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from deployments.api.realtime.config import Transcription
from deployments.api.services import Services
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.audio import Audio
from router.scope import Scope

MOST_LANGUAGES = 3  # of a session that are expected


@dataclass(frozen=True)
class Said:
    """What a user said: `text`, and `speech` if it was spoken."""

    item_id: str
    text: str
    speech: ArtifactRef | None = None
    language: str | None = None

    def after(self, earlier: "Said | None") -> "Said":
        """Return this with what was said before it and not answered."""
        return self if earlier is None else replace(self, text=f"{earlier.text} {self.text}")


async def transcribe(
    audio: Audio, settings: Transcription | None, heard: Sequence[str], services: Services, scope: Scope
) -> Said:
    """Write down an utterance, whose id is the scope's.

    Args:
        audio: The utterance.
        settings: May name its language and words to expect.
        heard: Languages spoken in the session before, the last one first.
        services: Of the application.
        scope: Of the utterance.

    Raises:
        AudioGPTError: If it could not be stored or transcribed.
    """
    most = scope.principal.limits.storage_bytes
    speech = await asyncio.to_thread(services.artifacts.store, audio, scope.tenant, most_bytes=most)
    arguments: dict[str, Any] = {"audio": speech}
    if settings and settings.language:
        arguments["language"] = settings.language
    elif heard:
        arguments["expected_languages"] = list(heard[:MOST_LANGUAGES])
    if settings and settings.prompt:
        arguments["prompt"] = settings.prompt
    result = await services.executor.execute_task("speech-recognition", arguments, scope)
    return Said(scope.request_id, str(result.outputs["text"]).strip(), speech, result.outputs.get("language"))
