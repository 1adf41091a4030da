"""A pytest plugin that computes as another machine would: `-p tests.arithmetic`, told by `TEST_ARITHMETIC`.

What libraries read from the environment is set by `scripts/sweep_arithmetic.py` before Python starts; here is what they
offer in code alone.
"""

import os
from typing import Any

import numpy as np
import pytest

VARIABLE = "TEST_ARITHMETIC"
LAST_BIT = 2.0**-16  # half a step of 16-bit samples


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    """Put the chosen arithmetic in place before a test module is imported."""
    for change in os.environ.get(VARIABLE, "").split():
        name, _, value = change.partition("=")
        {"onnx-graph": _set_graph_level, "onnx-threads": _set_threads, "noise": _add_noise}[name](value)


def _set_graph_level(level: str) -> None:
    """Rewrite ONNX networks as far as `level` says, whatever the wrapper asks for."""
    import onnxruntime

    _change_options("graph_optimization_level", onnxruntime.GraphOptimizationLevel.__members__[level])


def _set_threads(count: str) -> None:
    """Divide the sums of ONNX networks among `count` threads."""
    _change_options("intra_op_num_threads", int(count))


def _change_options(name: str, value: Any) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession

    class Changed(session):  # type: ignore[misc, valid-type]
        def __init__(self, path_or_bytes: Any, sess_options: Any = None, **others: Any) -> None:
            sess_options = sess_options or onnxruntime.SessionOptions()
            setattr(sess_options, name, value)
            super().__init__(path_or_bytes, sess_options, **others)

    onnxruntime.InferenceSession = Changed


def _add_noise(seed: str) -> None:
    """Change the last of 16 bits of every sound that a model hears."""
    from model_wrappers.contract.audio import Audio

    decode, resample = Audio.decode.__func__, Audio.resample  # type: ignore[attr-defined]

    def noisy(audio: Audio) -> Audio:
        noise = np.random.default_rng(int(seed)).uniform(-LAST_BIT, LAST_BIT, audio.waveform.shape)
        heard = np.where(audio.waveform == 0, 0.0, audio.waveform + noise)  # silence stays silent
        return Audio(heard.astype(np.float32), audio.sample_rate, audio.licence)

    Audio.decode = classmethod(lambda cls, *data, **options: noisy(decode(cls, *data, **options)))  # type: ignore[assignment]
    Audio.resample = lambda self, *rate: noisy(resample(self, *rate))  # type: ignore[method-assign]
