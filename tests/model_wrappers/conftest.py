from pathlib import Path

import pytest
from measures import RecordedContext

from model_wrappers.audio import Audio

LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")  # Debian package pocketsphinx-testdata


@pytest.fixture
def context() -> RecordedContext:
    return RecordedContext()


@pytest.fixture(scope="session")
def librivox() -> tuple[Audio, ...]:
    """Five sentences of one man reading, 16 kHz, 2.5 to 11 s."""
    files = sorted(LIBRIVOX.glob("*.wav"))
    assert files, "install the Debian package pocketsphinx-testdata"
    return tuple(Audio.decode(file.read_bytes()) for file in files)
