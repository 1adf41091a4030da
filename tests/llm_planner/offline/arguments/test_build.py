"""Languages, directions, notes and other arguments in a clause."""

import pytest

from llm_planner.offline.arguments.build import build_arguments
from llm_planner.offline.arguments.scene import Scene
from llm_planner.offline.sources.collected import Source, Sources
from llm_planner.offline.words.directions import find_azimuth
from llm_planner.offline.words.language_names import find_languages, find_targets
from llm_planner.offline.words.masking import mask
from llm_planner.offline.words.music import find_melody
from llm_planner.plans.plan import FromArtifact

SPEECH = Source("audio", FromArtifact(artifact="audio-1"), "attachment")


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
    ("text", "spoken"),
    [
        ("Translate this English speech to Spanish speech.", True),
        ("turn it into spoken French", True),
        ("Put the English talk in German voice.", True),
        ("Translate this speech to Spanish.", False),
        ("What do the spoken words mean in Dutch?", False),
    ],
)
def test_a_translation_is_spoken_where_speech_is_asked_for(text: str, spoken: bool) -> None:
    (arguments,) = build_arguments("speech-translation", Scene(text, "", mask(text), Sources([SPEECH]))).variants
    assert arguments.get("speak", False) is spoken
