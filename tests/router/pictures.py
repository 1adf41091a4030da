"""Sounds to draw, and what is seen in a picture of them."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from model_wrappers.contract.artifacts import ArtifactRef, Kind
from model_wrappers.contract.audio import Audio

RATE = 16_000  # Hz


def ref(kind: Kind, media_type: str = "", **properties: Any) -> ArtifactRef:
    return ArtifactRef(tenant="default", id="0" * 64, kind=kind, media_type=media_type, size_bytes=1, **properties)


def tone(frequency: float, duration_s: float = 2.0, level: float = 0.5) -> NDArray[np.float32]:
    time_s = np.arange(round(duration_s * RATE)) / RATE
    return (level * np.sin(2 * np.pi * frequency * time_s)).astype(np.float32)


def wav(*channels: NDArray[np.float32]) -> bytes:
    return Audio(np.stack(channels), RATE).encode()[0]


def pixels(png: bytes) -> NDArray[np.int16]:
    with PillowImage.open(io.BytesIO(png)) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture.convert("RGB"), np.int16)


def ink(picture: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Tell which pixels have the waveform's blue."""
    return (picture[..., 2] - picture[..., 0] > 80) & (picture[..., 2] < 220)


AUDIO = ref("audio", "audio/wav", duration_s=2.0)
