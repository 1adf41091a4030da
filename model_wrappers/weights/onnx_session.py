"""ONNX networks on the CPU."""

from pathlib import Path
from typing import Any


def open_session(model: Path | bytes, *, threads: int = 1, keeps_memory: bool = True) -> Any:
    """Return an `onnxruntime.InferenceSession`, which runs from any number of threads.

    Args:
        model: File or content of the network.
        threads: Cores one run may use.
        keeps_memory: Whether memory of earlier runs is kept for later ones; it grows to what the longest input takes.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.enable_cpu_mem_arena = keeps_memory
    options.log_severity_level = 3  # errors only
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
