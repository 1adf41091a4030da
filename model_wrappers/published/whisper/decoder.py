"""Decoding 30 s windows of several recordings together with Whisper on torch."""

from collections.abc import Sequence
from typing import Any

from model_wrappers.contract.errors import InvalidInput
from model_wrappers.embedded.whisper.decoder import (
    MAX_TOKENS,
    DecodedWindow,
    Decoding,
    Window,
)
from model_wrappers.embedded.whisper.hypotheses import Hypothesis, Reading
from model_wrappers.embedded.whisper.languages import weigh
from model_wrappers.embedded.whisper.segments import split_at_timestamps, to_segments
from model_wrappers.published.whisper.words import time_words
from model_wrappers.speech.windows import SAMPLE_RATE
from model_wrappers.torch.batches import Criterion

MAX_PROMPT_TOKENS = MAX_TOKENS // 2 - 1


class TorchWhisperDecoder:
    """Run the encoder once on all windows of a turn, for language, silence and words alike."""

    def __init__(self, model: Any, processor: Any, beam_size: int) -> None:
        """Take a loaded `WhisperForConditionalGeneration` on its device, and its processor."""
        self._model = model
        self._features = processor.feature_extractor
        self._tokens = processor.tokenizer.backend_tokenizer
        self._beam_size = beam_size
        self._language_ids: dict[str, int] = model.generation_config.lang_to_id  # {"<|en|>": 50259, ...}

    def decode(
        self, windows: Sequence[Window], decoding: Decoding, stop: Criterion | None = None
    ) -> list[DecodedWindow]:
        """Decode windows, of different recordings and languages, in one batch.

        Args:
            windows: At most 30 s each.
            decoding: What they have in common.
            stop: Criterion of `generate` that ends rows.
        """
        encoded = self._encode(windows)
        languages, silences = self._first_look(encoded, windows)
        tokenizers = [self._tokenizer(language, decoding.task) for language, _ in languages]
        hypotheses = self._generate(encoded, tokenizers, decoding, silences, stop)
        decoded = []
        for row, (window, tokenizer, hypothesis) in enumerate(zip(windows, tokenizers, hypotheses, strict=True)):
            parts = split_at_timestamps(hypothesis.tokens, tokenizer.timestamp_begin, window.start_s, window.end_s)
            if decoding.word_times and parts:
                time_words(self._model, encoded[row : row + 1], tokenizer, parts, window)
            text = tokenizer.decode([token for token in hypothesis.tokens if token < tokenizer.eot])
            reading = Reading(languages[row][0], hypothesis, text, window.speech_s, decoding.temperature)
            segments = tuple(to_segments(parts, reading, tokenizer))
            decoded.append(DecodedWindow(*languages[row], segments, reading.fault is not None))
        return decoded

    def _encode(self, windows: Sequence[Window]) -> Any:
        features = self._features(
            [window.samples for window in windows], sampling_rate=SAMPLE_RATE, return_tensors="pt"
        ).input_features
        return self._model.model.encoder(features.to(self._model.device, self._model.dtype)).last_hidden_state

    def _tokenizer(self, language: str, task: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        return Tokenizer(self._tokens, multilingual=True, task=task, language=language)

    def _first_look(
        self, encoded: Any, windows: Sequence[Window]
    ) -> tuple[list[tuple[str, float | None]], list[float]]:
        """Return each window's language, with its probability where it was detected, and its probability of silence."""
        import torch

        start = self._tokens.token_to_id("<|startoftranscript|>")
        silence = self._tokens.token_to_id("<|nospeech|>") or self._tokens.token_to_id("<|nocaptions|>")
        ids = torch.full((len(windows), 1), start, device=encoded.device)
        logits = self._model(encoder_outputs=(encoded,), decoder_input_ids=ids).logits[:, 0].float()
        silences = logits.softmax(-1)[:, silence].tolist()
        codes = list(self._language_ids)
        likely = logits[:, [self._language_ids[code] for code in codes]].softmax(-1).tolist()
        languages: list[tuple[str, float | None]] = []
        for window, probabilities in zip(windows, likely, strict=True):
            found = weigh(list(zip(codes, probabilities, strict=True)), window.expected)
            languages.append((window.language, None) if window.language else (found.code, found.probability))
            if f"<|{languages[-1][0]}|>" not in self._language_ids:
                raise InvalidInput(f"This Whisper checkpoint does not know the language '{window.language}'.")
        return languages, silences

    def _generate(
        self, encoded: Any, tokenizers: Sequence[Any], decoding: Decoding, silences: Sequence[float], stop: Any
    ) -> list[Hypothesis]:
        import torch
        from transformers import GenerationMixin
        from transformers.modeling_outputs import BaseModelOutput

        prompts = [_prompt(tokenizer, decoding.prompt) for tokenizer in tokenizers]
        ids = torch.tensor(prompts, device=encoded.device)
        search = {"do_sample": True, "temperature": decoding.temperature} if decoding.temperature else {}
        # Whisper's own `generate` walks long recordings itself; windows need the plain one.
        generated = GenerationMixin.generate(
            self._model,
            encoder_outputs=BaseModelOutput(encoded),
            decoder_input_ids=ids,
            max_length=min(decoding.max_tokens, MAX_TOKENS, self._model.config.max_target_positions),
            num_beams=1 if decoding.temperature else self._beam_size,
            logits_processor=self._rules(ids.shape[1], encoded.device),
            stopping_criteria=[stop] if stop else None,
            return_dict_in_generate=True,
            output_scores=True,
            **({"do_sample": False} | search),
        )
        scores = self._model.compute_transition_scores(
            generated.sequences, generated.scores, generated.get("beam_indices"), normalize_logits=True
        )
        return [
            _hypothesis(tokens, chosen, tokenizers[0].eot, silence)
            for tokens, chosen, silence in zip(
                generated.sequences[:, ids.shape[1] :].tolist(), scores.tolist(), silences, strict=True
            )
        ]

    def _rules(self, prompt_length: int, device: Any) -> list[Any]:
        from transformers import (
            LogitsProcessorList,
            SuppressTokensAtBeginLogitsProcessor,
            SuppressTokensLogitsProcessor,
            WhisperTimeStampLogitsProcessor,
        )

        config = self._model.generation_config
        rules: list[Any] = LogitsProcessorList([WhisperTimeStampLogitsProcessor(config, begin_index=prompt_length)])
        if config.suppress_tokens:
            rules.append(SuppressTokensLogitsProcessor(config.suppress_tokens, device=device))
        if config.begin_suppress_tokens:
            rules.append(SuppressTokensAtBeginLogitsProcessor(config.begin_suppress_tokens, prompt_length, device))
        return rules


def _prompt(tokenizer: Any, text: str | None) -> list[int]:
    """Return the tokens decoding begins with; as long for every language."""
    earlier = tokenizer.encode(" " + text.strip())[-MAX_PROMPT_TOKENS:] if text and text.strip() else []
    return [*([tokenizer.sot_prev, *earlier] if earlier else []), *tokenizer.sot_sequence]


def _hypothesis(tokens: list[int], log_probabilities: list[float], end: int, silence: float) -> Hypothesis:
    length = tokens.index(end) if end in tokens else len(tokens)
    counted = log_probabilities[: length + 1]  # with the end token, as OpenAI's decoder counts
    return Hypothesis(tuple(tokens[:length]), sum(counted) / max(1, len(counted)), silence)
