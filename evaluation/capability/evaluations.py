"""The sixteen tasks: their standard data, what doing nothing answers, what is measured, and the floors to reach."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from evaluation.capability import sound_measures as sounds
from evaluation.capability import speech_measures as speech
from evaluation.capability import standard_sounds, standard_speech
from evaluation.capability.items import UNUSED, Answer, Item
from evaluation.capability.metrics import METRICS, Observation
from model_wrappers.contract.tasks.base import TaskResponse


@dataclass(frozen=True)
class Floor:
    """A figure the embedded model is to reach."""

    metric: str
    bound: float
    group: str = ""
    """The items it is meant for; all if empty."""
    over_baseline: bool = False
    strict: bool = False
    """Whether the bound itself is not enough."""

    @property
    def text(self) -> str:
        """The floor in words."""
        metric = METRICS[self.metric]
        sign = (">" if self.strict else "≥") if metric.higher_is_better else ("<" if self.strict else "≤")
        over = " over doing nothing" if self.over_baseline else ""
        where = f" ({self.group})" if self.group else ""
        return f"{metric.title}{over} {sign} {metric.show(self.bound)}{where}"

    def met(self, reached: float) -> bool:
        """Tell whether a figure reaches it."""
        if self.strict and reached == self.bound:
            return False
        return reached >= self.bound if METRICS[self.metric].higher_is_better else reached <= self.bound


@dataclass(frozen=True)
class Evaluation:
    """How one task is evaluated."""

    task: str
    standard: Callable[[], Iterator[Item]]
    measure: Callable[[Item, Answer], Mapping[str, Observation]]
    baseline: Callable[[Item], TaskResponse]
    doing_nothing: str
    """The baseline in words."""
    floors: tuple[Floor, ...]
    unit: Literal["sound", "item"] = "sound"
    """What the time taken is set against: a second of sound, or an item where there is none."""

    @property
    def data(self) -> str:
        """The standard data in words."""
        return (self.standard.__doc__ or "").strip().rstrip(".")


EVALUATIONS: dict[str, Evaluation] = {
    evaluation.task: evaluation
    for evaluation in (
        Evaluation(
            "speech-recognition",
            standard_speech.recognition,
            speech.recognition,
            speech.no_transcript,
            "an empty transcript",
            (Floor("wer", 0.02, standard_speech.BOOK),),
        ),
        Evaluation(
            "speech-translation",
            standard_speech.translation,
            speech.translation,
            speech.untranslated,
            "the source text",
            (Floor("paper_sentence", 1.0, "en to es"),),
            unit="item",
        ),
        Evaluation(
            "style-transfer",
            standard_speech.style_transfer,
            speech.style_transfer,
            speech.unconverted,
            "the unconverted voice",
            (Floor("similarity", 0.12, over_baseline=True), Floor("wer", 0.05)),
        ),
        Evaluation(
            "speech-enhancement",
            standard_speech.enhancement,
            speech.enhancement,
            speech.uncleaned,
            "the noisy speech",
            (Floor("si_sdr", 5.0, over_baseline=True), Floor("si_sdr_worst_gain", 0.0, speech.BABBLE)),
        ),
        Evaluation(
            "speech-separation",
            standard_speech.separation,
            speech.separation,
            speech.unseparated,
            "the mixture for each voice",
            (
                Floor("si_sdr", 6.0, "two microphones", over_baseline=True),
                Floor("si_sdr", 5.0, "mono", over_baseline=True),
            ),
        ),
        Evaluation(
            "mono-to-binaural",
            standard_speech.binaural,
            speech.binaural,
            speech.both_ears_alike,
            "mono on both ears",
            (Floor("itd_error", 0.10), Floor("ild_error", 0.10)),
        ),
        Evaluation(
            "audio-inpainting",
            standard_sounds.inpainting,
            sounds.inpainting,
            sounds.unfilled,
            "the gap left silent",
            (
                Floor("gap_snr_gain", 0.0, "gaps up to 50 ms", strict=True),
                Floor("lsd_gain", 0.0, "longer gaps", strict=True),
                Floor("lsd", 0.0, "longer gaps", over_baseline=True, strict=True),
            ),
        ),
        Evaluation(
            "sound-extraction",
            standard_sounds.extraction,
            sounds.extraction,
            sounds.whole_mixture,
            "the mixture",
            (Floor("si_sdr", 3.0, over_baseline=True),),
        ),
        Evaluation(
            "sound-detection",
            standard_sounds.detection,
            sounds.detection,
            sounds.nothing_heard,
            "no event",
            (Floor("found", 1.0, standard_sounds.KNOWN_MIXTURE),),
        ),
        Evaluation(
            "target-sound-detection",
            standard_sounds.target_detection,
            sounds.target_detection,
            sounds.target_not_heard,
            "no event",
            (Floor("segment_f", 0.7),),
        ),
        Evaluation(
            "talking-head-synthesis",
            standard_sounds.talking_head,
            sounds.talking_head,
            sounds.still_portrait,
            "the portrait without a movement",
            (Floor("mouth", 0.6), Floor("frames_per_s", 12.0)),
        ),
        Evaluation(
            "text-to-speech",
            standard_speech.text_to_speech,
            speech.text_to_speech,
            speech.no_speech,
            "silence",
            (Floor("wer", 0.02),),
        ),
        Evaluation(
            "text-to-audio",
            standard_sounds.text_to_audio,
            sounds.text_to_audio,
            sounds.no_sound,
            "silence",
            (
                Floor("right", 55 / 60, "everyday"),
                Floor("right", 90 / 120, standard_sounds.HOUSEHOLD),
                Floor("refused", 0.9),
            ),
        ),
        Evaluation(
            "audio-captioning",
            standard_sounds.captioning,
            sounds.captioning,
            sounds.bare_caption,
            'the caption "A sound is heard."',
            (Floor("named", 0.8),),
        ),
        Evaluation(
            "image-to-audio",
            standard_sounds.image_to_audio,
            sounds.image_to_audio,
            sounds.silent_picture,
            "silence",
            (Floor("right", 12 / 15),),
        ),
        Evaluation(
            "singing-synthesis",
            standard_sounds.singing,
            sounds.singing,
            sounds.unsung,
            "silence",
            (Floor("cents", 50.0), Floor("wer", 0.10, UNUSED)),
        ),
    )
}
