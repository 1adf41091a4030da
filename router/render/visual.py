"""Sample frames of a video and thumbnails of images."""

import io

from model_wrappers.contract.visual import Image
from router.media.stills import Stills
from router.render.figure import WIDTH_PX, figure, to_png

MAX_HEIGHT_PX = 800


def draw_frames(stills: Stills, strip: bytes) -> bytes:
    """Draw the frames of a video beside each other, each under its time.

    Args:
        stills: Where and when the frames are.
        strip: The PNG that holds them.
    """
    pixels = Image.decode(strip).pixels
    width_px = WIDTH_PX // len(stills.times_s)
    height_px = min(MAX_HEIGHT_PX, round(width_px * pixels.shape[0] / stills.width))
    with figure(height_px + 60) as drawn:
        for place, time_s in enumerate(stills.times_s):
            axes = drawn.add_subplot(1, len(stills.times_s), place + 1)
            axes.imshow(pixels[:, place * stills.width : (place + 1) * stills.width])
            axes.set_axis_off()
            axes.set_title(f"{time_s:.2f} s", loc="center")
        drawn.suptitle(stills.caption, x=0.01, ha="left", fontsize=10)
        return to_png(drawn)


def draw_thumbnail(data: bytes) -> bytes:
    """Draw an image at most 800 px wide and high; a smaller one as it is."""
    from PIL import Image as PillowImage

    picture = PillowImage.fromarray(Image.decode(data).pixels)
    picture.thumbnail((WIDTH_PX, MAX_HEIGHT_PX))
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()
