"""Speech with its translation: MuST-C."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from evaluation.capability.datasets.layout import Layout, load, load_between
from evaluation.capability.items import Item, Truth
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest


def _must_c(folder: Path, task: str) -> Iterator[Item]:
    """Read `<pair>/data/<split>/txt/<split>.{yaml,en,xx}` and the talks in `wav/`, English into the other language."""
    for segments_file in sorted(folder.rglob("data/*/txt/*.yaml")):
        segments = yaml.safe_load(segments_file.read_text(encoding="utf-8"))
        english = segments_file.with_suffix(".en")
        (translated,) = [
            p for p in segments_file.parent.glob(f"{segments_file.stem}.*") if p not in (segments_file, english)
        ]
        lines = [path.read_text(encoding="utf-8").splitlines() for path in (english, translated)]
        if not len(segments) == len(lines[0]) == len(lines[1]):
            raise InvalidInput(f"'{segments_file}' and its texts have different numbers of lines.", param="data")
        talk_name, talk = "", None
        for number, (segment, source, target) in enumerate(zip(segments, *lines, strict=True)):
            if talk is None or segment["wav"] != talk_name:
                talk_name, talk = segment["wav"], load(segments_file.parents[1] / "wav" / segment["wav"])
            audio = load_between(talk, float(segment["offset"]), float(segment["duration"]))
            request = SpeechTranslationRequest(
                audio=audio, source_language="en", target_language=translated.suffix.removeprefix(".")
            )
            yield Item(f"{talk_name}-{number}", request, Truth(text=source, references=(target,)))


LAYOUTS = (Layout("MuST-C", ("speech-translation",), "**/data/*/txt/*.yaml", _must_c),)
