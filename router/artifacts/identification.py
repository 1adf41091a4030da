"""Tell what an uploaded file is by its content."""

import io
import mimetypes
from dataclasses import dataclass, field
from typing import Any

from model_wrappers.contract.artifacts import Kind
from model_wrappers.contract.audio import FORMATS, Audio
from model_wrappers.contract.errors import InvalidInput, UnsupportedMedia
from model_wrappers.contract.symbolic import Score
from model_wrappers.contract.visual import Image, Video

TEXT_CONTROLS = frozenset("\t\n\r\f")
UNKNOWN_MEDIA_TYPE = "application/octet-stream"
AUDIO_SIGNATURES = (
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"FORM", "audio/aiff"),
    (b".snd", "audio/basic"),
    (b"RF64", "audio/wav"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"\xff\xe3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xfa", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
)
IMAGE_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)


@dataclass(frozen=True)
class Identity:
    """What a file is: its kind, its MIME type and what its reference says of the content."""

    kind: Kind
    media_type: str
    properties: dict[str, Any] = field(default_factory=dict)


def identify(data: bytes, *, file_name: str | None = None, max_audio_s: float) -> Identity:
    """Tell what a file is, reading it to its end.

    Args:
        data: The complete file.
        file_name: Name it came with; only used to reject a text that claims to be a recording or a picture.
        max_audio_s: Longest audio allowed, in seconds.

    Raises:
        InvalidInput: If the file is empty or holds unusable samples.
        UnsupportedMedia: If it is damaged, or nothing a task could take.
        TooLarge: If its audio is too long or its picture too large.
    """
    label = f"'{file_name}'" if file_name else "The file"
    if not data:
        raise InvalidInput(f"{label} is empty (0 bytes); send a file with content.", param="file")
    if media_type := _image_type(data):
        return Identity("image", media_type, Image.decode(data).properties())
    if score := _score(data):
        return Identity("score", score.media_type)
    if _is_text(data):
        _reject_disguised_text(label, file_name)
        return Identity("text", "text/plain; charset=utf-8")
    container = _container_type(data)
    if container and _has_pictures(data):
        return Identity("video", f"video/{container}", Video.decode(data).properties())
    media_type = f"audio/{container}" if container else _audio_type(data)
    return Identity("audio", media_type, _inspect_audio(data, label, media_type, max_audio_s))


def _image_type(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[:2] == b"BM" and int.from_bytes(data[2:6], "little") == len(data):
        return "image/bmp"
    return next((media_type for signature, media_type in IMAGE_SIGNATURES if data.startswith(signature)), None)


def _score(data: bytes) -> Score | None:
    try:
        return Score.decode(data)
    except UnsupportedMedia:
        return None


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return all(character >= " " or character in TEXT_CONTROLS for character in text)


def _reject_disguised_text(label: str, file_name: str | None) -> None:
    claimed = (mimetypes.guess_type(file_name or "")[0] or "").partition("/")[0]
    if claimed in ("audio", "image", "video"):
        raise UnsupportedMedia(
            f"{label} holds plain text, not {claimed}; send the {claimed} file itself, or rename it to .txt."
        )


def _container_type(data: bytes) -> str | None:
    """Return the MIME subtype of a file format that may hold sound, pictures or both."""
    if data[4:8] == b"ftyp":
        return "mp4"
    if data.startswith(b"\x1a\x45\xdf\xa3"):
        return "x-matroska" if b"matroska" in data[:64] else "webm"
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "x-msvideo"
    return None


def _has_pictures(data: bytes) -> bool:
    import av
    from av.stream import Disposition

    try:
        with av.open(io.BytesIO(data)) as container:
            return any(not stream.disposition & Disposition.attached_pic for stream in container.streams.video)
    except av.FFmpegError as exc:
        raise UnsupportedMedia(f"The {len(data):,} bytes are a damaged audio or video file; export it again.") from exc


def _audio_type(data: bytes) -> str:
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "audio/wav"
    return next(
        (media_type for signature, media_type in AUDIO_SIGNATURES if data.startswith(signature)), UNKNOWN_MEDIA_TYPE
    )


def _inspect_audio(data: bytes, label: str, media_type: str, max_audio_s: float) -> dict[str, Any]:
    try:
        return Audio.inspect(data, max_duration_s=max_audio_s)
    except UnsupportedMedia as exc:
        if media_type != UNKNOWN_MEDIA_TYPE:
            raise
        raise UnsupportedMedia(
            f"{label} ({len(data):,} bytes) is of no known kind; send audio ({FORMATS}), a picture (PNG, JPEG, WebP, "
            "GIF, BMP, TIFF), a video (MP4, WebM, MOV), a score (MIDI, MusicXML) or plain UTF-8 text."
        ) from exc
