"""Whether two responses of one task say the same."""

from typing import Any

import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.symbolic import Posteriorgram
from model_wrappers.contract.tasks.base import TaskResponse
from model_wrappers.contract.visual import Video

TOLERANCE = 2e-3  # of a sound's peak, or of probability; float32 sums depend on the size of a batch


def assert_alike(first: Any, second: Any) -> None:
    """Compare every field: texts and counts exactly, samples and probabilities within the tolerance."""
    assert isinstance(first, TaskResponse), first
    assert isinstance(second, TaskResponse), second
    assert type(first) is type(second)
    for name in type(first).model_fields:
        _compare(name, getattr(first, name), getattr(second, name))


def _compare(name: str, first: Any, second: Any) -> None:
    assert type(first) is type(second), name
    match first:
        case Audio():
            assert first.sample_rate == second.sample_rate
            assert first.waveform.shape == second.waveform.shape, name
            peak = np.abs(first.waveform).max()
            assert peak > 0, name
            np.testing.assert_allclose(first.waveform, second.waveform, rtol=0, atol=TOLERANCE * peak)
        case Posteriorgram():
            assert first.labels == second.labels
            np.testing.assert_allclose(first.probabilities, second.probabilities, atol=TOLERANCE)
        case Video():
            assert first.data == second.data
        case tuple():
            assert len(first) == len(second), name
            for one, other in zip(first, second, strict=True):
                _compare(name, one, other)
        case float():
            assert first == pytest.approx(second, abs=TOLERANCE), name
        case _ if hasattr(type(first), "model_fields"):
            for field in type(first).model_fields:
                _compare(f"{name}.{field}", getattr(first, field), getattr(second, field))
        case _:
            assert first == second, name
