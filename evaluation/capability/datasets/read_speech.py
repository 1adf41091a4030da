"""Read speech with its words: LibriSpeech, LibriTTS, LJSpeech, VCTK."""

import csv
from collections.abc import Iterator
from pathlib import Path

from evaluation.capability.datasets.layout import Layout, load, required, sound_file
from evaluation.capability.items import Item, Truth
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest

TASKS = ("speech-recognition", "text-to-speech")


def _utterance(task: str, name: str, words: str, path: Path) -> Item:
    audio = load(path)
    if task == "text-to-speech":
        return Item(name, TextToSpeechRequest(text=words), Truth(text=words, audio=audio))
    return Item(name, SpeechRecognitionRequest(audio=audio, language="en"), Truth(text=words))


def _librispeech(folder: Path, task: str) -> Iterator[Item]:
    for transcripts in sorted(folder.rglob("*.trans.txt")):
        for line in transcripts.read_text(encoding="utf-8").splitlines():
            name, _, words = line.partition(" ")
            path = required(sound_file(transcripts.parent, name), f"the sound of {name}")
            yield _utterance(task, name, words, path)


def _libritts(folder: Path, task: str) -> Iterator[Item]:
    for text in sorted(folder.rglob("*.normalized.txt")):
        name = text.name.removesuffix(".normalized.txt")
        path = required(sound_file(text.parent, name), f"the sound of {name}")
        yield _utterance(task, name, text.read_text(encoding="utf-8").strip(), path)


def _ljspeech(folder: Path, task: str) -> Iterator[Item]:
    with (folder / "metadata.csv").open(encoding="utf-8", newline="") as file:
        for name, _, normalized in csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE):
            path = required(sound_file(folder / "wavs", name), f"the sound of {name}")
            yield _utterance(task, name, normalized, path)


def _vctk(folder: Path, task: str) -> Iterator[Item]:
    for text in sorted(folder.glob("txt/*/*.txt")):
        speaker, name = text.parent.name, text.stem
        folders = sorted(folder.glob("wav48*"))
        found = (sound_file(f / speaker, f"{name}{mic}") for f in folders for mic in ("_mic1", ""))
        path = next((path for path in found if path is not None), None)
        if path is not None:  # some speakers have texts without recordings
            yield _utterance(task, name, text.read_text(encoding="utf-8").strip(), path)


LAYOUTS = (
    Layout("LibriTTS", TASKS, "**/*.normalized.txt", _libritts),
    Layout("LibriSpeech", TASKS, "**/*.trans.txt", _librispeech),
    Layout("LJSpeech", TASKS, "metadata.csv", _ljspeech),
    Layout("VCTK", TASKS, "txt/*/*.txt", _vctk),
)
