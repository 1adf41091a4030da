"""From tokens with timestamps to segments with words."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from model_wrappers.contract.tasks.speech_recognition import Segment, Word
from model_wrappers.embedded.whisper.hypotheses import Hypothesis, Reading, is_loop, without_repetition
from model_wrappers.embedded.whisper.languages import TO_ISO

FRAMES_PER_S = 100
TIMESTAMP_S = 0.02  # one timestamp token


def split_at_timestamps(
    tokens: Sequence[int], first_timestamp: int, start_s: float, end_s: float
) -> list[dict[str, Any]]:
    """Split a token sequence at its timestamps into segments, in the form the library times words in.

    Args:
        tokens: Of one window, timestamps included.
        first_timestamp: The token of 0 s.
        start_s: Where the window begins in its recording.
        end_s: Where it ends.
    """
    segments: list[dict[str, Any]] = []
    start, text = start_s, []
    for token in tokens:
        if token < first_timestamp:
            text.append(token)
            continue
        time_s = min(end_s, start_s + (token - first_timestamp) * TIMESTAMP_S)
        if text:
            segments.append({"start": start, "end": time_s, "tokens": text})
        start, text = time_s, []
    if text:
        segments.append({"start": start, "end": end_s, "tokens": text})
    return [segment | {"seek": round(start_s * FRAMES_PER_S)} for segment in segments]


def to_segments(part: list[dict[str, Any]], reading: Reading, tokenizer: Any) -> Iterator[Segment]:
    """Yield the segments of a window: none where it most likely holds no speech, a repeated phrase once."""
    if reading.silent:
        return
    looped = reading.fault == "loop"
    so_far = ""
    for segment in part:
        text = tokenizer.decode(segment["tokens"]).strip()
        if looped and is_loop(f"{so_far} {text}"):
            text = without_repetition(text)
            if is_loop(f"{so_far} {text}") or text in so_far:
                return
        so_far = f"{so_far} {text}"
        if any(character.isalnum() for character in text):
            yield _segment(segment, text, reading)


def _segment(segment: dict[str, Any], text: str, reading: Reading) -> Segment:
    hypothesis: Hypothesis = reading.hypothesis
    return Segment(
        start=round(segment["start"], 2),
        end=round(max(segment["start"], segment["end"]), 2),
        text=text,
        words=tuple(_words(segment.get("words", ()))),
        language=TO_ISO.get(reading.language, reading.language),
        temperature=reading.temperature,
        average_log_probability=hypothesis.average_log_probability,
        no_speech_probability=hypothesis.no_speech_probability,
        tokens=tuple(segment["tokens"]),
        seek=segment["seek"],
    )


def _words(timed: Iterable[dict[str, Any]]) -> Iterator[Word]:
    for word in timed:
        start = float(max(0.0, word["start"]))
        yield Word(
            word=word["word"].strip(),
            start=start,
            end=float(max(start, word["end"])),
            probability=float(np.clip(word["probability"], 0, 1)),
        )
