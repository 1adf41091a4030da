"""Words as syllables of phonemes, in the alphabet of the voice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

VOWELS = frozenset("ɑæəɚɛɜiɪɔuʊʌᵊᵻɒaeoɐAIOQWY")
STRESS = frozenset("ˈˌ")
GLIDES = frozenset("lɹwj")
AFTER_S = frozenset("ptkmnlwf")
STOPS = frozenset("pbtdkɡfvθsʃ")


@dataclass(frozen=True)
class Syllable:
    """Phonemes around one vowel; stress marks stand before it."""

    onset: str
    vowel: str
    coda: str


def syllables(phonemes: str) -> tuple[Syllable, ...]:
    """Cut the phonemes of one word into syllables; consonants between vowels begin one where English allows it."""
    vowels = [index for index, symbol in enumerate(phonemes) if symbol in VOWELS]
    if not vowels:
        return ()
    starts = [_with_stress(phonemes, index) for index in vowels]
    cuts = [0]
    for before, after in zip(vowels, starts[1:], strict=False):
        cuts.append(after - _onset_length(phonemes[before + 1 : after]))
    cuts.append(len(phonemes))
    return tuple(
        Syllable(phonemes[cut:start], phonemes[start : vowel + 1], phonemes[vowel + 1 : end])
        for cut, start, vowel, end in zip(cuts, starts, vowels, cuts[1:], strict=False)
    )


def pronounce(words: Sequence[str], g2p: Callable[[str], str]) -> list[str]:
    """Return the phonemes of each word as spoken among the others, empty for what is no word."""
    together = g2p(" ".join(words)).split()
    spoken = together if len(together) == len(words) else [g2p(word).replace(" ", "") for word in words]
    return ["".join(symbol for symbol in word if symbol.isalpha() or symbol in STRESS) for word in spoken]


def _with_stress(phonemes: str, vowel: int) -> int:
    while vowel > 0 and phonemes[vowel - 1] in STRESS:
        vowel -= 1
    return vowel


def _onset_length(consonants: str) -> int:
    """Return how many of the consonants between two vowels belong to the second."""
    if len(consonants) < 2 or consonants[-1] == "ŋ":
        return 0 if consonants.endswith("ŋ") else len(consonants)
    first, second = consonants[-2], consonants[-1]
    joined = (second in GLIDES and first in STOPS) or (first == "s" and second in AFTER_S)
    return 2 if joined else 1
