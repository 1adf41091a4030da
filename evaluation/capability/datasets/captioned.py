"""Sounds with captions by people: AudioCaps and Clotho."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from evaluation.capability.datasets.layout import EXTENSIONS, Layout, load, required, sound_file
from evaluation.capability.items import Item, Truth
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.tasks.audio_captioning import AudioCaptioningRequest
from model_wrappers.contract.tasks.audio_inpainting import AudioInpaintingRequest
from model_wrappers.contract.tasks.text_to_audio import TextToAudioRequest

TASKS = ("audio-captioning", "text-to-audio", "audio-inpainting")
GAP = (0.45, 0.55)  # shares of a recording between which it is masked


def _audiocaps(folder: Path, task: str) -> Iterator[Item]:
    """Read `test.csv` and sounds named after the video, with or without its start."""
    captions: dict[tuple[str, str], list[str]] = defaultdict(list)
    with _index(folder, "test.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            captions[row["youtube_id"], row["start_time"]].append(row["caption"])
    sounds = {path.stem: path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS}
    for (video, start), texts in captions.items():
        names = (video, f"Y{video}", f"{video}_{start}", f"{video}_{start}000")
        path = next((sounds[name] for name in names if name in sounds), None)
        if path is not None:  # videos disappear, so copies of the data differ
            yield _captioned(task, video, load(path), tuple(texts))


def _clotho(folder: Path, task: str) -> Iterator[Item]:
    with _index(folder, "clotho_captions_evaluation.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name = row["file_name"]
            path = next((p for f in ("evaluation", ".") if (p := sound_file(folder / f, name)) is not None), None)
            texts = tuple(row[f"caption_{k}"] for k in range(1, 6))
            yield _captioned(task, Path(name).stem, load(required(path, f"the sound '{name}'")), texts)


def _index(folder: Path, name: str) -> Path:
    return required(next(folder.rglob(name), None), name)


def _captioned(task: str, name: str, audio: Audio, captions: tuple[str, ...]) -> Item:
    if task == "audio-captioning":
        return Item(name, AudioCaptioningRequest(audio=audio), Truth(references=captions))
    if task == "text-to-audio":
        request = TextToAudioRequest(text=captions[0], duration=audio.duration_s)
        return Item(name, request, Truth(audio=audio, references=captions))
    start, end = (share * audio.duration_s for share in GAP)
    damaged = audio.waveform.copy()
    damaged[:, int(start * audio.sample_rate) : int(end * audio.sample_rate)] = 0.0
    masked = AudioInpaintingRequest(audio=Audio(damaged, audio.sample_rate), start=start, end=end)
    return Item(name, masked, Truth(audio=audio))


LAYOUTS = (
    Layout("Clotho", TASKS, "**/clotho_captions_evaluation.csv", _clotho),
    Layout("AudioCaps", TASKS, "**/test.csv", _audiocaps),
)
