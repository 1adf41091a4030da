"""Comparing what was said with what was meant."""

import re

import jiwer


def words(text: str) -> str:
    """Return the words alone, in lower case, without punctuation and hyphens."""
    text = text.lower().replace("mr.", "mister").replace("-", " ")
    return " ".join(re.sub(r"[^a-z0-9' ]", " ", text).split())


def word_error_rate(reference: str, heard: str) -> float:
    """Return the share of words that are wrong, missing or too many."""
    return float(jiwer.wer(words(reference), words(heard)))
