"""Audio Flamingo 3: a sentence on what is heard, in up to ten minutes of sound."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.published.captions.generated_captions import CaptionConfig, CaptionModel

MAX_DURATION_S = 600.0


class AudioFlamingo3Config(CaptionConfig):
    """Audio Flamingo 3, 8 billion parameters."""

    model: str = "nvidia/audio-flamingo-3-hf"
    revision: str | None = "7d4bae64ee29878af6504ae6f6bb3e40492838ad"
    memory_mb: int = 18_432
    gpu_memory_mb: int = 20_480


class AudioFlamingo3(CaptionModel):
    """Audio Flamingo 3 through transformers.

    Source: Goel et al., Audio Flamingo 3, arXiv 2507.08128.
    """

    Config = AudioFlamingo3Config
    network = "AudioFlamingo3ForConditionalGeneration"

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model; its licence forbids commercial use."""
        return cls.declare(
            config,
            title="Audio Flamingo 3",
            licence="NVIDIA OneWay Noncommercial License",
            commercial_use=False,
            limits=Limits(max_duration_s=MAX_DURATION_S),
        )

    def inputs(self, waveforms: Sequence[NDArray[np.float32]]) -> Any:
        """Return prompt and log-mel spectrograms in windows of 30 s."""
        conversations = [
            [
                {
                    "role": "user",
                    "content": [{"type": "text", "text": self.config.prompt}, {"type": "audio", "audio": waveform}],
                }
            ]
            for waveform in waveforms
        ]
        return self._processor.apply_chat_template(
            conversations, add_generation_prompt=True, tokenize=True, return_dict=True
        )
