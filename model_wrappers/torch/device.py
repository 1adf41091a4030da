"""Where a torch model runs and in which precision, and its share of a GPU's memory."""

import importlib.util
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from model_wrappers.contract.errors import ModelUnavailable

if TYPE_CHECKING:
    import torch

Precision = Literal["auto", "float32", "bfloat16", "float16"]
MIB = 2**20
MAX_HEADER_BYTES = 100_000_000  # of a safetensors file, as its format says
WEIGHT_SUFFIXES = frozenset((".safetensors", ".bin", ".pt", ".pth", ".ckpt"))


def open_device(name: str) -> "torch.device":
    """Return a torch device that exists.

    Raises:
        ModelUnavailable: If torch is missing or has no such device.
    """
    try:
        import torch
    except ImportError as exc:
        raise ModelUnavailable(
            "torch is not installed here; install the production environment with scripts/install_production.sh."
        ) from exc
    device = torch.device(name)
    if device.type == "cuda" and (not torch.cuda.is_available() or (device.index or 0) >= torch.cuda.device_count()):
        raise ModelUnavailable(
            f"There is no device '{name}' here: torch {torch.__version__} sees {torch.cuda.device_count()} CUDA "
            "devices; set 'device: cpu', or place the model where there is a GPU."
        )
    return device


def torch_dtype(precision: Precision, device: "torch.device") -> "torch.dtype":
    """Return the number format: bfloat16 where the GPU computes in it, else float16; float32 on a CPU."""
    import torch

    if precision != "auto":
        return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[precision]
    if device.type != "cuda":
        return torch.float32
    # A T4 emulates bfloat16, slower than float32.
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


def limit_gpu_memory(device: str, share: float) -> None:
    """Hold this process to its share of a GPU's memory, which Ray only accounts for.

    Args:
        device: As in the serve config; nothing happens for `cpu`.
        share: Fraction of the GPU given to the process; 0 or 1 and more leave it alone.
    """
    if not device.startswith("cuda") or not 0 < share < 1 or importlib.util.find_spec("torch") is None:
        return
    import torch

    if torch.cuda.is_available():
        torch.cuda.set_per_process_memory_fraction(share, torch.device(device))


def check_memory(folder: Path, device: "torch.device", value_bytes: int) -> None:
    """Refuse weights that cannot fit, before minutes are spent on reading them.

    Args:
        folder: Checkpoint to read.
        device: Where it is to go.
        value_bytes: Size of one weight once it is read.

    Raises:
        ModelUnavailable: If the weights alone are larger than the memory that may be used.
    """
    need = weight_bytes(folder, value_bytes)
    free = _free_bytes(device)
    if need > free:
        raise ModelUnavailable(
            f"The weights in {folder} take {need // MIB:,} MiB and {device} has {free // MIB:,} MiB left for this "
            "process; place the model on a larger device or raise its 'num_gpus'."
        )


def weight_bytes(folder: Path, value_bytes: int) -> int:
    """Return the memory a checkpoint's weights take; those in pickles are taken for 32-bit numbers.

    Raises:
        ModelUnavailable: If a file of weights is damaged.
    """
    files = [file for file in folder.rglob("*") if file.suffix in WEIGHT_SUFFIXES]
    exact = [file for file in files if file.suffix == ".safetensors"]
    if exact:
        return sum(_values(file) for file in exact) * value_bytes
    return sum(file.stat().st_size for file in files) * value_bytes // 4


def _values(file: Path) -> int:
    """Return how many numbers a safetensors file holds, from its header."""
    try:
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            header = json.loads(opened.read(min(length, MAX_HEADER_BYTES)))
        return sum(math.prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")
    except (ValueError, KeyError, TypeError, OverflowError) as exc:
        raise ModelUnavailable(f"{file} is no safetensors file; run `audiogpt models check`.") from exc


def _free_bytes(device: "torch.device") -> int:
    if device.type == "cuda":
        import torch

        free, total = torch.cuda.mem_get_info(device)
        return min(int(free), int(total * torch.cuda.get_per_process_memory_fraction(device)))
    import psutil

    return int(psutil.virtual_memory().available)


def gpu_memory(device: str) -> dict[str, int]:
    """Return the bytes of GPU memory this process has allocated and reserved, and its limit; nothing for `cpu`."""
    if not device.startswith("cuda") or importlib.util.find_spec("torch") is None:
        return {}
    import torch

    if not torch.cuda.is_available():
        return {}
    limit = torch.cuda.get_device_properties(device).total_memory * torch.cuda.get_per_process_memory_fraction(device)
    reserved = torch.cuda.memory_reserved(device)
    return {"allocated": torch.cuda.memory_allocated(device), "reserved": reserved, "limit": round(limit)}
