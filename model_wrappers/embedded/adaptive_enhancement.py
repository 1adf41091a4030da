"""Speech enhancement by two networks whose errors partly cancel."""

import numpy as np
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig, Work
from model_wrappers.contract.catalog import ModelCard
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.one_by_one import OneByOneModel
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest, SpeechEnhancementResponse
from model_wrappers.embedded.conv_tasnet import SAMPLE_RATE, ConvTasNet
from model_wrappers.embedded.deepfilternet import DeepFilterNet, DeepFilterNetConfig

DEEPFILTERNET_SHARE = 0.2  # up to 8 kHz; with more, voices and rhythms in the background stay, with less, rain does


class AdaptiveEnhancementConfig(ModelConfig):
    """How much of the recording is left as it was."""

    original_share: float = Field(
        default=0.02, ge=0, lt=1, description="Share of the recording mixed back in; keeps a voice mistaken for noise"
    )


class AdaptiveEnhancement(OneByOneModel[SpeechEnhancementRequest, SpeechEnhancementResponse]):
    """Clean speech with DeepFilterNet3 and Conv-TasNet, mostly by the latter up to 8 kHz and by the former above.

    Conv-TasNet takes voices and lively sounds in the background away and is seldom much worse elsewhere.
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
            narrow = self._conv_tasnet.clean(samples, part.report)
            share = np.float32(DEEPFILTERNET_SHARE)
            mixed[channel] = share * wide[channel] + (1 - share) * narrow
        cleaned = answer.audio.waveform + Audio(mixed - wide, SAMPLE_RATE).matching(audio).waveform
        kept = np.float32(self.config.original_share)
        waveform = (1 - kept) * cleaned + kept * audio.waveform
        return SpeechEnhancementResponse(audio=Audio(waveform, audio.sample_rate))
