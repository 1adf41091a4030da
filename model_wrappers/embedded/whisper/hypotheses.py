"""What Whisper wrote for a window, and the signs that it is wrong."""

import math
import re
import zlib
from dataclasses import dataclass
from typing import Literal

Fault = Literal["loop", "improbable", "too short", "too long"]

NO_SPEECH_PROBABILITY = 0.6  # silent where it is above this and the text improbable; both as in OpenAI's decoder
MIN_AVERAGE_LOG_PROBABILITY = -1.0
MAX_COMPRESSION_RATIO = 2.4  # text that zlib shrinks further is one phrase over and over
LEAST_RATE = 4.0  # characters per second of speech; slow readers reach 8
MOST_RATE = 35.0  # nobody is as fast
LEAST_RATE_DENSE, MOST_RATE_DENSE = 1.3, 14.0  # of scripts in which a character is a syllable or a word
DENSE = frozenset(("ja", "ko", "yue", "zh"))
JUDGED_S = 1.0  # of speech from which a rate says something
LANGUAGE_WEIGHT = 0.5  # of a language's log-probability beside a text's
DIGIT = 4  # letters a spoken digit has
REPEATED_PHRASE = re.compile(r"\b(\w+(?:\W+\w+){1,7}?)(?:\W+\1\b){4,}", re.IGNORECASE)
REPEATED_WORD = re.compile(r"\b(\w+)(?:\W+\1\b){8,}", re.IGNORECASE)
REPEATED_LETTER = re.compile(r"([^\W\d])\1{9,}|([^\W\d]{2,4})\2{6,}", re.IGNORECASE)


@dataclass(frozen=True)
class Hypothesis:
    """The tokens written for a window, timestamps included, and how sure they are."""

    tokens: tuple[int, ...]
    average_log_probability: float
    no_speech_probability: float


@dataclass(frozen=True)
class Reading:
    """A hypothesis as text.

    Args:
        language: It was read in.
        hypothesis: Its tokens.
        text: Their text.
        speech_s: Seconds of speech the window holds, 0 where that is not known.
        temperature: At which it was sampled.
    """

    language: str
    hypothesis: Hypothesis
    text: str
    speech_s: float
    temperature: float = 0.0

    @property
    def silent(self) -> bool:
        """Whether the window most likely holds no speech at all."""
        improbable = self.hypothesis.average_log_probability < MIN_AVERAGE_LOG_PROBABILITY
        return self.hypothesis.no_speech_probability > NO_SPEECH_PROBABILITY and improbable

    @property
    def fault(self) -> Fault | None:
        """What is wrong with the text, None where nothing shows."""
        if is_loop(self.text):
            return "loop"
        if self.hypothesis.average_log_probability < MIN_AVERAGE_LOG_PROBABILITY:
            return "improbable"
        if self.speech_s < JUDGED_S:
            return None
        least, most = (LEAST_RATE_DENSE, MOST_RATE_DENSE) if self.language in DENSE else (LEAST_RATE, MOST_RATE)
        if self.rate < least:
            return "too short"
        return "too long" if self.rate > most else None

    @property
    def rate(self) -> float:
        """Letters per second of speech."""
        letters = sum(DIGIT if character.isdigit() else character.isalnum() for character in self.text)
        return letters / max(self.speech_s, JUDGED_S)

    @property
    def rank(self) -> tuple[bool, bool, float]:
        """Order readings of one window by: the best is the greatest."""
        return self.ranked_in(1.0)

    def ranked_in(self, language_probability: float) -> tuple[bool, bool, float]:
        """Return the rank among readings in several languages, each of a probability."""
        sure = self.hypothesis.average_log_probability + LANGUAGE_WEIGHT * math.log(max(language_probability, 1e-9))
        return self.fault != "loop", self.fault is None, sure


def is_loop(text: str) -> bool:
    """Tell whether a text is one phrase over and over, as the model writes over noise and music."""
    data = text.encode()
    if len(data) / len(zlib.compress(data)) > MAX_COMPRESSION_RATIO:
        return True
    return any(pattern.search(text) for pattern in (REPEATED_PHRASE, REPEATED_WORD, REPEATED_LETTER))


def without_repetition(text: str) -> str:
    """Return a loop's text with its phrase once."""
    for pattern in (REPEATED_PHRASE, REPEATED_WORD):
        text = pattern.sub(r"\1", text)
    return REPEATED_LETTER.sub(lambda match: match[1] or match[2], text)
