"""The rise at the end of questions that ask for yes or no, which the network ends as low as statements."""

import re

import numpy as np
from numpy.typing import NDArray

VOICED_HZ = 40.0  # below it the network means no voice
TAIL_FRAMES = 32  # 0.4 s: the last word or two
TAIL_SHARE = 3  # of a short question a third
LOW, HIGH = -3.0, 7.0  # semitones from the question's median: where the rise begins at least, and where it ends
RISEN = 0.7  # of the tail, from where on it stays up: what comes behind is too soft to be heard rising

_CLOSING = "\"'”’)]»* "
_QUESTION_WORD = re.compile(  # such questions fall in English
    r"^\W*(?:(?:and|so|but|then|or|well|now|for|at|in|on|to|from|with|of|by|about)\s+)*"
    r"(?:who|whom|whose|what|when|where|why|which|how)\b",
    re.IGNORECASE,
)
_CHOICE = re.compile(r"\bor\b", re.IGNORECASE)  # "tea or coffee?" falls, too


def rises(sentence: str) -> bool:
    """Tell whether an English sentence is said with a rise at its end."""
    asked = sentence.rstrip(_CLOSING).endswith("?")
    return asked and not _QUESTION_WORD.match(sentence) and not _CHOICE.search(sentence)


def risen(pitch: NDArray[np.float32], slowness: float = 1.0) -> NDArray[np.float32]:
    """Return a sentence's pitch with a rise over its last voiced frames.

    Args:
        pitch: Hz, below `VOICED_HZ` where there is no voice, shape `(frames,)`.
        slowness: How many times as many frames as usual a sound takes.
    """
    voiced = np.flatnonzero(pitch > VOICED_HZ)
    tail = voiced[len(voiced) - min(round(TAIL_FRAMES * slowness), len(voiced) // TAIL_SHARE) :]
    if len(tail) < 2:
        return pitch
    median = float(np.median(pitch[voiced]))
    low = float(np.clip(12 * np.log2(pitch[tail[0]] / median), LOW, 0.0))
    climbed = np.minimum(np.linspace(0.0, 1.0 / RISEN, len(tail)), 1.0)
    changed = pitch.copy()
    changed[tail] = median * 2 ** ((low + (HIGH - low) * climbed) / 12)
    return changed
