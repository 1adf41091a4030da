"""Frames taken out of a video."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from model_wrappers.contract.containers import is_film, open_file
from model_wrappers.contract.errors import TooLarge, UnsupportedMedia
from model_wrappers.contract.visual import MAX_PIXELS, Video

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

POSITIONS = (0.1, 0.5, 0.9)  # of the duration
MAX_SKIPPED_FRAMES = 300  # decoded after the key frame before a wanted one: 10 s at 30 frames/s
MAX_EDGE_PX = 800


class Stills(BaseModel):
    """Frames side by side in one PNG, each `width` pixels wide, with the times they were taken at."""

    times_s: tuple[float, ...]
    width: int
    caption: str


def write_stills(data: bytes, output: int, *, alive: Callable[[], None]) -> Stills:
    """Write three frames of a video.

    Args:
        data: The complete file.
        output: Descriptor of an empty file that takes the PNG.
        alive: Called after each frame decoded.

    Raises:
        UnsupportedMedia: If no frame can be decoded.
        TooLarge: If the frames have too many pixels.
    """
    import av
    from PIL import Image as PillowImage

    video = Video.decode(data)
    if video.width * video.height > MAX_PIXELS:
        raise TooLarge(f"The video has {video.width} x {video.height} pixels; at most {MAX_PIXELS:,} are drawn.")
    try:
        with open_file(data) as container:
            stream = next(stream for stream in container.streams.video if is_film(stream))
            stream.codec_context.thread_count = 1
            found = [_frame_at(container, stream, video.duration_s * position, alive) for position in POSITIONS]
    except av.FFmpegError as exc:
        raise UnsupportedMedia(f"The {len(data):,} bytes are a damaged video; export it again.") from exc
    frames = [frame for frame in found if frame is not None]
    if not frames:
        raise UnsupportedMedia(f"The {len(data):,} bytes of video hold no frames that can be decoded.")
    width, height = frames[0][1].size
    strip = PillowImage.new("RGB", (width * len(frames), height))
    for place, (_, picture) in enumerate(frames):
        strip.paste(picture.resize((width, height)), (place * width, 0))
    with os.fdopen(output, "wb", closefd=False) as file:
        strip.save(file, format="PNG", compress_level=1)
    caption = f"Video: {video.duration_s:.2f} s, {video.width} x {video.height} px, {video.frame_rate:.3g} frames/s"
    return Stills(times_s=tuple(time_s for time_s, _ in frames), width=width, caption=caption)


def _frame_at(
    container: Any, stream: Any, wanted_s: float, alive: Callable[[], None]
) -> tuple[float, "PillowImage"] | None:
    """Return the first frame at or after a time, or the nearest before it that can be reached."""
    container.seek(int(wanted_s / stream.time_base), stream=stream)
    last = None
    for count, frame in enumerate(container.decode(stream)):
        alive()
        last = frame
        if (frame.time or 0.0) >= wanted_s or count >= MAX_SKIPPED_FRAMES:
            break
    if last is None:
        return None
    picture = last.to_image()
    picture.thumbnail((MAX_EDGE_PX, MAX_EDGE_PX))
    return float(last.time or 0.0), picture
