"""Audio Spectrogram Transformer: which of AudioSet's 527 sounds are heard, window by window."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.symbolic import Posteriorgram
from model_wrappers.contract.tasks.sound_detection import SoundDetectionRequest, SoundDetectionResponse
from model_wrappers.published.open_vocabulary import events_of
from model_wrappers.torch.model import TorchConfig, TorchModel, needs
from model_wrappers.torch.pieces import respond, run_pieces

SAMPLE_RATE = 16_000  # Hz
FRAMES_PER_S = 100


class AudioSpectrogramTransformerConfig(TorchConfig):
    """The checkpoint trained on AudioSet with windows of 10.24 s."""

    model: str = "MIT/ast-finetuned-audioset-10-10-0.4593"
    revision: str | None = "f826b80d28226b62986cc218e5cec390b1096902"
    hop_s: float = Field(default=1.0, gt=0, le=10, description="Step between windows, the precision of the times")
    windows_per_batch: int = Field(default=32, ge=1, le=512, description="Windows classified together at most")
    memory_mb: int = 1_024
    gpu_memory_mb: int = 2_048


@dataclass(frozen=True)
class Recording:
    """Samples at 16 kHz with the windows' first samples."""

    request: SoundDetectionRequest
    waveform: NDArray[np.float32]
    firsts: tuple[int, ...]

    def window(self, first: int, length: int) -> NDArray[np.float32]:
        """Return the samples of a window, fewer at both ends of the recording."""
        return self.waveform[max(0, first) : first + length]


class AudioSpectrogramTransformer(TorchModel[SoundDetectionRequest, SoundDetectionResponse, Recording]):
    """AST through transformers, on overlapping windows.

    Source: Gong et al., AST: Audio Spectrogram Transformer, arXiv 2104.01778.
    """

    Config = AudioSpectrogramTransformerConfig
    config: AudioSpectrogramTransformerConfig

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model."""
        return cls.declare(
            config,
            title="Audio Spectrogram Transformer",
            tasks=("sound-detection",),
            licence="BSD-3-Clause",
            sample_rate=SAMPLE_RATE,
            channels=1,
            limits=Limits(max_duration_s=1_800),
            requires=needs("torch", "transformers"),
            reports_progress=True,
        )

    def load_weights(self, *folders: Path) -> None:
        """Read network and feature extractor."""
        from transformers import ASTFeatureExtractor, ASTForAudioClassification

        network = ASTForAudioClassification.from_pretrained(
            folders[0], dtype=self.dtype, attn_implementation=self.config.attention
        )
        self._network = self.on_device(network)
        self._features = ASTFeatureExtractor.from_pretrained(folders[0])
        self._labels = tuple(network.config.id2label[index] for index in range(network.config.num_labels))
        self._window = round(network.config.max_length / FRAMES_PER_S * SAMPLE_RATE)

    def prepare(self, request: SoundDetectionRequest) -> Recording:
        """Lay the windows: one every hop, the first centred on the first hop."""
        waveform = request.audio.resample(SAMPLE_RATE).mono()
        hop = round(self.config.hop_s * SAMPLE_RATE)
        firsts = range(hop // 2 - self._window // 2, len(waveform) + hop // 2 - self._window // 2, hop)
        return Recording(request, waveform, tuple(firsts))

    def answer(self, batch: Sequence[Recording], work: Work) -> Sequence[SoundDetectionResponse | AudioGPTError]:
        """Classify the windows of all recordings, so many at a time."""
        pieces = [[recording.window(first, self._window) for first in recording.firsts] for recording in batch]
        rows = run_pieces(pieces, work, self._classify, rows=self.config.windows_per_batch)
        return respond(batch, rows, self._response)

    def _classify(self, windows: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        features = self._features(list(windows), sampling_rate=SAMPLE_RATE, return_tensors="pt").input_values
        logits = self._network(features.to(self.device, self.dtype)).logits
        return list(logits.float().sigmoid().cpu().numpy())

    def _response(self, recording: Recording, rows: list[NDArray[np.float32]]) -> SoundDetectionResponse:
        probabilities = np.array(rows, np.float32).reshape(-1, len(self._labels))
        gram = Posteriorgram(probabilities, self._labels, self.config.hop_s)
        events = events_of(gram, recording.request.threshold, recording.waveform, SAMPLE_RATE)
        return SoundDetectionResponse(events=events, posteriorgram=gram)
