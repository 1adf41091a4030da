"""Languages, directions, notes, targets and texts in a clause."""

import pytest

from llm_planner.offline.arguments.contents import sound_description, spoken_text
from llm_planner.offline.arguments.targets import target_sound
from llm_planner.offline.words.directions import find_azimuth
from llm_planner.offline.words.language_names import find_languages, find_targets
from llm_planner.offline.words.masking import mask
from llm_planner.offline.words.music import find_melody


@pytest.mark.parametrize(
    ("text", "target", "source"),
    [
        ("translate this German recording into French", "fr", "de"),
        ("English to Spanish speech please", "es", "en"),
        ("I don't understand Chinese, what does it mean in English", "en", "zh"),
        ("give me the Dutch version of the talk", "nl", None),
        ("translate it", None, None),
        ("How would a Dane say QUOTE0?", "da", None),
        ("I understand nothing of this Czech recording, English would help", "en", "cs"),
    ],
)
def test_target_and_source_language_are_told_apart(text: str, target: str | None, source: str | None) -> None:
    found = find_languages(text)
    assert (found.target, found.source) == (target, source)


def test_several_languages_are_several_targets() -> None:
    assert find_targets("translate it into Japanese and into Korean") == ("ja", "ko")


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("put it 45 degrees to the left", 45.0),
        ("30 degrees to the right", -30.0),
        ("at azimuth -60", -60.0),
        ("on my left", 90.0),
        ("from behind me", 180.0),
        ("right behind me", 180.0),
        ("straight ahead", 0.0),
        ("at my three o'clock", -90.0),
        ("behind me on the left", 135.0),
        ("make it binaural", None),
    ],
)
def test_directions_are_degrees_with_left_positive(text: str, degrees: float | None) -> None:
    assert find_azimuth(text) == degrees


@pytest.mark.parametrize(
    ("text", "notes", "durations"),
    [
        ("on C4 D4 E4, half a second each", ("C4", "D4", "E4"), (0.5, 0.5, 0.5)),
        ("notes: E4 rest G4. Durations: 0.3 0.2 0.5.", ("E4", "rest", "G4"), (0.3, 0.2, 0.5)),
        (
            "Note sequence is: C#4/Db4 | F#4/Gb4 | rest. Note duration sequence is: 0.407140 | 0.376190 | 0.242180",
            ("C#4/Db4", "F#4/Gb4", "rest"),
            (0.40714, 0.37619, 0.24218),
        ),
        ("with C sharp 4 and D flat 5, one second per note", ("C#4", "Db5"), (1.0, 1.0)),
        ("E4 (0.5 s), G4 (1 s)", ("E4", "G4"), (0.5, 1.0)),
        ("sing it", (), ()),
    ],
)
def test_notes_and_durations_are_read(text: str, notes: tuple[str, ...], durations: tuple[float, ...]) -> None:
    melody = find_melody(text)
    assert melody.notes == notes
    assert melody.durations == pytest.approx(durations)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("Pull out just the dog barking from this street recording", "dog barking"),
        ("When does the siren go off in this audio?", "siren"),
        ("At what time can I hear a glass breaking?", "glass breaking"),
        ("Everything except the birdsong should go", "birdsong"),
        ("Keep only the sound of rain and drop the rest", "rain"),
        ("take out the whistle of the kettle as its own track", "whistle of the kettle"),
        ("tell me when the dog barks", "dog"),
        ("Could I have the applause as a separate sample?", "applause"),
        ("There's a nightingale behind all this chatter. I only want the nightingale.", "nightingale"),
        ("Just the waves, not the seagulls!", "waves"),
        ("Does a car alarm go off anywhere on this tape?", "car alarm"),
        ("My dog barks at some point, when?", "dog"),
        ("Find me the bit with the trumpet", "trumpet"),
        ("Extract the explosive sound from this audio", "explosive sound"),
        ("Extract a sound from this clip", None),
        ("When does it happen?", None),
        ("Give me a file with nothing in it but the bees", "bees"),
        ("Could I have the announcer isolated from the stadium?", "announcer"),
        ("For my sampler I need just the snare drum from this jam", "snare drum"),
        ("I heard a gunshot somewhere in this recording", "gunshot"),
        ("Does a phone ring, and when?", "phone"),
        ("Tell me when the sound I'm looking for occurs", None),
    ],
)
def test_the_sound_meant_is_named_without_what_stands_around_it(text: str, target: str | None) -> None:
    masked = mask(text)
    assert target_sound(masked.text, masked) == target


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ('Say "a, b; then c." please', "a, b; then c."),
        ("Say that the vacuum cleaner is broken", "the vacuum cleaner is broken"),
        ("Read out loud: the train leaves at nine, sorry", "the train leaves at nine, sorry"),
        ("Read the transcript aloud", None),
        ("read it back to me", None),
        ("read the translation aloud in Spanish", None),
    ],
)
def test_the_text_to_say_is_kept_word_for_word(text: str, spoken: str | None) -> None:
    masked = mask(text)
    assert spoken_text(masked.text, masked) == spoken


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("Create the sound of waves crashing on a beach", "waves crashing on a beach"),
        ("Generate ten seconds of calm piano music", "calm piano music"),
        ("Generate a background sound with birds singing and people speaking", "birds singing and people speaking"),
        ("Can you generate a music for me?", "music"),
        ("Generate a sound", None),
    ],
)
def test_the_sound_to_make_is_described_without_its_frame(text: str, description: str | None) -> None:
    masked = mask(text)
    assert sound_description(masked.text, masked) == description
