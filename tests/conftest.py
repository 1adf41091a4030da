import os
from pathlib import Path

import hypothesis
import pytest

from deployments.local.launch import BEFORE_RAY
from model_wrappers.contract.audio import Audio
from tests.surroundings import make_surroundings

make_surroundings()
os.environ.update(BEFORE_RAY, HF_HUB_OFFLINE="1")  # before any test imports Ray

hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repeatable")

EXAMPLES = Path(__file__).parent.parent / "examples" / "data"


@pytest.fixture(scope="session")
def speech() -> Audio:
    """Two sentences read by a man, 10.1 s at 16 kHz, without noise."""
    return Audio.decode((EXAMPLES / "speech.flac").read_bytes())


@pytest.fixture(scope="session")
def noisy_speech() -> Audio:
    """`speech` with pink noise and hum at 5 dB SNR."""
    return Audio.decode((EXAMPLES / "noisy-speech.flac").read_bytes())


@pytest.fixture(scope="session")
def spoken_text() -> str:
    """The words of `speech`."""
    return (EXAMPLES / "speech.txt").read_text().strip()
