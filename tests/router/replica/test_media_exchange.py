import asyncio
import threading

import numpy as np

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.media import Medium
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse
from router.artifacts.store import ArtifactStore
from router.calls import ModelCall
from router.replica.media_exchange import THREADS, MediaExchange
from tests.router.dispatching import LONG_S, scope
from tests.router.models import card


class Held:
    """A store that keeps nothing before it is let go."""

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store
        self.came, self.go_on = threading.Semaphore(0), threading.Event()

    def read(self, ref: ArtifactRef) -> bytes:
        return self._store.read(ref)

    def store(self, medium: Medium, tenant: str, licence: str | None = None, *, most_bytes: int | None) -> ArtifactRef:
        self.came.release()
        assert self.go_on.wait(LONG_S)
        return self._store.store(medium, tenant, licence, most_bytes=most_bytes)


async def test_what_waits_to_be_stored_when_the_model_stops_is_stored_for_those_who_wait(store: ArtifactStore) -> None:
    held = Held(store)
    media = MediaExchange("m", held, card("text-to-speech"))
    call = ModelCall("text-to-speech", TextToSpeechRequest(text="x"), scope())
    sounds = [Audio(np.full((1, 160), level, np.float32), 16_000) for level in np.linspace(0, 1, THREADS + 2)]
    waiting = [asyncio.create_task(media.store(TextToSpeechResponse(audio=sound), call)) for sound in sounds]
    for _ in range(THREADS):
        assert await asyncio.to_thread(held.came.acquire, timeout=LONG_S)
    media.close()
    held.go_on.set()
    refs = [response.audio for response in await asyncio.gather(*waiting)]  # type: ignore[attr-defined]
    assert len({store.read(ref) for ref in refs}) == THREADS + 2
