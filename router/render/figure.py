"""The canvas all plots share: size, type, colours, time axis."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_PX = 800
DPI = 100
INK = "#1f2933"
GRID = "#d9e0e6"
ACCENT = "#1f5fa8"
MARK = "#d1495b"
CLOCK_FROM_S = 120.0
TICK_STEPS_S = (15, 30, 60, 120, 300, 600, 900, 1800, 3600)
MAX_TICKS = 9
STYLE: Any = {
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.edgecolor": "#8896a5",
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "figure.facecolor": "white",
    "text.parse_math": False,
}

_drawing = threading.Lock()  # Matplotlib is not thread-safe


@contextmanager
def figure(height_px: int) -> Iterator["Figure"]:
    """Give a figure of the common width and style; one at a time in a process."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with _drawing, rc_context(STYLE):
        drawn = Figure(figsize=(WIDTH_PX / DPI, height_px / DPI), dpi=DPI, layout="constrained")
        yield drawn


def to_png(drawn: "Figure") -> bytes:
    """Return a figure as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    canvas: Any = FigureCanvasAgg(drawn)
    canvas.print_png(buffer)  # unlike `savefig` it lays out and draws only once
    return buffer.getvalue()


def label_time(axes: "Axes", duration_s: float) -> None:
    """Label a time axis given in seconds: in seconds, from two minutes on as minutes and seconds."""
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    axes.set_xlim(0, duration_s)
    if duration_s < CLOCK_FROM_S:
        axes.set_xlabel("Time (s)")
        return
    step_s = next((step for step in TICK_STEPS_S if duration_s / step <= MAX_TICKS), duration_s / MAX_TICKS)
    axes.xaxis.set_major_locator(MultipleLocator(step_s))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: clock_time(value, hours=duration_s >= 3600)))
    axes.set_xlabel("Time (h:min:s)" if duration_s >= 3600 else "Time (min:s)")


def length_text(duration_s: float) -> str:
    """Write a duration for a title."""
    if duration_s < CLOCK_FROM_S:
        return f"{duration_s:.2f} s"
    return f"{clock_time(duration_s, hours=True)} (h:min:s)"


def clock_time(seconds: float, *, hours: bool) -> str:
    """Write seconds as `1:02:03`, or as `62:03` without hours."""
    whole = round(seconds)
    if hours:
        return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{whole // 60}:{whole % 60:02}"
