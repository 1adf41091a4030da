"""Convolutions over padded batches that give each row what it gets alone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


@contextmanager
def rows_of_length(network: Any, lengths: Sequence[int]) -> Iterator[None]:
    """Silence what lies behind the end of each row before every convolution of a network.

    A row alone meets the zeros of the convolution's own padding at its end; in a batch it would meet what the layers
    before made of the padding.

    Args:
        network: Whose one-dimensional convolutions, transposed ones too, are watched inside the block.
        lengths: Of the rows that go in, the longest unpadded; layers whose time runs faster or slower by some factor
            follow.
    """
    import torch
    from torch import nn

    longest = max(lengths)

    def silence(layer: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        features, *others = inputs
        steps = features.shape[-1]
        ends = torch.tensor([-(-length * steps // longest) for length in lengths], device=features.device)
        inside = torch.arange(steps, device=features.device) < ends[:, None]
        return (features * inside[:, None], *others)

    hooks = [
        layer.register_forward_pre_hook(silence)
        for layer in network.modules()
        if len(lengths) > 1 and isinstance(layer, (nn.Conv1d, nn.ConvTranspose1d))
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
