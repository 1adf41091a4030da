"""Images and video as a model sees them."""

import io
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.artifacts import Kind
from model_wrappers.contract.audio_stream import CONTAINER_OPTIONS, refuse_linked_file
from model_wrappers.contract.errors import TooLarge, UnsupportedMedia

MAX_PIXELS = 50_000_000


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
            with PillowImage.open(io.BytesIO(data)) as picture:
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
    kind: ClassVar[Kind] = "video"

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the measures of an MP4, WebM or MOV file.

        Raises:
            UnsupportedMedia: If the bytes hold no video stream.
        """
        import av

        try:
            with av.open(io.BytesIO(data), "r", options=CONTAINER_OPTIONS, io_open=refuse_linked_file) as container:
                stream = container.streams.video[0]
                return cls(
                    data,
                    width=stream.width,
                    height=stream.height,
                    frame_rate=float(stream.average_rate or 0),
                    duration_s=float((container.duration or 0) / av.time_base),
                )
        except (av.FFmpegError, ValueError, IndexError) as exc:
            raise UnsupportedMedia(f"The {len(data):,} bytes are not a readable video; send MP4, WebM or MOV.") from exc

    def encode(self) -> tuple[bytes, str]:
        """Return the bytes as they are and their MIME type."""
        return self.data, "video/mp4"

    def properties(self) -> dict[str, Any]:
        """Return size in pixels and duration in seconds."""
        return {"width": self.width, "height": self.height, "duration_s": self.duration_s}
