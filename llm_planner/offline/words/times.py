"""Times, ranges and durations as people write and say them, in seconds."""

import re
from functools import lru_cache

from text_to_num import alpha2digit

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_UNIT = r"(?:milliseconds?|millis|msec|ms|seconds?|secs?|s|minutes?|mins?|min|m|hours?|h)"
_NUMBER, _EITHER = r"\d{1,7}(?:\.\d{1,7})?", r"\d{1,7}(?:[.,]\d{1,7})?"  # with a point, or a comma too
_CLOCK = r"\d{1,2}:\d{1,2}(?::\d{1,2})?(?:[.,]\d{1,7})?"
_PLAIN = (
    rf"{_EITHER}(?:(?: ?-? ?{_UNIT}\b)|m(?=\d))?(?: ?(?:and )?{_NUMBER} ?(?:seconds?|secs?|s)\b|"
    rf"(?<=minute) {_NUMBER}|(?<=minutes) {_NUMBER})?"
)
_MARK = rf"(?:the )?(?:\b(?:{_UNIT}|time|t ?=|position|mark|offset|timestamp) ?)?"
_EDGE = r"(?:the )?(?:very )?(?:start|beginning|outset|end)(?: of (?:it|the \w+))?"
_TIME = rf"(?:{_MARK}(?:{_CLOCK}|{_PLAIN})|{_EDGE})(?: ?(?:mark|in)\b)?"
_TO = (
    r" ?(?:-|–|—|~|→|\.\.\.?|to|and|till|til|until|through|thru|up to|,? ?(?:and )?(?:it )?(?:"
    r"comes? back|came back|return(?:s|ed)?|resume[sd]?|is back|was back|continue[sd]|end(?:s|ed)?|ending|"
    r"stops?|stopping|"
    r"finishing|lasting until|lasts until)(?: (?:at|by|with|on))?|,) ?(?:about |around |roughly )?(?:at )?"
)
_RANGE = re.compile(rf"(?P<start>{_TIME}){_TO}(?P<end>{_TIME})", re.IGNORECASE)
_LABELLED = re.compile(
    rf"\b(?:start|beg[iau]n)\w{{0,4}}\W{{1,3}}(?:at|is|=|from|time)?\W{{0,3}}(?P<start>{_CLOCK}|{_PLAIN}).{{1,20}}?"
    rf"\bend\w{{0,4}}\W{{1,3}}(?:at|is|=|time)?\W{{0,3}}(?P<end>{_CLOCK}|{_PLAIN})",
    re.IGNORECASE,
)
_LENGTH_FROM = re.compile(
    rf"(?P<length>{_NUMBER} ?-? ?{_UNIT})\b[^.;]{{0,30}}?\b(?:from|starting(?: at| from)?|beginning(?: at)?|"
    rf"after|at) (?:about |around )?(?P<start>{_TIME})",
    re.IGNORECASE,
)
_FROM_LENGTH = re.compile(
    rf"(?:from|starting(?: at| from)?|beginning(?: at)?|at) (?P<start>{_TIME}),? ?(?:on,? ?)?(?:and )?(?:for|"
    r"lasting|lasts|of length|with a length of) "
    rf"(?:about )?(?P<length>{_NUMBER} ?-? ?{_UNIT})\b",
    re.IGNORECASE,
)
_TOLD = re.compile(
    rf"(?P<start>{_TIME}) (?:[a-z']{{1,15}} ){{1,6}}?and (?:[a-z']{{1,15}} ){{0,3}}?(?:at|until|till|by) "
    rf"(?P<end>{_TIME})",
    re.IGNORECASE,
)
""""At 1:02 the line dropped and came back at 1:03"."""
_FIRST = re.compile(rf"\b(?:first|1st|opening|initial) (?P<length>(?:{_NUMBER} ?)?-? ?{_UNIT})\b", re.IGNORECASE)
_LAST = re.compile(rf"\b(?:last|final|closing) (?P<length>(?:{_NUMBER} ?)?-? ?{_UNIT})\b", re.IGNORECASE)
_NTH = re.compile(r"\b(\d{1,7})(?:st|nd|rd|th) (second|minute)\b", re.IGNORECASE)
_DURATION = re.compile(
    rf"(?<![\d:.])(?P<count>{_NUMBER})[ -]?(?P<unit>{_UNIT})\b(?! (?:note|"
    rf"piano))(?: ?(?:and )?(?P<more>{_NUMBER}) ?(?:seconds?|secs?|s)\b)?",
    re.IGNORECASE,
)
_LABELLED_DURATION = re.compile(rf"\b(?:duration|length|dur) ?[=:] ?(?P<count>{_NUMBER})\b", re.IGNORECASE)
_WORDED = re.compile(
    r"\b(?:(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|"
    r"sixty|ninety|"
    rf"half|quarters?|couple|of|point|and)[ -]){{1,8}}{_UNIT}\b(?: and a half)?",
    re.IGNORECASE,
)


_SAID = tuple(
    (re.compile(pattern, re.IGNORECASE), written)
    for pattern, written in (
        (r"\b(s)ekond(s?)\b", r"\1econd\2"),
        (r"\b(\d{1,7}) and a half\b", r"\1.5"),
        (r"\b(?:a|1|an) (minute|second|hour) and a half\b", r"1.5 \1"),
        (r"\b(\d{1,7}) (minutes?|seconds?|hours?) and a half\b", r"\1.5 \2"),
        (r"\b(?:three|3)[ -]quarters of an? ", "0.75 "),
        (r"\b(?:a )?quarter (?:of )?an? ", "0.25 "),
        (r"\b(?:a )?half (?:of )?an? |\bhalf[- ]?(?=second|minute|hour)", "0.5 "),
        (r"\b(?:a couple of|a pair of)\b", "2"),
        (r"\b(\d{1,7}) point (\d{1,7})\b", r"\1.\2"),
        (r"\ban? (?=(?:seconds?|minutes?|hours?)\b)", "1 "),
    )
)
"""What is left to write in digits after the numbers are."""


@lru_cache(maxsize=1024)
def with_digits(text: str) -> str:
    """Write numbers in words as digits: "one point nine" becomes "1.9", "half a second" "0.5 second"."""
    text = re.sub(r"\b(?:a|one) and a half\b", "1.5", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(s)econd(s?)\b", r"\1ekond\2", text, flags=re.IGNORECASE)  # no ordinal here
    text = alpha2digit(text, "en", threshold=0.0)
    for pattern, written in _SAID:
        text = pattern.sub(written, text)
    return text


def find_range(text: str, total_s: float | None = None) -> tuple[float, float] | None:
    """Return begin and end of the stretch a text names.

    Args:
        text: Part of a request.
        total_s: Length of the audio, where it is known: "the last second" needs it.
    """
    text = re.sub(r"(\d{1,7})['′](\d{2})\b", r"\1:\2", with_digits(text))
    matches = (match for pattern in (_LABELLED, _RANGE, _TOLD) for match in pattern.finditer(text))
    for found in (_ends(match["start"], match["end"], total_s) for match in matches):
        if found:
            return found
    for pattern in (_FROM_LENGTH, _LENGTH_FROM):
        if counted := pattern.search(text):
            start, length = _seconds(counted["start"], total_s), _seconds(counted["length"], total_s)
            if start is not None and length:
                return start, round(start + length, 6)
    return _counted(text, total_s)


def _counted(text: str, total_s: float | None) -> tuple[float, float] | None:
    if match := _FIRST.search(text):
        return 0.0, _seconds(match["length"], None) or 1.0
    if total_s and (last := _LAST.search(text)):
        return max(0.0, round(total_s - (_seconds(last["length"], None) or 1.0), 6)), total_s
    text = re.sub(r"\bsecond second\b", "2nd second", text, flags=re.IGNORECASE)
    if nth := _NTH.search(text):
        unit = 60.0 if nth[2].lower() == "minute" else 1.0
        return (int(nth[1]) - 1) * unit, int(nth[1]) * unit
    return None


def find_duration(text: str) -> float | None:
    """Return the length a text asks for."""
    match = _DURATION.search(with_digits(text))
    if match is None:
        labelled = _LABELLED_DURATION.search(text)
        return float(labelled["count"]) or None if labelled else None
    seconds = float(match["count"]) * _unit(match["unit"])
    return round(seconds + float(match["more"] or 0), 6) or None


def strip_durations(text: str) -> str:
    """Remove phrases that say how long something is to be."""
    digits = _WORDED.sub(lambda match: with_digits(match[0].replace("-", " ")), text)
    if not _DURATION.search(digits):
        return text
    number = rf"{_NUMBER}[ -]?{_UNIT}\b(?:[ -]?long)?"
    digits = re.sub(
        r",? ?\b(?:lasting|that lasts|which lasts|with a (?:duration|length) of|of length|for|of about|about|"
        r"around|roughly|"
        rf"in) (?:about |around |exactly )?{number}",
        "",
        digits,
        flags=re.IGNORECASE,
    )
    digits = re.sub(rf"\b{number}(?: (?:worth )?of\b)?|\( ?{number} ?\)", "", digits, flags=re.IGNORECASE)
    return " ".join(digits.split()).strip(" ,")


def _ends(start: str, end: str, total_s: float | None) -> tuple[float, float] | None:
    if not re.search(r"[a-z:]", start, re.IGNORECASE) and (
        unit := re.search(rf"\d ?-? ?({_UNIT})\b", end, re.IGNORECASE)
    ):
        start = f"{start.strip()} {unit[1]}"
    begin, finish = _seconds(start, total_s), _seconds(end, total_s)
    return (begin, finish) if begin is not None and finish is not None and finish > begin else None


def _seconds(text: str, total_s: float | None) -> float | None:
    text = text.lower().strip()
    if re.search(r"\b(?:start|beginning|outset)\b", text) and not re.search(r"\d", text):
        return 0.0
    if re.search(r"\bend\b", text) and not re.search(r"\d", text):
        return total_s
    if match := re.search(_CLOCK, text):
        total = 0.0
        for part in match[0].replace(",", ".").split(":"):
            total = total * 60 + float(part)
        return total
    numbers = re.findall(rf"({_EITHER})(?: ?-? ?({_UNIT}|m(?=\d))(?![a-z]))?", text)
    if not numbers:
        return 1.0 if re.fullmatch(rf" ?-? ?{_UNIT}", text) else None
    before = re.match(rf"(?:the )?\b({_UNIT}) ?\d", text)
    total = 0.0
    for count, unit in numbers:
        total += float(count.replace(",", ".")) * _unit(unit or (before[1] if before else "s"))
    return round(total, 6)


def _unit(word: str) -> float:
    word = word.lower()
    if word.startswith(("ms", "mil")):
        return _UNITS["ms"]
    return _UNITS[word[0]]
