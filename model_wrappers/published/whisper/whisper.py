"""Whisper on torch: large-v3 and large-v3-turbo, windows of all requests in one batch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from model_wrappers.contract.base import RunContext
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.embedded.whisper.decoder import DecodedWindow, Decoding, Window
from model_wrappers.embedded.whisper.request import LANGUAGES, WhisperRequest, decoding_of
from model_wrappers.embedded.whisper.whisper import WhisperResponse, decode_in_turns
from model_wrappers.published.whisper.decoder import TorchWhisperDecoder
from model_wrappers.speech.windows import SAMPLE_RATE, SpeechWindows
from model_wrappers.torch.batches import in_memory
from model_wrappers.torch.model import TorchConfig, TorchModel, needs

LARGE_V3 = "openai/whisper-large-v3"
LARGE_V3_COMMIT = "06f233fe06e710322aca913c1bc4249a0d71fce1"


class WhisperLargeConfig(TorchConfig):
    """Whisper large-v3, or another multilingual checkpoint such as openai/whisper-large-v3-turbo."""

    model: str = LARGE_V3
    revision: str | None = LARGE_V3_COMMIT
    beam_size: int = Field(default=1, ge=1, le=20, description="1 is greedy; more is slower and slightly better")
    vad_threshold: float = Field(
        default=0.5, ge=0, lt=1, description="Probability above which sound is taken for speech; 0 takes all of it"
    )
    memory_mb: int = 4_096
    gpu_memory_mb: int = 6_144  # 3.1 GiB of weights in 16 bits, and a batch of 16 windows


class WhisperLarge(TorchModel[WhisperRequest, WhisperResponse, Any]):
    """Whisper through transformers.

    Source: Radford et al., Robust Speech Recognition via Large-Scale Weak Supervision, arXiv 2212.04356.
    """

    Config = WhisperLargeConfig
    config: WhisperLargeConfig

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare both tasks; `output_languages` speaks of translation, transcripts stay in the language spoken."""
        return cls.declare(
            config,
            title=f"Whisper {Path(config.model).name.removeprefix('whisper-')}",
            tasks=("speech-recognition", "speech-translation"),
            licence="Apache-2.0",
            input_languages=LANGUAGES,
            output_languages=("en",),
            sample_rate=SAMPLE_RATE,
            limits=Limits(max_duration_s=4 * 3600, unsupported=("text", "speak")),
            requires=needs("torch", "transformers"),
            reports_progress=True,
        )

    def load_weights(self, *folders: Path) -> None:
        """Read network, tokens and feature extractor."""
        from transformers import WhisperForConditionalGeneration, WhisperProcessor

        network = WhisperForConditionalGeneration.from_pretrained(
            folders[0], dtype=self.dtype, attn_implementation=self.config.attention
        )
        processor = WhisperProcessor.from_pretrained(folders[0])
        self._decoder = TorchWhisperDecoder(self.on_device(network), processor, self.config.beam_size)

    def warm_up(self) -> None:
        """Decode a second of silence and load the speech detector."""
        import torch

        silence = np.zeros(SAMPLE_RATE, np.float32)
        list(SpeechWindows(silence, self.config.vad_threshold))
        with torch.inference_mode():
            self._decoder.decode([Window(silence, 0.0, "en")], Decoding("transcribe", max_tokens=8))

    def batch_key(self, request: WhisperRequest) -> object:
        """Windows decoded together share task, prompt and temperature."""
        return decoding_of(request)

    def run_batch(
        self, requests: Sequence[WhisperRequest], context: RunContext
    ) -> list[WhisperResponse | AudioGPTError]:
        """Decode the first windows of all requests together, then the second ones, and so on."""
        import torch

        with torch.inference_mode():
            return decode_in_turns(requests, context, self.config.vad_threshold, self._decode)

    def _decode(self, windows: Sequence[Window], decoding: Decoding) -> Sequence[DecodedWindow | AudioGPTError]:
        return in_memory(windows, lambda part: self._decoder.decode(part, decoding))
