"""Requests cut into things to do."""

import pytest

from llm_planner.offline.rules.clauses import split_clauses
from llm_planner.offline.words.masking import mask


def cut(text: str) -> list[str]:
    return [clause.text.strip(" .!?") for clause in split_clauses(mask(text).text)]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        (
            "Clean it, write down what is said, and read it back",
            ["Clean it", "write down what is said", "read it back"],
        ),
        ("Transcribe it after removing the noise", ["remove the noise", "Transcribe it"]),
        ("Before transcribing it, denoise it", ["denoise it", "transcribe it"]),
        ("Once the noise has been removed, transcribe it", ["remove the noise", "transcribe it"]),
        ("I want this cleaned and transcribed", ["clean this", "transcribe it"]),
        ("Give me a transcript and a caption", ["Give me a transcript", "a caption"]),
        ("denoise -> transcribe", ["denoise", "transcribe"]),
        ("1. Denoise it. 2. Transcribe it.", ["Denoise it", "Transcribe it"]),
        ("Transcribe it. Clean it up first, please", ["Clean it up first, please", "Transcribe it"]),
        ("The siren should be extracted and then placed behind me", ["extract The siren", "place it behind me"]),
        ("It would be great if it were denoised and transcribed", ["denoise it", "transcribe it"]),
        (
            "The first file needs cleaning and the second needs a caption",
            ["clean The first file", "make a caption of the second"],
        ),
        ("With the noise gone, transcribe it", ["remove the noise", "transcribe it"]),
        ("Don't transcribe it until the noise has been removed", ["remove the noise", "transcribe it"]),
        ("Before anything gets transcribed, the hum has to be removed", ["remove the hum", "transcribe anything"]),
        ("Use the sound to make a caption", ["make a caption from the sound"]),
        ("denoise it transcribe it", ["denoise it", "transcribe it"]),
        ("(1) denoise (2) transcribe", ["denoise", "transcribe"]),
        ("Both a transcript and a caption, please", ["a transcript", "a caption, please"]),
        ("Cleanup first, transcript second, please.", ["Cleanup", "transcript"]),
    ],
)
def test_things_to_do_come_out_in_the_order_they_are_to_be_done(text: str, clauses: list[str]) -> None:
    assert cut(text) == clauses


@pytest.mark.parametrize(
    "text",
    [
        "Generate rain and wind and thunder",
        "Say that the dog barks and the door is open",
        'Say "clean it, then transcribe it and stop"',
        "With the voice of this man, say QUOTE",
        "What would this picture sound like? Generate it.",
        "I'd like the silent stretch 2.2 s - 2.9 s to be reconstructed.",
        'Words: "shine on". Melody: D4 F4. Lengths: 0.4 0.8. Sing that.',
        "Sing this. Text: QUOTE. Notes: E4 G4. Durations: 0.3 0.2.",
    ],
)
def test_one_thing_to_do_stays_one(text: str) -> None:
    assert [clause.link for clause in split_clauses(mask(text).text)].count("") == 1


@pytest.mark.parametrize(
    "text",
    [
        "Let the woman in the photo speak the translation",
        "Have a voice read the text",
        "Could the fan be taken out of my recording?",
        "From the enhanced clip extract the cuckoo",
    ],
)
def test_a_verb_inside_a_command_begins_no_other(text: str) -> None:
    assert len(split_clauses(text)) == 1


def test_a_noun_that_is_also_a_verb_begins_no_command() -> None:
    (clause,) = split_clauses("Voice note came in while I was driving. Spell out its content.")
    assert "came in" in clause.context


def test_a_statement_explains_the_command_after_it() -> None:
    (clause,) = split_clauses("There is a lot of hiss behind my voice. Clean it up.")
    assert clause.mood == "command"
    assert "hiss" in clause.context
