"""Speech enhancement by two networks, mixed by how much the background fluctuates."""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig, Work
from model_wrappers.contract.catalog import ModelCard
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.one_by_one import OneByOneModel
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest, SpeechEnhancementResponse
from model_wrappers.embedded.conv_tasnet import SAMPLE_RATE, ConvTasNet
from model_wrappers.embedded.deepfilternet import DeepFilterNet, DeepFilterNetConfig

FRAME = 1_024  # samples, 64 ms
BANDS = 12  # between 125 Hz and 6.25 kHz
STEADY_DB = 3.0  # white and pink noise fluctuate by 2.5 to 3.2 dB, vacuum cleaners by 3.4
LIVELY_DB = 4.5  # printers, sirens, babble and drums fluctuate by 4.2 to 9 dB
STEADY_SHARE = 0.9  # of DeepFilterNet in steady noise
LIVELY_SHARE = 0.25  # of DeepFilterNet where the background is lively: it keeps voices and rhythms that pass for speech
FLOOR = 1e-4  # of a band's mean power: digital silence does not count as a fluctuation of more than 40 dB


class AdaptiveEnhancementConfig(ModelConfig):
    """How much of the recording is left as it was."""

    original_share: float = Field(
        default=0.08, ge=0, lt=1, description="Share of the recording mixed back in; keeps a voice mistaken for noise"
    )


class AdaptiveEnhancement(OneByOneModel[SpeechEnhancementRequest, SpeechEnhancementResponse]):
    """Clean speech with DeepFilterNet3 and Conv-TasNet and mix the two by the noise found.

    DeepFilterNet is the better one in steady noise and the only one above 8 kHz, Conv-TasNet takes voices and lively
    sounds in the background away; where both are good their errors partly cancel.
    """

    Config = AdaptiveEnhancementConfig
    config: AdaptiveEnhancementConfig

    @classmethod
    def card(cls, config: AdaptiveEnhancementConfig) -> ModelCard:
        """Declare the two models as one."""
        first, second = DeepFilterNet.card(DeepFilterNetConfig()), ConvTasNet.card(ModelConfig())
        return ModelCard(
            title="DeepFilterNet3 + Conv-TasNet",
            tasks=("speech-enhancement",),
            method="neural",
            licence=f"({first.licence}) AND {second.licence}",
            source=f"{first.source}, {second.source}",
            revision=f"{first.revision}; {second.revision}",
            limits=second.limits,
            memory_mb=first.memory_mb + second.memory_mb,
            requires=(*first.requires, *second.requires),
            reports_progress=True,
        )

    def load(self, device: str) -> None:
        """Load both networks."""
        self._deepfilternet = DeepFilterNet(DeepFilterNetConfig())
        self._conv_tasnet = ConvTasNet(ModelConfig())
        self._deepfilternet.load(device)
        self._conv_tasnet.load(device)

    def answer(self, request: SpeechEnhancementRequest, work: Work) -> SpeechEnhancementResponse:
        """Clean one recording."""
        audio = request.audio
        [answer] = self._deepfilternet.run_batch([request], work.stretch(0.0, 0.5))
        if isinstance(answer, AudioGPTError):
            raise answer
        noisy, wide = audio.resample(SAMPLE_RATE).waveform, answer.audio.resample(SAMPLE_RATE).waveform
        mixed = np.zeros_like(noisy)
        for channel, samples in enumerate(noisy):
            first = 0.5 + 0.5 * channel / audio.channels
            part = work.stretch(first, first + 0.5 / audio.channels)
            mixed[channel] = _mixed(samples, wide[channel], self._conv_tasnet.clean(samples, part.report))
        cleaned = answer.audio.waveform + Audio(mixed - wide, SAMPLE_RATE).matching(audio).waveform
        kept = np.float32(self.config.original_share)
        waveform = (1 - kept) * cleaned + kept * audio.waveform
        return SpeechEnhancementResponse(audio=Audio(waveform, audio.sample_rate))


def _mixed(
    noisy: NDArray[np.float32], deepfilternet: NDArray[np.float32], conv_tasnet: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Mix two estimates of the speech in one channel at 16 kHz; all of shape `(samples,)`."""
    background = noisy - np.float32(0.5) * (deepfilternet + conv_tasnet)
    steps, shares = (STEADY_DB, LIVELY_DB), (STEADY_SHARE, LIVELY_SHARE)
    share = np.float32(np.interp(fluctuation_db(background), steps, shares))
    return share * deepfilternet + (1 - share) * conv_tasnet


def fluctuation_db(background: NDArray[np.float32]) -> float:
    """Return the standard deviation over time of a sound's level in dB, averaged over frequency bands.

    Args:
        background: 16 kHz, shape `(samples,)`.
    """
    from scipy.signal import stft

    if len(background) < 4 * FRAME:
        return LIVELY_DB
    power = np.abs(stft(background, nperseg=FRAME)[2][8:400]) ** 2
    bands = np.stack([band.mean(axis=0) for band in np.array_split(power, BANDS)])
    floor = FLOOR * bands.mean(axis=1, keepdims=True) + np.finfo(np.float32).tiny
    return float((10 * np.log10(np.maximum(bands, floor))).std(axis=1).mean())
