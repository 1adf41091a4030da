"""What the doctor found, and what to do about it."""

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

INSTALL_DEBIAN = "sudo apt-get install --no-install-recommends "
INSTALL_PYTHON = "pip install "
JOINED = (INSTALL_DEBIAN, INSTALL_PYTHON, "audiogpt models pull ")  # commands that take several names at once


class Finding(BaseModel):
    """One thing that was looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    area: str = Field(description="Where it belongs, such as memory")
    state: Literal["ok", "note", "missing"] = Field(
        description="As it should be; good to know, and nothing fails by it alone; something does not work without it"
    )
    what: str = Field(description="What was found, in words")
    how: str | None = Field(default=None, description="Command or advice that mends it")


class Report(BaseModel):
    """All findings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ok: bool = Field(description="Whether nothing is missing")
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> "Report":
        """Sum findings up."""
        found = tuple(findings)
        return cls(ok=all(finding.state != "missing" for finding in found), findings=found)

    @property
    def remedies(self) -> tuple[str, ...]:
        """What to do about what is missing, each thing once; names for the same command stand in one line."""
        return joined([finding.how for finding in self.findings if finding.how and finding.state == "missing"])


def joined(remedies: Sequence[str]) -> tuple[str, ...]:
    """Join remedies that are one command with other names."""
    lines: dict[str, dict[str, None]] = {}
    for remedy in remedies:
        command = next((command for command in JOINED if remedy.startswith(command)), remedy)
        names = lines.setdefault(command, {})
        names.update(dict.fromkeys(remedy.removeprefix(command).split()))
    return tuple((command + " ".join(names)).strip() for command, names in lines.items())
