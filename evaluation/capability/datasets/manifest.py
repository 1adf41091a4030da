"""Data of one's own: a file `items.jsonl`, one request with its truth a line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evaluation.capability.datasets.layout import Layout, load
from evaluation.capability.items import Item, TrueEvent, Truth
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.media import media_fields
from model_wrappers.contract.tasks import get_task
from model_wrappers.contract.visual import Video

FILE = "items.jsonl"


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid")

    labels: tuple[str, ...] = Field(min_length=1)
    onset: float
    offset: float
    caption: str = ""


class _Truth(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str | None = None
    language: str = "en"
    references: tuple[str, ...] = ()
    audio: str | None = None
    sources: tuple[str, ...] = ()
    events: tuple[_Event, ...] | None = None
    video: str | None = None
    accept: str | None = None
    refuse: bool = False


class _Line(BaseModel):
    """Media are file names in the folder."""

    model_config = ConfigDict(extra="forbid")

    task: str
    id: str
    group: str = ""
    request: dict[str, Any]
    truth: _Truth = _Truth()


def _read(folder: Path, task: str) -> Iterator[Item]:
    for number, text in enumerate((folder / FILE).read_text(encoding="utf-8").splitlines(), 1):
        if text.strip():
            try:
                line = _Line.model_validate(json.loads(text))
                if line.task == task:
                    yield _item(folder, line)
            except (ValidationError, ValueError, OSError) as exc:
                raise InvalidInput(f"{FILE}, line {number}: {exc}", param="data") from exc


def _item(folder: Path, line: _Line) -> Item:
    kind = get_task(line.task).request
    media = media_fields(kind)
    arguments = {
        name: media[name].medium.decode((folder / value).read_bytes()) if name in media else value
        for name, value in line.request.items()
    }
    return Item(line.id, kind.model_validate(arguments), _truth(folder, line.truth), line.group)


def _truth(folder: Path, truth: _Truth) -> Truth:
    return Truth(
        text=truth.text,
        language=truth.language,
        references=truth.references,
        audio=load(folder / truth.audio) if truth.audio else None,
        sources=tuple(load(folder / name) for name in truth.sources),
        events=None if truth.events is None else tuple(TrueEvent(**event.model_dump()) for event in truth.events),
        video=Video.decode((folder / truth.video).read_bytes()) if truth.video else None,
        accept=truth.accept,
        refuse=truth.refuse,
    )


LAYOUT = Layout("a manifest", None, FILE, _read)
