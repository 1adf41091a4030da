"""Which pictures an artifact has, and drawing one."""

import math

from model_wrappers.contract.artifacts import ArtifactRef, Kind
from model_wrappers.contract.errors import InvalidInput
from router.media.decoding import InProcessDecoder, take_stills
from router.render.audio import draw_mel, draw_waveform
from router.render.posteriorgram import draw_posteriorgram
from router.render.visual import draw_frames, draw_thumbnail

Gap = tuple[float, float]  # begin and end in seconds

VIEWS: dict[Kind, tuple[str, ...]] = {
    "audio": ("waveform", "mel"),
    "image": ("thumbnail",),
    "video": ("frames",),
    "data": ("posteriorgram",),
}


def views_of(ref: ArtifactRef) -> tuple[str, ...]:
    """Return the names of the pictures an artifact has, the usual one first."""
    if ref.kind == "data" and ref.media_type != "application/x-npz":
        return ()
    return VIEWS.get(ref.kind, ())


def check_view(ref: ArtifactRef, view: str | None, gap: Gap | None) -> str:
    """Return the view to draw, the usual one if None.

    Raises:
        InvalidInput: If the artifact has no such picture, or the gap does not fit it.
    """
    views = views_of(ref)
    if not views:
        raise InvalidInput(
            f"There is no picture of {ref.kind} ({ref.media_type}); read the artifact itself.", param="view"
        )
    chosen = view or ("mel" if gap else views[0])
    if chosen not in views:
        raise InvalidInput(
            f"There is no view '{chosen[:40]}' of {ref.kind}; choose one of: {', '.join(views)}.", param="view"
        )
    if gap is not None:
        _check_gap(ref, chosen, gap)
    return chosen


def render(ref: ArtifactRef, data: bytes, view: str | None = None, *, gap: Gap | None = None) -> bytes:
    """Draw a PNG, 800 px wide (a thumbnail at most); time and memory do not grow with the length of the sound drawn.

    Args:
        ref: The artifact.
        data: Its bytes.
        view: `waveform` or `mel` of audio, `thumbnail` of an image, `frames` of a video, `posteriorgram` of class
            probabilities; the usual one if None.
        gap: Begin and end in seconds of a filled stretch to mark in a mel spectrogram.

    Raises:
        InvalidInput: If the artifact has no such picture, or the gap does not fit it.
        UnsupportedMedia: If the bytes are not what the reference says.
    """
    match check_view(ref, view, gap):
        case "waveform":
            return draw_waveform(data)
        case "mel":
            return draw_mel(data, gap)
        case "posteriorgram":
            return draw_posteriorgram(data)
        case "frames":
            return draw_frames(*take_stills(InProcessDecoder(), data))
        case _:
            return draw_thumbnail(data)


def _check_gap(ref: ArtifactRef, view: str, gap: Gap) -> None:
    if view != "mel":
        raise InvalidInput(f"A gap can be marked in the view 'mel', not in '{view}'.", param="gap")
    start, end = gap
    duration_s = math.inf if ref.duration_s is None else ref.duration_s
    if not 0 <= start < end <= duration_s + 0.01:
        raise InvalidInput(f"The gap {start:g} to {end:g} s is not within 0 to {duration_s:g} s.", param="gap")
