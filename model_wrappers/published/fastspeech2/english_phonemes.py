"""English text in the ARPAbet phonemes of espnet's voices."""

import json
import re
from pathlib import Path

from model_wrappers.contract.errors import ModelUnavailable

_BREAKS = re.compile(r"[;:]")
_MARKS = re.compile(r"[()\[\]<>\"]+")
END = "<sos/eos>"
UNKNOWN = "<unk>"


class EnglishPhonemes:
    """g2p_en with a checkpoint's table of phoneme ids."""

    def __init__(self, vocabulary: Path) -> None:
        """Read the table, and the pronunciation dictionary of NLTK.

        Raises:
            ModelUnavailable: If NLTK's data are not on this machine.
        """
        self._ids: dict[str, int] = json.loads(vocabulary.read_text(encoding="utf-8"))
        try:
            import nltk

            # g2p_en downloads what it misses while it is imported; a server must not.
            nltk.download = lambda *_, **__: False
            from g2p_en import G2p

            self._g2p = G2p()
            self._g2p("ready")
        except LookupError as exc:
            raise ModelUnavailable(
                "English phonemes need NLTK's 'cmudict' and 'averaged_perceptron_tagger_eng'; put them into a folder "
                "and name it in NLTK_DATA."
            ) from exc

    def spell(self, text: str) -> tuple[int, ...]:
        """Return the phoneme ids of a sentence with the end mark, () if there is nothing to pronounce."""
        if not any(character.isalnum() for character in text):
            return ()
        plain = _MARKS.sub("", _BREAKS.sub(",", text)).replace("-", " ").replace("&", "and")
        phonemes = [phoneme for phoneme in self._g2p(plain.upper()) if phoneme != " "]
        return tuple(self._ids.get(phoneme, self._ids[UNKNOWN]) for phoneme in (*phonemes, END))
