"""Signs, units and amounts as words, in the languages whose words for them are known; pictures are left out."""

import calendar
import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ENGLISH = "en"
_NUMBER = r"\d+(?:[.,]\d+)*"
_SPACED_UNITS = frozenset(("m", "s", "g", "h", "l", "t"))  # `1990s` and `5G` are none of these
_SCALES = {"k": "thousand", "m": "million", "bn": "billion", "b": "billion", "tn": "trillion"}
_SCALE = r"hundred|thousand|million|billion|trillion|[kK]|[mM]|bn|[bB]|tn"
_FRACTIONS = {
    "½": "one half", "⅓": "one third", "⅔": "two thirds", "¼": "one quarter", "¾": "three quarters",
    "⅛": "one eighth", "⅜": "three eighths", "⅝": "five eighths", "⅞": "seven eighths", "⅕": "one fifth",
}  # fmt: skip
_READ = frozenset("°©№")  # pictures to Unicode, words to voices
_FACE = re.compile(r"(?<!\S)(?:[:;=8xX][-o^']?[)(DPpO/\\|3\]\[*]|<3|\^_+\^|¯\\_\(ツ\)_/¯)(?!\S)")
_RULE = re.compile(r"[-=*_~#.]{4,}|[=*_~#]{2,}")
_DATE = re.compile(r"(?<![\w-])(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?![\w-])")
_PHONE = re.compile(r"(?<![\w.+-])(?:(?:\+\d{1,3}[ .-]?)?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}|\d{3}-\d{4})(?![\w-])")
_RANGE = re.compile(r"(?<![\w.,:/+-])(\d{1,4})\s?[-–]\s?(\d{1,4})(?![\w:/+-]|[.,]\d)")
_VERSION = re.compile(r"(?<![\w.])(v?)(\d{1,4}(?:\.\d{1,4}){2,4})(?![\w.]\w)", re.IGNORECASE)
_HALF_DAY = re.compile(r"(?<=\d)\s?([ap])\.?m\b\.?", re.IGNORECASE)
_SHARP = re.compile(r"\b([A-G])[#♯](?!\w)")
_HASH_NUMBER = re.compile(r"(?<![\w&])#(?=\d)")
_HASH_TAG = re.compile(r"(?<![\w&])#(?=[^\W\d_])")
_HANDLE = re.compile(r"(?<!\w)@(?=\w)")
_POWER = re.compile(r"(?<=\w)\^(?=[\w-])")
_TIMES = re.compile(r"(?<=[\d)]) ?\* ?(?=[\d(])|(?<=\b[a-z]) \* (?=[a-z]\b)")
_ABOUT = re.compile(r"(?<!\w)~ ?(?=[\d$€£])")
_LEADING_DOT = re.compile(r"(?<!\S)\.(?=[^\W\d_])")
_WITHIN_WORDS = re.compile(r"(?<=\w)_+(?=\w)|(?<=[^\W\d_])/(?=[^\W\d_])")
_LOOSE = re.compile(r"[*_~`^#\\{}\[\]|<>]+|(?<!\w)[\u200c\u200d]+|[\u200c\u200d]+(?!\w)")
_BULLET = re.compile(r"^[•·‣▪◦●○–—-]+\s+")
_INNER_BULLET = re.compile(r"\s[•·‣▪◦●○|]\s")
_SPACE = re.compile(r"\s+")
_BEFORE_POINT = re.compile(r"(?<=[^\s]) (?=[,.;:!?](?:\s|$))")


@dataclass(frozen=True)
class Wording:
    """What marks, signs, units and currencies are called in one language, numbers one and more than one."""

    address: dict[str, str]
    signs: dict[str, str]
    units: dict[str, tuple[str, str]]
    currencies: dict[str, tuple[str, str]]


@cache
def _tables() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(Path(__file__).with_name("symbols.json").read_text(encoding="utf-8"))
    return read


@cache
def wording(language: str) -> Wording:
    """Return the words of a language; none where they are not known, and the voice reads the signs its own way."""
    table = _tables().get(language, {})

    def forms(kind: str) -> dict[str, tuple[str, str]]:
        found = {name: words.split("|") for name, words in table.get(kind, {}).items()}
        return {name: (words[0], words[-1]) for name, words in found.items()}

    return Wording(table.get("address", {}), table.get("signs", {}), forms("units"), forms("currencies"))


def say_symbols(text: str, language: str) -> str:
    """Return a line whose signs, units and amounts are words of a language, without faces and ornaments."""
    known = wording(language)
    text = _INNER_BULLET.sub(", ", _BULLET.sub("", _RULE.sub(" ", _FACE.sub(" ", text))))
    if language == ENGLISH:
        text = _english(text)
    text = _say_amounts(text, known, language)
    text = _say_units(text, known)
    text = _say_signs(text, known)
    text = _WITHIN_WORDS.sub(" ", text)
    text = _LOOSE.sub(" ", "".join(_kept(sign, language) for sign in text))
    return _BEFORE_POINT.sub("", _SPACE.sub(" ", text)).strip()


def _english(text: str) -> str:
    """Say what has a reading of its own in English only."""
    text = _DATE.sub(lambda date: f"{calendar.month_name[int(date[2])]} {int(date[3])}, {date[1]}", text)
    text = _PHONE.sub(_digits, text)
    text = _VERSION.sub(_version, text)
    text = _RANGE.sub(r"\1 to \2", text)
    text = _HALF_DAY.sub(lambda half: f" {half[1].lower()}.m.", text)
    text = _SHARP.sub(r"\1 sharp", text)
    text = _HASH_NUMBER.sub("number ", text)
    text = _HASH_TAG.sub("hashtag ", text)
    for sign, words in _FRACTIONS.items():
        text = re.sub(rf"(?<=\d) ?{sign}", f" and {words}", text).replace(sign, words)
    return text.replace("24/7", "24 7")


def _digits(phone: re.Match[str]) -> str:
    groups = re.findall(r"\d+", phone[0])
    plus = "plus " if phone[0].startswith("+") else ""
    return plus + ", ".join(" ".join(group) for group in groups)


def _version(version: re.Match[str]) -> str:
    parts = version[2].split(".")
    return f"{version[1]} " * bool(version[1]) + (" dot " if len(parts) == 4 else " point ").join(parts)


def _say_amounts(text: str, known: Wording, language: str) -> str:
    if not known.currencies:
        return text
    signs = "|".join(map(re.escape, sorted(known.currencies, key=len, reverse=True)))
    scale = rf"(?:\s?(?P<scale>{_SCALE})\b)?" if language == ENGLISH else "(?P<scale>)"
    before = rf"(?<!\w)(?P<sign>{signs})\s?(?P<number>{_NUMBER}){scale}"
    behind = rf"(?<![\w.,])(?P<number>{_NUMBER})\s?(?P<sign>{signs})(?!\w)(?P<scale>)"

    def said(amount: re.Match[str]) -> str:
        number, names = amount["number"], known.currencies[amount["sign"]]
        if amount["scale"]:
            return f"{number} {_SCALES.get(amount['scale'].lower(), amount['scale'])} {names[1]}"
        whole, point, cents = number.rpartition("." if language == ENGLISH else ",")
        if point and len(cents) == 2 and language == ENGLISH and amount["sign"] in ("$", "€", "£"):
            return _with_cents(whole, cents, names, amount["sign"])
        return f"{number} {names[number != '1']}"

    return re.sub(behind, said, re.sub(before, said, text))


def _with_cents(whole: str, cents: str, names: tuple[str, str], sign: str) -> str:
    small = ("penny", "pence") if sign == "£" else ("cent", "cents")
    parts = [f"{whole} {names[whole != '1']}"] if whole.strip("0") else []
    parts += [f"{int(cents)} {small[cents != '01']}"] if int(cents) else []
    return " and ".join(parts) or f"0 {names[1]}"


def _say_units(text: str, known: Wording) -> str:
    if not known.units:
        return text
    units = "|".join(map(re.escape, sorted(known.units, key=len, reverse=True)))

    def said(measure: re.Match[str]) -> str:
        unit, number = measure["unit"], measure["number"]
        if unit in _SPACED_UNITS and not measure["space"]:
            return measure[0]
        return f"{number} {known.units[unit][number != '1']}"

    return re.sub(rf"(?<![\w.,])(?P<number>{_NUMBER})(?P<space>\s?)(?P<unit>{units})(?![\w/²³])", said, text)


def _say_signs(text: str, known: Wording) -> str:
    for sign, word in known.signs.items():
        if sign == "@":
            text = _HANDLE.sub(f" {word} ", text)
        elif sign == "~":
            text = _ABOUT.sub(f" {word} ", text)
        elif sign == "^":
            text = _POWER.sub(f" {word} ", text)
        elif sign == "*":
            text = _TIMES.sub(f" {word} ", text)
        elif sign == ".":
            text = _LEADING_DOT.sub(f"{word} ", text)
        elif sign in "<>=":
            text = re.sub(rf"(?<=[\w)] ){sign}(?= [\w(-])|(?<=[\w)]){sign}(?=[\w(-])", f" {word} ", text)
        else:
            text = text.replace(sign, f" {word} ")
    return text


def _kept(sign: str, language: str) -> str:
    """Return a character; a space where it is a picture or an ornament, its name where it is of mathematics."""
    category = unicodedata.category(sign)
    if sign.isascii() or sign in _READ:
        return sign
    if category == "Sm" and language == ENGLISH:
        name = unicodedata.name(sign, "").lower()
        return " " if "arrow" in name else f" {name} "
    return " " if category in ("So", "Co", "Cn", "Sk", "Me") or "\ufe00" <= sign <= "\ufe0f" else sign
