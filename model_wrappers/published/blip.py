"""BLIP and Stable Audio Open: a picture in words, and the sound of those words."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import ModelCard
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.tasks.image_to_audio import ImageToAudioRequest, ImageToAudioResponse
from model_wrappers.published.stable_audio.diffusion import Wanted
from model_wrappers.published.stable_audio.stable_audio import LICENCE, StableAudioConfig, checked_duration
from model_wrappers.torch.batches import waiting_rows
from model_wrappers.torch.model import TorchModel, needs
from model_wrappers.weights.hub import DIFFUSERS_FILES, Checkpoint

MAX_CAPTION_TOKENS = 40


class BlipStableAudioConfig(StableAudioConfig):
    """Which captioner goes before Stable Audio Open."""

    captioner: str = Field(
        default="Salesforce/blip-image-captioning-large", description="Folder or repository of a BLIP captioner"
    )
    captioner_revision: str | None = Field(
        default="353689b859fcf0523410b1806dace5fb46ecdf41", description="Commit of the captioner's repository"
    )
    memory_mb: int = 6_144
    gpu_memory_mb: int = 8_192


class BlipStableAudio(TorchModel[ImageToAudioRequest, ImageToAudioResponse, ImageToAudioRequest]):
    """BLIP's caption as the prompt of Stable Audio Open; both networks share the replica's device.

    Source: Li et al., BLIP, arXiv 2201.12086; Evans et al., Stable Audio Open, arXiv 2407.14358.
    """

    Config = BlipStableAudioConfig
    config: BlipStableAudioConfig

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model."""
        return cls.declare(
            config,
            title="BLIP with Stable Audio Open",
            tasks=("image-to-audio",),
            licence=f"{LICENCE} AND BSD-3-Clause",
            requires=needs("torch", "transformers", "diffusers", "torchsde"),
            reports_progress=True,
        )

    @classmethod
    def checkpoints(cls, config: Any) -> tuple[Checkpoint, ...]:
        """Return Stable Audio's checkpoint and the captioner's."""
        return (
            Checkpoint(config.model, config.commit(), DIFFUSERS_FILES, "model_index.json"),
            Checkpoint(config.captioner, config.commit("captioner", "captioner_revision")),
        )

    def load_weights(self, *folders: Path) -> None:
        """Read both networks."""
        from transformers import BlipForConditionalGeneration, BlipProcessor

        self._diffusion = self.config.diffusion(folders[0], self.device, self.dtype)
        captioner = BlipForConditionalGeneration.from_pretrained(folders[1], dtype=self.dtype)
        self._captioner = self.on_device(captioner)
        self._processor = BlipProcessor.from_pretrained(folders[1])

    def prepare(self, request: ImageToAudioRequest) -> ImageToAudioRequest:
        """Check the length asked for."""
        checked_duration(request.duration or self.config.default_duration_s, self._diffusion.max_duration_s)
        return request

    def answer(
        self, batch: Sequence[ImageToAudioRequest], work: Work
    ) -> Sequence[ImageToAudioResponse | AudioGPTError]:
        """Caption all pictures together, then make all sounds together."""
        captions = self._caption(batch, work)
        wanted = [
            Wanted(caption, request.duration or self.config.default_duration_s, seed=0)
            for caption, request in zip(captions, batch, strict=True)
        ]
        sounds = self._diffusion.make(wanted, work.stretch(0.2, 1.0))
        return [
            ImageToAudioResponse(audio=sound, text=caption) for sound, caption in zip(sounds, captions, strict=True)
        ]

    def _caption(self, batch: Sequence[ImageToAudioRequest], work: Work) -> list[str]:
        pictures = [request.image.pixels for request in batch]
        inputs = self._processor(images=pictures, return_tensors="pt").to(self.device)
        generated = self._captioner.generate(
            inputs["pixel_values"].to(self.dtype),
            max_new_tokens=MAX_CAPTION_TOKENS,
            do_sample=False,
            stopping_criteria=[waiting_rows(work.stretch(0.0, 0.2), MAX_CAPTION_TOKENS)],
        )
        return [text.strip() for text in self._processor.batch_decode(generated, skip_special_tokens=True)]
