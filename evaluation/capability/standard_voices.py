"""Human speech from Debian packages: a reader of books, the voices of telephone systems, and volunteers."""

import json
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from evaluation.capability.items import USED, Split
from evaluation.sound_sources import LIBRIVOX, STAMPS, sources_for
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import NotFound

SAMPLE_RATE = 16_000  # Hz
VOLUNTEERS_USED = {"en": 30, "es": 12, "fr": 12, "ru": 8, "ca": 4, "el": 4}  # clips by language
OTHERS = 30  # clips of a language
LEVEL = 0.05  # RMS every voice is brought to
TELEPHONE = Path("/usr/share/asterisk/sounds")
TELEPHONE_VOICES = {
    "en": ("en_US_f_Allison", "asterisk-core-sounds-en-g722"),
    "fr": ("fr_CA_f_June", "asterisk-core-sounds-fr-g722"),
    "it": ("it_IT_m_Carlo", "asterisk-core-sounds-it-g722"),
}
UNHEARD_VOICES = {
    "mexican": ("es_MX_f_Allison", "asterisk-core-sounds-es-g722"),
    "russian": ("ru_RU_f_IvrvoiceRU", "asterisk-core-sounds-ru-g722"),
    "menardi": ("it_IT_f_Menardi", "asterisk-prompt-it-menardi-wav"),
    "armelle": ("fr", "asterisk-prompt-fr-armelle"),
    "colombian": ("es", "asterisk-prompt-es-co"),
}
"""Whose figures are those of voices never used."""
RAW = {".g722": "g722", ".gsm": "gsm"}  # files without a header that a reader could tell them by
UNHEARD_NOISES = ("wind", "applause", "fire", "jet", "bus", "thunder")
ANNOUNCEMENT_TEXTS = Path(__file__).parents[1] / "cases" / "announcements.json"
# Longer announcements that every language has.
ANNOUNCEMENTS = (
    *("conf-noempty", "conf-waitforleader", "dir-instr", "vm-forwardoptions", "vm-mailboxfull", "vm-nonumber"),
    *("vm-options", "vm-review", "vm-saveoper", "vm-whichbox", "agent-incorrect", "conf-invalid"),
)

Samples = NDArray[np.float32]


@lru_cache(maxsize=1)
def book_sentences() -> tuple[tuple[str, Audio, str], ...]:
    """Return name, sound and words of five sentences of "Sense and Sensibility" (LibriVox, public domain).

    Raises:
        NotFound: If the package is not installed.
    """
    transcripts = _file(LIBRIVOX / "transcription", "pocketsphinx-testdata").read_text(encoding="utf-8")
    found = []
    for line in transcripts.splitlines():
        words, _, name = line.removeprefix("<s> ").partition(" </s> ")
        name = name.strip("()")
        audio = Audio.decode((LIBRIVOX / f"{name}.wav").read_bytes())
        found.append((name.rpartition("-")[2], audio, words))
    return tuple(found)


def book_voice(seconds: float, start: int = 0) -> Samples:
    """Return the book's reader without a break, from one of the sentences on, shape `(samples,)`."""
    clips = [audio.mono() for _, audio, _ in book_sentences()]
    return _levelled(np.concatenate([*clips[start:], *clips[:start]]), seconds)


@lru_cache(maxsize=1)
def announcements() -> tuple[tuple[str, Audio, str], ...]:
    """Return name, sound and words of single words and sentences of a telephone system, read by a woman.

    Raises:
        NotFound: If the package is not installed.
    """
    folder, package = TELEPHONE_VOICES["en"]
    return tuple(
        (name, _mono(read_prompt(_file(TELEPHONE / folder / f"{name}.g722", package))), words)
        for name, words in json.loads(ANNOUNCEMENT_TEXTS.read_text(encoding="utf-8")).items()
    )


@lru_cache(maxsize=16)
def volunteers(language: str, split: Split) -> tuple[tuple[str, Audio, str], ...]:
    """Return name, sound and words of people who name what a picture shows, with whatever microphone they had.

    Args:
        language: ISO 639-1.
        split: Those the recogniser's rules were made with, or as many others.
    """
    suffix = "_desc.ogg" if language == "en" else f"_desc_{language}.ogg"
    paths = sorted(STAMPS.rglob(f"*{suffix}"))
    count = VOLUNTEERS_USED.get(language, 0)
    used = paths[:: max(1, len(paths) // max(1, count))][:count]
    others = [path for path in paths if path not in used]
    chosen = used if split == USED else others[:: max(1, len(others) // OTHERS)][:OTHERS]
    found = []
    for path in chosen:
        name = path.name.removesuffix(suffix)
        if words := _stamp_words(path.with_name(f"{name}.txt"), language):
            samples = Audio.decode(path.read_bytes()).resample(SAMPLE_RATE).mono()
            found.append((name, _mono(samples), words))
    return tuple(found)


def _stamp_words(path: Path, language: str) -> str:
    if not path.exists():
        return ""
    english, *others = path.read_text(encoding="utf-8").splitlines()
    if language == "en":
        return english
    marked = f"{language}.utf8="
    return next((line.removeprefix(marked) for line in others if line.startswith(marked)), "")


def _mono(samples: Samples) -> Audio:
    return Audio(np.ascontiguousarray(samples[None], np.float32), SAMPLE_RATE)


@lru_cache(maxsize=16)
def telephone_voice(name: str, seconds: float) -> Samples:
    """Return a voice reading announcements, shape `(samples,)`.

    Args:
        name: Of `TELEPHONE_VOICES` or `UNHEARD_VOICES`.
        seconds: To cut it to.

    Raises:
        NotFound: If its package is not installed.
    """
    folder, package = (TELEPHONE_VOICES | UNHEARD_VOICES)[name]
    clips = [read_prompt(path) for each in ANNOUNCEMENTS for path in (TELEPHONE / folder).glob(f"{each}.*")]
    if not clips:
        raise NotFound(f"There is no speech in '{TELEPHONE / folder}'; install the Debian package {package}.")
    return _levelled(np.concatenate(clips), seconds)


def read_prompt(path: Path) -> Samples:
    """Return the samples of a file of a telephone system, at `SAMPLE_RATE`."""
    with av.open(str(path), format=RAW.get(path.suffix)) as container:
        rate = container.streams.audio[0].rate
        blocks = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    samples = np.concatenate(blocks).astype(np.float32) / 2**15
    return samples if rate == SAMPLE_RATE else Audio(samples[None], rate).resample(SAMPLE_RATE).mono()


def voices(seconds: float) -> dict[str, Samples]:
    """Return four people by name, each as long and as loud."""
    people = {"book": book_voice(seconds)}
    return people | {language: telephone_voice(language, seconds) for language in TELEPHONE_VOICES}


def unheard_voices(seconds: float) -> dict[str, Samples]:
    """Return five people by name whom no model here was worked on with, each as long and as loud."""
    return {name: telephone_voice(name, seconds) for name in UNHEARD_VOICES}


def babble(seconds: float) -> Samples:
    """Return six voices talking at once: three people, each also with another voice's pitch."""
    people = [telephone_voice(language, 2 * seconds) for language in TELEPHONE_VOICES]
    shifted = [
        Audio(voice[None], rate).resample(SAMPLE_RATE).mono()
        for voice, rate in zip(people, (13_000, 19_000, 14_000), strict=True)
    ]
    parts = [
        np.roll(np.resize(voice, int(seconds * SAMPLE_RATE)), 9_000 * k) for k, voice in enumerate([*people, *shifted])
    ]
    return np.sum(parts, axis=0, dtype=np.float32)


def noises(seconds: float) -> dict[str, Samples]:
    """Return seven noises by name: two made, babble, and four recordings repeated."""
    rng = np.random.default_rng(0)
    samples = int(seconds * SAMPLE_RATE)
    white = rng.standard_normal(samples)
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 10)), samples)
    recorded = {source.name: source for source in sources_for("evaluation")}
    return {
        "white": white.astype(np.float32),
        "pink": pink.astype(np.float32),
        "babble": babble(seconds),
        **{
            name: np.resize(recorded[name].waveform(SAMPLE_RATE), samples)
            for name in ("stream", "helicopter", "jackhammer", "chainsaw")
        },
    }


def unheard_noises(seconds: float) -> dict[str, Samples]:
    """Return six recordings by name that no model here was worked on with, repeated."""
    recorded = {source.name: source for source in sources_for("unseen")}
    samples = int(seconds * SAMPLE_RATE)
    return {name: np.resize(recorded[name].waveform(SAMPLE_RATE), samples) for name in UNHEARD_NOISES}


def mixed(voice: Samples, noise: Samples, snr_db: float) -> Samples:
    """Return a voice with noise at a signal-to-noise ratio."""
    gain = voice.std() / noise.std() / 10 ** (snr_db / 20)
    return np.asarray(voice + gain * noise, np.float32)


def _levelled(samples: Samples, seconds: float) -> Samples:
    cut = np.resize(samples, int(seconds * SAMPLE_RATE))
    return np.asarray(cut / np.sqrt((cut**2).mean()) * LEVEL, np.float32)


def _file(path: Path, package: str) -> Path:
    if not path.exists():
        raise NotFound(f"There is no '{path}'; install the Debian package {package}.")
    return path
