"""Slips that are corrected, and words that are left alone."""

import pytest

from llm_planner.offline.learned.parser import Parser
from llm_planner.offline.words.masking import mask
from llm_planner.offline.words.spelling import Speller


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller(Parser().knows)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Trasncribe hte recoridng", "Transcribe the recording"),
        ("remvoe the nooise", "remove the noise"),
        ("descrbe it", "describe it"),
        ("Please uhm, translate this", "Please translate this"),
    ],
)
def test_slips_in_words_of_requests_are_corrected(speller: Speller, written: str, meant: str) -> None:
    assert speller.correct(written) == meant


@pytest.mark.parametrize(
    "text",
    [
        "Say hello to Marit and Oyelaran",
        "Use QUOTE0 and FILE1 at 45.5 s",
        "a note for ACME",
        "My name is Ana",
        "the snare drum",
        "for my sampler",
    ],
)
def test_names_placeholders_numbers_and_known_words_stay(speller: Speller, text: str) -> None:
    assert speller.correct(text) == text


def test_quoted_text_is_never_touched(speller: Speller) -> None:
    masked = mask('Raed "teh recoridng" aloud')
    assert speller.correct(masked.text).startswith("Read")
    assert masked.quotes == ("teh recoridng",)
