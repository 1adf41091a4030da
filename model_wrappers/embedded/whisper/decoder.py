"""Decoding windows of several recordings together with Whisper on CTranslate2."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.tasks.speech_recognition import Segment, Word
from model_wrappers.speech.windows import SAMPLE_RATE

TIMESTAMP_S = 0.02  # one timestamp token
FRAMES_PER_S = 100
MAX_FIRST_TIMESTAMP = round(1.0 / TIMESTAMP_S)
MAX_TOKENS = 448  # Whisper's decoder length, prompt included
SAMPLED_CANDIDATES = 5
OPENING_PUNCTUATION = "\"'“¿([{-"  # belongs to the word behind it
CLOSING_PUNCTUATION = "\"'.。,，!！?？:：”)]}、"  # belongs to the word before it
WHOLE_S = 30  # what Whisper was trained on; padding a short utterance to it takes four times as long as to 10 s
SHORT_S = 10
MARGIN_S = 2  # silence behind the sound; with 1 s a single word came back over and over
READ_SHORT = ("en",)  # short windows changed every third sentence in Spanish, French and Italian
NO_SPEECH_PROBABILITY = 0.6  # silent where it is above this and the text improbable; both as in OpenAI's decoder
MIN_AVERAGE_LOG_PROBABILITY = -1.0
MAX_COMPRESSION_RATIO = 2.4  # text that zlib shrinks further is one phrase over and over


@dataclass(frozen=True)
class Window:
    """At most 30 s of a recording at 16 kHz, shape `(samples,)`; no language means: detect it."""

    samples: NDArray[np.float32]
    start_s: float
    language: str | None


@dataclass(frozen=True)
class Decoding:
    """What windows decoded together have in common."""

    task: Literal["transcribe", "translate"]
    prompt: str | None = None
    temperature: float = 0.0
    word_times: bool = False
    max_tokens: int = MAX_TOKENS


@dataclass(frozen=True)
class DecodedWindow:
    """What was said in a window; `language_probability` only where it was detected."""

    language: str
    language_probability: float | None
    segments: tuple[Segment, ...]
    doubtful: bool = False  # the text is improbable or one phrase over and over


@dataclass(frozen=True)
class Hypothesis:
    """The tokens written for a window, timestamps included, and how sure they are."""

    tokens: tuple[int, ...]
    average_log_probability: float
    no_speech_probability: float


class WhisperDecoder:
    """Run Whisper's encoder once a window, for language and words alike.

    The library's own `transcribe` encodes a recording of unknown language twice; on a CPU the encoder is most of the
    work.
    """

    def __init__(self, model: Any, beam_size: int, *, short_windows: bool = True) -> None:
        """Take a loaded `faster_whisper.WhisperModel`.

        Args:
            model: Shared by all workers.
            beam_size: Texts kept while decoding.
            short_windows: Whether a few seconds of English are padded to 10 s, and only doubtful ones to 30 s.
        """
        from faster_whisper.transcribe import get_suppressed_tokens

        self._model = model
        self._beam_size = beam_size
        self._short_windows = short_windows
        self._suppressed = list(get_suppressed_tokens(self._tokenizer("en", "transcribe"), [-1]))

    def decode(self, windows: Sequence[Window], decoding: Decoding) -> list[DecodedWindow]:
        """Decode windows of different recordings: the short ones in one batch, all others in another."""
        short = [index for index, window in enumerate(windows) if self._is_short(window)]
        decoded = dict(zip(short, self._decode([windows[i] for i in short], SHORT_S, decoding), strict=True))
        whole = [index for index in range(len(windows)) if index not in decoded or decoded[index].doubtful]
        decoded |= zip(whole, self._decode([windows[i] for i in whole], WHOLE_S, decoding), strict=True)
        return [decoded[index] for index in range(len(windows))]

    def _is_short(self, window: Window) -> bool:
        fits = len(window.samples) / SAMPLE_RATE <= SHORT_S - MARGIN_S
        return self._short_windows and fits and window.language in (None, *READ_SHORT)

    def _decode(self, windows: Sequence[Window], padded_s: int, decoding: Decoding) -> list[DecodedWindow]:
        """Decode windows padded to one length in one batch; one by one where words are timed."""
        if not windows:
            return []
        if decoding.word_times and len(windows) > 1:  # the library aligns words of one language at a time
            return [self._decode([window], padded_s, decoding)[0] for window in windows]
        from faster_whisper.audio import pad_or_trim

        frames = padded_s * FRAMES_PER_S
        features = np.stack(
            [pad_or_trim(self._model.feature_extractor(window.samples)[..., :-1], frames) for window in windows]
        )
        encoded = self._model.encode(features)
        languages = self._languages(encoded, windows)
        readable = [padded_s == WHOLE_S or language in READ_SHORT for language, _ in languages]
        if not any(readable):
            return [DecodedWindow(*language, (), doubtful=True) for language in languages]
        tokenizers = [self._tokenizer(language, decoding.task) for language, _ in languages]
        results = self._model.model.generate(
            encoded,
            [self._prompt(tokenizer, decoding.prompt) for tokenizer in tokenizers],
            max_length=decoding.max_tokens,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=self._suppressed,
            max_initial_timestamp_index=MAX_FIRST_TIMESTAMP,
            **self._search(decoding.temperature),
        )
        parts = [
            split_at_timestamps(result.sequences_ids[0], tokenizer.timestamp_begin, window)
            for result, tokenizer, window in zip(results, tokenizers, windows, strict=True)
        ]
        if decoding.word_times:
            self._time_words(parts[0], tokenizers[0], encoded, windows[0])
        hypotheses = [_hypothesis(result) for result in results]
        return [
            DecodedWindow(
                *language,
                tuple(to_segments(part, hypothesis, tokenizer)),
                doubtful=not sure or is_doubtful(hypothesis, tokenizer),
            )
            for language, sure, part, hypothesis, tokenizer in zip(
                languages, readable, parts, hypotheses, tokenizers, strict=True
            )
        ]

    def _tokenizer(self, language: str, task: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        return Tokenizer(self._model.hf_tokenizer, multilingual=True, task=task, language=language)

    def _languages(self, encoded: Any, windows: Sequence[Window]) -> list[tuple[str, float | None]]:
        if all(window.language for window in windows):
            return [(window.language or "", None) for window in windows]
        best = [candidates[0] for candidates in self._model.model.detect_language(encoded)]
        return [
            (window.language, None) if window.language else (token[2:-2], probability)  # "<|en|>"
            for window, (token, probability) in zip(windows, best, strict=True)
        ]

    def _prompt(self, tokenizer: Any, text: str | None) -> list[int]:
        previous = tokenizer.encode(" " + text.strip()) if text and text.strip() else []
        prompt: list[int] = self._model.get_prompt(tokenizer, previous, without_timestamps=False)
        return prompt

    def _search(self, temperature: float) -> dict[str, Any]:
        if temperature == 0:
            return {"beam_size": self._beam_size}
        return {
            "beam_size": 1,
            "num_hypotheses": SAMPLED_CANDIDATES,
            "sampling_topk": 0,
            "sampling_temperature": temperature,
        }

    def _time_words(self, part: list[dict[str, Any]], tokenizer: Any, encoded: Any, window: Window) -> None:
        """Add the times of the words to the segments of one window, in place."""
        if part:
            frames = round(len(window.samples) / SAMPLE_RATE * FRAMES_PER_S)
            self._model.add_word_timestamps(
                [part], tokenizer, encoded, frames, OPENING_PUNCTUATION, CLOSING_PUNCTUATION, window.start_s
            )


def _hypothesis(result: Any) -> Hypothesis:
    length = len(result.sequences_ids[0])
    return Hypothesis(
        tuple(result.sequences_ids[0]), result.scores[0] * length / (length + 1), float(result.no_speech_prob)
    )


def split_at_timestamps(tokens: Sequence[int], first_timestamp: int, window: Window) -> list[dict[str, Any]]:
    """Split a token sequence at its timestamps into segments, in the form the library times words in."""
    end_s = window.start_s + len(window.samples) / SAMPLE_RATE
    segments: list[dict[str, Any]] = []
    start, text = window.start_s, []
    for token in tokens:
        if token < first_timestamp:
            text.append(token)
            continue
        time_s = min(end_s, window.start_s + (token - first_timestamp) * TIMESTAMP_S)
        if text:
            segments.append({"start": start, "end": time_s, "tokens": text})
        start, text = time_s, []
    if text:
        segments.append({"start": start, "end": end_s, "tokens": text})
    return [segment | {"seek": round(window.start_s * FRAMES_PER_S)} for segment in segments]


def to_segments(part: list[dict[str, Any]], hypothesis: Hypothesis, tokenizer: Any) -> Iterator[Segment]:
    """Yield the segments of a window, none where it most likely holds no speech."""
    if hypothesis.no_speech_probability > NO_SPEECH_PROBABILITY and is_doubtful(hypothesis, tokenizer):
        return
    for segment in part:
        text = tokenizer.decode(segment["tokens"]).strip()
        if any(character.isalnum() for character in text):
            yield Segment(
                start=round(segment["start"], 2),
                end=round(max(segment["start"], segment["end"]), 2),
                text=text,
                words=tuple(_words(segment.get("words", ()))),
                average_log_probability=hypothesis.average_log_probability,
                no_speech_probability=hypothesis.no_speech_probability,
                tokens=tuple(segment["tokens"]),
                seek=segment["seek"],
            )


def is_doubtful(hypothesis: Hypothesis, tokenizer: Any) -> bool:
    """Tell whether a text is improbable or one phrase over and over."""
    improbable = hypothesis.average_log_probability < MIN_AVERAGE_LOG_PROBABILITY
    return improbable or is_loop(tokenizer.decode(hypothesis.tokens))


def is_loop(text: str) -> bool:
    """Tell whether a text is one phrase over and over, as the model writes over noise and music."""
    data = text.encode()
    return len(data) / len(zlib.compress(data)) > MAX_COMPRESSION_RATIO


def _words(timed: Iterable[dict[str, Any]]) -> Iterator[Word]:
    for word in timed:
        start = float(max(0.0, word["start"]))
        yield Word(
            word=word["word"].strip(),
            start=start,
            end=float(max(start, word["end"])),
            probability=float(np.clip(word["probability"], 0, 1)),
        )
