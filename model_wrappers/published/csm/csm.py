"""CSM: a text in the voice of a recording."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError, InvalidInput, ModelFailed
from model_wrappers.contract.tasks.style_transfer import StyleTransferRequest, StyleTransferResponse
from model_wrappers.embedded.whisper.decoder import Decoding, Window
from model_wrappers.published.csm.row_sampling import RowSampler, StepStreamer
from model_wrappers.published.whisper.decoder import TorchWhisperDecoder
from model_wrappers.speech.reading import read_aloud
from model_wrappers.speech.windows import SAMPLE_RATE as HEARD_RATE
from model_wrappers.speech.windows import SpeechWindows
from model_wrappers.torch.model import TorchConfig, TorchModel, needs
from model_wrappers.weights.hub import Checkpoint

SAMPLE_RATE = 24_000  # Hz
FRAMES_PER_S = 12.5
CHARACTERS_PER_S = 8  # of very slow speech: bounds what a text may take
REFERENCE_S = 20.0  # of the reference that are listened to; its 2,048 positions hold no more than two minutes in all
SPEAKER = "0"


class CsmConfig(TorchConfig):
    """CSM 1B, with a Whisper that reads the reference."""

    model: str = "sesame/csm-1b"
    revision: str | None = "c92a71e1c419772e25be7dc14d952c2521a740ab"
    transcriber: str = Field(
        default="openai/whisper-large-v3-turbo", description="Folder or repository of a multilingual Whisper"
    )
    transcriber_revision: str | None = Field(
        default="41f01f3fe87f28c78e2fbf8b568835947dd65ed9", description="Commit of the transcriber's repository"
    )
    temperature: float = Field(default=0.9, gt=0, le=2, description="How freely tokens are drawn")
    top_k: int = Field(default=50, ge=1, description="How many of the likeliest tokens are drawn from")
    seed: int = Field(default=0, ge=0, description="Same seed, same speech")
    memory_mb: int = 6_144
    gpu_memory_mb: int = 8_192


@dataclass(frozen=True)
class Line:
    """A text to say, and the reference at 24 kHz and 16 kHz, shape `(samples,)`."""

    text: str
    reference: NDArray[np.float32]
    heard: NDArray[np.float32]


class Csm(TorchModel[StyleTransferRequest, StyleTransferResponse, Line]):
    """CSM through transformers; the model continues the reference, whose words Whisper reads first.

    Source: Schalkwyk et al., Crossing the uncanny valley of conversational voice, Sesame, 2025.
    """

    Config = CsmConfig
    config: CsmConfig

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model."""
        return cls.declare(
            config,
            title="CSM 1B",
            tasks=("style-transfer",),
            licence="Apache-2.0 AND MIT",
            input_languages=("en",),
            output_languages=("en",),
            limits=Limits(max_duration_s=600, max_characters=600, unsupported=("audio",)),
            requires=needs("torch", "transformers"),
            reports_progress=True,
        )

    @classmethod
    def checkpoints(cls, config: Any) -> tuple[Checkpoint, ...]:
        """Return the speaker's checkpoint and the transcriber's."""
        return (
            Checkpoint(config.model, config.commit()),
            Checkpoint(config.transcriber, config.commit("transcriber", "transcriber_revision")),
        )

    def load_weights(self, *folders: Path) -> None:
        """Read both networks."""
        from transformers import (
            AutoProcessor,
            CsmForConditionalGeneration,
            WhisperForConditionalGeneration,
            WhisperProcessor,
        )

        network = CsmForConditionalGeneration.from_pretrained(folders[0], dtype=self.dtype)
        self._network = self.on_device(network)
        self._processor = AutoProcessor.from_pretrained(folders[0])
        listener = WhisperForConditionalGeneration.from_pretrained(folders[1], dtype=self.dtype)
        self._listener = TorchWhisperDecoder(
            self.on_device(listener), WhisperProcessor.from_pretrained(folders[1]), beam_size=1
        )

    def prepare(self, request: StyleTransferRequest) -> Line:
        """Cut the reference to the speech that is listened to."""
        if request.text is None:
            raise InvalidInput("CSM speaks texts and converts no speech; send 'text' instead.", param="audio")
        heard = request.reference.resample(HEARD_RATE).mono()
        first = next(iter(SpeechWindows(heard, 0.5)), (0, len(heard)))
        begin, end = first[0] / HEARD_RATE, min(first[1] / HEARD_RATE, first[0] / HEARD_RATE + REFERENCE_S)
        reference = request.reference.resample(SAMPLE_RATE).mono()
        sentences = chain.from_iterable(read_aloud(request.text, "en"))
        return Line(
            " ".join(sentences),
            reference[int(begin * SAMPLE_RATE) : int(end * SAMPLE_RATE)],
            heard[int(begin * HEARD_RATE) : int(end * HEARD_RATE)],
        )

    def answer(self, batch: Sequence[Line], work: Work) -> Sequence[StyleTransferResponse | AudioGPTError]:
        """Read all references, then say all texts frame by frame."""
        said = self._transcribe(batch)
        conversations = [_conversation(line, words) for line, words in zip(batch, said, strict=True)]
        inputs = self._processor.apply_chat_template(conversations, tokenize=True, return_dict=True).to(self.device)
        if "input_values" in inputs:
            inputs["input_values"] = inputs["input_values"].to(self.dtype)
        most = max(_most_frames(line.text) for line in batch)
        seeds = [self.config.seed] * len(batch)
        with self._sampled_depth(seeds):
            spoken = self._network.generate(
                **inputs,
                max_new_tokens=most,
                do_sample=False,
                logits_processor=[RowSampler(seeds, self.config.temperature, self.config.top_k)],
                streamer=StepStreamer(work, most),
                output_audio=True,
            )
        work.report(1.0)
        return [self._response(line, waveform) for line, waveform in zip(batch, spoken, strict=True)]

    def _transcribe(self, batch: Sequence[Line]) -> list[str]:
        windows = [Window(line.heard, 0.0, None) for line in batch]
        decoded = self._listener.decode(windows, Decoding("transcribe"))
        return [" ".join(segment.text for segment in window.segments) for window in decoded]

    @contextmanager
    def _sampled_depth(self, seeds: Sequence[int]) -> Iterator[None]:
        """Let the depth decoder, which `generate` calls for each frame, draw row by row as well."""
        depth = self._network.depth_decoder
        sampler = RowSampler([seed + 1 for seed in seeds], self.config.temperature, self.config.top_k)
        depth.generate = partial(type(depth).generate, depth, logits_processor=[sampler], do_sample=False)
        try:
            yield
        finally:
            del depth.generate

    def _response(self, line: Line, waveform: Any) -> StyleTransferResponse | AudioGPTError:
        samples = waveform.float().cpu().numpy()[: self._most_samples(line.text)]
        if not samples.size:
            return ModelFailed("The model said nothing; try a longer text or another reference.")
        return StyleTransferResponse(audio=Audio(np.clip(samples, -1.0, 1.0)[None], SAMPLE_RATE))

    def _most_samples(self, text: str) -> int:
        return int(_most_frames(text) / FRAMES_PER_S * SAMPLE_RATE)


def _conversation(line: Line, words: str) -> list[dict[str, Any]]:
    reference = [{"type": "text", "text": words}, {"type": "audio", "audio": line.reference}]
    return [
        {"role": SPEAKER, "content": reference},
        {"role": SPEAKER, "content": [{"type": "text", "text": line.text}]},
    ]


def _most_frames(text: str) -> int:
    return int((2.0 + len(text) / CHARACTERS_PER_S) * FRAMES_PER_S)
