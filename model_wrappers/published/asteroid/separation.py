"""Asteroid's Conv-TasNet: two voices out of one microphone, fast enough for a CPU."""

from collections.abc import Sequence
from inspect import signature
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError, InvalidInput, ModelUnavailable
from model_wrappers.contract.tasks.speech_separation import SpeechSeparationRequest, SpeechSeparationResponse
from model_wrappers.torch.device import Precision
from model_wrappers.torch.model import TorchConfig, TorchModel, needs
from model_wrappers.torch.pieces import respond, run_pieces
from model_wrappers.torch.separated_voices import Recording, separated
from model_wrappers.torch.windows import Waveform, Windowing

WEIGHTS = "pytorch_model.bin"
WINDOW_S, OVERLAP_S, GRAIN_S = 8.0, 1.0, 0.5
MAX_DURATION_S = 1_800.0
# What this class builds; a checkpoint that was trained with anything else is refused.
FIXED = {"fb_name": "free", "norm_type": "gLN", "causal": False, "encoder_activation": None}


class AsteroidSeparationConfig(TorchConfig):
    """Conv-TasNet trained on Libri2Mix, at 16 kHz."""

    model: str = Field(
        default="JorisCos/ConvTasNet_Libri2Mix_sepclean_16k",
        description="Folder with the checkpoint, or its repository",
    )
    precision: Precision = Field(default="float32", description="Its norms over time need 32 bits")
    windows_per_batch: int = Field(default=2, ge=1, description="Most windows of 8 s in a pass")
    memory_mb: int = Field(default=1_200, gt=0, description="Host memory of a loaded replica in MiB")
    gpu_memory_mb: int = Field(default=1_500, ge=0, description="GPU memory of a loaded replica in MiB")


class AsteroidSeparation(TorchModel[SpeechSeparationRequest, SpeechSeparationResponse, Recording]):
    """Separate as many voices as the network was trained for; what lies above half the network's rate is lost.

    Source: Pariente et al., Asteroid: the PyTorch-based audio source separation toolkit, arXiv 2005.04132; the data
    are Cosentino et al., LibriMix, arXiv 2005.11262.
    """

    Config = AsteroidSeparationConfig
    config: AsteroidSeparationConfig
    files: ClassVar[tuple[str, ...]] = (WEIGHTS,)
    required_file: ClassVar[str] = WEIGHTS

    @classmethod
    def card(cls, config: AsteroidSeparationConfig) -> ModelCard:
        """Declare the model."""
        return cls.declare(
            config,
            title="Asteroid Conv-TasNet",
            tasks=("speech-separation",),
            licence="CC-BY-SA-4.0",
            limits=Limits(max_duration_s=MAX_DURATION_S),
            requires=needs("torch"),
            reports_progress=True,
        )

    def load_weights(self, *folders: Path) -> None:
        """Build the network that the checkpoint describes and read its parameters."""
        import torch

        from model_wrappers.published.asteroid.network import ConvTasNet

        stored = torch.load(folders[0] / WEIGHTS, map_location="cpu", weights_only=True)
        described = dict(stored["model_args"])
        self._rate = int(described.pop("sample_rate", None) or 8_000)
        described.pop("in_chan", None)
        other = {name: found for name, wanted in FIXED.items() if (found := described.pop(name, wanted)) != wanted}
        known = signature(ConvTasNet).parameters.keys()
        if stored.get("model_name") != "ConvTasNet" or other or (strange := described.keys() - known):
            raise ModelUnavailable(
                f"'{self.config.model}' is {stored.get('model_name')} with {other or sorted(strange)}; this class "
                f"reads Asteroid's ConvTasNet with {FIXED}."
            )
        network = ConvTasNet(**described)
        network.load_state_dict(stored["state_dict"])
        self._network = self.on_device(network.to(self.dtype))
        self._voices = network.masker.voices

    @property
    def _windowing(self) -> Windowing:
        return Windowing(*(round(seconds * self._rate) for seconds in (WINDOW_S, OVERLAP_S, GRAIN_S)))

    def prepare(self, request: SpeechSeparationRequest) -> Recording:
        """Resample, mix the channels and cut."""
        if request.speakers != self._voices:
            raise InvalidInput(
                f"This model separates {self._voices} voices, not {request.speakers}; set 'speakers' to {self._voices} "
                "or choose another model.",
                param="speakers",
            )
        mono = request.audio.resample(self._rate).mono()
        return Recording(request.audio, mono[np.newaxis], self._windowing.cut(mono))

    def answer(self, batch: Sequence[Recording], work: Work) -> Sequence[SpeechSeparationResponse | AudioGPTError]:
        """Run windows of all recordings together."""
        windows, rows = [recording.windows for recording in batch], self.config.windows_per_batch
        outputs = run_pieces(windows, work, self._separate, rows=rows, alike=lambda window: window.shape)

        def response(recording: Recording, voices: list[Waveform]) -> SpeechSeparationResponse:
            return separated(recording, voices, self._windowing, self._rate)

        return respond(batch, outputs, response)

    def _separate(self, windows: Sequence[Waveform]) -> list[Waveform]:
        import torch

        given = torch.from_numpy(np.stack(windows)).to(self.device, self.dtype)
        found: Any = self._network(given).float().cpu().numpy()
        return list(found)
