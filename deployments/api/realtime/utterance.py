"""What a user of a realtime session says, spoken or typed."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from deployments.api.realtime.config import Transcription
from deployments.api.services import TENANT, Services
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.audio import Audio


@dataclass(frozen=True)
class Said:
    """What a user said: `text`, and `speech` if it was spoken."""

    item_id: str
    text: str
    speech: ArtifactRef | None = None

    def after(self, earlier: "Said | None") -> "Said":
        """Return this with what was said before it and not answered."""
        return self if earlier is None else Said(self.item_id, f"{earlier.text} {self.text}", self.speech)


async def transcribe(item_id: str, audio: Audio, settings: Transcription | None, services: Services) -> Said:
    """Write down an utterance; `settings` may name its language and words to expect.

    Raises:
        AudioGPTError: If it could not be stored or transcribed.
    """
    speech = await asyncio.to_thread(services.artifacts.store, audio, TENANT)
    arguments: dict[str, Any] = {"audio": speech}
    if settings and settings.language:
        arguments["language"] = settings.language
    if settings and settings.prompt:
        arguments["prompt"] = settings.prompt
    result = await services.executor.execute_task(
        "speech-recognition",
        arguments,
        services.catalog(),
        deadline=time.time() + services.settings.plan_timeout_s,
        tenant=TENANT,
        request_id=item_id,
    )
    return Said(item_id, str(result.outputs["text"]).strip(), speech)
