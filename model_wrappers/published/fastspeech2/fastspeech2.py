"""FastSpeech 2 with a Conformer and HiFi-GAN: English speech, the sentences of all requests in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError, InvalidInput
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse
from model_wrappers.published.fastspeech2.english_phonemes import EnglishPhonemes
from model_wrappers.speech.reading import read_aloud
from model_wrappers.torch.model import TorchConfig, TorchModel, needs
from model_wrappers.torch.padded_convolutions import rows_of_length
from model_wrappers.torch.pieces import respond, run_pieces
from model_wrappers.weights.hub import BINARY_FILES

SAMPLE_RATE = 22_050  # Hz; the published configuration does not carry it
PAUSE_S = 0.25  # between sentences


class FastSpeech2Config(TorchConfig):
    """The LJSpeech checkpoint: one American woman."""

    model: str = "espnet/fastspeech2_conformer_with_hifigan"
    sample_rate: int = Field(default=SAMPLE_RATE, gt=0, description="Hz of the checkpoint's vocoder")
    sentences_per_batch: int = Field(default=32, ge=1, le=256, description="Sentences spoken together at most")
    memory_mb: int = 1_536
    gpu_memory_mb: int = 2_048


@dataclass(frozen=True)
class Sentence:
    """Phoneme ids of one sentence, and how much slower than normal it is to be said."""

    ids: tuple[int, ...]
    stretch: float


class FastSpeech2(TorchModel[TextToSpeechRequest, TextToSpeechResponse, tuple[Sentence, ...]]):
    """FastSpeech2Conformer through transformers.

    Source: Ren et al., FastSpeech 2, arXiv 2006.04558; Kong et al., HiFi-GAN, arXiv 2010.05646.
    """

    Config = FastSpeech2Config
    config: FastSpeech2Config
    files = (*BINARY_FILES, "*.safetensors")

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model."""
        return cls.declare(
            config,
            title="FastSpeech 2 Conformer with HiFi-GAN",
            tasks=("text-to-speech",),
            licence="Apache-2.0",
            input_languages=("en",),
            output_languages=("en",),
            limits=Limits(unsupported=("voice",)),
            requires=needs("torch", "transformers", "g2p_en"),
            reports_progress=True,
        )

    def load_weights(self, *folders: Path) -> None:
        """Read network and phoneme table."""
        from transformers import FastSpeech2ConformerWithHifiGan

        self._network = self.on_device(FastSpeech2ConformerWithHifiGan.from_pretrained(folders[0], dtype=self.dtype))
        self._phonemes = EnglishPhonemes(folders[0] / "vocab.json")

    def prepare(self, request: TextToSpeechRequest) -> tuple[Sentence, ...]:
        """Split the text into sentences and spell them in phonemes."""
        sentences = chain.from_iterable(read_aloud(request.text, request.language, request.pronunciations))
        spelt = tuple(Sentence(ids, 1 / request.speed) for each in sentences if (ids := self._phonemes.spell(each)))
        if not spelt:
            raise InvalidInput(f"The text '{request.text[:40]}' has nothing to pronounce.", param="text")
        return spelt

    def answer(
        self, batch: Sequence[tuple[Sentence, ...]], work: Work
    ) -> Sequence[TextToSpeechResponse | AudioGPTError]:
        """Speak the sentences of all requests, so many at a time, and join each request's."""
        spoken = run_pieces(batch, work, self._speak, rows=self.config.sentences_per_batch)
        return respond(batch, spoken, self._response)

    def _speak(self, sentences: Sequence[Sentence]) -> list[NDArray[np.float32]]:
        spectrograms, lengths = self._spectrograms(sentences)
        with rows_of_length(self._network.vocoder, lengths):
            waveforms = self._network.vocoder(spectrograms)
        hop = waveforms.shape[-1] // spectrograms.shape[1]
        rows = waveforms.reshape(len(sentences), -1).float().cpu().numpy()
        return [row[: length * hop] for row, length in zip(rows, lengths, strict=True)]

    def _spectrograms(self, sentences: Sequence[Sentence]) -> tuple[Any, list[int]]:
        """Return mel spectrograms, shape `(rows, frames, mels)`, and the frames of each row.

        The network's own `forward` knows one speed for all rows and does not mask its decoder.
        """
        import torch

        model = self._network.model
        counts = [len(sentence.ids) for sentence in sentences]
        ids = torch.zeros((len(sentences), max(counts)), dtype=torch.long)
        for row, sentence in enumerate(sentences):
            ids[row, : counts[row]] = torch.tensor(sentence.ids)
        ids = ids.to(self.device)
        inside = torch.arange(ids.shape[1], device=self.device) < torch.tensor(counts, device=self.device)[:, None]
        with rows_of_length(model, counts):
            states = model.encoder(ids, inside[:, None].int())[0]
            outside = ~inside[..., None]
            pitch = model.pitch_embed(model.pitch_predictor(states, outside))
            energy = model.energy_embed(model.energy_predictor(states, outside))
            durations = model.duration_predictor(states).masked_fill(~inside, 0.0)
        stretch = torch.tensor([sentence.stretch for sentence in sentences], device=self.device)
        frames = (durations * stretch[:, None]).round().clamp(min=0).long()
        frames = torch.where(frames.sum(1, keepdim=True) > 0, frames, inside.long())  # else nothing were left
        return self._decode(states + energy + pitch, frames)

    def _decode(self, states: Any, frames: Any) -> tuple[Any, list[int]]:
        """Repeat each phoneme's state for its frames and turn them into a spectrogram."""
        import torch

        model = self._network.model
        rows = [state.repeat_interleave(count, dim=0) for state, count in zip(states, frames, strict=True)]
        lengths = [len(row) for row in rows]
        repeated = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
        ends = torch.tensor(lengths, device=self.device)
        inside = torch.arange(repeated.shape[1], device=self.device) < ends[:, None]
        with rows_of_length(model, lengths):
            decoded = model.decoder(repeated, inside[:, None].int())[0]
            _, spectrograms = model.speech_decoder_postnet(decoded)
        return spectrograms, lengths

    def _response(self, text: tuple[Sentence, ...], parts: list[NDArray[np.float32]]) -> TextToSpeechResponse:
        pause = np.zeros(int(PAUSE_S * self.config.sample_rate), np.float32)
        waveform = np.concatenate([piece for part in parts for piece in (part, pause)][:-1])
        return TextToSpeechResponse(audio=Audio(np.clip(waveform, -1, 1)[None], self.config.sample_rate))
