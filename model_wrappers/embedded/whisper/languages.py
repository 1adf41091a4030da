"""Which language a window is in: Whisper's probabilities, weighed by what is likely to be sent at all."""

from collections.abc import Sequence
from dataclasses import dataclass

TO_ISO = {"jw": "jv"}  # Javanese, which Whisper spells its own way
SURE = 0.5  # below this the texts in several languages are compared
EXPECTED_WEIGHT = 8.0  # of a language that was said to be expected, or heard before in the recording
COMMON_WEIGHT = 2.0  # of English, of which most is sent and nearly all that Whisper takes for something else
COMMON = frozenset(("en",))
RARE_WEIGHT = 0.15  # of languages Whisper takes for others far more often than they are spoken to it
_RARE_CODES = """
as ba be bo br bs cy eu fo gl ha haw ht hy jw la lb ln mg mi mt my nn oc ps sa sd si sn so sq su tg tk tt yi yo
"""
RARE = frozenset(_RARE_CODES.split())
CANDIDATES = 2
CHANGE = 0.85  # probability from which a stretch of a recording is of another language than the rest
CHANGE_S = 1.9  # of speech at least, padded by 0.8 s
FOREIGN = 0.05  # the most that the other language may have there


@dataclass(frozen=True)
class Detected:
    """Languages by probability, the likeliest first."""

    ranked: tuple[tuple[str, float], ...]

    @property
    def code(self) -> str:
        """The likeliest one."""
        return self.ranked[0][0]

    @property
    def probability(self) -> float:
        """How likely it is."""
        return self.ranked[0][1]

    def of(self, code: str) -> float:
        """Return the probability of one language."""
        return dict(self.ranked).get(code, 0.0)

    def candidates(self) -> tuple[str, ...]:
        """Return the languages worth reading a window in: one where it is sure."""
        return tuple(code for code, _ in self.ranked[: 1 if self.probability >= SURE else CANDIDATES])


def weigh(detected: Sequence[tuple[str, float]], expected: Sequence[str]) -> Detected:
    """Weigh a detector's probabilities by what is expected and by what is rare.

    Args:
        detected: Whisper's tokens, `<|en|>`, with probabilities.
        expected: Languages heard before or named by the caller.
    """
    weighed = {token[2:-2]: probability * _weight(token[2:-2], expected) for token, probability in detected}
    total = sum(weighed.values()) or 1.0
    ranked = sorted(((code, value / total) for code, value in weighed.items()), key=lambda each: -each[1])
    return Detected(tuple(ranked))


def _weight(code: str, expected: Sequence[str]) -> float:
    if code in expected:
        return EXPECTED_WEIGHT
    if code in COMMON:
        return COMMON_WEIGHT
    return RARE_WEIGHT if code in RARE else 1.0


def changes(stretches: Sequence[tuple[float, Detected]]) -> list[tuple[int, str]]:
    """Return where the language of a recording changes, as indices of stretches and the language from there on.

    A stretch that is not surely of another language than the one before it is taken to be of the same.

    Args:
        stretches: Seconds of speech and languages of each.
    """
    found: list[tuple[int, str]] = []
    for index, (speech_s, detected) in enumerate(stretches):
        sure = speech_s >= CHANGE_S and detected.probability >= CHANGE
        if sure and (not found or (found[-1][1] != detected.code and detected.of(found[-1][1]) < FOREIGN)):
            found.append((index if found else 0, detected.code))
    return found
