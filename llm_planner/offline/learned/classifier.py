"""Which task a clause asks for: a linear head over a sentence embedding and the clause's words, a second opinion."""

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.tasks import TASKS
from model_wrappers.sounds.sentence_embeddings import SentenceEmbedder

MAX_TOKENS = 64  # a clause of a request is far shorter; bounds the time one clause may take
WEIGHTS = Path(__file__).with_name("weights.npz")
SURE = 0.6  # probability from which a request asks for one task
UNFIT = 0.1  # weight of a task that works on what did not come
WORD_BUCKETS = 8192  # hashed words and word pairs; about three times as many as the corpus has
EMBEDDING_SCALE = 3.0  # a unit vector of 384 against a handful of words: gives both parts about equal norm
_TOKEN = re.compile(r"[a-z]+|\.\.\.|\d+")


@dataclass(frozen=True)
class Prediction:
    """Probabilities of every label for one clause."""

    probabilities: Mapping[str, float]

    @property
    def best(self) -> str:
        """The likeliest label."""
        return max(self.probabilities, key=self.probabilities.__getitem__)

    @property
    def confidence(self) -> float:
        """Probability of the likeliest label."""
        return self.probabilities[self.best]


class TaskClassifier:
    """The trained head with its sentence embedder."""

    def __init__(self) -> None:
        """Load the embedder, and the weights that `training/clauses` wrote; about a second.

        Raises:
            ModelUnavailable: If a package of the embedder is not installed.
        """
        self._embedder = SentenceEmbedder(max_tokens=MAX_TOKENS)
        with np.load(WEIGHTS, allow_pickle=False) as stored:
            self.labels: tuple[str, ...] = tuple(stored["labels"].tolist())
            self._dense = stored["dense"].astype(np.float32)
            self._words = stored["words"].astype(np.float32)
            self._bias = stored["bias"].astype(np.float32)

    def classify(self, clauses: Sequence[str]) -> list[Prediction]:
        """Return the probabilities of every label for every clause."""
        logits = EMBEDDING_SCALE * self._embedder.embed([normalize(clause) for clause in clauses]) @ self._dense
        predictions = []
        for clause, row in zip(clauses, logits, strict=True):
            row = row + self._bias + self._words[word_features(clause)].sum(axis=0)
            exponentials = np.exp(row - row.max())
            shares = exponentials / exponentials.sum()
            predictions.append(Prediction(dict(zip(self.labels, shares.tolist(), strict=True))))
        return predictions


def one_task(predictions: Sequence[Prediction], files: Sequence[str]) -> str | None:
    """Return the one task that a request surely asks for, `unsupported` where it is none, or None in doubt.

    Args:
        predictions: Of the whole request and of each of its clauses that may ask for something.
        files: Kinds of the files that came with it.
    """
    whole, *clauses = predictions
    scores = {
        label: (p / 2 + max((c.probabilities[label] for c in clauses), default=p) / 2) * _fits(label, files)
        for label, p in whole.probabilities.items()
        if label != "nothing"
    }
    best = max(scores, key=scores.__getitem__)
    sure = best != "chat" and scores[best] > SURE * sum(scores.values())
    return best if sure else None


def _fits(label: str, files: Sequence[str]) -> float:
    """Return how well a task goes with the files that came: 1 where they tell nothing."""
    if label not in TASKS:
        return 1.0
    if label == "style-transfer":
        return (UNFIT, 1.0, 2.0)[min(files.count("audio"), 2)]  # a voice, and perhaps what it is to say
    needed = {field.kind for field in TASKS[label].inputs.values() if field.required} & {"audio", "image"}
    return 1.0 if needed <= set(files) else UNFIT


def normalize(clause: str) -> str:
    """Return a clause as the encoder is to see it: lower case, single spaces, no punctuation at its ends."""
    return re.sub(r"\s+", " ", clause).strip(" .!,;:").lower()


def word_features(clause: str) -> NDArray[np.int64]:
    """Return the buckets of a clause's words and neighbouring pairs, without repeats."""
    words = [_stem(word) for word in _TOKEN.findall(normalize(clause))]
    pairs = [f"{a} {b}" for a, b in zip(["<s>", *words], [*words, "</s>"], strict=True)]
    buckets = {zlib.crc32(feature.encode()) % WORD_BUCKETS for feature in [*words, *pairs]}
    return np.array(sorted(buckets), dtype=np.int64)


def _stem(word: str) -> str:
    if word.isdigit():
        return "#"
    for ending in ("ising", "izing", "ises", "izes", "ised", "ized", "ise", "ize"):
        if len(word) > 6 and word.endswith(ending):
            return word.removesuffix(ending) + "iz"
    for ending in ("ations", "ation", "ings", "ing", "ers", "ed", "es", "er", "s", "e"):
        if len(word) - len(ending) >= 4 and word.endswith(ending):
            return word.removesuffix(ending)
    return word
