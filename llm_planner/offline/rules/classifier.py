"""Which task a clause asks for: a linear head over a sentence embedding and the clause's words."""

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from llm_planner.offline.words.spelling import Speller
from model_wrappers.sounds.sentence_embeddings import SentenceEmbedder

MAX_TOKENS = 64  # a clause of a request is far shorter; bounds the time one clause may take
WEIGHTS = Path(__file__).with_name("weights.npz")
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
            vocabulary = frozenset(stored["vocabulary"].tolist())
        self.speller = Speller(vocabulary, self._embedder.knows)

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
