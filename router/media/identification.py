"""Tell what a file from outside is by its content, and write down its canonical form."""

import mimetypes
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict

from model_wrappers.contract.artifacts import Kind
from model_wrappers.contract.audio import FORMATS
from model_wrappers.contract.errors import InvalidInput, UnsupportedMedia
from model_wrappers.contract.symbolic import is_score
from model_wrappers.contract.visual import Image, Video
from router.media.canonical import MAX_SCORE_BYTES, write_audio, write_image, write_score
from router.media.foreign import foreign
from router.media.packed_scores import unpacked_score
from router.media.signatures import UNKNOWN_MEDIA_TYPE, audio_type, container_type, image_type

PACKED_SCORE = "application/vnd.recordare.musicxml"
TEXT_BYTES = bytes({*range(0x20, 0x100), *b"\t\n\r\f"})


class Identity(BaseModel):
    """What a file is: its kind, its MIME type and what its reference says of the content."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    media_type: str
    properties: dict[str, Any] = {}
    canonical: str | None = None
    """Name of the canonical form, e.g. `canonical.wav`, where one was written."""
    warnings: tuple[str, ...] = ()


def identify(
    data: bytes,
    *,
    file_name: str | None = None,
    max_audio_s: float,
    output: int | None = None,
    alive: Callable[[], None] = lambda: None,
) -> Identity:
    """Tell what a file is, reading it to its end.

    Args:
        data: The complete file.
        file_name: Name it came with; only used to reject a text that claims to be a recording or a picture.
        max_audio_s: Longest audio allowed, in seconds.
        output: Descriptor of an empty file that takes the canonical form; none is written if None.
        alive: Called as the work goes on.

    Raises:
        InvalidInput: If the file is empty or holds unusable samples.
        UnsupportedMedia: If it is damaged, or nothing a task could take.
        TooLarge: If its audio is too long or its picture or score too large.
    """
    label = f"'{file_name}'" if file_name else "The file"
    if not data:
        raise InvalidInput(f"{label} is empty (0 bytes); send a file with content.", param="file")
    if media_type := image_type(data):
        return _image(data, media_type, output, alive)
    if is_score(data):
        return _score(data, output, alive)
    if packed := unpacked_score(data, MAX_SCORE_BYTES):
        return _score(packed, output, alive, PACKED_SCORE)
    is_text = _is_text(data)
    if found := foreign(data, is_text=is_text):
        raise UnsupportedMedia(f"{label} is {found.what}, which no task takes; {found.instead}.")
    if is_text:
        _reject_disguised_text(label, file_name)
        return Identity(kind="text", media_type="text/plain; charset=utf-8")
    return _sound(data, label, max_audio_s, output, alive)


def _image(data: bytes, media_type: str, output: int | None, alive: Callable[[], None]) -> Identity:
    image = Image.decode(data)
    alive()
    canonical = None if output is None else write_image(image, output)
    return Identity(kind="image", media_type=media_type, properties=image.properties(), canonical=canonical)


def _score(data: bytes, output: int | None, alive: Callable[[], None], packed_as: str | None = None) -> Identity:
    media_type, canonical = write_score(data, output, alive=alive)
    return Identity(kind="score", media_type=packed_as or media_type, canonical=canonical)


def _is_text(data: bytes) -> bool:
    if data.translate(None, TEXT_BYTES):
        return False
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True


def _reject_disguised_text(label: str, file_name: str | None) -> None:
    claimed = (mimetypes.guess_type(file_name or "")[0] or "").partition("/")[0]
    if claimed in ("audio", "image", "video"):
        raise UnsupportedMedia(
            f"{label} holds plain text, not {claimed}; send the {claimed} file itself, or rename it to .txt."
        )


def _sound(data: bytes, label: str, max_audio_s: float, output: int | None, alive: Callable[[], None]) -> Identity:
    container = container_type(data)
    video = Video.probe(data) if container else None
    media_type = f"audio/{container}" if container else audio_type(data)
    properties: dict[str, Any] = {}
    if video is not None:
        media_type, properties = f"video/{container}", video.properties()
        if not video.has_sound:
            return Identity(kind="video", media_type=media_type, properties=properties)
    try:
        written = write_audio(data, output, max_audio_s=max_audio_s, alive=alive)
    except UnsupportedMedia as exc:
        if media_type != UNKNOWN_MEDIA_TYPE or exc.hint:
            raise
        raise UnsupportedMedia(
            f"{label} ({len(data):,} bytes) is of no known kind; send audio ({FORMATS}), a picture (PNG, JPEG, WebP, "
            "GIF, BMP, TIFF), a video (MP4, WebM, MOV, AVI, FLV, MPEG), a score (MIDI, MusicXML) or plain UTF-8 text."
        ) from exc
    if video is not None:  # of joined files it measures the first
        properties["duration_s"] = max(video.duration_s, written.properties["duration_s"])
    return Identity(
        kind="audio" if video is None else "video",
        media_type=media_type,
        properties={**written.properties, **properties},
        canonical=written.name,
        warnings=written.warnings,
    )
