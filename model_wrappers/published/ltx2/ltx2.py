"""LTX-2: a film of a portrait that says a given speech."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.tasks.talking_head_synthesis import (
    TalkingHeadSynthesisRequest,
    TalkingHeadSynthesisResponse,
)
from model_wrappers.contract.visual import Image, Video
from model_wrappers.published.ltx2.speech import keep_speech, speech_latents
from model_wrappers.talking_head.film import write_film
from model_wrappers.talking_head.portrait import DEFAULT_PORTRAIT
from model_wrappers.torch.batches import in_memory
from model_wrappers.torch.model import TorchConfig, TorchModel, needs
from model_wrappers.weights.hub import DIFFUSERS_FILES

FRAMES_PER_LATENT = 8  # of its video autoencoder; a film has a multiple of it and one frame more
MAX_DURATION_S = 20.0
SEED = 0


class LTX2Config(TorchConfig):
    """LTX-2 with its 12 B text encoder."""

    model: str = "Lightricks/LTX-2"
    revision: str | None = "47da56e2ad66ce4125a9922b4a8826bf407f9d0a"
    prompt: str = Field(
        default="A close-up of the person in the picture speaking to the camera, lips in sync with the voice.",
        description="What the film shows",
    )
    negative_prompt: str = Field(default="blurry, distorted face, text", description="What it should not show")
    size: int = Field(default=512, ge=32, le=1024, multiple_of=32, description="Width and height in pixels")
    frame_rate: int = Field(default=24, ge=8, le=50, description="Frames a second")
    steps: int = Field(default=30, ge=1, le=200, description="Diffusion steps")
    guidance: float = Field(default=3.0, ge=1, le=20, description="How closely to follow the prompt")
    perturbed_guidance: float = Field(default=1.0, ge=0, le=5, description="Spatio-temporal guidance; 0 is off")
    perturbed_blocks: tuple[int, ...] = Field(default=(28,), description="Transformer blocks it perturbs")
    modality_guidance: float = Field(default=3.0, ge=1, le=20, description="How closely picture and voice go together")
    cross_timestep: bool = Field(default=True, description="As LTX-2.x checkpoints were trained")
    max_prompt_tokens: int = Field(default=1024, ge=8, le=1024, description="Tokens the prompt is padded to")
    offload: bool = Field(default=False, description="Keep idle networks in host memory: 24 GB of GPU memory suffice")
    memory_mb: int = 72_000
    gpu_memory_mb: int = 72_000


class LTX2(TorchModel[TalkingHeadSynthesisRequest, TalkingHeadSynthesisResponse, TalkingHeadSynthesisRequest]):
    """LTX-2 through diffusers, its sound track held to the given speech at every step.

    Source: HaCohen et al., LTX-2: Efficient Joint Audio-Visual Foundation Model, arXiv 2601.03233.
    """

    Config = LTX2Config
    config: LTX2Config
    files = DIFFUSERS_FILES
    required_file = "model_index.json"

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model."""
        return cls.declare(
            config,
            title="LTX-2",
            tasks=("talking-head-synthesis",),
            licence="LTX-2 Community License (free below 10 M USD of yearly revenue) AND Gemma Terms of Use",
            limits=Limits(max_duration_s=MAX_DURATION_S),
            requires=needs("torch", "transformers", "diffusers", "torchaudio"),
            reports_progress=True,
        )

    def load_weights(self, *folders: Path) -> None:
        """Read the pipeline."""
        from diffusers import LTX2ConditionPipeline

        self._pipeline = LTX2ConditionPipeline.from_pretrained(folders[0], torch_dtype=self.dtype)
        self._pipeline.set_progress_bar_config(disable=True)
        if self.config.offload and self.device.type == "cuda":
            self._pipeline.enable_model_cpu_offload(device=self.device)
        else:
            self._pipeline.to(self.device)

    def prepare(self, request: TalkingHeadSynthesisRequest) -> TalkingHeadSynthesisRequest:
        """Take the request as it is."""
        return request

    def answer(
        self, batch: Sequence[TalkingHeadSynthesisRequest], work: Work
    ) -> Sequence[TalkingHeadSynthesisResponse | AudioGPTError]:
        """Make one film after another: the pipeline shows one picture to all rows of a batch."""
        answers: list[TalkingHeadSynthesisResponse | AudioGPTError] = []
        for index, request in enumerate(batch):
            part = work.stretch(index / len(batch), (index + 1) / len(batch))

            def film(
                requests: Sequence[TalkingHeadSynthesisRequest], part: Work = part
            ) -> list[TalkingHeadSynthesisResponse]:
                return [TalkingHeadSynthesisResponse(video=self._film(each, part)) for each in requests]

            answers += in_memory([request], film)
        return answers

    def _film(self, request: TalkingHeadSynthesisRequest, part: Work) -> Video:
        import torch
        from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition

        config = self.config
        wanted = math.ceil(request.audio.duration_s * config.frame_rate)
        count = math.ceil(max(wanted - 1, 1) / FRAMES_PER_LATENT) * FRAMES_PER_LATENT + 1
        latents = speech_latents(self._pipeline, request.audio, count / config.frame_rate)
        keep_speech(self._pipeline, latents, SEED + 1)

        def report(_: Any, step: int, __: Any, ___: Any) -> dict[str, Any]:
            part.report((step + 1) / config.steps)
            return {}

        frames = self._pipeline(
            conditions=LTX2VideoCondition(frames=_portrait(request.image, config.size), index=0, strength=1.0),
            prompt=config.prompt,
            negative_prompt=config.negative_prompt,
            height=config.size,
            width=config.size,
            num_frames=count,
            frame_rate=float(config.frame_rate),
            num_inference_steps=config.steps,
            audio_latents=latents,
            generator=torch.Generator().manual_seed(SEED),
            callback_on_step_end=report,
            max_sequence_length=config.max_prompt_tokens,
            output_type="np",
            **self._guidance(),
        ).frames[0]
        return write_film(_pixels(frames[:wanted]), request.audio, size=config.size, frame_rate=config.frame_rate)

    def _guidance(self) -> dict[str, Any]:
        config = self.config
        perturbed = config.perturbed_guidance > 0
        return {
            "guidance_scale": config.guidance,
            "audio_guidance_scale": config.guidance,
            "stg_scale": config.perturbed_guidance,
            "audio_stg_scale": config.perturbed_guidance,
            "spatio_temporal_guidance_blocks": list(config.perturbed_blocks) if perturbed else None,
            "modality_scale": config.modality_guidance,
            "audio_modality_scale": config.modality_guidance,
            "use_cross_timestep": config.cross_timestep,
        }


def _portrait(image: Image | None, size: int) -> Any:
    """Return the middle of a picture as a square."""
    from PIL import Image as PillowImage
    from PIL import ImageOps

    pixels = (image or Image.decode(DEFAULT_PORTRAIT.read_bytes())).pixels
    return ImageOps.fit(PillowImage.fromarray(pixels), (size, size))


def _pixels(frames: NDArray[np.float32]) -> Iterator[NDArray[np.uint8]]:
    for frame in frames:
        yield np.asarray(np.clip(frame * 255 + 0.5, 0, 255), np.uint8)
