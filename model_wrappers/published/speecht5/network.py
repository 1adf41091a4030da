"""X-vectors: 512 numbers that tell speakers apart, in the layout of SpeechBrain's checkpoint."""

from typing import Any

import torch
from torch import Tensor, nn

CHANNELS = (512, 512, 512, 512, 1500)
KERNELS = (5, 3, 3, 1, 1)
DILATIONS = (1, 2, 3, 1, 1)
N_MELS = 24
N_FFT = 400  # 25 ms at 16 kHz
HOP_LENGTH = 160
RANGE_DB = 80.0
LEAST_STD = 1e-5


class XVector(nn.Module):
    """Five time-delay layers, mean and deviation over time, and one linear layer.

    Source: Snyder et al., X-Vectors: Robust DNN Embeddings for Speaker Recognition, 2018; layer names and features as
    in SpeechBrain's `spkrec-xvect-voxceleb`.
    """

    def __init__(self) -> None:
        """Build the layers; their numbers are those of the checkpoint's keys (`blocks.0.conv.weight`, ...)."""
        super().__init__()
        layers: list[nn.Module] = []
        given = N_MELS
        for channels, kernel, dilation in zip(CHANNELS, KERNELS, DILATIONS, strict=True):
            pad = dilation * (kernel - 1) // 2
            conv = nn.Conv1d(given, channels, kernel, dilation=dilation, padding=pad, padding_mode="reflect")
            layers += [_named(conv=conv), nn.LeakyReLU(), _named(norm=nn.BatchNorm1d(channels))]
            given = channels
        layers += [nn.Identity(), _named(w=nn.Linear(2 * given, 512))]
        self.blocks = nn.ModuleList(layers)

    def forward(self, waveform: Tensor) -> Tensor:
        """Return the vector of a recording.

        Args:
            waveform: Samples at 16 kHz, shape `(samples,)`.

        Returns:
            Shape `(512,)`.
        """
        states = _features(waveform)[None]
        for layer in self.blocks[:-2]:
            states = _inner(layer)(states)
        pooled = torch.cat([states.mean(2), states.std(2) + LEAST_STD], dim=1)
        vector: Tensor = _inner(self.blocks[-1])(pooled)[0]
        return vector


def _named(**layer: nn.Module) -> nn.ModuleDict:
    return nn.ModuleDict(layer)


def _inner(layer: nn.Module) -> Any:
    return next(iter(layer.values())) if isinstance(layer, nn.ModuleDict) else layer


def _features(waveform: Tensor) -> Tensor:
    """Return log-mel features without their mean over time, shape `(mels, frames)`."""
    window = torch.hamming_window(N_FFT, device=waveform.device)
    spectrum = torch.stft(
        waveform, N_FFT, HOP_LENGTH, window=window, center=True, pad_mode="constant", return_complex=True
    )
    mels = _filters(waveform.device) @ spectrum.abs().square()
    levels = 10 * mels.clamp(min=1e-10).log10()
    levels = levels.clamp(min=float(levels.max()) - RANGE_DB)
    return levels - levels.mean(dim=1, keepdim=True)


def _filters(device: torch.device) -> Tensor:
    """Return SpeechBrain's triangles: as wide below their centre as above it, shape `(mels, bins)`."""
    top = 2595 * torch.log10(torch.tensor(1 + 8000 / 700))
    hertz = 700 * (10 ** (torch.linspace(0, float(top), N_MELS + 2) / 2595) - 1)
    centres, bands = hertz[1:-1, None], (hertz[1:] - hertz[:-1])[:-1, None]
    slope = (torch.linspace(0, 8000, N_FFT // 2 + 1)[None] - centres) / bands
    return (1 - slope.abs()).clamp(min=0).to(device)
