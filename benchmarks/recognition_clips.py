"""Recordings of people from Debian packages, and what rooms, lines and machines make of them."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, resample_poly, sosfilt

from evaluation.capability import standard_voices as people
from evaluation.sound_sources import STAMPS, sources_for
from model_wrappers.contract.audio import Audio
from model_wrappers.sounds.composer import compose
from model_wrappers.sounds.music_styles import Style

SAMPLE_RATE = 16_000  # Hz
ANNOUNCEMENTS = Path(__file__).parents[1] / "evaluation" / "cases" / "announcements.json"
CARDS = Path("/usr/share/pocketsphinx/test/data/cards")
STAMPS_OF_EACH = {"en": 30, "es": 12, "fr": 12, "ru": 8, "ca": 4, "el": 4}  # clips by language
VARIATIONS = 3  # of each recording, beside the recording itself
LONG_S = 1_800
MUSIC = ({"melody": 0}, {"melody": 40, "drums": None}, {"melody": 73, "tempo": 70.0}, {"melody": 52, "harmony": 53})

Samples = NDArray[np.float32]
Change = Callable[[Samples, np.random.Generator], Samples]


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
        for name in rng.choice(list(CHANGES), VARIATIONS, replace=False):
            changed = CHANGES[name](recording.waveform[0], rng)
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
    folder = people.TELEPHONE / people.TELEPHONE_VOICES["en"][0]
    for name, words in json.loads(ANNOUNCEMENTS.read_text(encoding="utf-8")).items():
        kind = "one word" if len(words.split()) == 1 else "as recorded"
        yield Clip(f"line-{name}", kind, _row(people.read_g722(folder / f"{name}.g722")), words)


def _stamps() -> Iterator[Clip]:
    """Volunteers naming what a picture shows, with whatever microphone they had."""
    for language, count in STAMPS_OF_EACH.items():
        suffix = "_desc.ogg" if language == "en" else f"_desc_{language}.ogg"
        paths = sorted(STAMPS.rglob(f"*{suffix}"))
        for path in paths[:: max(1, len(paths) // count)][:count]:
            name = path.name.removesuffix(suffix)
            if words := _stamp_words(path.with_name(f"{name}.txt"), language):
                samples = Audio.decode(path.read_bytes()).resample(SAMPLE_RATE).mono()
                yield Clip(f"stamp-{language}-{name}", "volunteers", _row(samples), words, language)


def _stamp_words(path: Path, language: str) -> str:
    if not path.exists():
        return ""
    english, *others = path.read_text(encoding="utf-8").splitlines()
    if language == "en":
        return english
    marked = f"{language}.utf8="
    return next((line.removeprefix(marked) for line in others if line.startswith(marked)), "")


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


def _noisy(name: str, snr_db: float) -> Change:
    def change(samples: Samples, rng: np.random.Generator) -> Samples:
        noise = people.noises(60.0)[name]
        first = int(rng.integers(len(noise) - SAMPLE_RATE))
        return people.mixed(samples, np.resize(np.roll(noise, -first), len(samples)), snr_db)

    return change


def _room(rt60_s: float) -> Change:
    def change(samples: Samples, rng: np.random.Generator) -> Samples:
        time_s = np.arange(int(rt60_s * SAMPLE_RATE)) / SAMPLE_RATE
        response = rng.standard_normal(len(time_s)) * 10 ** (-3 * time_s / rt60_s) * 0.05
        response[0] = 1.0
        return np.asarray(fftconvolve(samples, response), np.float32)

    return change


def _telephone(samples: Samples, _: np.random.Generator) -> Samples:
    narrow = sosfilt(butter(4, (300, 3_400), "bandpass", fs=SAMPLE_RATE, output="sos"), samples)
    narrow = resample_poly(narrow, 1, 2)
    companded = np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256)
    companded = np.round(companded * 127) / 127
    return resample_poly(np.sign(companded) * (256 ** np.abs(companded) - 1) / 255, 2, 1).astype(np.float32)


def _coded(codec: str, container: str, rate: int, bit_rate: int) -> Change:
    def change(samples: Samples, _: np.random.Generator) -> Samples:
        buffer = io.BytesIO()
        pcm = Audio(_row(samples), SAMPLE_RATE).resample(rate).waveform
        with av.open(buffer, "w", format=container) as file:
            stream = file.add_stream(codec, rate=rate, layout="mono", bit_rate=bit_rate)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm), format="fltp", layout="mono")
            frame.sample_rate = rate
            file.mux(stream.encode(frame))
            file.mux(stream.encode(None))
        return Audio.decode(buffer.getvalue()).resample(SAMPLE_RATE).mono()

    return change


def _between_silence(samples: Samples, rng: np.random.Generator) -> Samples:
    hiss = 1e-4 * rng.standard_normal(6 * SAMPLE_RATE)
    return np.concatenate([hiss, samples, hiss[::-1]]).astype(np.float32)


def _at_speed(up: int, down: int) -> Change:
    return lambda samples, _: resample_poly(samples, up, down).astype(np.float32)


CHANGES: dict[str, Change] = {
    "-40 dB": lambda samples, _: samples * np.float32(0.01),
    "-60 dB": lambda samples, rng: (samples * 1e-3 + 1e-5 * rng.standard_normal(len(samples))).astype(np.float32),
    "overdriven": lambda samples, _: np.clip(samples * (8 / np.abs(samples).max()), -1, 1),
    "telephone": _telephone,
    "room 0.4 s": _room(0.4),
    "room 0.9 s": _room(0.9),
    "white 10 dB": _noisy("white", 10),
    "pink 5 dB": _noisy("pink", 5),
    "babble 5 dB": _noisy("babble", 5),
    "helicopter 5 dB": _noisy("helicopter", 5),
    "stream 0 dB": _noisy("stream", 0),
    "fast": _at_speed(4, 5),
    "slow": _at_speed(5, 4),
    "MP3 at 16 kbit/s": _coded("libmp3lame", "mp3", 16_000, 16_000),
    "Opus at 6 kbit/s": _coded("libopus", "ogg", 48_000, 6_000),
    "between silence": _between_silence,
}


def _level(waveform: Samples) -> Samples:
    return np.asarray(waveform / max(1e-9, float(np.sqrt((waveform**2).mean()))) * people.LEVEL, np.float32)


def _row(samples: NDArray[np.floating]) -> Samples:
    return np.ascontiguousarray(samples[None], np.float32)
