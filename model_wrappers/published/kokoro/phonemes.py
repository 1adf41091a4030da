"""The phonemes Kokoro was trained on, from those of eSpeak NG."""

import re
from collections.abc import Container, Mapping

from model_wrappers.speech.espeak import run_espeak
from model_wrappers.speech.ipa import AMERICAN, BRITISH

TIE = "^"  # joins the letters of one sound in what the program writes
PUNCTUATION = ';:,.!?¡¿—…"()“”'  # the network's own, which it reads as pauses and melody
_MARKS = re.compile(rf"([{re.escape(PUNCTUATION)}]+|\[[^\]]*\])")
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
        sentence: Text in the voice's language; what stands in square brackets is spelt as Kokoro spells already.
        voice: Of eSpeak NG, e.g. `en-us`.

    Raises:
        ModelFailed: If eSpeak NG fails.
    """
    parts = _MARKS.split(sentence)
    spoken = [_spoken(part, voice) if index % 2 == 0 else part.strip("[]") for index, part in enumerate(parts)]
    if not any(letter.isalnum() for letter in "".join(spoken)):
        return ""
    return _SPACES.sub(" ", "".join(spoken)).strip()


def sounds_of(voice: str, known: Container[str]) -> Mapping[str, str]:
    """Return how Kokoro spells each phoneme of the IPA in a language.

    Args:
        voice: Of eSpeak NG, e.g. `en-us`.
        known: Letters that the network knows.
    """
    if voice in SPELLINGS:
        return BRITISH if voice == "en-gb" else AMERICAN
    letters = {letter: letter for letter in "abcdefhijklmnopqrstuvwxyzɑɐɒæβɔɕçðəɛɜɟɡɥɨɪʝɯŋɲøɸθœɹɾʁʂʃʊʌɣχʎʒʔː\u0303"}
    joined = {sounds.replace(TIE, ""): letter for sounds, letter in _OTHERS.items() if TIE in sounds}
    return {sound: letter for sound, letter in (letters | joined).items() if letter in known}


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
