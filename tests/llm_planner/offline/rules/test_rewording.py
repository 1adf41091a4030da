"""Sentences said plainly before they are cut, and requests made of nouns."""

import pytest

from llm_planner.offline.rules.nominal import listed, named_task, without_label
from llm_planner.offline.rules.rewording import plainly
from llm_planner.offline.words.language_names import find_languages, spell_codes


@pytest.mark.parametrize(
    ("sentence", "plain"),
    [
        ("Clean it up, would you?", "Clean it up"),
        ("Isolate the bells, everything else can go.", "Isolate the bells."),
        ("Put it into French, not only as text.", "Put it into French."),
        ("Remove the buzz, and as soon as that is done type it up", "Remove the buzz, then type it up"),
        ("once you have the transcript, translate it", "make the transcript, then translate it"),
        ("For a blind client, could the sound be described?", "could the sound be described?"),
        ("describe the one before you cleaned it", "describe from before"),
    ],
)
def test_what_decides_nothing_is_left_out(sentence: str, plain: str) -> None:
    assert plainly(sentence) == plain


@pytest.mark.parametrize(
    "sentence",
    [
        "Just the waves, not the seagulls!",
        "Do not transcribe it until the noise is gone",
        "Could this sound as though it stood to my right?",
    ],
)
def test_what_decides_something_stays(sentence: str) -> None:
    assert plainly(sentence) == sentence


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("Text-to-audio with the prompt QUOTE0", "text-to-audio"),
        ("image2audio, go", "image-to-audio"),
        ("run sound event detection on the output", "sound-detection"),
        ("apply style transfer with FILE0 as the reference", "style-transfer"),
        ("asr", "speech-recognition"),
        ("speech-to-text translation of it", "speech-translation"),
        ("transfer the style to me", None),
        ("speech recognition systems are old", None),
    ],
)
def test_a_task_is_known_by_its_name(text: str, task: str | None) -> None:
    assert named_task(text) == task


def test_the_name_of_a_task_before_its_command_is_dropped() -> None:
    assert without_label("Style transfer: say it like her") == "say it like her"
    assert without_label("Style transfer: the second one") == "Style transfer: the second one"


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        (
            "From the cleaned version I need two things: the words, and a list of the sounds.",
            "I need the words. I need a list of the sounds",
        ),
        (
            "Clean it. We need two items. One is a caption, the other is a transcript.",
            "Clean it. I need a caption. I need a transcript",
        ),
        ("Two steps: denoise it; transcribe it.", "denoise it; transcribe it."),
        ("Two speakers talk: separate them.", "Two speakers talk: separate them."),
    ],
)
def test_what_is_announced_and_listed_becomes_one_wish_after_another(text: str, wishes: str) -> None:
    assert listed(text) == wishes


@pytest.mark.parametrize(
    ("text", "source", "target"),
    [
        ("translate to de", None, "de"),
        ("translation, de -> fr, of the attached speech", "de", "fr"),
        ("asr -> en", None, "en"),
    ],
)
def test_codes_of_languages_are_spelled_where_they_stand_for_a_translation(
    text: str, source: str | None, target: str
) -> None:
    languages = find_languages(spell_codes(text))
    assert (languages.source, languages.target) == (source, target)


def test_words_that_look_like_codes_are_left_alone() -> None:
    assert spell_codes("give it to me -> or to him") == "give it to me -> or to him"
