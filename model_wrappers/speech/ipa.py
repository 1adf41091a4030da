"""Phonemes of the International Phonetic Alphabet in the signs that a voice reads, unknown ones as their nearest."""

import unicodedata
from collections.abc import Iterator, Mapping

from model_wrappers.contract.errors import InvalidInput

VOWELS = frozenset("aeiouyæɑɐɒɔəɘɵɚɛɜɝɞɪɨʉɯɤʊʌøœɶᵻ")
STRESS = "ˈˌ"
_TIES = str.maketrans({"\u0361": "", "\u035c": "", "g": "ɡ", "ʧ": "tʃ", "ʤ": "dʒ", "ʦ": "ts", "ʣ": "dz", ".": ""})
NEAREST: Mapping[str, tuple[str, ...]] = {
    "a": ("ɑ", "æ"), "ɑ": ("a",), "æ": ("a", "ɛ"), "ɐ": ("ə", "a"), "ɒ": ("ɔ", "ɑ"), "ɔ": ("o",), "ə": ("ɛ", "e"),
    "ɚ": ("əɹ",), "ɝ": ("ɜːɹ",), "ɜː": ("ɜ",), "ɜ": ("œ", "ə"), "ɞ": ("ɜː",), "ɘ": ("ə",), "ɵ": ("ə",),
    "e": ("eɪ", "ɛ"), "ɛ": ("e",), "eɪ": ("eː", "e"), "o": ("oʊ", "ɔ"), "oʊ": ("əʊ", "oː", "o"), "əʊ": ("oʊ",),
    "ɪ": ("i",), "i": ("iː", "ɪ"), "ɨ": ("ɪ",), "ᵻ": ("ɪ",), "y": ("u",), "ʏ": ("ʊ",), "ø": ("œ", "ɜː"),
    "œ": ("ø", "ɜː"), "ɶ": ("œ",), "u": ("uː", "ʊ"), "ʊ": ("u",), "ʉ": ("u",), "ɯ": ("u",), "ɤ": ("ʌ",),
    "ʌ": ("ɐ", "a"), "ɑː": ("ɑ", "aː"), "aː": ("a",), "eː": ("e",), "oː": ("o",), "øː": ("ø",), "yː": ("y",),
    "iː": ("i",), "uː": ("u",), "ɔː": ("ɔ",), "ɛː": ("ɛ",), "œː": ("œ",),
    "aɪ": ("aj", "ai"), "aʊ": ("aw", "au"), "ɔɪ": ("ɔʏ", "ɔj", "oi"), "ɔʏ": ("ɔɪ",), "ɔʊ": ("oʊ",), "ɛɪ": ("eɪ",),
    "x": ("χ", "k"), "χ": ("x",), "ç": ("ʃ",), "ɣ": ("ɡ",), "ʁ": ("ʀ", "ɹ"), "ʀ": ("ʁ", "r"), "r": ("ɹ", "ɾ"),
    "ɹ": ("r", "ʁ"), "ɾ": ("r",), "ɻ": ("ɹ",), "ɽ": ("ɾ",), "β": ("v",), "ɸ": ("f",), "ʋ": ("v",), "v": ("β", "f"),
    "ɲ": ("nj",), "ɳ": ("n",), "ɴ": ("ŋ",), "ɱ": ("m",), "ŋ": ("n",), "ʎ": ("lj",), "ɭ": ("l",), "ɫ": ("l",),
    "ɬ": ("l",), "ɮ": ("l",), "ʟ": ("l",), "ɕ": ("ʃ",), "ʑ": ("ʒ",), "ʂ": ("ʃ",), "ʐ": ("ʒ",), "ʃ": ("s",),
    "ʒ": ("ʃ", "z"), "z": ("s",), "θ": ("s",), "ð": ("d",), "ʈ": ("t",), "ɖ": ("d",), "c": ("k",), "ɟ": ("ɡ",),
    "q": ("k",), "ɢ": ("ɡ",), "ʔ": ("",), "h": ("x",), "ɦ": ("h",), "ħ": ("h",), "ʕ": ("",), "ɥ": ("w",),
    "ʍ": ("w",), "w": ("u",), "j": ("i",), "ɓ": ("b",), "ɗ": ("d",), "ɠ": ("ɡ",),
    "\u0303": ("n",), "ʲ": ("j",), "ʷ": ("w",),
}  # fmt: skip
"""Sounds in whose place others may be said, the nearest first; what is none of a voice's is looked for here."""
_ENGLISH = {sound: sound for sound in "pbtdkɡfvθðszʃʒhmnŋlɹwjiɪɛæɑɔʊuʌəᵻᵊ"} | {
    "tʃ": "ʧ", "dʒ": "ʤ", "aɪ": "I", "aʊ": "W", "eɪ": "A", "ɔɪ": "Y", "ɾ": "ɾ", "iː": "i", "uː": "u",
}  # fmt: skip
AMERICAN = _ENGLISH | {"oʊ": "O", "ɜː": "ɜɹ", "ɜːɹ": "ɜɹ", "ɝ": "ɜɹ", "ɜɹ": "ɜɹ", "ɚ": "əɹ", "ɑː": "ɑ", "ɔː": "ɔ"}
"""Sounds of American English by phoneme, as Kokoro and the voices made from it spell them."""
BRITISH = _ENGLISH | {
    "əʊ": "Q",
    "ɜː": "ɜː",
    "ɒ": "ɒ",
    "a": "a",
    "iː": "iː",
    "uː": "uː",
    "ɑː": "ɑː",
    "ɔː": "ɔː",
    "ɛː": "ɛː",
}
"""The same of British English."""
_UNHEARD = frozenset("ːˑʰˠˤˀ˞\u0329\u032f\u0325\u030a\u031a\u0324\u0330\u033a\u033b\u032a\u0306\u0308\u031d\u031e")


def spelt(phonemes: str, sounds: Mapping[str, str]) -> str:
    """Return phonemes in the signs of a voice; stress stands before the vowel, on the first one if nowhere.

    Args:
        phonemes: Of the IPA, words apart by spaces.
        sounds: Signs of the voice by phoneme; those of the two kinds of stress may be among them.

    Raises:
        InvalidInput: If there is a sound that neither the voice has nor one near to it.
    """
    apart = unicodedata.normalize("NFD", phonemes.translate(_TIES)).replace("c\u0327", "ç")
    return " ".join("".join(_word(word, phonemes, sounds)) for word in apart.split())


def _word(word: str, phonemes: str, sounds: Mapping[str, str]) -> Iterator[str]:
    stress = "" if any(mark in word for mark in STRESS) else STRESS[0]
    for sound in _cut(word, sounds):
        if sound in STRESS:
            stress = sound
            continue
        if sound[0] in VOWELS and stress:
            yield sounds.get(stress, stress)
            stress = ""
        said = _sign(sound, sounds, frozenset())
        if said is None:
            raise InvalidInput(
                f"This voice has no sound like '{sound}' of /{phonemes}/; write phonemes of its language, or letters.",
                param="pronunciations",
            )
        yield said


def _cut(word: str, sounds: Mapping[str, str]) -> Iterator[str]:
    """Yield the sounds of a word, the longest that are known first."""
    place = 0
    while place < len(word):
        lengths = (3, 2, 1)
        sound = next((s for n in lengths if (s := word[place : place + n]) in sounds or s in NEAREST), word[place])
        yield sound
        place += len(sound)


def _sign(sound: str, sounds: Mapping[str, str], tried: frozenset[str]) -> str | None:
    """Return the voice's sign for a sound or for what is nearest to it."""
    if sound in sounds:
        return sounds[sound]
    if sound in _UNHEARD:
        return ""
    for near in NEAREST.get(sound, ()) if sound not in tried else ():
        signs = [_sign(part, sounds, tried | {sound}) for part in _cut(near, sounds)]
        if None not in signs:
            return "".join(map(str, signs))
    return None
