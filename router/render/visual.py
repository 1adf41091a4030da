"""Sample frames of a video and thumbnails of images."""

import io
from typing import TYPE_CHECKING, Any

from model_wrappers.contract.errors import UnsupportedMedia
from model_wrappers.contract.visual import Image, Video
from router.render.figure import WIDTH_PX, figure, to_png

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

POSITIONS = (0.1, 0.5, 0.9)  # of the duration
MAX_SKIPPED_FRAMES = 300  # decoded after the key frame before a wanted one: 10 s at 30 frames/s
MAX_HEIGHT_PX = 800


def draw_frames(data: bytes) -> bytes:
    """Draw three frames of a video beside each other, each under its time."""
    video = Video.decode(data)
    frames = _sample_frames(data, video.duration_s)
    width_px = WIDTH_PX // len(frames)
    height_px = min(MAX_HEIGHT_PX, round(width_px * video.height / video.width))
    with figure(height_px + 60) as drawn:
        for column, (time_s, picture) in enumerate(frames, 1):
            picture.thumbnail((2 * width_px, 2 * height_px))
            axes = drawn.add_subplot(1, len(frames), column)
            axes.imshow(picture)
            axes.set_axis_off()
            axes.set_title(f"{time_s:.2f} s", loc="center")
        drawn.suptitle(
            f"Video: {video.duration_s:.2f} s, {video.width} x {video.height} px, {video.frame_rate:.3g} frames/s",
            x=0.01,
            ha="left",
            fontsize=10,
        )
        return to_png(drawn)


def draw_thumbnail(data: bytes) -> bytes:
    """Draw an image at most 800 px wide and high; a smaller one as it is."""
    from PIL import Image as PillowImage

    picture = PillowImage.fromarray(Image.decode(data).pixels)
    picture.thumbnail((WIDTH_PX, MAX_HEIGHT_PX))
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()


def _sample_frames(data: bytes, duration_s: float) -> list[tuple[float, "PillowImage"]]:
    import av

    try:
        with av.open(io.BytesIO(data)) as container:
            found = [_frame_at(container, duration_s * position) for position in POSITIONS]
    except av.FFmpegError as exc:
        raise UnsupportedMedia(f"The {len(data):,} bytes are a damaged video; export it again.") from exc
    frames = [frame for frame in found if frame is not None]
    if not frames:
        raise UnsupportedMedia(f"The {len(data):,} bytes of video hold no frames that can be decoded.")
    return frames


def _frame_at(container: Any, wanted_s: float) -> tuple[float, "PillowImage"] | None:
    """Return the first frame at or after a time, or the nearest before it that can be reached."""
    stream = container.streams.video[0]
    container.seek(int(wanted_s / stream.time_base), stream=stream)
    last = None
    for count, frame in enumerate(container.decode(stream)):
        last = frame
        if frame.time >= wanted_s or count >= MAX_SKIPPED_FRAMES:
            break
    return None if last is None else (float(last.time), last.to_image())
