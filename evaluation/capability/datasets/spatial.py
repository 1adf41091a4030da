"""Binaural recordings with tracked positions: the Binaural Speech data of Richard et al., ICLR 2021."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation.capability.datasets.layout import Layout, load, load_between
from evaluation.capability.items import Item, Truth
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.tasks.mono_to_binaural import MonoToBinauralRequest, Waypoint

POSITIONS_HZ = 120
WAYPOINTS_HZ = 10
CHUNK_S = 10.0
LEAST_M, MOST_M = 0.1, 100.0


def _binaural_speech(folder: Path, task: str) -> Iterator[Item]:
    """Read `subject*/{mono,binaural}.wav` and `tx_positions.txt`; the listener is in the origin and looks along x."""
    for positions_file in sorted(folder.rglob("tx_positions.txt")):
        positions = np.loadtxt(positions_file)[:, :3]
        mono, ears = (load(positions_file.parent / f"{name}.wav") for name in ("mono", "binaural"))
        name = positions_file.parent.name
        for number in range(int(mono.duration_s // CHUNK_S)):
            yield _chunk(f"{name}-{number}", mono, ears, positions, number * CHUNK_S)


def _chunk(name: str, mono: Audio, ears: Audio, positions: NDArray[np.float64], start_s: float) -> Item:
    rows = positions[round(start_s * POSITIONS_HZ) : round((start_s + CHUNK_S) * POSITIONS_HZ)]
    path = tuple(
        _waypoint(k * POSITIONS_HZ // WAYPOINTS_HZ, rows) for k in range(len(rows) * WAYPOINTS_HZ // POSITIONS_HZ)
    )
    request = MonoToBinauralRequest(audio=load_between(mono, start_s, CHUNK_S), path=path)
    return Item(name, request, Truth(audio=load_between(ears, start_s, CHUNK_S)))


def _waypoint(row: int, rows: NDArray[np.float64]) -> Waypoint:
    """Return a place; in the data x points ahead, y to the right and z up."""
    x, y, z = rows[row]
    return Waypoint(
        time=row / POSITIONS_HZ,
        azimuth=float(np.degrees(np.arctan2(-y, x))),
        elevation=float(np.degrees(np.arctan2(z, np.hypot(x, y)))),
        distance=float(np.clip(np.sqrt(x * x + y * y + z * z), LEAST_M, MOST_M)),
    )


LAYOUTS = (Layout("Binaural Speech", ("mono-to-binaural",), "**/tx_positions.txt", _binaural_speech),)
