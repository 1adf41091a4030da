"""What the modules of `checkpoints` hold: how to build tiny checkpoints, requests for them, and sizes to measure."""

import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from types import ModuleType

from benchmarks.gpu.cases import Benchmark
from tests.published import checkpoints
from tests.published.case import Case


def _modules() -> Iterator[tuple[str, ModuleType]]:
    for found in pkgutil.iter_modules(checkpoints.__path__):
        yield found.name, import_module(f"{checkpoints.__name__}.{found.name}")


def _cases() -> dict[str, Case]:
    return {
        name: replace(case, folders={"model": module} | case.folders)
        for module, content in _modules()
        for name, case in getattr(content, "CASES", {}).items()
    }


def _benchmarks() -> dict[str, Benchmark]:
    """Return the benchmark of each module that has one, under the name of its first case."""
    return {next(iter(content.CASES)): content.BENCHMARK for _, content in _modules() if hasattr(content, "BENCHMARK")}


CASES: dict[str, Case] = _cases()
BENCHMARKS: dict[str, Benchmark] = _benchmarks()
