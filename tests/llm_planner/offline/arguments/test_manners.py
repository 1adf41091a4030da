"""Wishes beside the task: what reaches an argument, and what the reply says of the rest."""

import pytest

from llm_planner.offline.arguments.limits import offers
from llm_planner.offline.arguments.manners import find_speed, honour, wants_word_times
from llm_planner.plans.plan import FromArtifact, Plan, Step
from model_wrappers.contract.catalog import Catalog, ModelCard, ModelEntry


def entry(model: str, title: str, *voices: str) -> ModelEntry:
    card = ModelCard(
        title=title,
        tasks=("text-to-speech",),
        method="neural",
        licence="MIT",
        source="none",
        revision="1",
        memory_mb=1,
        voices={"en": voices},
    )
    return ModelEntry(id=model, wrapper="none:None", card=card)


VOICES = ("en-us", "en-us+f2", "en-gb", "en-gb+f2", "en-gb-scotland", "en-gb-scotland+f2")
CATALOG = Catalog(models=(entry("hibari", "Hibari", "hibari"), entry("espeak-ng", "eSpeak NG", *VOICES)))
SPEECH = Plan(steps=(Step(id="s1", task="text-to-speech", arguments={"text": "hello"}),))


@pytest.mark.parametrize(
    ("text", "speed"),
    [
        ("at half speed", 0.5),
        ("very slowly", 0.6),
        ("slowly", 0.75),
        ("a bit slower", 0.85),
        ("twice as fast", 2.0),
        ("three times as fast", 3.0),
        ("one and a half speed", 1.5),
        ("1.5x speed", 1.5),
        ("rate=0.8", 0.8),
        ("at 80 percent speed", 0.8),
        ("20% slower", 0.8),
    ],
)
def test_a_pace_is_a_number(text: str, speed: float) -> None:
    found = find_speed(f"say QUOTE0 {text}")
    assert found is not None
    assert found[0] == pytest.approx(speed)


def test_no_pace_is_none() -> None:
    assert find_speed("say QUOTE0 to me") is None


@pytest.mark.parametrize("text", ["make subtitles", "as SRT", "with a timestamp", "the time beside every word"])
def test_word_times_are_asked_for_in_many_words(text: str) -> None:
    assert wants_word_times(text)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("say QUOTE0 in a husky British voice", "I could not do: in a husky British voice."),
        ("have a deep gravelly man say QUOTE0", "I could not do: a deep gravelly man."),
        ("say QUOTE0 as if you were angry", "I could not do: as if you were angry."),
        ("say QUOTE0 as MP3", "Choose MP3 when you download it."),
        ("say QUOTE0 as OGG", "I could not do: as OGG; sounds can be downloaded as WAV, FLAC, MP3."),
    ],
)
def test_what_no_argument_takes_is_told(text: str, note: str) -> None:
    assert honour(SPEECH, text, CATALOG).notes == (note,)


@pytest.mark.parametrize(
    ("text", "voice"),
    [
        ("say QUOTE0 in a British male voice", "en-gb"),
        ("say QUOTE0 in a female voice", "en-us+f2"),
        ("read QUOTE0 in a woman's voice with a Scottish accent", "en-gb-scotland+f2"),
    ],
)
def test_a_voice_that_a_model_names_is_used(text: str, voice: str) -> None:
    manner = honour(SPEECH, text, CATALOG)
    assert (manner.plan.steps[0].model, manner.plan.steps[0].arguments["voice"]) == ("espeak-ng", voice)
    assert manner.notes == ()


@pytest.mark.parametrize(
    "text", ["say QUOTE0 with a computer voice", "say QUOTE0 in her voice", "a voice saying QUOTE0", "say QUOTE0"]
)
def test_a_voice_like_any_other_is_no_wish(text: str) -> None:
    assert honour(SPEECH, text, CATALOG).notes == ()


def test_a_sound_behind_a_voice_is_told_to_be_a_file_of_its_own() -> None:
    steps = (*SPEECH.steps, Step(id="s2", task="text-to-audio", arguments={"text": "rain"}))
    notes = honour(Plan(steps=steps), "rain in the background and a voice saying QUOTE0", CATALOG).notes
    assert notes == ("I could not do: in the background; they are separate files.",)


@pytest.mark.parametrize(
    "text", ["use espeak-ng to say QUOTE0", "say QUOTE0 with eSpeak", "say QUOTE0 using eSpeak NG"]
)
def test_a_model_called_by_name_is_used(text: str) -> None:
    assert honour(SPEECH, text, CATALOG).plan.steps[0].model == "espeak-ng"


def test_a_number_beyond_its_limit_is_offered_at_the_limit() -> None:
    def asking(task: str, **arguments: object) -> list[str]:
        step = Step(id="s1", task=task, arguments={"audio": FromArtifact(artifact="audio-1"), **arguments})
        return [offer.question for offer in offers(Plan(steps=(step,)))]

    assert asking("text-to-audio", duration=10_800.0) == ["I can make up to 5 minutes; shall I make 5 minutes?"]
    assert asking("speech-separation", speakers=12) == [
        "The speakers of speech-separation can be at most 8; shall I take 8?"
    ]
    assert asking("text-to-audio", duration=10.0, seed=3) == []
