import io

import numpy as np
import pytest
from PIL import Image as PillowImage
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from model_wrappers.contract.artifacts import ArtifactRef, Kind
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import TooLarge, UnsupportedMedia
from model_wrappers.contract.media import MediaField, Medium, media_fields
from model_wrappers.contract.symbolic import Posteriorgram, Score
from model_wrappers.contract.tasks import TASKS, Task
from model_wrappers.contract.tasks.base import TaskRequest, TaskResponse
from model_wrappers.contract.visual import Image, Video

MIDI = b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60MTrk\x00\x00\x00\x04\x00\xff\x2f\x00"
MUSICXML = b'<?xml version="1.0"?><score-partwise version="4.0"></score-partwise>'


def reference(kind: Kind) -> ArtifactRef:
    return ArtifactRef(tenant="default", id="0" * 64, kind=kind, media_type="application/octet-stream", size_bytes=1)


def decoded(medium: type[Medium]) -> Medium:
    """A small real medium of a type."""
    return {
        Audio: Audio(np.zeros((1, 160), np.float32), 16_000),
        Image: Image(np.zeros((4, 6, 3), np.uint8)),
        Video: Video(b"", 4, 6, 25.0, 1.0),
        Score: Score(MIDI, "audio/midi"),
        Posteriorgram: Posteriorgram(np.ones((3, 2), np.float32), ("dog", "rain"), 0.5),
    }[medium]


def fields_of_all_tasks() -> list[tuple[type[TaskRequest] | type[TaskResponse], str, MediaField]]:
    return [
        (model, name, MediaField(field.medium))
        for task in TASKS.values()
        for model in (task.request, task.response)
        for name, field in media_fields(model).items()
    ]


def one_field(model: type[BaseModel], name: str) -> type[BaseModel]:
    """A model with the field alone, as `value`."""
    annotation = model.model_fields[name].rebuild_annotation()
    return create_model("OneField", __config__=ConfigDict(arbitrary_types_allowed=True), value=(annotation, ...))


@pytest.mark.parametrize(("model", "name", "field"), fields_of_all_tasks())
def test_media_field_of_every_task_takes_references_and_decoded_media(
    model: type[TaskRequest], name: str, field: MediaField
) -> None:
    many = media_fields(model)[name].many
    holder = one_field(model, name)
    for value in (reference(field.medium.kind), decoded(field.medium)):
        accepted = holder(value=[value] if many else value).value  # type: ignore[attr-defined]
        assert (accepted[0] if many else accepted) is value


@pytest.mark.parametrize(("model", "name", "field"), fields_of_all_tasks())
def test_media_field_refuses_other_kinds_and_paths(model: type[TaskRequest], name: str, field: MediaField) -> None:
    many = media_fields(model)[name].many
    holder = one_field(model, name)
    for value in (reference("text"), "/etc/passwd", b"RIFF"):
        with pytest.raises(ValidationError):
            holder(value=[value] if many else value)


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.id)
def test_media_of_every_task_are_references_in_its_schema(task: Task) -> None:
    for model in (task.request, task.response):
        schema = model.model_json_schema()
        for name, field in media_fields(model).items():
            text = str(schema["properties"][name])
            assert f"'x-kind': '{field.kind}'" in text or "ArtifactRef" in text


def test_request_with_a_reference_survives_json() -> None:
    task = TASKS["speech-enhancement"]
    request = task.request(audio=reference("audio"))  # type: ignore[call-arg]
    assert task.request.model_validate_json(request.model_dump_json()) == request


@pytest.mark.parametrize("medium", [Image, Score, Posteriorgram], ids=lambda medium: medium.__name__)
def test_encoded_media_are_read_back(medium: type[Medium]) -> None:
    data, media_type = decoded(medium).encode()
    copy = medium.decode(data)
    assert "/" in media_type
    assert copy.properties() == decoded(medium).properties()
    assert copy.encode()[1] == media_type


def test_posteriorgram_keeps_probabilities_and_labels() -> None:
    original = Posteriorgram(np.random.default_rng(0).random((5, 3), np.float32), ("a", "b", "ü"), 0.48)
    copy = Posteriorgram.decode(original.encode()[0])
    np.testing.assert_array_equal(copy.probabilities, original.probabilities)
    assert (copy.labels, copy.hop_s) == (original.labels, original.hop_s)


@pytest.mark.parametrize(
    ("data", "media_type"), [(MIDI, "audio/midi"), (MUSICXML, "application/vnd.recordare.musicxml+xml")]
)
def test_score_is_told_by_its_content(data: bytes, media_type: str) -> None:
    assert Score.decode(data).media_type == media_type


@pytest.mark.parametrize("medium", [Image, Video, Score, Posteriorgram], ids=lambda medium: medium.__name__)
@pytest.mark.parametrize(
    "data", [b"", b"words", b"#EXTM3U\n/etc/hostname\n", bytes(1000)], ids=["empty", "text", "playlist", "zeros"]
)
def test_bytes_of_another_kind_are_refused(medium: type[Medium], data: bytes) -> None:
    with pytest.raises(UnsupportedMedia, match=f"The {len(data):,} bytes are not a"):
        medium.decode(data)


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_posteriorgram_cut_short_is_refused(cut: float) -> None:
    data, _ = decoded(Posteriorgram).encode()
    with pytest.raises(UnsupportedMedia, match="not a posteriorgram"):
        Posteriorgram.decode(data[: int(len(data) * cut)])


def test_photo_is_turned_upright() -> None:
    exif = PillowImage.Exif()
    exif[0x0112] = 6  # the camera was turned by 90 degrees
    buffer = io.BytesIO()
    PillowImage.new("L", (60, 40)).save(buffer, "JPEG", exif=exif)
    assert Image.decode(buffer.getvalue()).pixels.shape == (60, 40, 3)


def test_image_with_too_many_pixels_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_wrappers.contract.visual.MAX_PIXELS", 20)
    with pytest.raises(TooLarge, match="6 x 4 pixels; at most 20"):
        Image.decode(decoded(Image).encode()[0])
