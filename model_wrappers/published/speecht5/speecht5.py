"""SpeechT5: speech converted to the voice of a recording."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.tasks.style_transfer import StyleTransferRequest, StyleTransferResponse
from model_wrappers.speech.windows import SAMPLE_RATE, SpeechWindows
from model_wrappers.torch.model import TorchConfig, TorchModel, needs
from model_wrappers.torch.padded_convolutions import rows_of_length
from model_wrappers.torch.pieces import respond, run_pieces
from model_wrappers.weights.hub import BINARY_FILES, Checkpoint

MOST_LONGER = 1.5  # times the source, after which the decoder is stopped
SEED = 0
SPEAKER_FILE = "embedding_model.ckpt"
FILES = (*BINARY_FILES, "*.safetensors")


class SpeechT5Config(TorchConfig):
    """SpeechT5 for voice conversion, its vocoder, and the speaker network it was trained with."""

    model: str = "microsoft/speecht5_vc"
    vocoder: str = Field(default="microsoft/speecht5_hifigan", description="Folder or repository of the vocoder")
    vocoder_revision: str | None = Field(
        default="bb6f429406e86a9992357a972c0698b22043307d", description="Commit of the vocoder's repository"
    )
    speaker_encoder: str = Field(
        default="speechbrain/spkrec-xvect-voxceleb", description="Folder or repository of the x-vector network"
    )
    speaker_encoder_revision: str | None = Field(default=None, description="Commit of that repository")
    windows_per_batch: int = Field(default=8, ge=1, le=128, description="Windows converted together at most")
    memory_mb: int = 1_536
    gpu_memory_mb: int = 2_048


@dataclass(frozen=True)
class Source:
    """The windows of speech to convert, and the x-vector of the voice, shape `(512,)`."""

    windows: tuple[NDArray[np.float32], ...]
    speaker: Any


class SpeechT5(TorchModel[StyleTransferRequest, StyleTransferResponse, Source]):
    """SpeechT5 through transformers, with SpeechBrain's x-vectors.

    Source: Ao et al., SpeechT5, arXiv 2110.07205.
    """

    Config = SpeechT5Config
    config: SpeechT5Config

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model."""
        return cls.declare(
            config,
            title="SpeechT5 voice conversion",
            tasks=("style-transfer",),
            licence="MIT AND Apache-2.0",
            input_languages=("en",),
            output_languages=("en",),
            limits=Limits(max_duration_s=600, unsupported=("text",)),
            requires=needs("torch", "transformers"),
            reports_progress=True,
        )

    @classmethod
    def checkpoints(cls, config: Any) -> tuple[Checkpoint, ...]:
        """Return the checkpoints of network, vocoder and speaker network."""
        return (
            Checkpoint(config.model, config.commit(), FILES),
            Checkpoint(config.vocoder, config.commit("vocoder", "vocoder_revision"), FILES),
            Checkpoint(
                config.speaker_encoder,
                config.commit("speaker_encoder", "speaker_encoder_revision"),
                (SPEAKER_FILE,),
                SPEAKER_FILE,
            ),
        )

    def load_weights(self, *folders: Path) -> None:
        """Read the three networks."""
        import torch
        from transformers import SpeechT5FeatureExtractor, SpeechT5ForSpeechToSpeech, SpeechT5HifiGan

        from model_wrappers.published.speecht5.network import XVector

        self._network = self.on_device(SpeechT5ForSpeechToSpeech.from_pretrained(folders[0], dtype=self.dtype))
        self._features = SpeechT5FeatureExtractor.from_pretrained(folders[0])
        self._vocoder = self.on_device(SpeechT5HifiGan.from_pretrained(folders[1], dtype=self.dtype))
        speakers = XVector()
        speakers.load_state_dict(torch.load(folders[2] / SPEAKER_FILE, map_location="cpu", weights_only=True))
        self._speakers = self.on_device(speakers)

    def prepare(self, request: StyleTransferRequest) -> Source:
        """Cut the speech at its pauses and measure the voice."""
        import torch

        assert request.audio is not None
        waveform = request.audio.resample(SAMPLE_RATE).mono()
        windows = tuple(waveform[slice(*span)] for span in SpeechWindows(waveform, 0.5)) or (waveform,)
        reference = torch.from_numpy(request.reference.resample(SAMPLE_RATE).mono()).to(self.device)
        return Source(windows, self._speakers(reference))

    def answer(self, batch: Sequence[Source], work: Work) -> Sequence[StyleTransferResponse | AudioGPTError]:
        """Convert the windows of all requests, so many at a time, and join each request's."""
        pieces = [[(window, source.speaker) for window in source.windows] for source in batch]
        return respond(batch, run_pieces(pieces, work, self._convert, rows=self.config.windows_per_batch), _response)

    def _convert(self, pieces: Sequence[tuple[NDArray[np.float32], Any]]) -> list[NDArray[np.float32]]:
        import torch

        given = self._features(
            audio=[window for window, _ in pieces], sampling_rate=SAMPLE_RATE, return_tensors="pt", padding=True
        ).to(self.device)
        speakers = torch.stack([speaker for _, speaker in pieces]).to(self.dtype)
        # Its decoder drops units at random while it speaks, the same ones in all rows.
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            torch.manual_seed(SEED)
            spectrograms, lengths = self._network.generate_speech(
                given["input_values"].to(self.dtype),
                speakers,
                attention_mask=given["attention_mask"],
                maxlenratio=MOST_LONGER,
                return_output_lengths=True,
            )
        with rows_of_length(self._vocoder, lengths):
            waveforms = self._vocoder(spectrograms)
        rows = waveforms.reshape(len(pieces), -1).float().cpu().numpy()
        hop = rows.shape[1] // spectrograms.shape[1]
        return [row[: length * hop] for row, length in zip(rows, lengths, strict=True)]


def _response(source: Source, parts: list[NDArray[np.float32]]) -> StyleTransferResponse:
    waveform = np.clip(np.concatenate(parts), -1.0, 1.0)
    return StyleTransferResponse(audio=Audio(np.asarray(waveform, np.float32)[None], SAMPLE_RATE))
