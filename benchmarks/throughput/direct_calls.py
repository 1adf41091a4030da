"""Whisper base and Hibari called as bare libraries in threads of one process."""

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

Call = Callable[[], Awaitable[None]]

WORKERS = 2  # batches of a model at once
BEAM_SIZE = 5
WHISPER_SETTINGS = {  # workers, threads of each, language told instead of found out
    "2 x 1": (2, 1, None),
    "2 x 1, told the language": (2, 1, "en"),
    "1 x 2, told the language": (1, 2, "en"),
}


@contextmanager
def direct_calls(recording: bytes, sentence: str) -> Iterator[dict[str, Call]]:
    """Yield calls by name: `speech`, and `transcription, SETTING` for every setting of Whisper.

    Args:
        recording: A file of English speech to transcribe.
        sentence: An English sentence to speak.
    """
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(WORKERS) as several:
        calls = {"speech": _in_threads(speaker(sentence), several)}
        for name, (workers, threads, language) in WHISPER_SETTINGS.items():
            transcribe = transcriber(recording, workers, threads, language)
            calls[f"transcription, {name}"] = _in_threads(transcribe, one if workers == 1 else several)
        yield calls


def speaker(sentence: str) -> Callable[[], None]:
    """Return a call that speaks the sentence."""
    from hibari import Hibari

    voice = Hibari(threads=1)

    def speak() -> None:
        assert len(voice(sentence, seed=0)) > 24_000

    return speak


def transcriber(recording: bytes, workers: int, threads: int, language: str | None) -> Callable[[], None]:
    """Return a call that transcribes the recording."""
    from faster_whisper import WhisperModel

    from model_wrappers.embedded.whisper.weights import BASE_WEIGHTS

    model = WhisperModel(
        str(BASE_WEIGHTS.folder()), device="cpu", compute_type="int8", cpu_threads=threads, num_workers=workers
    )

    def transcribe() -> None:
        segments, _ = model.transcribe(io.BytesIO(recording), beam_size=BEAM_SIZE, vad_filter=True, language=language)
        assert len(" ".join(segment.text for segment in segments)) > 100

    return transcribe


def _in_threads(work: Callable[[], None], threads: ThreadPoolExecutor) -> Call:
    async def call() -> None:
        await asyncio.get_running_loop().run_in_executor(threads, work)

    return call
