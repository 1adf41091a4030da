"""Sounds with their events: AudioSet, DESED and other strong labels, URBAN-SED."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from evaluation.capability.datasets.layout import EXTENSIONS, Layout, load, required, sound_file
from evaluation.capability.items import Item, TrueEvent, Truth
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.tasks.sound_detection import SoundDetectionRequest
from model_wrappers.contract.tasks.target_sound_detection import TargetSoundDetectionRequest

TASKS = ("sound-detection", "target-sound-detection")
# Names of DESED and URBAN-SED, and the AudioSet classes that are right for them.
CLASSES = {
    "air_conditioner": ("Air conditioning",),
    "car_horn": ("Vehicle horn, car horn, honking",),
    "children_playing": ("Children playing",),
    "dog_bark": ("Bark", "Dog"),
    "drilling": ("Drill",),
    "engine_idling": ("Idling", "Engine"),
    "gun_shot": ("Gunshot, gunfire",),
    "jackhammer": ("Jackhammer",),
    "siren": ("Siren",),
    "street_music": ("Music",),
    "Alarm_bell_ringing": ("Alarm", "Bell"),
    "Blender": ("Blender",),
    "Cat": ("Cat",),
    "Dishes": ("Dishes, pots, and pans",),
    "Dog": ("Dog",),
    "Electric_shaver_toothbrush": ("Electric shaver, electric razor", "Electric toothbrush"),
    "Frying": ("Frying (food)",),
    "Running_water": ("Water tap, faucet", "Water"),
    "Speech": ("Speech",),
    "Vacuum_cleaner": ("Vacuum cleaner",),
}


def _audioset(folder: Path, task: str) -> Iterator[Item]:
    """Read `eval_segments.csv`; a label holds for the whole clip of ten seconds."""
    with required(next(folder.rglob("class_labels_indices.csv"), None), "class_labels_indices.csv").open() as file:
        names = {row["mid"]: row["display_name"] for row in csv.DictReader(file)}
    sounds = {path.stem.removeprefix("Y"): path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS}
    with next(folder.rglob("eval_segments.csv")).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file, skipinitialspace=True) if row and not row[0].startswith("#")]
    for video, _, _, labels in rows:
        if video in sounds:  # videos disappear, so copies of the data differ
            audio = load(sounds[video])
            events = [TrueEvent((names[label],), 0.0, audio.duration_s) for label in labels.split(",")]
            yield from _items(task, video, audio, events)


def _strong_labels(folder: Path, task: str) -> Iterator[Item]:
    """Read tables of `filename, onset, offset, event_label`, and sounds anywhere below."""
    sounds = {path.name: path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS}
    for table in sorted(folder.rglob("*.tsv")):
        events: dict[str, list[TrueEvent]] = defaultdict(list)
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                heard = events[row["filename"]]
                if row["onset"]:
                    heard.append(_event(row["event_label"], float(row["onset"]), float(row["offset"])))
        for name, known in events.items():
            if name in sounds:
                yield from _items(task, name, load(sounds[name]), known)


def _urban_sed(folder: Path, task: str) -> Iterator[Item]:
    """Read `annotations/test/*.txt` (onset, offset, label) and `audio/test/`."""
    for annotation in sorted(folder.glob("annotations/test/*.txt")):
        path = required(sound_file(folder / "audio" / "test", annotation.stem), f"the sound of {annotation.stem}")
        rows = [line.split() for line in annotation.read_text(encoding="utf-8").splitlines() if line.strip()]
        events = [_event(label, float(onset), float(offset)) for onset, offset, label in rows]
        yield from _items(task, annotation.stem, load(path), events)


def _event(label: str, onset: float, offset: float) -> TrueEvent:
    return TrueEvent(CLASSES.get(label, (label,)), onset, offset)


def _items(task: str, name: str, audio: Audio, events: list[TrueEvent]) -> Iterator[Item]:
    """Yield one item with all events, or one for each sound that is a target."""
    if task == "sound-detection":
        yield Item(name, SoundDetectionRequest(audio=audio), Truth(events=tuple(events)))
        return
    for labels in dict.fromkeys(event.labels for event in events):
        request = TargetSoundDetectionRequest(audio=audio, target=labels[0])
        yield Item(f"{name}-{labels[0]}", request, Truth(events=tuple(e for e in events if e.labels == labels)))


LAYOUTS = (
    Layout("AudioSet", TASKS, "**/eval_segments.csv", _audioset),
    Layout("URBAN-SED", TASKS, "annotations/test/*.txt", _urban_sed),
    Layout("strong labels (DESED, AudioSet)", TASKS, "**/*.tsv", _strong_labels),
)
