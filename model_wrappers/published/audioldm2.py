"""AudioLDM 2: sounds and music from a description."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import ModelCard
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.tasks.text_to_audio import TextToAudioRequest, TextToAudioResponse
from model_wrappers.published.stable_audio.stable_audio import checked_duration
from model_wrappers.torch.model import TorchConfig, TorchModel, needs
from model_wrappers.weights.hub import DIFFUSERS_FILES

MAX_DURATION_S = 30.0  # it was trained on 10 s; beyond 30 s its sounds fall apart


class AudioLDM2Config(TorchConfig):
    """AudioLDM 2 large."""

    model: str = "cvssp/audioldm2-large"
    revision: str | None = "4b0b875a9e0c5305dfc917da808584e50e1c7ed4"
    steps: int = Field(default=200, ge=1, le=500, description="Diffusion steps; more is slower and finer")
    guidance: float = Field(default=3.5, gt=1, le=20, description="How closely to follow the words")
    negative_prompt: str = Field(default="Low quality.", description="What the sound should not be")
    default_duration_s: float = Field(default=10.24, gt=0, le=30, description="Length of sounds asked for without one")
    memory_mb: int = 5_120
    gpu_memory_mb: int = 7_168


class AudioLDM2(TorchModel[TextToAudioRequest, TextToAudioResponse, TextToAudioRequest]):
    """AudioLDM 2 through diffusers, one diffusion run for requests of one length.

    Source: Liu et al., AudioLDM 2, arXiv 2308.05734.
    """

    Config = AudioLDM2Config
    config: AudioLDM2Config
    files = DIFFUSERS_FILES
    required_file = "model_index.json"

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model; its licence forbids commercial use."""
        return cls.declare(
            config,
            title="AudioLDM 2 large",
            tasks=("text-to-audio",),
            licence="CC-BY-NC-SA-4.0",
            commercial_use=False,
            input_languages=("en",),
            requires=needs("torch", "transformers", "diffusers"),
            reports_progress=True,
        )

    def load_weights(self, *folders: Path) -> None:
        """Read the pipeline."""
        from diffusers import AudioLDM2Pipeline
        from transformers import GPT2LMHeadModel

        # Published as a bare GPT-2, which can no longer step by step continue a text.
        language_model = GPT2LMHeadModel.from_pretrained(folders[0] / "language_model", dtype=self.dtype)
        pipeline = AudioLDM2Pipeline.from_pretrained(folders[0], torch_dtype=self.dtype, language_model=language_model)
        self._pipeline = pipeline.to(self.device)
        self._pipeline.set_progress_bar_config(disable=True)

    def batch_key(self, request: TextToAudioRequest) -> object:
        """Its spectrograms are as long as the sound, and attend to all of it: lengths must be equal."""
        return self._duration_s(request)

    def prepare(self, request: TextToAudioRequest) -> TextToAudioRequest:
        """Check the length."""
        checked_duration(self._duration_s(request), MAX_DURATION_S)
        return request

    def answer(self, batch: Sequence[TextToAudioRequest], work: Work) -> Sequence[TextToAudioResponse | AudioGPTError]:
        """Run the diffusion once for all."""
        import torch

        def report(step: int, _: int, __: Any) -> None:
            work.report((step + 1) / self.config.steps)

        made = self._pipeline(
            **self._embedded([request.text for request in batch]),
            audio_length_in_s=self._duration_s(batch[0]),
            num_inference_steps=self.config.steps,
            guidance_scale=self.config.guidance,
            generator=[torch.Generator().manual_seed(request.seed) for request in batch],
            callback=report,
            output_type="pt",
        ).audios
        rate = self._pipeline.vocoder.config.sampling_rate
        waveforms = np.clip(made.float().cpu().numpy(), -1.0, 1.0)
        return [TextToAudioResponse(audio=Audio(waveform.reshape(1, -1), rate)) for waveform in waveforms]

    def _duration_s(self, request: TextToAudioRequest) -> float:
        return request.duration or self.config.default_duration_s

    def _embedded(self, texts: Sequence[str]) -> dict[str, Any]:
        """Embed each text alone and pad the results: its GPT-2 would see the padding of a batch of texts."""
        import torch
        from torch.nn.utils.rnn import pad_sequence

        rows = [self._embed(text) for text in (*texts, *([self.config.negative_prompt] * len(texts)))]
        words = pad_sequence([each[0] for each in rows], batch_first=True)
        masks = pad_sequence([each[1] for each in rows], batch_first=True)
        thoughts = torch.stack([each[2] for each in rows])
        count = len(texts)
        return {
            "prompt_embeds": words[:count],
            "attention_mask": masks[:count],
            "generated_prompt_embeds": thoughts[:count],
            "negative_prompt_embeds": words[count:],
            "negative_attention_mask": masks[count:],
            "negative_generated_prompt_embeds": thoughts[count:],
        }

    def _embed(self, text: str) -> tuple[Any, Any, Any]:
        words, mask, thoughts = self._pipeline.encode_prompt(
            [text], self.device, num_waveforms_per_prompt=1, do_classifier_free_guidance=False
        )
        return words[0], mask[0], thoughts[0]
