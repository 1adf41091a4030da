"""Train the offline planner's head on the generated corpus.

`python -m training.clauses.train` writes `llm_planner/offline/learned/weights.npz`; three minutes on one core, nearly
all of it for the sentence embeddings, which are kept in `--cache` for the next run.
"""

import argparse
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from llm_planner.offline.learned.classifier import (
    EMBEDDING_SCALE,
    MAX_TOKENS,
    WEIGHTS,
    WORD_BUCKETS,
    normalize,
    word_features,
)
from model_wrappers.sounds.sentence_embeddings import DIMENSION, SentenceEmbedder
from training.clauses.corpus import generate

SEED = 7
PER_LABEL = 1_300
EPOCHS = 24
BATCH = 256
RATE = 4e-3  # Adam
DECAY = 2e-4  # decoupled, so that rare words stay small
LABEL_SMOOTHING = 0.05
WORD_DROPOUT = 0.35  # of the words of a clause: the head must not hang on one of them
VIEW_DROPOUT = 0.15  # of the clauses lose all their words, and as many their embedding

Floats = NDArray[np.float32]


def embed(texts: list[str], cache: Path | None) -> Floats:
    """Embed texts, keeping what is computed in a file between runs."""
    known: dict[str, Floats] = {}
    if cache and cache.exists():
        with np.load(cache, allow_pickle=False) as stored:
            known = dict(zip(stored["texts"].tolist(), stored["vectors"], strict=True))
    missing = sorted(set(texts) - known.keys())
    if missing:
        known |= dict(zip(missing, SentenceEmbedder(max_tokens=MAX_TOKENS).embed(missing), strict=True))
        if cache:
            np.savez(cache, texts=np.array(list(known)), vectors=np.stack(list(known.values())).astype(np.float16))
    return np.stack([known[text] for text in texts]).astype(np.float32)


def features(texts: list[str], cache: Path | None) -> tuple[Floats, NDArray[np.bool_]]:
    """Return scaled embeddings `(texts, 384)` and word indicators `(texts, WORD_BUCKETS)`."""
    dense = EMBEDDING_SCALE * embed([normalize(text) for text in texts], cache)
    words = np.zeros((len(texts), WORD_BUCKETS), np.bool_)
    for row, text in enumerate(texts):
        words[row, word_features(text)] = 1
    return dense, words


def train(dense: Floats, words: NDArray[np.bool_], targets: NDArray[np.int64], classes: int) -> tuple[Floats, Floats]:
    """Fit a softmax head with Adam, word dropout and label smoothing.

    Returns:
        Weights `(384 + WORD_BUCKETS, classes)` and bias `(classes,)`.
    """
    rng = np.random.default_rng(SEED)
    weights = np.zeros((DIMENSION + WORD_BUCKETS, classes), np.float32)
    bias = np.zeros(classes, np.float32)
    state = [np.zeros_like(weights), np.zeros_like(weights), np.zeros_like(bias), np.zeros_like(bias)]
    smooth = np.full((classes, classes), LABEL_SMOOTHING / classes, np.float32) + np.eye(classes, dtype=np.float32) * (
        1 - LABEL_SMOOTHING
    )
    step = 0
    for epoch in range(EPOCHS):
        order = rng.permutation(len(targets))
        rate = RATE * (1 - epoch / EPOCHS)
        for begin in range(0, len(order), BATCH):
            rows = order[begin : begin + BATCH]
            view = rng.random(len(rows))
            kept = (rng.random((len(rows), WORD_BUCKETS), np.float32) > WORD_DROPOUT) * (view > VIEW_DROPOUT)[:, None]
            inputs = np.hstack([dense[rows] * (view < 1 - VIEW_DROPOUT)[:, None], words[rows] * kept])
            logits = inputs @ weights + bias
            shares = np.exp(logits - logits.max(axis=1, keepdims=True))
            shares /= shares.sum(axis=1, keepdims=True)
            error = (shares - smooth[targets[rows]]) / len(rows)
            step += 1
            _adam(weights, inputs.T @ error, state[0], state[1], rate, step)
            _adam(bias, error.sum(axis=0), state[2], state[3], rate, step)
            weights *= 1 - DECAY
    return weights, bias


def _adam(value: Floats, gradient: Floats, first: Floats, second: Floats, rate: float, step: int) -> None:
    first += 0.1 * (gradient - first)
    second += 0.001 * (gradient**2 - second)
    value -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)


def main() -> None:
    """Generate, train, write the weights and print the accuracy on clauses of another seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--cache", type=Path, default=None, help="file that keeps sentence embeddings between runs")
    arguments = parser.parse_args()
    corpus = list(generate(PER_LABEL, SEED))
    texts, names = zip(*corpus, strict=True)
    labels = sorted(set(names))
    held_out = np.array([zlib.crc32(text.encode()) % 20 == 0 for text in texts])
    targets = np.array([labels.index(name) for name in names])
    dense, words = features(list(texts), arguments.cache)
    weights, bias = train(dense[~held_out], words[~held_out], targets[~held_out], len(labels))
    logits = np.hstack([dense, words])[held_out] @ weights + bias
    print(f"{len(texts)} clauses; held-out accuracy {np.mean(logits.argmax(axis=1) == targets[held_out]):.4f}")  # noqa: T201
    half = weights.astype(np.float16)
    np.savez_compressed(
        arguments.out,
        labels=np.array(labels),
        dense=half[:DIMENSION],
        words=half[DIMENSION:],
        bias=bias,
    )


if __name__ == "__main__":
    main()
