"""Voice conversion with the WORLD vocoder: speech takes on the pitch and timbre of a reference voice."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard, Requirement
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.one_by_one import OneByOneModel
from model_wrappers.contract.tasks.style_transfer import StyleTransferRequest, StyleTransferResponse
from model_wrappers.signal.voice_mapping import convert, part_of_the_way, voiced_s
from model_wrappers.signal.world import WorldSpeech
from model_wrappers.speech.dnsmos import PACKAGE as QUALITY_PACKAGE
from model_wrappers.speech.dnsmos import dnsmos
from model_wrappers.speech.speaker_encoder import PACKAGE as ENCODER_PACKAGE
from model_wrappers.speech.speaker_encoder import SAMPLE_RATE as ENCODER_RATE
from model_wrappers.speech.speaker_encoder import SpeakerEncoder

PACKAGE = "pyworld-prebuilt==0.3.6.post1"
NARROW, WIDE = 16_000, 24_000  # Hz; the wide rate where both recordings have it
REFERENCE_S = 30.0  # of the reference that is used, from its start
SHARES = (1.0, 0.75, 0.5, 0.25)  # of the way to the voice; a shorter one spoils less
MOST_LOSS = 0.5  # of DNSMOS
JUDGED_WINDOWS = 2
LEAST_VOICED_S = {"reference": 1.0, "audio": 0.3}  # a voice needs many sounds to be known; a word can be converted


class WorldConversion(OneByOneModel[StyleTransferRequest, StyleTransferResponse]):
    """Convert speech towards a reference voice and say how near it came.

    It goes only so far that the speech stays about as good as it was. It shifts pitch and timbre towards the voice; it
    does not clone it, and the way of speaking stays the source's.
    """

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model."""
        return ModelCard(
            title="WORLD voice conversion",
            tasks=("style-transfer",),
            method="classical",
            licence="MIT AND Apache-2.0",
            source="pypi:pyworld-prebuilt, pypi:resemblyzer (similarity), pypi:speechmos (quality)",
            revision="0.3.6.post1; 0.1.4; 0.0.1.1",
            channels=1,
            limits=Limits(max_duration_s=300.0),
            memory_mb=400,
            requires=(
                Requirement(kind="module", name="pyworld", package=PACKAGE, manager="pip"),
                Requirement(kind="module", name="resemblyzer", package=ENCODER_PACKAGE, manager="pip"),
                Requirement(kind="module", name="speechmos", package=QUALITY_PACKAGE, manager="pip"),
            ),
            reports_progress=True,
        )

    def load(self, device: str) -> None:
        """Load the speaker encoder and import the vocoder."""
        import pyworld  # noqa: F401
        import scipy.ndimage  # noqa: F401

        self._encoder = SpeakerEncoder()

    def answer(self, request: StyleTransferRequest, work: Work) -> StyleTransferResponse:
        """Convert one recording."""
        if request.audio is None:
            raise InvalidInput(
                "This model converts speech and does not speak text; send 'audio', or choose a model of "
                "style-transfer that takes 'text'.",
                param="text",
            )
        source, reference = request.audio, _beginning(request.reference)
        both_wide = min(source.sample_rate, reference.sample_rate) >= 0.9 * WIDE
        sample_rate = WIDE if both_wide else NARROW
        voice = _analysed(reference, sample_rate, "reference")
        work.report(0.2)
        speech = _analysed(source, sample_rate, "audio")
        work.report(0.5)
        converted = convert(speech, voice, work.stretch(0.5, 0.7).report)
        before = dnsmos(source, JUDGED_WINDOWS)
        audio, quality, share = self._clear(source, speech, converted, before, work.stretch(0.7, 0.9))
        target, own, after = (self._embed(each) for each in (reference, source, audio))
        return StyleTransferResponse(
            audio=audio,
            similarity=float(after @ target),
            similarity_before=float(own @ target),
            quality=quality,
            quality_before=before,
            share=share,
        )

    def _clear(
        self, source: Audio, speech: WorldSpeech, converted: WorldSpeech, before: float | None, work: Work
    ) -> tuple[Audio, float | None, float]:
        """Go as far to the voice as the speech stays clear, else where it is clearest; return quality and share too."""
        tried: list[tuple[Audio, float | None, float]] = []
        for index, share in enumerate(SHARES):
            work.report(index / len(SHARES))
            waveform = part_of_the_way(speech, converted, share).synthesise()[None].astype(np.float32)
            audio = _as_loud_and_long(Audio(waveform, speech.sample_rate), source)
            tried.append((audio, dnsmos(audio, JUDGED_WINDOWS), share))
            if (tried[-1][1] or 0.0) >= (before or 0.0) - MOST_LOSS:
                return tried[-1]
        return max(tried, key=lambda each: each[1] or 0.0)

    def _embed(self, audio: Audio) -> NDArray[np.float32]:
        return self._encoder.embed(audio.resample(ENCODER_RATE).mono())


def _beginning(audio: Audio) -> Audio:
    return Audio(audio.waveform[:, : int(REFERENCE_S * audio.sample_rate)], audio.sample_rate)


def _analysed(audio: Audio, sample_rate: int, param: str) -> WorldSpeech:
    speech = WorldSpeech.analyse(audio.resample(sample_rate).mono(), sample_rate)
    least_s = LEAST_VOICED_S[param]
    if voiced_s(speech) < least_s:
        raise InvalidInput(
            f"'{param}' holds {voiced_s(speech):.1f} s of voice; at least {least_s:g} s are needed, so send "
            "more, or clearer, speech of one person.",
            param=param,
        )
    return speech


def _as_loud_and_long(converted: Audio, source: Audio) -> Audio:
    """Give the conversion the sample rate, length and level of its source."""
    waveform = converted.matching(source).waveform
    waveform *= source.mono().std() / max(float(waveform.std()), 1e-9)
    return Audio(waveform / max(float(np.abs(waveform).max()), 1.0), source.sample_rate)
