from pathlib import Path

import pytest

from model_wrappers.contract.audio import Audio
from tests.model_wrappers.measures import RecordedContext

CONTRACTS = "audio base catalog composer errors event_timeline items media opensfx packaged sentences motion tasks"
LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")  # Debian package pocketsphinx-testdata


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder that load real weights."""
    for item in items:
        if Path(__file__).parent in item.path.parents and item.path.stem.removeprefix("test_") not in CONTRACTS.split():
            item.add_marker(pytest.mark.models)


@pytest.fixture
def context() -> RecordedContext:
    return RecordedContext()


@pytest.fixture(scope="session")
def librivox() -> tuple[Audio, ...]:
    """Five sentences of one man reading, 16 kHz, 2.5 to 11 s."""
    files = sorted(LIBRIVOX.glob("*.wav"))
    assert files, "install the Debian package pocketsphinx-testdata"
    return tuple(Audio.decode(file.read_bytes()) for file in files)
