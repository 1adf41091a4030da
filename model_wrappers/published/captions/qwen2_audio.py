"""Qwen2-Audio: a sentence on what is heard."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.published.captions.generated_captions import SAMPLE_RATE, CaptionConfig, CaptionModel

MAX_DURATION_S = 30.0  # of its encoder


class Qwen2AudioConfig(CaptionConfig):
    """Qwen2-Audio 7B Instruct."""

    model: str = "Qwen/Qwen2-Audio-7B-Instruct"
    revision: str | None = "0a095220c30b7b31434169c3086508ef3ea5bf0a"
    memory_mb: int = 18_432
    gpu_memory_mb: int = 20_480


class Qwen2Audio(CaptionModel):
    """Qwen2-Audio through transformers.

    Source: Chu et al., Qwen2-Audio Technical Report, arXiv 2407.10759.
    """

    Config = Qwen2AudioConfig
    network = "Qwen2AudioForConditionalGeneration"

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model."""
        return cls.declare(
            config,
            title="Qwen2-Audio 7B Instruct",
            licence="Apache-2.0",
            limits=Limits(max_duration_s=MAX_DURATION_S),
        )

    def inputs(self, waveforms: Sequence[NDArray[np.float32]]) -> Any:
        """Return prompt and log-mel spectrograms of 30 s each."""
        content = [{"type": "audio", "audio_url": ""}, {"type": "text", "text": self.config.prompt}]
        text = self._processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=False
        )
        return self._processor(
            text=[text] * len(waveforms),
            audio=list(waveforms),
            sampling_rate=SAMPLE_RATE,
            return_tensors="pt",
            padding=True,
        )
