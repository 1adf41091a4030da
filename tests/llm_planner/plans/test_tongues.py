"""Which language a request is written in."""

from pathlib import Path

import pytest

from evaluation.planner_cases import read_cases
from llm_planner.plans.tongues import ENGLISH, needs_llm, parts, tongue_of


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Schreib auf, was gesagt wird", "de"),
        ("Transcribe esta grabación por favor", "es"),
        ("Fais une transcription de cet enregistrement", "fr"),
        ("Remova o ruído da gravação", "pt"),
        ("Traduci questo in inglese", "it"),
        ("Haal de ruis weg uit deze opname", "nl"),
        ("写下他说的话", "zh"),
        ("この録音を書き起こして", "ja"),
        ("Напиши, что сказано", "ru"),
        ('Say "Guten Morgen, wie geht es dir"', "en"),
        ("translate guten morgen wie geht es dir to english", "en"),
        ("ffmpeg -i in.wav", "en"),
        ("", "en"),
    ],
)
def test_a_request_is_known_by_its_letters_and_words(text: str, code: str) -> None:
    assert tongue_of(text) == code


def test_no_english_case_is_taken_for_another_language() -> None:
    cases = read_cases(sorted(Path("evaluation/cases").glob("dev-*.jsonl")))
    texts = [turn.text for case in cases for turn in case.turns]
    assert [text for text in texts if tongue_of(text) != ENGLISH] == []


def test_every_language_says_that_an_llm_is_needed() -> None:
    assert needs_llm("de").startswith("Ohne Sprachmodell")


def test_quotes_stand_apart() -> None:
    assert parts('Lee "hola" ya') == [("Lee ", False), ('"hola"', True), (" ya", False)]
