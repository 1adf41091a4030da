"""Making torchaudio's wheel, linked against CUDA, importable beside a torch without CUDA."""

import ctypes
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

EXTENSION = "torchaudio._extension"


def prepare_torchaudio() -> bool:
    """Register a torchaudio extension without compiled parts where the real one cannot load.

    Call it before anything imports torchaudio: transformers and diffusers look for torchaudio, and fail with it. What
    is written in Python (resampling, spectrograms, filter banks) works; forced alignment is missing.

    Returns:
        Whether it was registered; no file is touched, and where the real extension loads nothing happens.
    """
    spec = importlib.util.find_spec("torchaudio")
    if "torchaudio" in sys.modules or spec is None or spec.origin is None or _extension_loads(Path(spec.origin).parent):
        return False
    extension: Any = ModuleType(EXTENSION)
    extension.__path__ = [str(Path(spec.origin).parent / "_extension")]
    extension._IS_TORCHAUDIO_EXT_AVAILABLE = False
    extension._IS_ALIGN_AVAILABLE = False
    extension._check_cuda_version = lambda: None
    extension.fail_if_no_align = _refuse_alignment
    sys.modules[EXTENSION] = extension
    return True


def _extension_loads(package: Path) -> bool:
    import torch  # noqa: F401  # its libraries must be loaded first

    libraries = sorted((package / "lib").glob("_torchaudio*.so"))
    try:
        for library in libraries[:1]:
            ctypes.CDLL(str(library))
    except OSError:
        return False
    return True


def _refuse_alignment(function: Callable[..., Any]) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"{function.__name__} needs torchaudio's compiled extension, which does not load here.")

    return refuse
