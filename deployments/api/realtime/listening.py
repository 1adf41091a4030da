"""The sound a client sends: from base64 to utterances, by the server's ear or by the client's commits."""

import asyncio

import numpy as np
from numpy.typing import NDArray

from deployments.api.realtime.config import SAMPLE_RATE, TurnDetection
from deployments.api.realtime.mistakes import BUFFER_EMPTY, ClientMistake
from deployments.api.realtime.turns import TurnDetector, TurnEvent
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import InvalidInput, TooLarge
from router.media.base64_text import from_base64

MAX_HELD_S = 120.0  # of sound a client may append before it commits
MIN_COMMIT_S = 0.1  # as in OpenAI's API


class Listener:
    """Holds what is being said; with `TurnDetection` it also tells when."""

    def __init__(self, settings: TurnDetection | None) -> None:
        """Begin with nothing heard."""
        self._detector = TurnDetector(settings) if settings else None
        self._held: list[NDArray[np.int16]] = []
        self._held_samples = 0

    @property
    def speaking(self) -> bool:
        """Whether somebody is speaking, as far as the server can tell."""
        return self._detector is not None and self._detector.speaking

    async def append(self, audio: str) -> list[TurnEvent]:
        """Take sound in base64 and return what happened in it.

        Raises:
            InvalidInput: If it is no base64 of 16-bit samples.
            TooLarge: If more is held than allowed.
        """
        pcm = _samples(audio)
        if self._detector is not None:
            return await asyncio.to_thread(self._detector.feed, pcm)
        if self._held_samples + len(pcm) > MAX_HELD_S * SAMPLE_RATE:
            raise TooLarge(f"The input buffer holds {MAX_HELD_S:.0f} s; commit or clear it.", param="audio")
        self._held.append(pcm)
        self._held_samples += len(pcm)
        return []

    def commit(self) -> Audio:
        """Return what was said so far and forget it.

        Raises:
            InvalidInput: If that is less than a tenth of a second.
        """
        pcm = self._detector.commit() if self._detector else np.concatenate([np.zeros(0, np.int16), *self._held])
        self.clear()
        if len(pcm) < MIN_COMMIT_S * SAMPLE_RATE:
            raise ClientMistake.of(
                BUFFER_EMPTY,
                f"The input buffer holds {1_000 * len(pcm) / SAMPLE_RATE:.0f} ms of sound; "
                f"append at least {1_000 * MIN_COMMIT_S:.0f} ms before you commit it.",
            )
        return sound(pcm)

    def clear(self) -> None:
        """Forget what was said so far."""
        self._held.clear()
        self._held_samples = 0
        if self._detector:
            self._detector.clear()


def sound(pcm: NDArray[np.int16]) -> Audio:
    """Return samples of shape `(samples,)` as sound."""
    return Audio(np.divide(pcm[None], 32_768, dtype=np.float32), SAMPLE_RATE)


def _samples(audio: str) -> NDArray[np.int16]:
    try:
        data = from_base64(audio)
    except ValueError as exc:
        raise InvalidInput(f"'audio' is not base64: {exc}.", param="audio") from exc
    if len(data) % 2:
        raise InvalidInput("'audio' holds half a sample; send 16-bit samples.", param="audio")
    return np.frombuffer(data, "<i2").astype(np.int16)
