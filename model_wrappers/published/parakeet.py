"""Parakeet: speech in 25 European languages, written down with the times of its words."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.published.canary import LANGUAGES
from model_wrappers.speech.timed_words import TimedText, join_words
from model_wrappers.torch.windowed_speech import (
    MAX_DURATION_S,
    Heard,
    Recogniser,
    SpeechRequest,
    Waveform,
    WindowedSpeechConfig,
)


class ParakeetConfig(WindowedSpeechConfig):
    """Parakeet TDT 0.6B v3."""

    model: str = "nvidia/parakeet-tdt-0.6b-v3"
    memory_mb: int = 2_048
    gpu_memory_mb: int = 2_560


class Parakeet(Recogniser):
    """Parakeet through transformers: a transducer that tells how long each token lasts, in any of its languages.

    Source: Sekoyan et al., Canary-1B-v2 and Parakeet-TDT-0.6B-v3, arXiv 2509.14128.
    """

    Config = ParakeetConfig
    config: ParakeetConfig

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model."""
        return cls.declare(
            config,
            title="Parakeet TDT 0.6B v3",
            tasks=("speech-recognition",),
            licence="CC-BY-4.0",
            input_languages=LANGUAGES,
            limits=Limits(max_duration_s=MAX_DURATION_S, unsupported=("prompt",)),
        )

    def load_weights(self, *folders: Path) -> None:
        """Read network and processor."""
        from transformers import AutoProcessor, ParakeetForTDT

        network = ParakeetForTDT.from_pretrained(
            folders[0], dtype=self.dtype, attn_implementation=self.config.attention
        )
        self._network = self.on_device(network)
        self._processor = AutoProcessor.from_pretrained(folders[0])

    def read(self, windows: Sequence[Waveform], requests: Sequence[SpeechRequest]) -> list[Heard]:
        """Decode windows, the likeliest token at a time."""
        config, features = self._network.config, self._processor.feature_extractor
        inputs = features(list(windows), sampling_rate=features.sampling_rate, return_tensors="pt")
        watch = _Tokens(config.vocab_size)
        found = self._network.generate(
            **inputs.to(self.device, self.dtype),
            logits_processor=[watch],
            do_sample=False,
            decoder_start_token_id=config.blank_token_id,
            pad_token_id=config.pad_token_id,
        )
        # The first column is the token decoding begins with.
        columns = found.sequences[:, 1:], found.durations[:, 1:], watch.probabilities()
        rows = zip(*(column.tolist() for column in columns), strict=True)
        heard = [
            tuple(self._pieces(zip(*row, strict=True), hops))
            for row, hops in zip(rows, inputs["attention_mask"].sum(-1).tolist(), strict=True)
        ]
        return [Heard("".join(piece.text for piece in pieces).strip(), join_words(pieces)) for pieces in heard]

    def _pieces(self, row: Iterable[tuple[int, int, float]], hops: int) -> Iterator[TimedText]:
        """Yield what the tokens of a window add to its text.

        Args:
            row: Tokens, the frames each of them lasts, and how probable it was; they go on behind the window's end
                where others of its pass are longer.
            hops: Length of the window in feature vectors, of which a frame takes several.
        """
        from tokenizers.decoders import DecodeStream

        config, features = self._network.config, self._processor.feature_extractor
        hop_s, factor = features.hop_length / features.sampling_rate, config.encoder_config.subsampling_factor
        stream, begin = DecodeStream(skip_special_tokens=True), 0
        for token, frames, probability in row:
            if begin * factor >= hops:
                return
            end = min((begin + frames) * factor, hops)
            if token not in (config.blank_token_id, config.pad_token_id):
                text = stream.step(self._processor.tokenizer.backend_tokenizer, token)
                if text:
                    yield TimedText(text, begin * factor * hop_s, end * hop_s, probability)
            begin += frames


class _Tokens:
    """A logits processor that keeps durations from being taken for tokens, and how probable each token was."""

    def __init__(self, vocabulary: int) -> None:
        self._vocabulary = vocabulary
        self._steps: list[Any] = []

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        self._steps.append(scores[:, : self._vocabulary].softmax(-1).amax(-1))
        scores[:, self._vocabulary :] = -float("inf")
        return scores

    def probabilities(self) -> Any:
        """Return the probability of each token of each row, shape `(rows, tokens)`."""
        import torch

        return torch.stack(self._steps, dim=1)
