"""Images and video as a model sees them."""

import io
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.artifacts import Kind
from model_wrappers.contract.containers import NO_INDEX, is_film, lacks_index, open_file
from model_wrappers.contract.errors import TooLarge, UnsupportedMedia

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MAX_PIXELS = 2**24  # 16 megapixels: 48 MiB in RGB


@dataclass(frozen=True, eq=False)
class Image:
    """A picture; `pixels` is RGB, uint8, shape `(height, width, 3)`."""

    pixels: NDArray[np.uint8]
    kind: ClassVar[Kind] = "image"

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read any common image format, upright and in RGB.

        Raises:
            UnsupportedMedia: If the bytes are no image.
            TooLarge: If the picture has more than `MAX_PIXELS` pixels.
        """
        from PIL import Image as PillowImage
        from PIL import ImageOps, UnidentifiedImageError

        try:
            with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise TooLarge(
                        f"The image has {picture.width} x {picture.height} pixels; at most {MAX_PIXELS:,} are allowed."
                    )
                upright = ImageOps.exif_transpose(picture).convert("RGB")
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, PillowImage.DecompressionBombError) as exc:
            raise UnsupportedMedia(
                f"The {len(data):,} bytes are not a readable image; send PNG, JPEG, WebP, GIF, BMP or TIFF."
            ) from exc
        return cls(np.asarray(upright, dtype=np.uint8))

    def encode(self) -> tuple[bytes, str]:
        """Return PNG bytes and their MIME type."""
        from PIL import Image as PillowImage

        buffer = io.BytesIO()
        PillowImage.fromarray(self.pixels).save(buffer, format="PNG")
        return buffer.getvalue(), "image/png"

    def properties(self) -> dict[str, Any]:
        """Return width and height in pixels."""
        return {"width": self.pixels.shape[1], "height": self.pixels.shape[0]}


@dataclass(frozen=True)
class Video:
    """A finished MP4 file with its measures; models make it, no model takes it."""

    data: bytes
    width: int
    height: int
    frame_rate: float
    duration_s: float
    has_sound: bool = True
    kind: ClassVar[Kind] = "video"

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the measures of a video file.

        Raises:
            UnsupportedMedia: If the bytes hold no video stream.
        """
        if (video := cls.probe(data)) is None:
            raise _no_video(data)
        return video

    @classmethod
    def probe(cls, data: bytes) -> Self | None:
        """Return the measures of a video file, None of one whose only pictures, if any, are covers.

        Raises:
            UnsupportedMedia: If the file is damaged.
        """
        import av

        try:
            with open_file(data) as container:
                stream = next((stream for stream in container.streams.video if is_film(stream)), None)
                if stream is None:
                    return None
                return cls(
                    data,
                    width=stream.width,
                    height=stream.height,
                    frame_rate=float(stream.average_rate or 0),
                    duration_s=max(0.0, float((container.duration or 0) / av.time_base)),
                    has_sound=bool(container.streams.audio),
                )
        except (av.FFmpegError, ValueError, OSError) as exc:
            raise _no_video(data) from exc

    def encode(self) -> tuple[bytes, str]:
        """Return the bytes as they are and their MIME type."""
        return self.data, "video/mp4"

    def properties(self) -> dict[str, Any]:
        """Return size in pixels and duration in seconds."""
        return {"width": self.width, "height": self.height, "duration_s": self.duration_s}


def _no_video(data: bytes) -> UnsupportedMedia:
    if lacks_index(data):
        return UnsupportedMedia(NO_INDEX)
    return UnsupportedMedia(
        f"The {len(data):,} bytes are not a readable video, or it is damaged; send MP4, WebM or MOV."
    )
