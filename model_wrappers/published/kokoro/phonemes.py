"""The phonemes Kokoro was trained on, from those of eSpeak NG."""

import re
from collections.abc import Mapping

from model_wrappers.speech.espeak import run_espeak

TIE = "^"  # joins the letters of one sound in what the program writes
PUNCTUATION = ';:,.!?¡¿—…"()“”'  # the network's own, which it reads as pauses and melody
_MARKS = re.compile(rf"([{re.escape(PUNCTUATION)}]+)")
_SPACES = re.compile(r"\s+")
_LANGUAGE_SWITCH = re.compile(r"\([a-z-]+\)")  # how the program tells of a foreign word
_SYLLABIC = re.compile("(\\S)\u0329")

# Source: phoneme inventory of Kokoro's own grapheme-to-phoneme package, EN_PHONES.md of github.com/hexgrad/misaki.
_DIPHTHONGS = {"a^ɪ": "I", "a^ʊ": "W", "e^ɪ": "A", "ɔ^ɪ": "Y", "d^ʒ": "ʤ", "t^ʃ": "ʧ"}
_ENGLISH = {
    **_DIPHTHONGS, "ə^l": "ᵊl", "r": "ɹ", "x": "k", "ç": "k", "ɐ": "ə", "ɬ": "l", "ʔn": "tᵊn", "ʔ": "t", "e": "A",
    "\u0303": "", "ʲ": "",
}  # fmt: skip
_AMERICAN = {**_ENGLISH, "o^ʊ": "O", "ɜːɹ": "ɜɹ", "ɜː": "ɜɹ", "ɚ": "əɹ", "ɪə": "iə", "ː": "", "o": "ɔ"}
_BRITISH = {**_ENGLISH, "e^ə": "ɛː", "iə": "ɪə", "ə^ʊ": "Q", "ɚ": "əɹ", "o": "ɔ"}
_OTHERS = {**_DIPHTHONGS, "d^z": "ʣ", "t^s": "ʦ", "s^s": "S", "o^ʊ": "O", "ə^ʊ": "Q", "-": ""}
SPELLINGS: Mapping[str, Mapping[str, str]] = {"en-us": _AMERICAN, "en-gb": _BRITISH}
"""How sounds are spelt, by voice of the program; `_OTHERS` for all but English."""


def phonemes_of(sentence: str, voice: str) -> str:
    """Return a sentence as Kokoro spells it, its punctuation kept; empty if there is nothing to speak.

    Args:
        sentence: Text in the voice's language.
        voice: Of eSpeak NG, e.g. `en-us`.

    Raises:
        ModelFailed: If eSpeak NG fails.
    """
    parts = _MARKS.split(sentence)
    spoken = [_spoken(part, voice) if index % 2 == 0 else part for index, part in enumerate(parts)]
    if not any(part.strip() for part in spoken[::2]):
        return ""
    return _SPACES.sub(" ", "".join(spoken)).strip()


def _spoken(words: str, voice: str) -> str:
    if not any(letter.isalnum() for letter in words):
        return " " if words else ""
    written = run_espeak("-q", "--ipa", f"--tie={TIE}", "-v", voice, "--stdin", text=words).decode()
    found = _LANGUAGE_SWITCH.sub("", " ".join(written.split()))
    spelling = SPELLINGS.get(voice, _OTHERS)
    for old in sorted(spelling, key=len, reverse=True):
        found = found.replace(old, spelling[old])
    found = _SYLLABIC.sub(r"ᵊ\1", found).replace(TIE, "").replace("ɹɹ", "ɹ")
    return " " * words[0].isspace() + found + " " * words[-1].isspace()
