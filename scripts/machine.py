"""Print what the results of a test run may depend on: processor, memory, arithmetic settings and versions."""

import ctypes
import os
import platform
import re
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
FLAGS = ("sse4_2", "avx", "avx2", "fma", "avx512f", "avx512bw", "avx512vl", "avx512_vnni", "avx512_bf16", "amx_int8")
SETTINGS = ("OPENBLAS_", "OMP_", "MKL_", "NPY_", "CT2_", "ORT_", "TEST_ARITHMETIC", "PYTHONHASHSEED", "CUDA_VISIBLE")
PACKAGES = ("numpy", "scipy", "onnxruntime", "ctranslate2", "torch", "ray", "pytest")
KERNEL = "scipy_openblas_get_corename64_"


def main() -> None:
    """Print a line a fact."""
    for name, value in facts():
        print(f"{name}: {value}", flush=True)


def facts() -> Iterator[tuple[str, str]]:
    """Yield the facts by name."""
    information = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    flags = set(_first(r"^(?:flags|Features)\s*: (.*)$", information).split())
    yield "system", platform.platform()
    yield "processor", _first(r"^model name\s*: (.*)$", information) or platform.machine()
    yield "instructions", " ".join(flag for flag in FLAGS if flag in flags) or "unknown"
    yield "cores", str(len(os.sched_getaffinity(0)))
    yield "memory", f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB"
    settings = [f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith(SETTINGS)]
    yield "arithmetic settings", " ".join(settings) or "none"
    yield "python", platform.python_version()
    yield "numpy's OpenBLAS", _openblas_kernel()
    for environment in (".venv", ".venv-production"):
        yield environment, ", ".join(_versions(ROOT / environment))


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found[1] if found else ""


def _versions(environment: Path) -> Iterator[str]:
    found = distributions(path=[str(path) for path in environment.glob("lib/python*/site-packages")])
    versions = {distribution.name: distribution.version for distribution in found}
    return (f"{package} {versions[package]}" for package in PACKAGES if package in versions)


def _openblas_kernel() -> str:
    """Return the version of NumPy's OpenBLAS and the processor whose kernels it chose."""
    import numpy as np

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    folder = Path(np.__file__).parents[1] / "numpy.libs"
    for library in folder.glob("libscipy_openblas64_*"):
        name = getattr(ctypes.CDLL(str(library)), KERNEL)
        name.restype = ctypes.c_char_p
        return f"{blas['version']}, kernels for {name().decode()}"
    return f"{blas['name']} {blas['version']}"


if __name__ == "__main__":
    main()
