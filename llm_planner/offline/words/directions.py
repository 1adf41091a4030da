"""Directions of a sound as azimuth, in degrees, positive to the left."""

import re

from llm_planner.offline.words.times import with_digits

SIDE = 90.0  # degrees: straight to one side
DIAGONAL = 45.0
SLIGHT = 30.0
_DEGREES = re.compile(r"(?P<value>[-−+]?\d+(?:\.\d+)?)\s*(?:-\s*)?(?:degrees?|deg|°)(?P<after>[^.;]*)", re.IGNORECASE)
_AZIMUTH = re.compile(r"azimuth\w*\s*(?:of|=|:|is|at)?\s*(?P<value>[-−+]?\d+(?:\.\d+)?)", re.IGNORECASE)
_CLOCK = re.compile(r"\b(?P<hour>1[0-2]|[1-9])\s*o'?\s*clock\b", re.IGNORECASE)


def find_azimuth(text: str) -> float | None:
    """Return the azimuth a text names, or None."""
    text = with_digits(text.replace("minus ", "-")).lower()
    if match := _AZIMUTH.search(text):
        return _signed(match["value"], text[match.end() : match.end() + 25])
    if match := _DEGREES.search(text):
        return _signed(match["value"], match["after"] or text[: match.start()], text[: match.start()])
    if match := _CLOCK.search(text):
        return _wrap(-30.0 * int(match["hour"]))
    return _worded(text)


def _signed(value: str, after: str, before: str = "") -> float | None:
    degrees = float(value.replace("−", "-"))
    for side in (after, before[-25:]):
        if re.search(r"\b(?:right|clockwise)\b", side) and "counterclockwise" not in side:
            return _wrap(-abs(degrees))
        if re.search(r"\b(?:left|counterclockwise|anticlockwise)\b", side):
            return _wrap(abs(degrees))
    return _wrap(degrees)


def _worded(text: str) -> float | None:
    left, right = (
        re.search(r"\bleft\b", text),
        re.search(r"\bright\b(?! (?:away|now|after|behind|in front|beside|next))", text),
    )
    if left and right:
        return None
    side = 1.0 if left else -1.0 if right else 0.0
    back = re.search(r"\b(?:behind|back of|rear|in back|from the back|at the back|my back)\b", text)
    front = re.search(r"\b(?:in front|front|ahead|frontal|before me|facing me)\b", text)
    if back:
        return side * (180.0 - DIAGONAL) if side else 180.0
    if front:
        return side * DIAGONAL
    if side and re.search(r"\b(?:slightly|a (?:bit|little)|somewhat|a touch)\b", text):
        return side * SLIGHT
    if side and re.search(r"\b(?:diagonal\w*|half)\b", text):
        return side * DIAGONAL
    return side * SIDE if side else None


def _wrap(degrees: float) -> float:
    wrapped = (degrees + 180.0) % 360.0 - 180.0
    return 180.0 if wrapped == -180.0 else wrapped
