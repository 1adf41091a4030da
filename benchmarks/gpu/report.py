"""The table that `benchmarks/gpu/models.py` writes, on paper after every line."""

import platform
import time
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

COLUMNS = (
    "model",
    "batch",
    "latency ms",
    "requests/s",
    "seconds of sound/s",
    "bare library ms",
    "of bare",
    "peak MiB",
    "of roofline",
)
PACKAGES = ("torch", "transformers", "diffusers", "espnet")
MIB = 2**20


@dataclass(frozen=True)
class Row:
    """One line of the table; times in seconds."""

    model: str
    batch: int
    seconds: float
    """Of sound in one request."""
    ours_s: float
    bare_s: float | None
    """None where the device has too little memory."""
    peak_bytes: int | None
    least_s: float | None

    def cells(self) -> tuple[str, ...]:
        """Return the line's cells."""
        return (
            self.model,
            str(self.batch),
            f"{self.ours_s * 1000:.1f}",
            f"{self.batch / self.ours_s:.2f}",
            f"{self.batch * self.seconds / self.ours_s:.1f}",
            "out of memory" if self.bare_s is None else f"{self.bare_s * 1000:.1f}",
            "-" if self.bare_s is None else f"{self.ours_s / self.bare_s:.2f}",
            "-" if self.peak_bytes is None else f"{self.peak_bytes / MIB:.0f}",
            "-" if self.least_s is None else f"{self.least_s / self.ours_s:.1%}",
        )


@dataclass
class Report:
    """What was measured, and what was not and why."""

    device: str
    path: Path | None = None
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Print the head of the table."""
        self._heading = _heading(self.device)
        print("\n".join((self._heading, "", _line(COLUMNS), _rule())), flush=True)

    def add(self, row: Row) -> None:
        """Print and keep a line."""
        self.rows.append(row)
        print(_line(row.cells()), flush=True)
        self._write()

    def note(self, text: str) -> None:
        """Print and keep why something is missing."""
        self.notes.append(text)
        print(text, flush=True)
        self._write()

    def _write(self) -> None:
        if self.path:
            table = [_line(COLUMNS), _rule(), *(_line(row.cells()) for row in self.rows)]
            notes = ["", *(f"- {note}" for note in self.notes)] if self.notes else []
            self.path.write_text("\n".join((self._heading, "", *table, *notes)) + "\n")


def _heading(device: str) -> str:
    import torch

    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else platform.processor() or "CPU"
    python = f"Python {platform.python_version()}"
    return ", ".join((name, time.strftime("%Y-%m-%d"), python, *map(_installed, PACKAGES)))


def _installed(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"no {package}"


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _rule() -> str:
    return "|---" * len(COLUMNS) + "|"
