"""Names of sounds and words to say, from the words that the parser points at."""

import pytest

from llm_planner.offline.arguments.names import is_reference, sound_to_find, sound_to_make, words_to_say
from llm_planner.offline.arguments.scene import Scene
from llm_planner.offline.sources.collected import Sources
from llm_planner.offline.words.masking import mask


def scene(text: str, content: str | None) -> Scene:
    masked = mask(text)
    return Scene(masked.text, "", masked, Sources(), content=content)


@pytest.mark.parametrize(
    ("text", "pointed", "target"),
    [
        ("Pull out just the dog barking from this", "just the dog barking", "dog barking"),
        ("Tell me when the dog barks", "the dog barks", "dog"),
        ("Does a car alarm go off anywhere?", "a car alarm go off", "car alarm"),
        ("Keep only the sound of rain", "the sound of rain", "rain"),
        ("Is a smoke alarm audible in here?", "is a smoke alarm audible", "smoke alarm"),
        ("Take out the whistle of the kettle", "the whistle of the kettle", "whistle of the kettle"),
        ("Extract a sound from this clip", "a sound", None),
        ("When does it happen?", "it happen", None),
        ('Extract "car horn"', None, "car horn"),
        ("the clarinet, from the original file", None, "clarinet"),
    ],
)
def test_the_sound_meant_is_named_without_what_stands_around_it(
    text: str, pointed: str | None, target: str | None
) -> None:
    assert sound_to_find(scene(text, pointed)) == target


@pytest.mark.parametrize(
    ("text", "pointed", "sound"),
    [
        ("Generate ten seconds of calm piano music", "ten seconds of calm piano music", "calm piano music"),
        ("Create the sound of a purring cat", "a purring cat", "a purring cat"),
        ("Generate a sound", "a sound", None),
    ],
)
def test_the_sound_to_make_keeps_its_article_and_no_duration(text: str, pointed: str, sound: str | None) -> None:
    assert sound_to_make(scene(text, pointed)) == sound


@pytest.mark.parametrize(
    ("text", "pointed", "said"),
    [
        ('Say "a, b; then c." please', None, "a, b; then c."),
        ("Say that dinner is ready", "that dinner is ready", "dinner is ready"),
        ("Read the transcript aloud", "the transcript", None),
        ("Read it back to me", None, None),
    ],
)
def test_the_words_to_say_are_kept_as_they_are(text: str, pointed: str | None, said: str | None) -> None:
    assert words_to_say(scene(text, pointed)) == said


@pytest.mark.parametrize("text", ["it", "the transcript", "that sound", "what you said", "the Spanish version"])
def test_words_that_point_at_something_are_no_name(text: str) -> None:
    assert is_reference(text)
    assert not is_reference(f"{text} of a dog")
