"""WarpNet: a voice placed around the head by a learned delay for each ear."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.tasks.mono_to_binaural import MonoToBinauralRequest, MonoToBinauralResponse
from model_wrappers.signal.source_path import Positions, source_positions
from model_wrappers.torch.device import Precision
from model_wrappers.torch.model import TorchConfig, TorchModel, needs
from model_wrappers.torch.pieces import respond, run_pieces
from model_wrappers.torch.windows import Waveform, Windowing
from model_wrappers.weights.hub import Checkpoint

SAMPLE_RATE = 48_000  # Hz
POSE_HOP = 400  # samples from one pose to the next
LIMITS = Limits(max_duration_s=1_800.0)
CONTEXT = SAMPLE_RATE // 5  # before each window: more than the delay of any place and the five poses the network sees
WINDOWING = Windowing(length=CONTEXT + 10 * SAMPLE_RATE, overlap=CONTEXT, grain=SAMPLE_RATE)
NEAREST_M, FARTHEST_M = 0.3, 3.0  # the room the network was trained in; the level follows the true distance
MARKER_HEIGHT_M = 0.22  # of the listener's marker above the ears
MOUTH = (0.09, -0.20)  # metres ahead of and above the speaker's marker
PREFIX = "warper."  # of the published checkpoint's keys


class WarpNetConfig(TorchConfig):
    """Which checkpoint to warp with."""

    model: str = Field(
        default="warpnet", description="Folder with the checkpoint, or its name under the folder of all models"
    )
    weights: str = Field(default="binaural_network.net", description="File with the parameters in that folder")
    precision: Precision = Field(default="float32", description="Delays of thousands of samples need 32 bits")
    memory_mb: int = Field(default=1_000, gt=0, description="Host memory of a loaded replica in MiB")
    gpu_memory_mb: int = Field(default=600, ge=0, description="GPU memory of a loaded replica in MiB")
    windows_per_batch: int = Field(default=8, ge=1, description="Most windows of 10 s in a pass")


@dataclass(frozen=True)
class _Source:
    request: MonoToBinauralRequest
    windows: list[tuple[Waveform, Waveform]]
    """With the poses in each of them."""
    gains: Waveform
    samples: int


class WarpNet(TorchModel[MonoToBinauralRequest, MonoToBinauralResponse, _Source]):
    """Place a voice around the head, still or moving; it faces the listener.

    The network delays, it does not colour: direction comes from the difference in time alone. As with the measured
    responses the level falls with 1/distance from 1 m on, and what would exceed full scale is scaled down.

    Source: A. Richard et al., "Neural Synthesis of Binaural Speech from Mono Audio", ICLR 2021.
    """

    Config = WarpNetConfig
    config: WarpNetConfig
    files: ClassVar[tuple[str, ...]] = ("*.net", "*.pt", "*.pth")
    _network: Any

    @classmethod
    def card(cls, config: WarpNetConfig) -> ModelCard:
        """Declare the model."""
        return cls.declare(
            config,
            title="WarpNet",
            tasks=("mono-to-binaural",),
            licence="CC-BY-NC-4.0",
            commercial_use=False,
            source="AudioGPT's mono2binaural checkpoint, after facebookresearch/BinauralSpeechSynthesis",
            channels=1,
            limits=LIMITS,
            requires=needs("torch"),
            reports_progress=True,
        )

    @classmethod
    def checkpoints(cls, config: Any) -> tuple[Checkpoint, ...]:
        """Return the one checkpoint, known by its file of parameters."""
        (checkpoint,) = super().checkpoints(config)
        return (replace(checkpoint, required=config.weights),)

    def load_weights(self, *folders: Path) -> None:
        """Read the parameters."""
        import torch

        from model_wrappers.published.warpnet.network import WarpNet as Network

        stored = torch.load(folders[0] / self.config.weights, map_location="cpu", weights_only=True)
        network = Network()
        network.load_state_dict({name.removeprefix(PREFIX): value for name, value in stored.items()})
        self._network = self.on_device(network.to(self.dtype))

    def prepare(self, request: MonoToBinauralRequest) -> _Source:
        """Resample, and compute where the source is every 8 ms."""
        waveform = Audio(request.audio.mono()[np.newaxis], request.audio.sample_rate).resample(SAMPLE_RATE).waveform[0]
        led = np.pad(waveform, (CONTEXT, 0))  # so that every window has the same context
        windows = WINDOWING.cut(led)
        samples = WINDOWING.starts(len(led))[-1] + len(windows[-1])
        positions = source_positions(request, (np.arange(samples // POSE_HOP) * POSE_HOP - CONTEXT) / SAMPLE_RATE)
        poses = _poses(positions)
        starts = [start // POSE_HOP for start in WINDOWING.starts(len(led))]
        gains = np.repeat(1 / positions.distance, POSE_HOP)[CONTEXT : CONTEXT + len(waveform)].astype(np.float32)
        parts = [poses[:, start : start + len(windows[0]) // POSE_HOP] for start in starts]
        return _Source(request, list(zip(windows, parts, strict=True)), gains, len(waveform))

    def answer(self, batch: Sequence[_Source], work: Work) -> Sequence[MonoToBinauralResponse | AudioGPTError]:
        """Warp windows of all recordings together."""
        import torch

        def run(pieces: Sequence[tuple[Waveform, Waveform]]) -> list[Waveform]:
            windows, poses = (torch.from_numpy(np.stack(each)) for each in zip(*pieces, strict=True))
            heard = self._network(windows.to(self.device), poses.to(self.device))
            return list(heard[..., CONTEXT:].cpu().numpy())

        windows = [source.windows for source in batch]
        rows = self.config.windows_per_batch
        outputs = run_pieces(windows, work, run, rows=rows, alike=lambda piece: piece[0].shape)
        return respond(batch, outputs, _response)


def _response(source: _Source, windows: list[Waveform]) -> MonoToBinauralResponse:
    waveform = np.concatenate(windows, axis=1)[:, : source.samples] * source.gains
    peak = float(np.abs(waveform).max(initial=0.0))
    heard = Audio(waveform / np.float32(max(peak, 1.0)), SAMPLE_RATE)
    return MonoToBinauralResponse(audio=heard.matching(source.request.audio))


def _poses(positions: Positions) -> NDArray[np.float32]:
    """Return the speaker's marker and its turn to the listener as the network knows them, shape `(7, poses)`."""
    azimuth, elevation = np.radians(positions.azimuth), np.radians(positions.elevation)
    distance = np.clip(positions.distance, NEAREST_M, FARTHEST_M)
    level = distance * np.cos(elevation)
    ahead, right = level * np.cos(azimuth), -level * np.sin(azimuth)
    facing = np.arctan2(-right, -ahead)
    mouth_ahead, mouth_above = MOUTH
    place = (
        ahead - mouth_ahead * np.cos(facing),
        right - mouth_ahead * np.sin(facing),
        distance * np.sin(elevation) - MARKER_HEIGHT_M - mouth_above,
    )
    still = np.zeros_like(facing)
    # The network turns by the inverse of the quaternion.
    quaternion = (still, still, np.sin(-facing / 2), np.cos(-facing / 2))
    return np.stack([*place, *quaternion]).astype(np.float32)
