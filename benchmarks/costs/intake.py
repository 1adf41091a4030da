"""What it costs to read a file in a process of its own: the same file in this one, side by side in one run.

Usage: python -m benchmarks.costs.intake [--rounds 50] [FILE ...]
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from model_wrappers.contract.audio import Audio
from router.media.decoding import InProcessDecoder, Job
from router.media.pool import DecoderPool

SPEECH = Path(__file__).parents[2] / "examples" / "data" / "speech.flac"  # 10 s
PAUSE_S = 0.05  # between files, as one user sends them
WARM_UP = 5


def main() -> None:
    """Measure the files named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=[SPEECH])
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    table = Table("file", "decoded only, ms", "decoded and written, ms", "in a process of its own, ms", "more, ms")
    with DecoderPool(2) as pool:
        ways: tuple[Callable[[bytes, int], object], ...] = (
            lambda data, output: Audio.inspect(data),
            lambda data, output: InProcessDecoder().run(Job(), data, output),
            lambda data, output: pool.run(Job(), data, output),
        )
        for file in options.files:
            times = measure(file.read_bytes(), ways, options.rounds)
            medians = [f"{1e3 * statistics.median(way):.1f}" for way in times]
            more = 1e3 * (statistics.median(times[2]) - statistics.median(times[0]))
            table.add_row(file.name, *medians, f"{more:.1f}")
    Console().print(table)


def measure(data: bytes, ways: tuple[Callable[[bytes, int], object], ...], rounds: int) -> list[list[float]]:
    """Return seconds by way, measured in turn."""
    times: list[list[float]] = [[] for _ in ways]
    for _ in range(WARM_UP + rounds):
        for way, found in zip(ways, times, strict=True):
            output = os.memfd_create("canonical")
            time.sleep(PAUSE_S)
            begun = time.perf_counter()
            way(data, output)
            found.append(time.perf_counter() - begun)
            os.close(output)
    return [found[WARM_UP:] for found in times]


if __name__ == "__main__":
    main()
