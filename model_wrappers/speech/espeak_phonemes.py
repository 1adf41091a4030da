"""Phonemes of the IPA in the mnemonics of eSpeak NG, which differ from voice to voice."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from model_wrappers.speech.espeak import run_espeak
from model_wrappers.speech.ipa import spelt

_CONSONANTS = """
p b t d k g q f v T D s z S Z C x X Q h m n N n^ l r l^ j w tS dZ ts dz t2 R r" * ** ? B P J c J^ s. z. t. d. n. l. S;
Z; ts; dz; tS; H h# G \\
"""
_VOWELS = """
i: I i e: E e a: a aa A: A O: O o: o u: U u V @ 3: 3 & 0 y: y Y: Y W: W 2 9 I2 u- aI eI oU aU OI @U EI ai au ei
oi ou i@ e@ u@ E: &: ai Ai OY AU 3 A~ E~ O~ W~ a~ e~ i~ o~ u~
"""
_ACCENTS = re.compile("[ˈˌ\\d\u1d5d\u0308\u031e]")  # stress, tones, and how exactly a vowel is said
_AROUND = ("a", "t")  # the vowel that stands behind a consonant asked for, and the consonant that stands behind a vowel


@lru_cache(maxsize=64)
def sounds_of(voice: str) -> Mapping[str, str]:
    """Return the mnemonics of a voice by phoneme, as the program itself writes them down; stress among them.

    Raises:
        ModelFailed: If the program fails.
    """
    vowel, consonant = _AROUND
    asked = [(name, f"{name}{vowel}", vowel) for name in _CONSONANTS.split()]
    asked += [(name, f"{name}{consonant}", consonant) for name in _VOWELS.split()]
    asked = [(vowel, vowel, ""), (consonant, consonant, ""), *asked]
    text = "\n\n".join(f"[[{syllable}]] ." for _, syllable, _ in asked)
    written = run_espeak("-q", "--ipa", "-v", voice, "-b", "1", "--stdin", text=text, phonemes=True).decode()
    lines = [_ACCENTS.sub("", unicodedata.normalize("NFD", line)).strip() for line in written.split("\n")]
    around = {vowel: lines[0], consonant: lines[1], "": ""}
    found = {"ˈ": "'", "ˌ": ","}
    for (name, _, behind), line in zip(asked, lines, strict=False):
        sound = line.removesuffix(around[behind])
        if sound and sound != line:
            found.setdefault(sound.replace("c\u0327", "ç"), name)
    return found


def mnemonics(phonemes: str, voice: str) -> str:
    """Return phonemes as a voice of eSpeak NG reads them inside a text.

    Raises:
        InvalidInput: If the voice has no sound like one of them.
        ModelFailed: If the program fails.
    """
    return f"[[{spelt(phonemes, sounds_of(voice))}]]"
