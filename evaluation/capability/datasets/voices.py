"""Voices in style, in song and on film: ESD, Opencpop, and talking heads as MP4 (LRS2, LRS3, HDTF, MEAD)."""

import re
from collections.abc import Iterator
from pathlib import Path

from evaluation.capability.datasets.layout import Layout, load, required
from evaluation.capability.faces import frames_of
from evaluation.capability.items import Item, Truth
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.tasks.singing_synthesis import SingingSynthesisRequest
from model_wrappers.contract.tasks.style_transfer import StyleTransferRequest
from model_wrappers.contract.tasks.talking_head_synthesis import TalkingHeadSynthesisRequest
from model_wrappers.contract.visual import Image, Video

ESD_SENTENCES = 350  # of each speaker, said in each of the emotions one after the other
ESD_ENGLISH = range(11, 21)  # speakers
OPENCPOP_PAUSES = ("SP", "AP")


def _esd(folder: Path, task: str) -> Iterator[Item]:
    """Read a neutral sentence, another sentence in an emotion as its reference, and the same one so as the truth."""
    for index in sorted(folder.glob("*/*.txt")):
        speaker = index.stem
        if not (speaker.isdigit() and int(speaker) in ESD_ENGLISH):
            continue
        rows = [line.split("\t") for line in index.read_text(encoding="utf-8").splitlines() if line.strip()]
        spoken = {int(name.rpartition("_")[2]): (name, words.strip(), emotion.strip()) for name, words, emotion in rows}
        for number, (name, words, emotion) in sorted(spoken.items()):
            neutral = spoken.get((number - 1) % ESD_SENTENCES + 1)
            other = spoken.get(number + 1 if number % ESD_SENTENCES else number - 1)
            if (
                emotion == "Neutral"
                or neutral is None
                or neutral[2] != "Neutral"
                or other is None
                or other[2] != emotion
            ):
                continue
            audio, reference, true = (
                _esd_sound(index.parent, *row) for row in (neutral, other, (name, words, emotion))
            )
            yield Item(
                name, StyleTransferRequest(audio=audio, reference=reference), Truth(text=words, audio=true), emotion
            )


def _esd_sound(folder: Path, name: str, words: str, emotion: str) -> Audio:
    found = next((folder / emotion).rglob(f"{name}.wav"), None)
    return load(required(found, f"the sound of {name}"))


def _opencpop(folder: Path, task: str) -> Iterator[Item]:
    """Read `segments/test.txt`: id, words, phonemes, notes, note durations, phoneme durations, slurs, between bars."""
    index = next(folder.rglob("segments/test.txt"))
    for line in index.read_text(encoding="utf-8").splitlines():
        name, words, phonemes, notes, durations, _, slurs = line.split("|")
        sung = list(zip(phonemes.split(), notes.split(), map(float, durations.split()), slurs.split(), strict=True))
        pitches, seconds = _notes(sung)
        request = SingingSynthesisRequest(
            lyrics=re.sub("|".join(OPENCPOP_PAUSES), " ", words), notes=pitches, durations=seconds, language="zh"
        )
        true = load(required(index.parent / "wavs" / f"{name}.wav", f"the sound of {name}"))
        yield Item(name, request, Truth(text=words, language="zh", audio=true))


def _notes(sung: list[tuple[str, str, float, str]]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Return one note a syllable or slur: an initial repeats the note of its final, in pitch and in duration."""
    kept: list[tuple[str, float]] = []
    before: tuple[str, float] | None = None
    for phoneme, note, seconds, slur in sung:
        pitch = "rest" if phoneme in OPENCPOP_PAUSES else note.partition("/")[0]
        if slur == "1" or (pitch, seconds) != before:
            kept.append((pitch, seconds))
            before = (pitch, seconds)
        else:
            before = None
    return tuple(pitch for pitch, _ in kept), tuple(seconds for _, seconds in kept)


def _films(folder: Path, task: str) -> Iterator[Item]:
    """Take the speech and the first picture of every film, and the film itself as the truth."""
    for path in sorted(folder.rglob("*.mp4")):
        film = Video.decode(path.read_bytes())
        request = TalkingHeadSynthesisRequest(audio=Audio.decode(film.data), image=Image(frames_of(film)[0]))
        yield Item(str(path.relative_to(folder).with_suffix("")), request, Truth(video=film))


LAYOUTS = (
    Layout("ESD", ("style-transfer",), "0011/0011.txt", _esd),
    Layout("Opencpop", ("singing-synthesis",), "**/segments/test.txt", _opencpop),
    Layout("films of talking heads", ("talking-head-synthesis",), "**/*.mp4", _films),
)
