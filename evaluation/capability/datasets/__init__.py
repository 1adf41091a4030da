"""Reading evaluation data from a folder: the public data sets of the paper's Table 3, or a manifest of one's own."""

from collections.abc import Iterator
from pathlib import Path

from evaluation.capability.datasets import (
    captioned,
    manifest,
    noisy_speech,
    read_speech,
    sound_events,
    spatial,
    translated,
    voices,
)
from evaluation.capability.datasets.layout import Layout
from evaluation.capability.items import Item
from model_wrappers.contract.errors import InvalidInput, NotFound

LAYOUTS: tuple[Layout, ...] = (
    manifest.LAYOUT,
    *translated.LAYOUTS,
    *noisy_speech.LAYOUTS,
    *spatial.LAYOUTS,
    *voices.LAYOUTS,
    *captioned.LAYOUTS,
    *sound_events.LAYOUTS,
    *read_speech.LAYOUTS,
)


def open_data(folder: Path, task: str) -> tuple[str, Iterator[Item]]:
    """Return a data set's name and its items for a task, read one by one.

    Raises:
        NotFound: If there is no such folder.
        InvalidInput: If no known layout of that task is in it.
    """
    if not folder.is_dir():
        raise NotFound(f"There is no folder '{folder}'.", param="data")
    known = [layout for layout in LAYOUTS if layout.tasks is None or task in layout.tasks]
    for layout in known:
        if layout.is_in(folder):
            return layout.name, layout.read(folder, task)
    names = ", ".join(f"{layout.name} ({layout.marker})" for layout in known)
    raise InvalidInput(f"No data for {task} is known in '{folder}'; what is looked for: {names}.", param="data")
