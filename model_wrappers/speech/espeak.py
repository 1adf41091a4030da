"""eSpeak NG, run as a program of the machine."""

import subprocess

from model_wrappers.contract.catalog import Requirement
from model_wrappers.contract.errors import ModelFailed

ESPEAK = Requirement(kind="executable", name="espeak-ng", package="espeak-ng", manager="apt")
TIMEOUT_S = 60.0  # it speaks 20,000 characters, 25 minutes, in a few seconds


def run_espeak(*arguments: str, text: str = "", phonemes: bool = False) -> bytes:
    """Return what the program writes for a text that it reads from its input.

    Args:
        arguments: Its options.
        text: Any text.
        phonemes: Whether `[[...]]` in the text holds phonemes; it is read as words if not.

    Raises:
        ModelFailed: If it fails or is not there.
    """
    said = text.replace("\0", " ")
    said = said if phonemes else said.replace("[[", "[ [")
    try:
        return subprocess.run(  # noqa: S603
            ["espeak-ng", *arguments],  # noqa: S607
            input=said.encode(), capture_output=True, timeout=TIMEOUT_S, check=True,
        ).stdout  # fmt: skip
    except (OSError, subprocess.SubprocessError) as exc:
        raise ModelFailed(f"espeak-ng failed: {exc}.") from exc
