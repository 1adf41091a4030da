"""Timing words by the cross-attention of Whisper's alignment heads."""

from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from model_wrappers.embedded.whisper.decoder import CLOSING_PUNCTUATION, OPENING_PUNCTUATION, Window
from model_wrappers.embedded.whisper.segments import TIMESTAMP_S
from model_wrappers.speech.windows import SAMPLE_RATE

MEDIAN_WIDTH = 7  # encoder frames of 20 ms


def time_words(model: Any, encoded: Any, tokenizer: Any, parts: list[dict[str, Any]], window: Window) -> None:
    """Add `words` with their times to the parts of one window, in place.

    Args:
        model: `WhisperForConditionalGeneration`.
        encoded: The window's encoder states, shape `(1, frames, features)`.
        tokenizer: faster-whisper's tokenizer of the window's language.
        parts: As `split_at_timestamps` made them.
        window: Where the window begins.

    Source: Whisper's own `timing.py`: dynamic time warping through the attention of the alignment heads.
    """
    tokens = [token for part in parts for token in part["tokens"]]
    frames = max(1, round(len(window.samples) / SAMPLE_RATE / TIMESTAMP_S))
    attention, probabilities = _attend(model, encoded, tokenizer, tokens, frames)
    starts = _start_frames(attention) * TIMESTAMP_S  # one for each token, and one for the end
    first = 0
    for part in parts:
        last = first + len(part["tokens"])
        part["words"] = _words(tokenizer, part["tokens"], starts[first : last + 1], probabilities[first:last])
        for word in part["words"]:
            word["start"] += window.start_s
            word["end"] += window.start_s
        first = last


def _words(
    tokenizer: Any, tokens: list[int], starts_s: NDArray[np.floating[Any]], probabilities: NDArray[np.float32]
) -> list[dict[str, Any]]:
    """Join tokens to words, and punctuation to the words it belongs to; `starts_s` has one value more, the end."""
    from faster_whisper.transcribe import merge_punctuations

    words, word_tokens = tokenizer.split_to_word_tokens(tokens)
    bounds = np.concatenate([[0], np.cumsum([len(each) for each in word_tokens])]).astype(int)
    timed = [
        {
            "word": word,
            "tokens": each,
            "start": float(starts_s[begin]),
            "end": float(starts_s[end]),
            "probability": float(probabilities[begin:end].mean()),
        }
        for word, each, begin, end in zip(words, word_tokens, bounds[:-1], bounds[1:], strict=True)
    ]
    merge_punctuations(timed, OPENING_PUNCTUATION, CLOSING_PUNCTUATION)
    return [word for word in timed if word["word"].strip()]


def _attend(
    model: Any, encoded: Any, tokenizer: Any, tokens: list[int], frames: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Read the tokens back once; return attention, shape `(tokens + 1, frames)`, and each token's probability."""
    import torch

    prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
    ids = torch.tensor([[*prompt, *tokens, tokenizer.eot]], device=encoded.device)
    before = model.config._attn_implementation
    model.set_attn_implementation("eager")  # the only one that tells its weights
    try:
        read = model(encoder_outputs=(encoded,), decoder_input_ids=ids, output_attentions=True)
    finally:
        model.set_attn_implementation(before)
    heads = model.generation_config.alignment_heads
    weights = torch.stack([read.cross_attentions[layer][0, head] for layer, head in heads])
    weights = weights[:, len(prompt) :, :frames].float()
    weights = (weights - weights.mean(-2, keepdim=True)) / weights.std(-2, keepdim=True, unbiased=False).clamp(1e-6)
    smooth = scipy.ndimage.median_filter(weights.cpu().numpy(), size=(1, 1, MEDIAN_WIDTH))
    logits = read.logits[0, len(prompt) - 1 : len(prompt) - 1 + len(tokens)].float().softmax(-1)
    return smooth.mean(axis=0), logits[range(len(tokens)), tokens].cpu().numpy()


def _start_frames(attention: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the frame at which each token begins on the path of most attention."""
    rows, columns = attention.shape
    cost = np.full((rows + 1, columns + 1), np.inf)
    cost[0, 0] = 0.0
    came = np.zeros((rows + 1, columns + 1), np.int8)
    for row in range(1, rows + 1):
        for column in range(1, columns + 1):
            steps = (cost[row - 1, column - 1], cost[row - 1, column], cost[row, column - 1])
            best = int(np.argmin(steps))
            cost[row, column] = steps[best] - attention[row - 1, column - 1]
            came[row, column] = best
    starts = np.zeros(rows, np.int64)
    row, column = rows, columns
    while row > 0 and column > 0:
        starts[row - 1] = column - 1
        step = came[row, column]
        row, column = row - (step != 2), column - (step != 1)
    return starts
