"""Decoding windows of several recordings together with Whisper on CTranslate2."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.tasks.speech_recognition import Segment
from model_wrappers.embedded.whisper.hypotheses import Hypothesis, Reading
from model_wrappers.embedded.whisper.languages import Detected, changes, weigh
from model_wrappers.embedded.whisper.segments import FRAMES_PER_S, TIMESTAMP_S, split_at_timestamps, to_segments
from model_wrappers.speech.windows import PADDING_S, SAMPLE_RATE

ENCODED_PER_S = 50  # frames of the encoder
MAX_FIRST_TIMESTAMP = round(1.0 / TIMESTAMP_S)
MAX_TOKENS = 448  # Whisper's decoder length, prompt included
TOKENS_PER_S, MORE_TOKENS = 25, 40  # more than anybody says; bounds what a loop costs
TEMPERATURES = (
    0.2,
    0.4,
    0.6,
    0.8,
    1.0,
)  # a faulty text is read again at each, as OpenAI's and the library's decoder do
PROMPTED_UP_TO = 0.2  # a prompt may be what a loop comes from
SAMPLED_CANDIDATES = 5
OPENING_PUNCTUATION = "\"'“¿([{-"  # belongs to the word behind it
CLOSING_PUNCTUATION = "\"'.。,，!！?？:：”)]}、"  # belongs to the word before it
WHOLE_S = 30  # what Whisper was trained on; padding a short utterance to it takes four times as long as to 10 s
SHORT_S = 10
MARGIN_S = 2  # silence behind the sound; with 1 s a single word came back over and over
READ_IN_PARTS = ("too short", "loop")  # a decoder leaves out what is said again, or goes on with it
READ_SHORT = ("en",)  # short windows changed every third sentence in Spanish, French and Italian
SURE_SHORT = 0.7  # probability of the language, and
SURE_TEXT = -0.85  # average log-probability, below which a short window is read again in a whole one


@dataclass(frozen=True)
class Window:
    """At most 30 s of a recording at 16 kHz, shape `(samples,)`; no language means: detect it.

    Args:
        samples: The sound.
        start_s: Where it begins in its recording.
        language: Whisper's code, where it is known.
        spans: First sample and the one after the last of each stretch of speech in it, in order; none if not known.
        expected: Languages heard before in the recording, or named by the caller, the likeliest first.
    """

    samples: NDArray[np.float32]
    start_s: float
    language: str | None
    spans: tuple[tuple[int, int], ...] = ()
    expected: tuple[str, ...] = ()

    @property
    def end_s(self) -> float:
        """Where it ends in its recording."""
        return self.start_s + len(self.samples) / SAMPLE_RATE

    @property
    def speech_s(self) -> float:
        """Seconds of speech in it, without the padding of its stretches; 0 where that is not known."""
        return sum(max(0.0, (end - start) / SAMPLE_RATE - 2 * PADDING_S) for start, end in self.spans)

    def halves(self) -> tuple["Window", "Window"]:
        """Return the window cut at its longest pause, weighed by how near that is to its middle."""
        whole = len(self.samples)
        pauses = [
            (after[0] - before[1] + PADDING_S * SAMPLE_RATE) * min(before[1], whole - after[0])
            for before, after in pairwise(self.spans)
        ]
        cut = pauses.index(max(pauses)) + 1
        return self.part(0, cut, self.language), self.part(cut, len(self.spans), self.language)

    def part(self, first: int, last: int, language: str | None) -> "Window":
        """Return the stretches of speech from one to before another as a window of one language."""
        begin = self.spans[first][0] if first else 0
        end = self.spans[last - 1][1] if last < len(self.spans) else len(self.samples)
        spans = tuple((start - begin, stop - begin) for start, stop in self.spans[first:last])
        return Window(self.samples[begin:end], self.start_s + begin / SAMPLE_RATE, language, spans, self.expected)


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
    doubtful: bool = False  # the text shows a fault that reading it again did not mend

    @property
    def rank(self) -> tuple[bool, bool, float]:
        """Order what was made of one window by: the best is the greatest."""
        sure = [segment.average_log_probability or 0.0 for segment in self.segments]
        return bool(sure), not self.doubtful, float(np.mean(sure)) if sure else 0.0


class WhisperDecoder:
    """Run Whisper's encoder once a window, for language and words alike, and read again what came out faulty.

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
        if decoding.word_times and len(windows) > 1:  # the library aligns words of one language at a time
            return [self.decode([window], decoding)[0] for window in windows]
        short = [index for index, window in enumerate(windows) if self._is_short(window)]
        decoded: dict[int, DecodedWindow] = {}
        if short:
            batch = _Batch(self, [windows[index] for index in short], SHORT_S, decoding)
            decoded = {index: read for index, read in zip(short, batch.short(), strict=True) if read}
        whole = [index for index in range(len(windows)) if index not in decoded or not _surely_right(decoded[index])]
        if whole:
            batch = _Batch(self, [windows[index] for index in whole], WHOLE_S, decoding)
            for index, read in zip(whole, batch.whole(), strict=True):
                decoded[index] = max(read, decoded.get(index, read), key=lambda each: each.rank)
        return [decoded[index] for index in range(len(windows))]

    def _is_short(self, window: Window) -> bool:
        fits = len(window.samples) / SAMPLE_RATE <= SHORT_S - MARGIN_S
        likely = window.language or (window.expected[0] if window.expected else READ_SHORT[0])
        return self._short_windows and fits and likely in READ_SHORT

    def _tokenizer(self, language: str, task: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        return Tokenizer(self._model.hf_tokenizer, multilingual=True, task=task, language=language)


class _Batch:
    """Windows of one length, encoded together."""

    def __init__(self, decoder: WhisperDecoder, windows: Sequence[Window], padded_s: int, decoding: Decoding) -> None:
        from faster_whisper.audio import pad_or_trim

        self._decoder, self._windows, self._decoding = decoder, windows, decoding
        self._model = decoder._model
        extract, frames = self._model.feature_extractor, padded_s * FRAMES_PER_S
        self._encoded = self._model.encode(
            np.stack([pad_or_trim(extract(window.samples)[..., :-1], frames) for window in windows])
        )
        self._frames: NDArray[np.float32] | None = None  # the encoder's output, where rows of it are needed
        self._languages = self._detect()

    def short(self) -> list[DecodedWindow | None]:
        """Read all windows; None stands for those that may be in languages that need whole windows."""
        sure = [detected.code in READ_SHORT and detected.probability >= SURE_SHORT for detected in self._languages]
        if not any(sure):
            return [None] * len(sure)
        readings = self._read([detected.code for detected in self._languages])
        return [
            self._decoded(row, reading) if right else None
            for row, (reading, right) in enumerate(zip(readings, sure, strict=True))
        ]

    def whole(self) -> list[DecodedWindow]:
        """Read all windows, again where a text shows a fault, in parts where the language changes or words are lost."""
        changed = {row: parts for row in range(len(self._windows)) if len(parts := self._parts(row)) > 1}
        readings = self._read([detected.code for detected in self._languages])
        decoded = []
        for row, reading in enumerate(readings):
            window = self._windows[row]
            if row in changed:
                decoded.append(self._joined(row, changed[row]))
            elif reading.fault in READ_IN_PARTS and len(window.spans) > 1:
                halves = [replace(half, language=self._languages[row].code) for half in window.halves()]
                decoded.append(self._joined(row, halves))
            else:
                decoded.append(self._decoded(row, self._mended(row, reading)))
        return decoded

    def _detect(self) -> list[Detected]:
        if all(window.language for window in self._windows):
            return [Detected(((window.language or "", 1.0),)) for window in self._windows]
        found = self._model.model.detect_language(self._encoded)
        return [
            Detected(((window.language, 1.0),)) if window.language else weigh(ranked, window.expected)
            for window, ranked in zip(self._windows, found, strict=True)
        ]

    def _parts(self, row: int) -> list[Window]:
        """Return a window's stretches of one language each, from the encoder's frames of each stretch of speech.

        A stretch of another language than the window's counts if it is of that language on its own as well.
        """
        window = self._windows[row]
        if window.language or len(window.spans) < 2:
            return [window]
        stretches = [
            ((end - start) / SAMPLE_RATE, self._language_between(row, start, end)) for start, end in window.spans
        ]
        found = changes(stretches)
        ends = [index for index, _ in found[1:]] + [len(window.spans)]
        parts = [window.part(first, last, code) for (first, code), last in zip(found, ends, strict=False)]
        foreign = [part for part in parts if part.language != self._languages[row].code]
        return parts if all(self._is_of_its_language(part) for part in foreign) else [window]

    def _is_of_its_language(self, part: Window) -> bool:
        alone = _Batch(self._decoder, [replace(part, language=None)], WHOLE_S, self._decoding)
        return alone._languages[0].code == part.language

    def _language_between(self, row: int, start: int, end: int) -> Detected:
        first, last = (round(sample / SAMPLE_RATE * ENCODED_PER_S) for sample in (start, end))
        (ranked,) = self._model.model.detect_language(self._rows(row, slice(first, max(first + 1, last))))
        return weigh(ranked, self._windows[row].expected)

    def _joined(self, row: int, parts: Sequence[Window]) -> DecodedWindow:
        """Decode the parts of a window; its own language is that of the most speech."""
        decoded = self._decoder.decode(parts, self._decoding)
        most = max(parts, key=lambda part: part.speech_s)
        return DecodedWindow(
            most.language or "",
            self._languages[row].of(most.language or ""),
            tuple(segment for part in decoded for segment in part.segments),
            any(part.doubtful for part in decoded),
        )

    def _mended(self, row: int, first: Reading) -> Reading:
        """Return the best of several readings of a window, where the first has a fault or its language is doubtful."""
        detected = self._languages[row]
        others = detected.candidates()[1:]
        tried = [first, *(self._read_again(row, language, self._decoding.temperature) for language in others)]
        best = max(tried, key=lambda reading: reading.ranked_in(detected.of(reading.language)))
        if best.fault is None or best.silent:
            return best
        for temperature in TEMPERATURES:
            if temperature > self._decoding.temperature:
                again = self._read_again(row, best.language, temperature)
                before, best = best, max(best, again, key=lambda reading: reading.rank)
                if again.fault is None or (before.fault != "loop" and best is before):
                    break  # what is improbable and not repeated only gets less probable
        return best

    def _read(self, languages: Sequence[str]) -> list[Reading]:
        """Read all windows together, each in its language."""
        temperature = self._decoding.temperature
        return self._generated(self._encoded, range(len(self._windows)), languages, temperature)

    def _read_again(self, row: int, language: str, temperature: float) -> Reading:
        (reading,) = self._generated(self._rows(row, slice(None)), [row], [language], temperature)
        return reading

    def _generated(
        self, encoded: Any, rows: Sequence[int], languages: Sequence[str], temperature: float
    ) -> list[Reading]:
        decoding = self._decoding
        prompt = decoding.prompt if temperature <= max(PROMPTED_UP_TO, decoding.temperature) else None
        tokenizers = [self._decoder._tokenizer(language, decoding.task) for language in languages]
        prompts = [self._prompt(tokenizer, prompt) for tokenizer in tokenizers]
        longest_s = max(len(self._windows[row].samples) for row in rows) / SAMPLE_RATE
        most_tokens = len(prompts[0]) + round(TOKENS_PER_S * longest_s) + MORE_TOKENS
        results = self._model.model.generate(
            encoded,
            prompts,
            max_length=min(decoding.max_tokens, most_tokens),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=self._decoder._suppressed,
            max_initial_timestamp_index=MAX_FIRST_TIMESTAMP,
            **self._search(temperature),
        )
        return [
            Reading(
                language,
                hypothesis := _hypothesis(result),
                tokenizer.decode([token for token in hypothesis.tokens if token < tokenizer.eot]).strip(),
                self._windows[row].speech_s,
                temperature,
            )
            for row, language, tokenizer, result in zip(rows, languages, tokenizers, results, strict=True)
        ]

    def _decoded(self, row: int, reading: Reading) -> DecodedWindow:
        window, detected = self._windows[row], self._languages[row]
        tokenizer = self._decoder._tokenizer(reading.language, self._decoding.task)
        parts = split_at_timestamps(reading.hypothesis.tokens, tokenizer.timestamp_begin, window.start_s, window.end_s)
        if self._decoding.word_times and parts:
            frames = round(len(window.samples) / SAMPLE_RATE * FRAMES_PER_S)
            self._model.add_word_timestamps(
                [parts], tokenizer, self._encoded, frames, OPENING_PUNCTUATION, CLOSING_PUNCTUATION, window.start_s
            )
        return DecodedWindow(
            reading.language,
            None if window.language else detected.of(reading.language),
            tuple(to_segments(parts, reading, tokenizer)),
            reading.fault is not None,
        )

    def _rows(self, row: int, frames: slice) -> Any:
        """Return frames of the encoder's output for one window."""
        from ctranslate2 import Device, StorageView

        if self._frames is None:
            self._frames = np.array(self._encoded.to_device(Device.cpu))
        return StorageView.from_array(np.ascontiguousarray(self._frames[row : row + 1, frames]))

    def _prompt(self, tokenizer: Any, text: str | None) -> list[int]:
        previous = tokenizer.encode(" " + text.strip()) if text and text.strip() else []
        prompt: list[int] = self._model.get_prompt(tokenizer, previous, without_timestamps=False)
        return prompt

    def _search(self, temperature: float) -> dict[str, Any]:
        if temperature == 0:
            return {"beam_size": self._decoder._beam_size}
        return {
            "beam_size": 1,
            "num_hypotheses": SAMPLED_CANDIDATES,
            "sampling_topk": 0,
            "sampling_temperature": temperature,
        }


def _surely_right(decoded: DecodedWindow) -> bool:
    has_text, faultless, sure = decoded.rank
    return has_text and faultless and sure >= SURE_TEXT


def _hypothesis(result: Any) -> Hypothesis:
    length = len(result.sequences_ids[0])
    return Hypothesis(
        tuple(result.sequences_ids[0]), result.scores[0] * length / (length + 1), float(result.no_speech_prob)
    )
