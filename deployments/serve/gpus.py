"""GPU memory: what the types hold, and the least fraction of one that a model needs."""

import math

from model_wrappers.contract.errors import InvalidInput

# MiB that nvidia-smi reports for the accelerator types of Ray; A100 is the 40 GB one unless its name says otherwise.
GPU_MEMORY_MB = {
    "T4": 15_360,
    "V100": 16_384,
    "A10G": 23_028,
    "L4": 23_034,
    "A100": 40_960,
    "A100-40G": 40_960,
    "L40S": 46_068,
    "A100-80G": 81_920,
    "H100": 81_559,
    "H200": 143_771,
}
CONTEXT_MB = 512  # CUDA context and library workspaces of a process, outside PyTorch's allocator
HEADROOM = 0.1  # of the declared memory: fragmentation, and the surge of the largest batch
STEP = 0.01  # fractions are written with two digits


def capacity_mb(gpu_type: str) -> int:
    """Return the memory of a GPU type in MiB.

    Raises:
        InvalidInput: If the type is not known.
    """
    if gpu_type not in GPU_MEMORY_MB:
        known = ", ".join(GPU_MEMORY_MB)
        raise InvalidInput(
            f"GPU type '{gpu_type}' is not known; choose one of: {known}, or add it to deployments/serve/gpus.py."
        )
    return GPU_MEMORY_MB[gpu_type]


def needed_mb(gpu_memory_mb: int) -> int:
    """Return what a replica that declares `gpu_memory_mb` takes of a GPU with its context and headroom, in MiB."""
    return gpu_memory_mb + math.ceil(gpu_memory_mb * HEADROOM) + CONTEXT_MB


def least_fraction(gpu_memory_mb: int, gpu_type: str) -> float:
    """Return the least `num_gpus` of a replica on a GPU type, above 1 if one GPU does not hold it."""
    return math.ceil(needed_mb(gpu_memory_mb) / capacity_mb(gpu_type) / STEP) / round(1 / STEP)
