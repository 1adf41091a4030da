"""Holding the sound track of LTX-2 to a given speech."""

from typing import Any

import numpy as np

from model_wrappers.contract.audio import Audio

N_FFT = 1_024
LEAST_MAGNITUDE = 1e-5


def speech_latents(pipeline: Any, speech: Audio, duration_s: float) -> Any:
    """Return a speech in the latents of the pipeline's audio autoencoder.

    Args:
        pipeline: `LTX2ConditionPipeline`.
        speech: Any sound; its channels are mixed and repeated.
        duration_s: Length to cut or pad it to.

    Returns:
        Shape `(1, channels, length, mels)`.
    """
    import torch
    import torchaudio

    coder = pipeline.audio_vae
    config = coder.config
    samples = round(duration_s * config.sample_rate)
    mono = speech.resample(config.sample_rate).mono()[:samples]
    padded = np.pad(mono, (0, samples - len(mono)))
    mel = torchaudio.transforms.MelSpectrogram(
        config.sample_rate,
        n_fft=N_FFT,
        hop_length=config.mel_hop_length,
        n_mels=config.mel_bins,
        f_max=config.sample_rate / 2,
        power=1.0,
        mel_scale="slaney",
        norm="slaney",
    )(torch.from_numpy(padded)[None].expand(config.in_channels, -1))
    levels = mel.clamp(min=LEAST_MAGNITUDE).log().permute(0, 2, 1)[None]
    device = pipeline._execution_device
    return coder.to(device).encode(levels.to(device, coder.dtype)).latent_dist.mode()


def keep_speech(pipeline: Any, latents: Any, seed: int) -> None:
    """Give the pipeline a scheduler under which its sound is the speech at every noise level.

    Args:
        pipeline: `LTX2ConditionPipeline`.
        latents: As `speech_latents` returned them.
        seed: Of the noise.
    """
    import torch
    from diffusers import FlowMatchEulerDiscreteScheduler

    coder = pipeline.audio_vae
    packed = pipeline._normalize_audio_latents(
        pipeline._pack_audio_latents(latents), coder.latents_mean, coder.latents_std
    ).float()
    noise = torch.randn(packed.shape, generator=torch.Generator().manual_seed(seed)).to(packed.device)

    class Kept(FlowMatchEulerDiscreteScheduler):
        """Whatever the network predicts for the sound, the next sound is the speech with less noise."""

        def step(self, model_output: Any, timestep: Any, sample: Any, **_: Any) -> tuple[Any]:
            if self.step_index is None:
                self._init_step_index(timestep)
            level = self.sigmas[self.step_index + 1].to(packed)
            self._step_index += 1
            return ((1 - level) * packed + level * noise,)

    pipeline.register_modules(audio_scheduler=Kept.from_config(pipeline.scheduler.config))
