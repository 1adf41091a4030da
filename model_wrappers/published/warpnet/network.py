"""WarpNet: two time warps, one for each ear, predicted from where the source is."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

SAMPLE_RATE = 48_000  # Hz
POSE_HOP = 400  # samples from one pose to the next
SPEED_OF_SOUND = 343.0  # m/s
# Metres in the frame of the recordings: x ahead, y to the right, z up; poses are those of markers above the heads.
EARS = ((0.0, -0.08, -0.22), (0.0, 0.08, -0.22))
MOUTH = (0.09, 0.0, -0.20)


class WarpNet(nn.Module):
    """Delay a mono signal for each ear by its way through the air, corrected by four causal convolutions.

    The parameters lie where the published checkpoint has them: `layers.N` and `linear`.

    Source: A. Richard et al., "Neural Synthesis of Binaural Speech from Mono Audio", ICLR 2021, section 3.1.
    """

    def __init__(self, layers: int = 4, channels: int = 64) -> None:
        """Build it with random weights."""
        super().__init__()
        sizes = [7, *[channels] * layers]  # a pose is a place and a quaternion
        self.layers = nn.ModuleList(nn.Conv1d(before, after, 2) for before, after in pairwise(sizes))
        self.linear = nn.Conv1d(channels, 2, 1)

    def forward(self, waveform: Tensor, poses: Tensor) -> Tensor:
        """Return what the left and the right ear hear.

        Args:
            waveform: Shape `(batch, samples)`, at 48 kHz.
            poses: Shape `(batch, 7, samples / 400)`: x, y, z in metres and a quaternion (x, y, z, w).

        Returns:
            Shape `(batch, 2, samples)`.
        """
        samples = waveform.shape[-1]
        shift = self._geometric_shift(poses) + self._learned_shift(poses)
        shift = functional.interpolate(shift, size=samples).clamp(max=0)  # sound comes late, never early
        places = shift.double() + torch.arange(samples, device=shift.device)  # 32 bits are a thirtieth of a sample here
        places = places.clamp(0, samples - 1).cummax(dim=-1).values  # nor in another order
        return _read_between(waveform[:, None].expand(-1, 2, -1), places)

    def _learned_shift(self, poses: Tensor) -> Tensor:
        features = poses
        for layer in self.layers:
            features = functional.relu(layer(functional.pad(features, (1, 0))))
        shift: Tensor = self.linear(features)
        return shift

    def _geometric_shift(self, poses: Tensor) -> Tensor:
        """Return the way from the mouth to each ear in samples, negative, shape `(batch, 2, poses)`."""
        mouth = poses[:, :3] + _turned_back(poses[:, 3:], poses.new_tensor(MOUTH))
        ears = poses.new_tensor(EARS)
        ways = (mouth[:, None] - ears[None, :, :, None]).norm(dim=2)
        return -ways / SPEED_OF_SOUND * SAMPLE_RATE


def _turned_back(quaternions: Tensor, vector: Tensor) -> Tensor:
    """Turn a vector by the inverse of quaternions of shape `(batch, 4, poses)`; returns `(batch, 3, poses)`."""
    unit = functional.normalize(quaternions, dim=1)
    axis, real = -unit[:, :3], unit[:, 3:]
    vector = vector[None, :, None].expand_as(axis)
    across = 2 * torch.linalg.cross(axis, vector, dim=1)
    return vector + real * across + torch.linalg.cross(axis, across, dim=1)


def _read_between(signal: Tensor, places: Tensor) -> Tensor:
    """Read a signal at fractional places, both of shape `(batch, channels, samples)`, by linear interpolation."""
    before = places.floor()
    share = (places - before).to(signal.dtype)
    after = places.ceil().long()
    return (1 - share) * signal.gather(2, before.long()) + share * signal.gather(2, after)
