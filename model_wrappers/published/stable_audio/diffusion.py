"""One diffusion run of Stable Audio for several requests: their own words, lengths, seeds and kept stretches."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import Work

DECODED_MARGIN = 32  # latents behind the end of a sound that the decoder's convolutions look at


@dataclass(frozen=True)
class Known:
    """What is to stay: stereo samples at the model's rate, all but those from `begin` to `end`."""

    waveform: NDArray[np.float32]
    begin: int
    end: int


@dataclass(frozen=True)
class Wanted:
    """One sound to make."""

    text: str
    duration_s: float
    seed: int
    known: Known | None = None


class StableAudioDiffusion:
    """The networks of a `StableAudioPipeline` in a loop of our own.

    The pipeline's call knows one length for all prompts; every row of its loop is as long as the model's longest
    sound anyway, so rows of different lengths go together.
    """

    def __init__(
        self, folder: Path, device: Any, dtype: Any, *, steps: int, guidance: float, negative_prompt: str
    ) -> None:
        """Read the networks onto a device in a precision."""
        from diffusers import StableAudioPipeline

        self._pipeline = StableAudioPipeline.from_pretrained(folder, torch_dtype=dtype).to(device)
        self._steps = steps
        self._guidance = guidance
        self._negative_prompt = negative_prompt

    @property
    def sample_rate(self) -> int:
        """Hz of what it makes."""
        return int(self._pipeline.vae.config.sampling_rate)

    @property
    def max_duration_s(self) -> float:
        """Longest sound in seconds."""
        return float(self._pipeline.transformer.config.sample_size * self._pipeline.vae.hop_length / self.sample_rate)

    def make(self, wanted: Sequence[Wanted], work: Work) -> list[Audio]:
        """Make all sounds in one run.

        Args:
            wanted: Of any lengths up to `max_duration_s`.
            work: Told after every step.
        """
        latents = self._denoise(wanted, work)
        sounds = [self._decode(row, each.duration_s) for row, each in zip(latents, wanted, strict=True)]
        work.report(1.0)
        return sounds

    def _denoise(self, wanted: Sequence[Wanted], work: Work) -> Any:
        import torch

        pipeline, scheduler = self._pipeline, self._pipeline.scheduler
        device, dtype = pipeline.transformer.device, pipeline.transformer.dtype
        words, lengths = self._condition(wanted, device)
        scheduler.set_timesteps(self._steps, device=device)
        generators = [torch.Generator().manual_seed(each.seed) for each in wanted]
        shape = (pipeline.transformer.config.in_channels, pipeline.transformer.config.sample_size)
        noise = torch.stack([torch.randn(shape, generator=each) for each in generators]).to(device, dtype)
        latents = noise * scheduler.init_noise_sigma
        kept, keep = self._keep(wanted, shape, device, dtype)
        rotary = self._rotary(shape[1] + lengths.shape[1])
        for step, time in enumerate(scheduler.timesteps):
            work.report(step / self._steps)
            given = scheduler.scale_model_input(torch.cat([latents] * 2), time)
            predicted = pipeline.transformer(
                given,
                time.unsqueeze(0),
                encoder_hidden_states=words,
                global_hidden_states=lengths,
                rotary_embedding=rotary,
                return_dict=False,
            )[0]
            without, with_words = predicted.chunk(2)
            guided = without + self._guidance * (with_words - without)
            latents = scheduler.step(guided, time, latents, generator=generators).prev_sample
            # What is known is put back at the noise level of the next step, without any after the last.
            latents = torch.where(keep, kept + scheduler.sigmas[step + 1].to(device, dtype) * noise, latents)
        return latents

    def _condition(self, wanted: Sequence[Wanted], device: Any) -> tuple[Any, Any]:
        """Return the embedded prompts with their lengths, and the lengths alone, without guidance first."""
        import torch

        texts = [each.text for each in wanted]
        words = self._pipeline.encode_prompt(texts, device, True, [self._negative_prompt] * len(wanted))
        begin, end = self._pipeline.encode_duration(
            [0.0] * len(wanted), [each.duration_s for each in wanted], device, True, len(wanted)
        )
        return torch.cat([words, begin, end], dim=1), torch.cat([begin, end], dim=2)

    def _keep(self, wanted: Sequence[Wanted], shape: tuple[int, int], device: Any, dtype: Any) -> tuple[Any, Any]:
        """Return the latents to keep and where, shapes `(rows, channels, frames)` and `(rows, 1, frames)`."""
        import torch

        hop = self._pipeline.vae.hop_length
        kept = torch.zeros((len(wanted), *shape), device=device, dtype=dtype)
        keep = torch.zeros((len(wanted), 1, shape[1]), device=device, dtype=torch.bool)
        for row, each in enumerate(wanted):
            if each.known is None:
                continue
            whole = torch.zeros((1, 2, shape[1] * hop), device=device, dtype=dtype)
            given = torch.from_numpy(each.known.waveform).to(device, dtype)
            whole[0, :, : given.shape[1]] = given
            kept[row] = self._pipeline.vae.encode(whole).latent_dist.mode()[0]
            keep[row] = True
            keep[row, :, each.known.begin // hop : -(-each.known.end // hop)] = False
        return kept, keep

    def _rotary(self, length: int) -> Any:
        from diffusers.models.embeddings import get_1d_rotary_pos_embed

        return get_1d_rotary_pos_embed(
            self._pipeline.rotary_embed_dim, length, use_real=True, repeat_interleave_real=False
        )

    def _decode(self, latents: Any, duration_s: float) -> Audio:
        """Decode one row as far as it is needed; the decoder's memory grows with length."""
        samples = round(duration_s * self.sample_rate)
        frames = min(-(-samples // self._pipeline.vae.hop_length) + DECODED_MARGIN, latents.shape[-1])
        decoded = self._pipeline.vae.decode(latents[None, :, :frames]).sample[0, :, :samples]
        return Audio(np.clip(decoded.float().cpu().numpy(), -1.0, 1.0), self.sample_rate)
