"""Parts of an answer on their way from a model to its reader."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from functools import partial

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import Cancelled
from model_wrappers.contract.media import FieldMedium, map_media, media_values
from model_wrappers.contract.tasks.base import TaskResponse
from router.calls import within

MAX_WAITING_PARTS = 32  # a sentence or a window each; a model further ahead of its reader waits
MAX_PART_VALUES = 2**18  # samples times channels, 1 MiB of float32; a message between replicas holds 4 MiB
POLL_S = 0.1  # how soon a waiting model notices that its reader has gone


class Parts:
    """A bounded queue; its writer blocks in a thread, its reader awaits in the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Belong to the reader's loop."""
        self._loop = loop
        self._room = threading.Semaphore(MAX_WAITING_PARTS)
        self._queue: asyncio.Queue[TaskResponse | None] = asyncio.Queue()

    def write(self, parts: Iterator[TaskResponse], abandoned: Callable[[], bool]) -> TaskResponse | None:
        """Pass on what a model yields, in its thread, and return the last part.

        Raises:
            Cancelled: If nobody reads any more.
        """
        last = None
        try:
            for last in parts:
                while not self._room.acquire(timeout=POLL_S):
                    if abandoned():
                        break
                if abandoned():
                    raise Cancelled("Nobody waits for the answer any more.")
                self._loop.call_soon_threadsafe(self._queue.put_nowait, last)
        finally:
            if isinstance(parts, Generator):
                parts.close()  # here, not in whatever thread drops it last
        return last

    def close(self) -> None:
        """End the reader's loop behind the parts written so far; call it in the event loop."""
        self._queue.put_nowait(None)

    async def read(self, deadline: float, who: str) -> AsyncGenerator[TaskResponse, None]:
        """Yield the parts as they come.

        Raises:
            DeadlineExceeded: If the deadline, in seconds of `time.time()`, passes first.
        """
        while (part := await within(deadline, who, self._queue.get)) is not None:
            self._room.release()
            yield part


def fits_message(response: TaskResponse) -> bool:
    """Tell whether all media of a response are audio, and together short enough for one message."""
    media = list(media_values(response).values())
    audios = [medium for medium in media if isinstance(medium, Audio)]
    return len(audios) == len(media) and sum(audio.waveform.size for audio in audios) <= MAX_PART_VALUES


def small_parts(response: TaskResponse) -> Iterator[TaskResponse]:
    """Split a response whose only medium is a long audio, so that each part fits into a message."""
    media = list(media_values(response).values())
    audio = media[0] if len(media) == 1 else None
    if not isinstance(audio, Audio) or audio.waveform.size <= MAX_PART_VALUES:
        yield response
        return
    frames = MAX_PART_VALUES // audio.channels
    for start in range(0, audio.waveform.shape[1], frames):
        piece = Audio(audio.waveform[:, start : start + frames], audio.sample_rate, audio.licence)
        yield map_media(response, partial(_replace, piece))


def _replace(new: Audio, field: FieldMedium, old: object) -> Audio:
    return new
