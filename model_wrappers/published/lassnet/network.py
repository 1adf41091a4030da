"""LASS-Net: a U-Net over spectrograms that keeps what a sentence describes."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

N_FFT = 1024
HOP_LENGTH = 512
CHANNELS = (32, 64, 128, 256, 384, 384)  # of the published encoder, from the top down
CONDITION = 256  # values that describe the sentence


class LassNet(nn.Module):
    """Predict from a magnitude spectrogram and a sentence the share of each point that belongs to the sound.

    The parameters lie where the published checkpoint has them, below `text_embedder` and `UNet`.

    Source: X. Liu et al., "Separate What You Describe: Language-Queried Audio Source Separation", Interspeech 2022.
    """

    def __init__(self, bert: nn.Module, hidden_size: int = CONDITION, channels: tuple[int, ...] = CHANNELS) -> None:
        """Build it around a BERT encoder without pooling.

        Args:
            bert: Text encoder.
            hidden_size: Of its states.
            channels: Of the encoder blocks.
        """
        super().__init__()
        self.text_embedder = TextEmbedder(bert, hidden_size)
        self.UNet = FilmUNet(channels, hidden_size)

    def forward(self, waveform: Tensor, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the sound described, with the phase of the mixture.

        Args:
            waveform: Shape `(batch, samples)`, at 32 kHz.
            input_ids: Tokens of each sentence, beginning with [CLS], shape `(batch, tokens)`.
            attention_mask: 0 for padding, shape `(batch, tokens)`.

        Returns:
            Shape `(batch, samples)`.
        """
        window = torch.hann_window(N_FFT, device=waveform.device, dtype=waveform.dtype)
        spectrum = torch.stft(waveform, N_FFT, HOP_LENGTH, window=window, return_complex=True)
        condition = self.text_embedder(input_ids, attention_mask)
        mask = torch.sigmoid(self.UNet(spectrum.abs().transpose(1, 2)[:, None], condition))
        masked = spectrum * mask[:, 0].transpose(1, 2)
        return torch.istft(masked, N_FFT, HOP_LENGTH, window=window, length=waveform.shape[-1])


class TextEmbedder(nn.Module):
    """The first state of a sentence, through one layer."""

    def __init__(self, bert: nn.Module, hidden_size: int) -> None:
        """Wrap a BERT encoder."""
        super().__init__()
        self.bert_layer = bert
        self.linear_layer = nn.Sequential(nn.Linear(hidden_size, hidden_size), nn.ReLU())

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return one vector a sentence, shape `(batch, hidden_size)`."""
        states: Any = self.bert_layer(input_ids=input_ids, attention_mask=attention_mask)
        vectors: Tensor = self.linear_layer(states[0][:, 0])
        return vectors


class Film(nn.Module):
    """Add a bias for each channel that the sentence decides."""

    def __init__(self, channels: int, condition: int) -> None:
        """Build two layers."""
        super().__init__()
        self.linear = nn.Sequential(
            nn.Linear(condition, channels * 2), nn.ReLU(), nn.Linear(channels * 2, channels), nn.ReLU()
        )

    def forward(self, features: Tensor, condition: Tensor) -> Tensor:
        """Shift features of shape `(batch, channels, frames, bins)`."""
        shifted: Tensor = features + self.linear(condition)[..., None, None]
        return shifted


class ResidualBlock(nn.Module):
    """Two convolutions, each shifted by the sentence, beside a shortcut."""

    def __init__(self, before: int, after: int, condition: int) -> None:
        """Build a block from `before` to `after` channels."""
        super().__init__()
        self.bn1, self.bn2 = nn.BatchNorm2d(before), nn.BatchNorm2d(after)
        self.conv1 = nn.Conv2d(before, after, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.film1, self.film2 = Film(after, condition), Film(after, condition)
        self.changes_channels = before != after
        if self.changes_channels:
            self.shortcut = nn.Conv2d(before, after, 1)
            self.film_res = Film(after, condition)

    def forward(self, features: Tensor, condition: Tensor) -> Tensor:
        """Return features of shape `(batch, after, frames, bins)`."""
        inner = self.film1(self.conv1(functional.leaky_relu(self.bn1(features), 0.01)), condition)
        inner = self.film2(self.conv2(functional.leaky_relu(self.bn2(inner), 0.01)), condition)
        kept = self.film_res(self.shortcut(features), condition) if self.changes_channels else features
        output: Tensor = kept + inner
        return output


class EncoderBlock(nn.Module):
    """Two residual blocks, then half the size."""

    def __init__(self, before: int, after: int, condition: int) -> None:
        """Build a block from `before` to `after` channels."""
        super().__init__()
        self.conv_block1 = ResidualBlock(before, after, condition)
        self.conv_block2 = ResidualBlock(after, after, condition)

    def forward(self, features: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Return the features at half and at full size."""
        full = self.conv_block2(self.conv_block1(features, condition), condition)
        return functional.avg_pool2d(full, 2), full


class DecoderBlock(nn.Module):
    """Twice the size, beside the encoder's features, through two residual blocks."""

    def __init__(self, before: int, after: int, condition: int) -> None:
        """Build a block from `before` to `after` channels."""
        super().__init__()
        self.bn1 = nn.BatchNorm2d(before)
        self.conv1 = nn.ConvTranspose2d(before, after, 3, stride=2, bias=False)
        self.conv_block2 = ResidualBlock(2 * after, after, condition)
        self.conv_block3 = ResidualBlock(after, after, condition)

    def forward(self, features: Tensor, beside: Tensor, condition: Tensor) -> Tensor:
        """Return features as large as those beside."""
        larger = self.conv1(functional.relu(self.bn1(features)))[:, :, : beside.shape[2], : beside.shape[3]]
        joined = torch.cat((larger, beside), dim=1)
        output: Tensor = self.conv_block3(self.conv_block2(joined, condition), condition)
        return output


class FilmUNet(nn.Module):
    """A residual U-Net over frames and bins, conditioned on a vector."""

    def __init__(self, channels: tuple[int, ...], condition: int) -> None:
        """Build encoder and decoder blocks, numbered from 1 as in the published checkpoint."""
        super().__init__()
        self.depth = len(channels)
        for number, (before, after) in enumerate(zip((1, *channels[:-1]), channels, strict=True), start=1):
            setattr(self, f"encoder_block{number}", EncoderBlock(before, after, condition))
        setattr(self, f"conv_block{self.depth + 1}", ResidualBlock(channels[-1], channels[-1], condition))
        downwards = channels[::-1]
        for number, (before, after) in enumerate(zip((downwards[0], *downwards[:-1]), downwards, strict=True), start=1):
            setattr(self, f"decoder_block{number}", DecoderBlock(before, after, condition))
        self.after_conv_block1 = ResidualBlock(channels[0], channels[0], condition)
        self.after_conv2 = nn.Conv2d(channels[0], 1, 1)

    def forward(self, magnitudes: Tensor, condition: Tensor) -> Tensor:
        """Return one logit a point for magnitudes of shape `(batch, 1, frames, bins)`; the last two bins get 0."""
        frames = magnitudes.shape[2]
        features = functional.pad(magnitudes, (0, 0, 0, -frames % 2**self.depth))[..., :-2]
        beside: list[Tensor] = []
        for number in range(1, self.depth + 1):
            features, full = getattr(self, f"encoder_block{number}")(features, condition)
            beside.append(full)
        features = getattr(self, f"conv_block{self.depth + 1}")(features, condition)
        for number, full in enumerate(reversed(beside), start=1):
            features = getattr(self, f"decoder_block{number}")(features, full, condition)
        features = self.after_conv2(self.after_conv_block1(features, condition))
        return functional.pad(features, (0, 2))[:, :, :frames]
