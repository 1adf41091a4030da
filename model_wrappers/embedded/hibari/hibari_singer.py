"""Sing with the Hibari voice: its phonemes timed and pitched by a melody."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig, Work
from model_wrappers.contract.catalog import Limits, ModelCard, Requirement
from model_wrappers.contract.errors import InvalidInput, TooLarge
from model_wrappers.contract.one_by_one import OneByOneModel
from model_wrappers.contract.tasks.singing_synthesis import SingingSynthesisRequest, SingingSynthesisResponse
from model_wrappers.embedded.hibari.hibari import PACKAGE, SHA256
from model_wrappers.embedded.hibari.performance import perform, sung_syllables
from model_wrappers.embedded.hibari.phonemes import pronounce, syllables
from model_wrappers.embedded.hibari.voice import SAMPLE_RATE, SingingVoice
from model_wrappers.singing.alignment import align
from model_wrappers.singing.melody import Rest, Song, SungWord, parse_notes
from model_wrappers.singing.score import read_score

MAX_DURATION_S = 300.0
MAX_CHARACTERS = 5_000
PHRASE_S = 15.0  # longer ones are cut between words: the voice was made for sentences
PHRASE_WORDS = 30  # about 200 of the voice's 400 phonemes
PEAK = 0.7
BREATH_S = 0.35
BREATH_LEVEL = 0.02


class HibariSingerConfig(ModelConfig):
    """What changes the singer's speed."""

    threads: int = Field(default=1, ge=1, description="Threads of one synthesis")


class HibariSinger(OneByOneModel[SingingSynthesisRequest, SingingSynthesisResponse]):
    """Sing English lyrics with one female voice from A2 to A5.

    Vowels begin on the beat, so the song begins with the first consonant and time 0 of the melody lies as much later.
    How words and notes are fitted is written in `model_wrappers.singing.alignment`.

    Source: the voice is that of the package hibari-tts; the timing and the melody are this project's own.
    """

    Config = HibariSingerConfig
    config: HibariSingerConfig

    @classmethod
    def card(cls, config: HibariSingerConfig) -> ModelCard:
        """Declare the model."""
        return ModelCard(
            title="Hibari singer",
            tasks=("singing-synthesis",),
            method="neural",
            licence="Apache-2.0",
            source="pypi:hibari-tts",
            revision=f"0.2.1, sha256 {SHA256[:16]}",
            input_languages=("en",),
            output_languages=("en",),
            limits=Limits(max_duration_s=MAX_DURATION_S, max_characters=MAX_CHARACTERS),
            memory_mb=420,
            requires=(Requirement(kind="module", name="hibari", package=PACKAGE, manager="pip"),),
            reports_progress=True,
        )

    def load(self, device: str) -> None:
        """Load the voice; it runs on the CPU."""
        self._voice = SingingVoice(self.config.threads)

    def unload(self) -> None:
        """Release the voice."""
        del self._voice

    def answer(self, request: SingingSynthesisRequest, work: Work) -> SingingSynthesisResponse:
        """Sing one song."""
        _check_language(request)
        song = self._song(request)
        _check_length(song)
        phrases = _phrases(song)
        parts: list[tuple[float, NDArray[np.float32]]] = []
        for number, (start_s, words) in enumerate(phrases):
            work.report(number / len(phrases))
            lead_s, waveform = self._sing(words)
            parts.append((start_s - lead_s, waveform))
        parts += _breaths(song)
        return SingingSynthesisResponse(audio=Audio(_mixed(parts)[np.newaxis], SAMPLE_RATE))

    def _song(self, request: SingingSynthesisRequest) -> Song:
        if request.score is None:
            notes = parse_notes(request.notes, request.durations)
            return align(request.lyrics or "", notes, self._syllable_counts)
        song, notes = read_score(request.score)
        return align(request.lyrics, notes, self._syllable_counts) if request.lyrics else song

    def _syllable_counts(self, words: Sequence[str]) -> list[int]:
        counts = [len(syllables(phonemes)) for phonemes in pronounce(words, self._voice.phonemes)]
        if 0 in counts:
            word = words[counts.index(0)]
            raise InvalidInput(f"'{word}' is no word that can be sung; write it out.", param="lyrics")
        return counts

    def _sing(self, words: Sequence[SungWord]) -> tuple[float, NDArray[np.float32]]:
        performance = perform(sung_syllables(words, self._voice.phonemes), self._voice.spoken_durations)
        waveform = self._voice.sing(performance.phonemes, performance.durations, performance.pitch, performance.vowels)
        return performance.lead_s, waveform


def _check_language(request: SingingSynthesisRequest) -> None:
    letters = [character for character in request.lyrics or "" if character.isalpha()]
    foreign = [letter for letter in letters if not letter.isascii() and letter.lower() == letter.upper()]
    if request.language != "en" or len(foreign) > len(letters) / 2:
        got = f"'{''.join(foreign[:20])}'" if foreign else f"language '{request.language}'"
        raise InvalidInput(
            f"This voice sings English only, not {got}; translate the lyrics and set 'language' to 'en'.",
            param="lyrics" if foreign else "language",
        )


def _length_s(part: SungWord | Rest) -> float:
    return part.duration_s if isinstance(part, Rest) else sum(note.duration_s for note in part.notes)


def _check_length(song: Song) -> None:
    total = sum(map(_length_s, song))
    if total > MAX_DURATION_S:
        raise TooLarge(
            f"The song lasts {total:.0f} s; at most {MAX_DURATION_S:g} s are sung at once. Send it verse by verse."
        )


def _phrases(song: Song) -> list[tuple[float, list[SungWord]]]:
    """Return the stretches sung without a rest, with their beginnings in seconds."""
    phrases = []
    start_s = 0.0
    for is_rest, group in groupby(song, key=lambda part: isinstance(part, Rest)):
        words: list[SungWord] = []
        now_s = start_s
        for part in group:
            if isinstance(part, SungWord) and not is_rest:
                words.append(part)
            now_s += _length_s(part)
            if words and (now_s - start_s >= PHRASE_S or len(words) >= PHRASE_WORDS):
                phrases.append((start_s, words))
                words, start_s = [], now_s
        if words:
            phrases.append((start_s, words))
        start_s = now_s
    return phrases


def _breaths(song: Song) -> list[tuple[float, NDArray[np.float32]]]:
    """Return the sound of breathing in at the end of each rest that is a breath, with its beginning in seconds."""
    from scipy.signal import butter, sosfilt

    random = np.random.default_rng(0)
    band = butter(2, (800, 6_000), "band", fs=SAMPLE_RATE, output="sos")
    breaths = []
    now_s = 0.0
    for part in song:
        now_s += _length_s(part)
        if isinstance(part, Rest) and part.breath:
            length_s = min(BREATH_S, 0.7 * part.duration_s)
            noise = sosfilt(band, random.standard_normal(round(length_s * SAMPLE_RATE)))
            swell = np.hanning(len(noise)) * BREATH_LEVEL
            breaths.append((now_s - 1.2 * length_s, np.asarray(noise * swell, np.float32)))
    return breaths


def _mixed(parts: Sequence[tuple[float, NDArray[np.float32]]]) -> NDArray[np.float32]:
    """Lay sounds on one time line that begins with 0 or the earliest sound, at an even peak level."""
    begin_s = min(0.0, *(start_s for start_s, _ in parts), 0.0)
    starts = [round((start_s - begin_s) * SAMPLE_RATE) for start_s, _ in parts]
    mixed = np.zeros(max(start + len(sound) for start, (_, sound) in zip(starts, parts, strict=True)), np.float32)
    for start, (_, sound) in zip(starts, parts, strict=True):
        mixed[start : start + len(sound)] += sound
    return mixed * np.float32(PEAK / max(float(np.abs(mixed).max()), 1e-9))
