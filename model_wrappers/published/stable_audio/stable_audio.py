"""Stable Audio Open: sounds and music from a description, and gaps filled with what fits around them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError, InvalidInput
from model_wrappers.contract.tasks.audio_inpainting import AudioInpaintingRequest, AudioInpaintingResponse
from model_wrappers.contract.tasks.text_to_audio import TextToAudioRequest, TextToAudioResponse
from model_wrappers.published.stable_audio.diffusion import Known, StableAudioDiffusion, Wanted
from model_wrappers.published.stable_audio.gaps import Gap, joined
from model_wrappers.torch.model import TorchConfig, TorchModel, needs
from model_wrappers.weights.hub import DIFFUSERS_FILES

LICENCE = "Stability AI Community License (free below 1 M USD of yearly revenue)"
METHOD = "diffusion with the known sound kept (Stable Audio Open)"

Request = TextToAudioRequest | AudioInpaintingRequest
Response = TextToAudioResponse | AudioInpaintingResponse
Prepared = tuple[Wanted, Gap | None]


class StableAudioConfig(TorchConfig):
    """Stable Audio Open 1.0; its repository is gated."""

    model: str = "stabilityai/stable-audio-open-1.0"
    revision: str | None = "f21265c1e2710b3bd2386596943f0007f55f802e"
    steps: int = Field(default=100, ge=1, le=500, description="Diffusion steps; more is slower and finer")
    guidance: float = Field(default=7.0, ge=1, le=20, description="How closely to follow the words")
    negative_prompt: str = Field(default="Low quality.", description="What the sound should not be")
    default_duration_s: float = Field(default=10.0, gt=0, le=47, description="Length of sounds asked for without one")
    least_context_s: float = Field(default=2.0, gt=0, description="Known sound that the filling of a gap needs")
    memory_mb: int = 4_096
    gpu_memory_mb: int = 6_144

    def diffusion(self, folder: Path, device: Any, dtype: Any) -> StableAudioDiffusion:
        """Read the networks from a folder."""
        return StableAudioDiffusion(
            folder,
            device,
            dtype,
            steps=self.steps,
            guidance=self.guidance,
            negative_prompt=self.negative_prompt,
        )


class StableAudio(TorchModel[Request, Response, Prepared]):
    """Stable Audio Open through diffusers, one diffusion run for a batch.

    Source: Evans et al., Stable Audio Open, arXiv 2407.14358; for gaps: Lugmayr et al., RePaint, arXiv 2201.09865.
    """

    Config = StableAudioConfig
    config: StableAudioConfig
    files = DIFFUSERS_FILES
    required_file = "model_index.json"

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare both tasks."""
        return cls.declare(
            config,
            title="Stable Audio Open",
            tasks=("text-to-audio", "audio-inpainting"),
            licence=LICENCE,
            input_languages=("en",),
            limits=Limits(max_duration_s=1_800, max_channels=2),
            requires=needs("torch", "transformers", "diffusers", "torchsde"),
            reports_progress=True,
        )

    def load_weights(self, *folders: Path) -> None:
        """Read the pipeline's networks."""
        self._diffusion = self.config.diffusion(folders[0], self.device, self.dtype)

    def batch_key(self, request: Request) -> object:
        """Keep the two tasks apart; words, lengths, seeds and gaps may differ."""
        return type(request)

    def prepare(self, request: Request) -> Prepared:
        """Return what is to be made, and for a gap where it belongs."""
        longest = self._diffusion.max_duration_s
        if isinstance(request, TextToAudioRequest):
            duration_s = checked_duration(request.duration or self.config.default_duration_s, longest)
            return Wanted(request.text, duration_s, request.seed), None
        gap = Gap.of(request, longest, self.config.least_context_s)
        around = gap.surroundings(self._diffusion.sample_rate)
        known = Known(around.waveform.waveform, around.begin, around.end)
        return Wanted("", around.waveform.duration_s, seed=0, known=known), gap

    def answer(self, batch: Sequence[Prepared], work: Work) -> Sequence[Response | AudioGPTError]:
        """Run the diffusion once for all."""
        sounds = self._diffusion.make([wanted for wanted, _ in batch], work)
        return [_response(sound, gap) for sound, (_, gap) in zip(sounds, batch, strict=True)]


def checked_duration(duration_s: float, longest_s: float) -> float:
    """Return a length the model can make.

    Raises:
        InvalidInput: If it is too long.
    """
    if duration_s > longest_s:
        raise InvalidInput(
            f"A sound of {duration_s:g} s is too long; this model makes at most {longest_s:.1f} s.", param="duration"
        )
    return duration_s


def _response(sound: Audio, gap: Gap | None) -> Response:
    if gap is None:
        return TextToAudioResponse(audio=sound)
    rate = gap.audio.sample_rate
    return AudioInpaintingResponse(audio=joined(gap, sound), start=gap.begin / rate, end=gap.end / rate, method=METHOD)
