"""Directions of a sound as azimuth, in degrees, positive to the left."""

import re

from llm_planner.offline.words.lists import mentions
from llm_planner.offline.words.times import with_digits

SIDE = 90.0  # degrees: straight to one side
DIAGONAL = 45.0
SLIGHT = 30.0
_NUMBER = r"(?P<value>[-−+]?\d{1,3}(?:\.\d{1,3})?)"
_DEGREES = re.compile(rf"(?<![\d.]){_NUMBER} ?-?(?:degrees?|deg\b|°)", re.IGNORECASE)
_AZIMUTH = re.compile(rf"azimuth\w{{0,9}} ?(?:of|=|:|is|at)? ?{_NUMBER}", re.IGNORECASE)
_CLOCK = re.compile(r"\b(?P<hour>1[0-2]|[1-9]) ?o'? ?clock\b", re.IGNORECASE)
NEAR = 25  # characters before a number of degrees in which its side may stand


def find_azimuth(text: str) -> float | None:
    """Return the azimuth a text names, or None."""
    text = with_digits(text.replace("minus ", "-")).lower()
    if match := _AZIMUTH.search(text):
        return _signed(match["value"], text[match.end() :][:NEAR])
    if match := _DEGREES.search(text):
        after = text[match.end() :].split(".")[0].split(";")[0]
        return _signed(match["value"], after or text[: match.start()], text[: match.start()][-NEAR:])
    if match := _CLOCK.search(text):
        return _wrap(-30.0 * int(match["hour"]))
    return _worded(text)


def _signed(value: str, *sides: str) -> float:
    degrees = float(value.replace("−", "-"))
    for side in sides:
        if mentions("directions", side, "right"):
            return _wrap(-abs(degrees))
        if mentions("directions", side, "left"):
            return _wrap(abs(degrees))
    return _wrap(degrees)


def _worded(text: str) -> float | None:
    left, right = mentions("directions", text, "left"), mentions("directions", _without_emphasis(text), "right")
    if left and right:
        return None
    side = 1.0 if left else -1.0 if right else 0.0
    if mentions("directions", text, "back"):
        return side * (180.0 - DIAGONAL) if side else 180.0
    if mentions("directions", text, "front"):
        return side * DIAGONAL
    if not side:
        return None
    slight, half = mentions("directions", text, "slightly"), mentions("directions", text, "half")
    return side * (SLIGHT if slight else DIAGONAL if half else SIDE)


def _without_emphasis(text: str) -> str:
    """Drop "right" where it says how, not where: "right behind me"."""
    for word in ("away", "now", "after", "behind", "in front", "beside", "next"):
        text = text.replace(f"right {word}", word)
    return text


def _wrap(degrees: float) -> float:
    wrapped = (degrees + 180.0) % 360.0 - 180.0
    return 180.0 if wrapped == -180.0 else wrapped
