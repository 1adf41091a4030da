"""An opened sound file, whoever reads it, and what of it was lost."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.errors import UnsupportedMedia

Depth = Literal["PCM_16", "PCM_24", "FLOAT"]  # what holds the samples without loss
MAX_LOST_SHARE = 1 / 3


@dataclass
class Losses:
    """What could not be decoded; it is silent in the sound, so that times stay true."""

    lost_s: float = 0.0
    places: int = 0
    cut: bool = False
    unreadable_files: int = 0
    """Of several that were joined in one."""

    def add(self, seconds: float, places: int = 1) -> None:
        """Note a stretch, or several."""
        self.lost_s += seconds
        self.places += places

    def warnings(self, duration_s: float) -> tuple[str, ...]:
        """Return what to tell of a sound of which so much is there, silence included."""
        told = []
        if self.places:
            told.append(
                f"The file is damaged: {self.lost_s:.2f} of {duration_s:.2f} s ({self.places} places) could not be "
                "decoded and are silent."
            )
        if self.cut:
            told.append(f"The file is cut off or damaged at its end; {duration_s:.2f} s could be read.")
        if self.unreadable_files:
            told.append(
                f"{self.unreadable_files} of the files joined in this one could not be read and are left out; "
                f"{duration_s:.2f} s could."
            )
        return tuple(told)

    def check(self, duration_s: float) -> None:
        """Raise if more is lost than a task could do without.

        Raises:
            UnsupportedMedia: If it is.
        """
        whole_s = max(duration_s, self.lost_s)
        if self.lost_s > MAX_LOST_SHARE * whole_s:
            raise UnsupportedMedia(
                f"The audio file is damaged: {self.lost_s:.2f} of its {whole_s:.2f} s cannot be decoded; at most a "
                "third may be lost. Export or send it again."
            )


@dataclass
class Source:
    """An open file; `blocks` has shapes `(channels, frames)` and is read once."""

    sample_rate: int
    channels: int
    depth: Depth
    blocks: Iterator[NDArray[np.float32]]
    losses: Losses = field(default_factory=Losses)
