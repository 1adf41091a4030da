"""How near a measured time is to what a GPU could do at best."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TERA, GIGA = 1e12, 1e9


@dataclass(frozen=True)
class Peak:
    """Dense peaks from the vendor's data sheets: operations a second by number format, bytes a second of memory.

    Of 32-bit numbers it is TensorFloat-32's where the device has it, because cuDNN's convolutions use that.
    """

    flops_16: float
    flops_32: float
    bytes_s: float


PEAKS = {
    "T4": Peak(65 * TERA, 8.1 * TERA, 320 * GIGA),
    "A10G": Peak(70 * TERA, 35 * TERA, 600 * GIGA),
    "L4": Peak(121 * TERA, 60 * TERA, 300 * GIGA),
    "L40S": Peak(362 * TERA, 183 * TERA, 864 * GIGA),
    "A100-SXM4-40GB": Peak(312 * TERA, 156 * TERA, 1_555 * GIGA),
    "A100-SXM4-80GB": Peak(312 * TERA, 156 * TERA, 2_039 * GIGA),
    "H100 80GB HBM3": Peak(989 * TERA, 494 * TERA, 3_350 * GIGA),
    "H200": Peak(989 * TERA, 494 * TERA, 4_800 * GIGA),
}


@dataclass(frozen=True)
class Work:
    """What one item takes: floating-point operations, and bytes of weights that each pass reads."""

    flops: float
    weight_bytes: float

    def least_s(self, batch: int, peak: Peak, *, half: bool) -> float:
        """Return the time below which no batch can be answered: arithmetic, or reading the weights once a pass."""
        flops_s = peak.flops_16 if half else peak.flops_32
        return max(batch * self.flops / flops_s, self.weight_bytes / peak.bytes_s)


def peak_of(device_name: str) -> Peak | None:
    """Return the peaks of a device by its name as torch gives it, None if they are not known."""
    return next((peak for name, peak in PEAKS.items() if re.search(rf"\b{name}\b", device_name)), None)


def count_work(run: Callable[[], Any], networks: list[Any]) -> Work:
    """Run something once and count its operations and the weights it reads.

    Matrix products, convolutions, attention and recurrent layers are counted; activations are not.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    read = 0.0

    def add(layer: Any, *_: Any) -> None:
        nonlocal read
        read += sum(value.nbytes for value in layer.parameters(recurse=False))

    layers = [
        layer for network in networks for layer in network.modules() if any(True for _ in layer.parameters(False))
    ]
    hooks = [layer.register_forward_hook(add) for layer in layers]
    mapping = {torch.ops.aten._cudnn_rnn: _recurrent_flops}
    try:
        with FlopCounterMode(display=False, custom_mapping=mapping) as counter:
            run()
    finally:
        for hook in hooks:
            hook.remove()
    return Work(float(counter.get_total_flops()), read)


def _recurrent_flops(given: Any, weights: Any, *_: Any, **__: Any) -> int:
    """Return two operations for each weight of a recurrent layer, step and row."""
    steps_and_rows = given[0] * given[1]
    return int(sum(2 * steps_and_rows * shape[0] * shape[1] for shape in weights if len(shape) == 2))
