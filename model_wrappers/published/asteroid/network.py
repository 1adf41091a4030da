"""Conv-TasNet in the layout of Asteroid's checkpoints."""

import torch
from torch import Tensor, nn

EPSILON = 1e-8
MASKS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "linear": nn.Identity}


class GlobalNorm(nn.Module):
    """Normalise over channels and time together."""

    def __init__(self, channels: int) -> None:
        """Make gain and offset, one a channel."""
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, given: Tensor) -> Tensor:
        """Take and return shape `(batch, channels, frames)`."""
        mean = given.mean(dim=(1, 2), keepdim=True)
        variance = given.var(dim=(1, 2), keepdim=True, unbiased=False)
        normed = (given - mean) / torch.sqrt(variance + EPSILON)
        return self.gamma[:, None] * normed + self.beta[:, None]


class Block(nn.Module):
    """A dilated convolution, with its ways on and out."""

    def __init__(self, channels: int, hidden: int, skipped: int, kernel: int, dilation: int) -> None:
        """Build the layers; their names are those of the checkpoint's keys."""
        super().__init__()
        padding = (kernel - 1) * dilation // 2
        self.shared_block = nn.Sequential(
            nn.Conv1d(channels, hidden, 1),
            nn.PReLU(),
            GlobalNorm(hidden),
            nn.Conv1d(hidden, hidden, kernel, padding=padding, dilation=dilation, groups=hidden),
            nn.PReLU(),
            GlobalNorm(hidden),
        )
        self.res_conv = nn.Conv1d(hidden, channels, 1)
        self.skip_conv = nn.Conv1d(hidden, skipped, 1)

    def forward(self, given: Tensor) -> tuple[Tensor, Tensor]:
        """Return what goes on to the next block, and what goes to the masks."""
        shared = self.shared_block(given)
        return self.res_conv(shared), self.skip_conv(shared)


class Masker(nn.Module):
    """Blocks of growing dilation, repeated, and a mask for each voice."""

    def __init__(
        self, filters: int, voices: int, *, blocks: int, repeats: int, channels: int, hidden: int, skipped: int,
        kernel: int, mask: str,
    ) -> None:  # fmt: skip
        """Build the layers."""
        super().__init__()
        self.voices = voices
        self.bottleneck = nn.Sequential(GlobalNorm(filters), nn.Conv1d(filters, channels, 1))
        self.TCN = nn.ModuleList(
            Block(channels, hidden, skipped, kernel, 2**number) for _ in range(repeats) for number in range(blocks)
        )
        self.mask_net = nn.Sequential(nn.PReLU(), nn.Conv1d(skipped, voices * filters, 1))
        self.output_act = MASKS[mask]()

    def forward(self, spectrum: Tensor) -> Tensor:
        """Return masks of shape `(batch, voices, filters, frames)`."""
        state = self.bottleneck(spectrum)
        summed = torch.zeros(1, device=state.device, dtype=state.dtype)
        for block in self.TCN:
            residual, skipped = block(state)
            state, summed = state + residual, summed + skipped
        masks: Tensor = self.output_act(self.mask_net(summed))
        return masks.unflatten(1, (self.voices, -1))


class Filterbank(nn.Module):
    """Learned filters, as a module of the name that the checkpoint gives them."""

    def __init__(self, filters: int, kernel: int) -> None:
        """Make the filters."""
        super().__init__()
        self.filterbank = nn.Module()
        self.filterbank._filters = nn.Parameter(torch.empty(filters, 1, kernel))
        nn.init.xavier_normal_(self.weight)

    @property
    def weight(self) -> Tensor:
        """Shape `(filters, 1, kernel)`."""
        found: Tensor = self.filterbank._filters
        return found


class ConvTasNet(nn.Module):
    """Conv-TasNet with free filters, global norms and skip connections.

    Source: Luo and Mesgarani, Conv-TasNet: Surpassing Ideal Time-Frequency Magnitude Masking for Speech Separation,
    arXiv 1809.07454; names and defaults of Asteroid's checkpoints.
    """

    def __init__(
        self, n_src: int, *, n_blocks: int = 8, n_repeats: int = 3, bn_chan: int = 128, hid_chan: int = 512,
        skip_chan: int = 128, conv_kernel_size: int = 3, mask_act: str = "sigmoid", kernel_size: int = 16,
        n_filters: int = 512, stride: int = 8,
    ) -> None:  # fmt: skip
        """Build encoder, masker and decoder from the checkpoint's `model_args`."""
        super().__init__()
        self.stride = stride
        self.encoder = Filterbank(n_filters, kernel_size)
        self.masker = Masker(
            n_filters, n_src, blocks=n_blocks, repeats=n_repeats, channels=bn_chan, hidden=hid_chan, skipped=skip_chan,
            kernel=conv_kernel_size, mask=mask_act,
        )  # fmt: skip
        self.decoder = Filterbank(n_filters, kernel_size)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Separate.

        Args:
            waveforms: Shape `(batch, samples)`.

        Returns:
            Shape `(batch, voices, samples)`.
        """
        batch, samples = waveforms.shape
        spectrum = nn.functional.conv1d(waveforms[:, None], self.encoder.weight, stride=self.stride)
        masked = self.masker(spectrum) * spectrum[:, None]
        voices = nn.functional.conv_transpose1d(masked.flatten(0, 1), self.decoder.weight, stride=self.stride)
        found = voices.reshape(batch, self.masker.voices, -1)
        return nn.functional.pad(found, (0, samples - found.shape[-1]))
