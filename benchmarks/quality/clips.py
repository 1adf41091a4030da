"""Recordings of people from Debian packages, and what rooms, lines and machines make of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from evaluation.capability import standard_voices as people
from evaluation.capability.conditions import CONDITIONS
from evaluation.capability.items import USED
from evaluation.sound_sources import sources_for
from model_wrappers.contract.audio import Audio
from model_wrappers.sounds.composer import compose
from model_wrappers.sounds.music_styles import Style

SAMPLE_RATE = 16_000  # Hz
CARDS = Path("/usr/share/pocketsphinx/test/data/cards")
VARIATIONS = 3  # of each recording, beside the recording itself
LONG_S = 1_800
MUSIC = ({"melody": 0}, {"melody": 40, "drums": None}, {"melody": 73, "tempo": 70.0}, {"melody": 52, "harmony": 53})

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Clip:
    """A sound at 16 kHz, shape `(channels, samples)`, and the words in it, none where nobody speaks."""

    name: str
    kind: str
    waveform: Samples
    words: str
    language: str = "en"


def clips(long: bool, folder: Path | None = None) -> Iterator[Clip]:
    """Yield recordings, their variations, and what is made of several or of none.

    Args:
        long: Whether half an hour of reading is among them.
        folder: Recordings of one's own: sound files with a `.txt` of the same name, by folders named as languages.
    """
    rng = np.random.default_rng(15)
    recordings = [*_book(), *_cards(), *_announcements(), *_stamps(), *(_own(folder) if folder else ())]
    for recording in recordings:
        yield recording
        for name in rng.choice(list(CONDITIONS), VARIATIONS, replace=False):
            changed = CONDITIONS[name](recording.waveform[0], rng)
            yield replace(recording, name=f"{recording.name} {name}", kind=str(name), waveform=_row(changed))
    yield from _joined(recordings)
    yield from _wordless()
    if long:
        yield _long(recordings)


def _book() -> Iterator[Clip]:
    for name, audio, words in people.book_sentences():
        yield Clip(f"book-{name}", "as recorded", _row(audio.resample(SAMPLE_RATE).mono()), words)


def _cards() -> Iterator[Clip]:
    for line in (CARDS / "cards.transcription").read_text().splitlines():
        words, _, name = line.removeprefix("<s> ").partition(" </s> ")
        audio = Audio.decode((CARDS / f"{name.strip('()')}.wav").read_bytes())
        yield Clip(f"cards-{name.strip('()')}", "as recorded", _row(audio.resample(SAMPLE_RATE).mono()), words)


def _announcements() -> Iterator[Clip]:
    for name, audio, words in people.announcements():
        kind = "one word" if len(words.split()) == 1 else "as recorded"
        yield Clip(f"line-{name}", kind, audio.waveform, words)


def _stamps() -> Iterator[Clip]:
    for language in people.VOLUNTEERS_USED:
        for name, audio, words in people.volunteers(language, USED):
            yield Clip(f"stamp-{language}-{name}", "volunteers", audio.waveform, words, language)


def _own(folder: Path) -> Iterator[Clip]:
    for text in sorted(folder.rglob("*.txt")):
        sounds = [path for path in text.parent.glob(f"{text.stem}.*") if path != text]
        if sounds:
            samples = Audio.decode(sounds[0].read_bytes()).resample(SAMPLE_RATE).mono()
            language = text.parent.name if len(text.parent.name) == 2 else "en"
            yield Clip(f"own-{language}-{text.stem}", "own", _row(samples), text.read_text("utf-8"), language)


def _joined(recordings: list[Clip]) -> Iterator[Clip]:
    """Two languages one after the other, two talkers on two channels, one sentence over and over."""
    english = [each for each in recordings if each.language == "en" and each.waveform.shape[1] > 3 * SAMPLE_RATE]
    pause = np.zeros((1, SAMPLE_RATE), np.float32)
    for language in ("es", "fr", "ru"):
        spoken = [each for each in recordings if each.language == language]
        for number, first in enumerate(english[:12:4]):
            others = [_level(each.waveform) for each in spoken[3 * number : 3 * number + 3]]
            words = " ".join([first.words, *(each.words for each in spoken[3 * number : 3 * number + 3])])
            sound = np.concatenate([_level(first.waveform), pause, *others], axis=1)
            yield Clip(f"en-{language}-{number}", "two languages", sound, words, "mixed")
    for number, (left, right) in enumerate(zip(english[:8], english[8:16], strict=True)):
        overlap = min(left.waveform.shape[1], right.waveform.shape[1]) // (2 if number % 2 else 4)
        sound = np.zeros((2, left.waveform.shape[1] + right.waveform.shape[1] - overlap), np.float32)
        sound[0, : left.waveform.shape[1]] = _level(left.waveform)[0]
        sound[1, -right.waveform.shape[1] :] = _level(right.waveform)[0]
        yield Clip(f"talkers-{number}", "two talkers", sound, f"{left.words} {right.words}")
    for each in english[:3]:
        sound = np.concatenate([each.waveform, pause] * 5, axis=1)
        yield Clip(f"{each.name} five times", "said five times", sound, " ".join([each.words] * 5))


def _wordless() -> Iterator[Clip]:
    rng = np.random.default_rng(3)
    time_s = np.arange(12 * SAMPLE_RATE) / SAMPLE_RATE
    sounds = {
        "silence": np.zeros(len(time_s)),
        "white noise": 0.05 * rng.standard_normal(len(time_s)),
        "hiss": 0.001 * rng.standard_normal(len(time_s)),
        "hum": sum(0.1 / k * np.sin(2 * np.pi * 50 * k * time_s) for k in (1, 2, 3, 5)),
        "tone": 0.2 * np.sin(2 * np.pi * 440 * time_s),
        "clicks": 0.5 * (rng.random(len(time_s)) < 2e-4),
        "rising tone": 0.2 * np.sin(2 * np.pi * (200 + 100 * time_s) * time_s),
    }
    sounds |= {f"music {n}": _music(Style().but(**style), n) for n, style in enumerate(MUSIC)}
    speech = ("reader", "narrator")
    for use in ("tuning", "evaluation"):
        sounds |= {each.name: each.waveform(SAMPLE_RATE) for each in sources_for(use) if each.name not in speech}
    for name, samples in sounds.items():
        yield Clip(name, "no words", _row(samples), "")
        yield Clip(f"{name}, 0.4 s", "no words", _row(samples[: 2 * SAMPLE_RATE // 5]), "")


def _music(style: Style, seed: int) -> Samples:
    sound = compose(style, 12.0, seed).render().mean(axis=0)
    return resample_poly(sound, SAMPLE_RATE, 44_100).astype(np.float32)


def _long(recordings: list[Clip]) -> Clip:
    read = [each for each in recordings if each.language == "en" and each.waveform.shape[1] > 2 * SAMPLE_RATE]
    rng = np.random.default_rng(7)
    parts, words, length = [], [], 0
    while length < LONG_S * SAMPLE_RATE:
        each = read[int(rng.integers(len(read)))]
        parts += [_level(each.waveform), np.zeros((1, int(rng.integers(8_000, 32_000))), np.float32)]
        words.append(each.words)
        length += parts[-1].shape[1] + parts[-2].shape[1]
    return Clip("half an hour", "half an hour", np.concatenate(parts, axis=1), " ".join(words))


def _level(waveform: Samples) -> Samples:
    return np.asarray(waveform / max(1e-9, float(np.sqrt((waveform**2).mean()))) * people.LEVEL, np.float32)


def _row(samples: NDArray[np.floating]) -> Samples:
    return np.ascontiguousarray(samples[None], np.float32)
