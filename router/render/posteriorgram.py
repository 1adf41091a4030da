"""Class probabilities over time."""

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.symbolic import Posteriorgram
from router.render.figure import figure, label_time, to_png

MAX_CLASSES = 10
MAX_COLUMNS = 400  # no more than pixels across the plot, or short events could vanish between them
MAX_LABEL_CHARACTERS = 36


def draw_posteriorgram(data: bytes) -> bytes:
    """Draw the classes that reach the highest probabilities, the most probable on top."""
    stored = Posteriorgram.decode(data)
    shown = stored.probabilities.max(axis=0, initial=0).argsort()[::-1][:MAX_CLASSES]
    probabilities = _shortened(stored.probabilities[:, shown]).T
    duration_s = max(stored.properties()["duration_s"], stored.hop_s)
    with figure(110 + 26 * len(shown)) as drawn:
        axes = drawn.subplots()
        picture = axes.imshow(
            probabilities,
            aspect="auto",
            interpolation="nearest",
            extent=(0, duration_s, len(shown) - 0.5, -0.5),
            cmap="Blues",
            vmin=0,
            vmax=1,
        )
        axes.set_yticks(range(len(shown)), [_short(stored.labels[index]) for index in shown])
        axes.set_yticks(np.arange(0.5, len(shown) - 1), minor=True)
        axes.grid(visible=True, which="minor", axis="y")
        axes.tick_params(which="minor", length=0)
        axes.set_ylabel("Sound class")
        axes.set_title(f"Sound classes over time: {len(shown)} most probable of {len(stored.labels)}")
        label_time(axes, duration_s)
        drawn.colorbar(picture, ax=axes, label="Probability", pad=0.01)
        return to_png(drawn)


def _shortened(
    probabilities: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Keep the greatest value of each stretch, so that a short event in a long sound stays visible."""
    frames = len(probabilities)
    if frames <= MAX_COLUMNS:
        return probabilities
    starts = np.arange(MAX_COLUMNS) * frames // MAX_COLUMNS
    return np.maximum.reduceat(probabilities, starts, axis=0)


def _short(label: str) -> str:
    return label if len(label) <= MAX_LABEL_CHARACTERS else f"{label[: MAX_LABEL_CHARACTERS - 1]}…"
