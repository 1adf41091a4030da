"""Times, ranges and durations as people write and say them, in seconds."""

import re
from functools import lru_cache

from text_to_num import alpha2digit

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_UNIT = r"(?:milliseconds?|millis|msec|ms|seconds?|secs?|s|minutes?|mins?|min|m|hours?|h)"
_CLOCK = r"\d{1,2}:\d{1,2}(?::\d{1,2})?(?:[.,]\d+)?"
_PLAIN = (
    rf"\d+(?:[.,]\d+)?(?:(?:\s*-?\s*{_UNIT}\b)|m(?=\d))?(?:\s*(?:and\s+)?\d+(?:\.\d+)?\s*(?:seconds?|secs?|s)\b|"
    r"(?<=minute) \d+(?:\.\d+)?|(?<=minutes) \d+(?:\.\d+)?)?"
)
_MARK = rf"(?:the\s+)?(?:\b(?:{_UNIT}|time|t\s*=|position|mark|offset|timestamp)\s*)?"
_EDGE = r"(?:the\s+)?(?:very\s+)?(?:start|beginning|outset|end)(?:\s+of\s+(?:it|the\s+\w+))?"
_TIME = rf"(?:{_MARK}(?:{_CLOCK}|{_PLAIN})|{_EDGE})(?:\s*(?:mark|in)\b)?"
_TO = (
    r"\s*(?:-|–|—|~|→|\.\.\.?|to|and|till|til|until|through|thru|up to|,?\s*(?:and\s+)?(?:it\s+)?(?:"
    r"comes? back|came back|return(?:s|ed)?|resume[sd]?|is back|was back|continue[sd]|end(?:s|ed)?|ending|"
    r"stops?|stopping|"
    r"finishing|lasting until|lasts until)(?:\s+(?:at|by|with|on))?|,)\s*(?:about\s+|around\s+|roughly\s+)?(?:at\s+)?"
)
_RANGE = re.compile(rf"(?P<start>{_TIME}){_TO}(?P<end>{_TIME})", re.IGNORECASE)
_LABELLED = re.compile(
    rf"\b(?:start|beg[iau]n)\w*\W+(?:at|is|=|from|time)?\W*(?P<start>{_CLOCK}|{_PLAIN}).{{1,20}}?\bend\w*\W+(?:at|"
    r"is|=|time)?\W*"
    rf"(?P<end>{_CLOCK}|{_PLAIN})",
    re.IGNORECASE,
)
_LENGTH_FROM = re.compile(
    rf"(?P<length>\d+(?:\.\d+)?\s*-?\s*{_UNIT})\b[^.;]{{0,30}}?\b(?:from|starting(?: at| from)?|beginning(?: at)?|"
    rf"after|at)\s+(?:about\s+|around\s+)?(?P<start>{_TIME})",
    re.IGNORECASE,
)
_FROM_LENGTH = re.compile(
    rf"(?:from|starting(?: at| from)?|beginning(?: at)?|at)\s+(?P<start>{_TIME}),?\s*(?:on,?\s*)?(?:and\s+)?(?:for|"
    r"lasting|lasts|of length|with a length of)\s+"
    rf"(?:about\s+)?(?P<length>\d+(?:\.\d+)?\s*-?\s*{_UNIT})\b",
    re.IGNORECASE,
)
_TOLD = re.compile(
    rf"(?P<start>{_TIME})\s+(?:[a-z']+\s+){{1,6}}?and\s+(?:[a-z']+\s+){{0,3}}?(?:at|until|till|by)\s+(?P<end>{_TIME})",
    re.IGNORECASE,
)
""""At 1:02 the line dropped and came back at 1:03"."""
_FIRST = re.compile(
    rf"\b(?:first|1st|opening|initial)\s+(?P<length>(?:\d+(?:\.\d+)?\s*)?-?\s*{_UNIT})\b", re.IGNORECASE
)
_LAST = re.compile(rf"\b(?:last|final|closing)\s+(?P<length>(?:\d+(?:\.\d+)?\s*)?-?\s*{_UNIT})\b", re.IGNORECASE)
_NTH = re.compile(r"\b(\d+)(?:st|nd|rd|th) (second|minute)\b", re.IGNORECASE)
_DURATION = re.compile(
    rf"(?<![\d:.])(?P<count>\d+(?:\.\d+)?)[\s-]*(?P<unit>{_UNIT})\b(?!\s+(?:note|"
    r"piano))(?:\s*(?:and\s+)?(?P<more>\d+(?:\.\d+)?)\s*(?:seconds?|secs?|s)\b)?",
    re.IGNORECASE,
)
_LABELLED_DURATION = re.compile(r"\b(?:duration|length|dur)\s*[=:]\s*(?P<count>\d+(?:\.\d+)?)\b", re.IGNORECASE)
_WORDED = re.compile(
    r"\b(?:(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|"
    r"sixty|ninety|"
    rf"half|quarters?|couple|of|point|and)[\s-]+){{1,8}}{_UNIT}\b(?:\s+and\s+a\s+half)?",
    re.IGNORECASE,
)


@lru_cache(maxsize=1024)
def with_digits(text: str) -> str:
    """Write numbers in words as digits: "one point nine" becomes "1.9", "half a second" "0.5 second"."""
    text = re.sub(r"\b(?:a|one) and a half\b", "1.5", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(?P<s>s)econd(?P<many>s?)\b", r"\g<s>ekond\g<many>", text, flags=re.IGNORECASE)  # no ordinal here
    text = alpha2digit(text, "en", threshold=0.0)
    text = re.sub(r"\b(?P<s>s)ekond(?P<many>s?)\b", r"\g<s>econd\g<many>", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(\d+) and a half\b", r"\1.5", text)
    text = re.sub(r"\b(?:a|1|an) (minute|second|hour) and a half\b", r"1.5 \1", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(\d+) (minutes?|seconds?|hours?) and a half\b", r"\1.5 \2", text)
    text = re.sub(r"\bthree[ -]quarters of an? |\b3[ -]quarters of an? ", "0.75 ", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(?:a )?quarter (?:of )?an? ", "0.25 ", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(?:a )?half (?:of )?an? |\bhalf[- ]?(?=second|minute|hour)", "0.5 ", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(?:a couple of|a pair of)\b", "2", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(\d+) point (\d+)\b", r"\1.\2", text)
    return re.sub(r"\ban? (?=(?:seconds?|minutes?|hours?)\b)", "1 ", text, flags=re.IGNORECASE)


def find_range(text: str, total_s: float | None = None) -> tuple[float, float] | None:
    """Return begin and end of the stretch a text names.

    Args:
        text: Part of a request.
        total_s: Length of the audio, where it is known: "the last second" needs it.
    """
    text = re.sub(r"(\d+)['′](\d{2})\b", r"\1:\2", with_digits(text))
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
    number = rf"\d+(?:\.\d+)?[\s-]*{_UNIT}\b(?:[\s-]*long)?"
    digits = re.sub(
        r"[\s,]*\b(?:lasting|that lasts|which lasts|with a (?:duration|length) of|of length|for|of about|about|"
        r"around|roughly|"
        rf"in)\s+(?:about\s+|around\s+|exactly\s+)?{number}",
        "",
        digits,
        flags=re.IGNORECASE,
    )
    digits = re.sub(rf"\b{number}(?:\s+(?:worth\s+)?of\b)?|\(\s*{number}\s*\)", "", digits, flags=re.IGNORECASE)
    return re.sub(r"\s+", " ", digits).strip(" ,")


def _ends(start: str, end: str, total_s: float | None) -> tuple[float, float] | None:
    if not re.search(r"[a-z:]", start, re.IGNORECASE) and (
        unit := re.search(rf"\d\s*-?\s*({_UNIT})\b", end, re.IGNORECASE)
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
    numbers = re.findall(rf"(\d+(?:[.,]\d+)?)(?:\s*-?\s*({_UNIT}|m(?=\d))(?![a-z]))?", text)
    if not numbers:
        return 1.0 if re.fullmatch(rf"\s*-?\s*{_UNIT}", text) else None
    before = re.match(rf"(?:the\s+)?\b({_UNIT})\s*\d", text)
    total = 0.0
    for count, unit in numbers:
        total += float(count.replace(",", ".")) * _unit(unit or (before[1] if before else "s"))
    return round(total, 6)


def _unit(word: str) -> float:
    word = word.lower()
    if word.startswith(("ms", "mil")):
        return _UNITS["ms"]
    return _UNITS[word[0]]
