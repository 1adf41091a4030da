"""Splitting an English text into sentences, the units speech is synthesised in."""

import re

_PARAGRAPH = re.compile(r"(?<!\s)[^\S\n]*+\n\s*+")
_BREAK = re.compile(r"(?<=[.!?…])[\"”’')\]]*\s+")
_DOTTED = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]")  # e.g, U.S, p.m
_NAME_OR_NUMBER_FOLLOWS = re.compile(
    r"(?i:mrs?|ms|dr|prof|rev|gen|gov|sen|rep|capt|lt|col|sgt|hon|pres|st|mt|ft|vs|cf|approx)"
)
_NUMBER_FOLLOWS = re.compile(
    r"(?i:nos?|vol|figs?|ch|sec|eq|pp?|est|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"  # "No. 5", but "No. Never."
)


def split_sentences(text: str) -> list[list[str]]:
    """Return the paragraphs of a text as lists of sentences; abbreviations, initials and decimals do not end one.

    Args:
        text: Any text; a line break ends a paragraph.
    """
    paragraphs = [_sentences(paragraph) for paragraph in _PARAGRAPH.split(text.strip())]
    return [paragraph for paragraph in paragraphs if paragraph]


def _sentences(paragraph: str) -> list[str]:
    sentences, start = [], 0
    for gap in _BREAK.finditer(paragraph):
        if _ends_sentence(paragraph[start : gap.start()], paragraph[gap.end() :]):
            sentences.append(paragraph[start : gap.end()].strip())
            start = gap.end()
    return [sentence for sentence in (*sentences, paragraph[start:].strip()) if sentence]


def _ends_sentence(before: str, after: str) -> bool:
    """Tell whether a full stop, question or exclamation mark with text on both sides ends a sentence."""
    if after[:1].islower():
        return False
    if not before.endswith(".") or before.endswith(".."):
        return True
    word = before[:-1].rpartition(" ")[2].lstrip("(\"“'‘[")
    if after[:1].isdigit() and _NUMBER_FOLLOWS.fullmatch(word):
        return False
    is_initial = len(word) == 1 and word.isupper()
    return not (is_initial or _NAME_OR_NUMBER_FOLLOWS.fullmatch(word) or _DOTTED.fullmatch(word))
