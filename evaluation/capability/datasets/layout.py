"""How a data set lies in its folder."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from evaluation.capability.items import Item
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import NotFound

EXTENSIONS = (".wav", ".flac", ".mp3", ".ogg", ".m4a")


@dataclass(frozen=True)
class Layout:
    """One data set's folder layout."""

    name: str
    tasks: tuple[str, ...] | None
    """What it serves; any task if None."""
    marker: str
    """A glob that finds something only this layout has."""
    read: Callable[[Path, str], Iterator[Item]]

    def is_in(self, folder: Path) -> bool:
        """Tell whether a folder has this layout."""
        return next(folder.glob(self.marker), None) is not None


def load(path: Path) -> Audio:
    """Decode a sound file."""
    return Audio.decode(path.read_bytes())


def load_between(audio: Audio, start_s: float, duration_s: float) -> Audio:
    """Cut a stretch out of a recording."""
    first = round(start_s * audio.sample_rate)
    return Audio(audio.waveform[:, first : first + round(duration_s * audio.sample_rate)], audio.sample_rate)


def sound_file(folder: Path, name: str) -> Path | None:
    """Return the sound of a name, with or without extension, or None."""
    if (folder / name).suffix.lower() in EXTENSIONS and (folder / name).is_file():
        return folder / name
    return next((path for ext in EXTENSIONS if (path := folder / f"{name}{ext}").is_file()), None)


def required(path: Path | None, what: str) -> Path:
    """Return a path that has to exist.

    Raises:
        NotFound: If it does not.
    """
    if path is None or not path.exists():
        raise NotFound(f"The data set lacks {what}{f' ({path})' if path else ''}.", param="data")
    return path
