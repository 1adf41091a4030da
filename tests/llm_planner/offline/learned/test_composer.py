"""From wishes to steps: what each works on, in which order, with which arguments."""

from typing import Any

from llm_planner.offline.learned.composer import Composer, Composition
from llm_planner.offline.learned.parser import Wish
from llm_planner.offline.learned.wordings import wordings
from llm_planner.offline.sources.collected import Source, Sources
from llm_planner.offline.words.masking import mask
from llm_planner.plans.plan import FromArtifact


def attached(kind: str, name: str, number: int) -> Source:
    return Source(kind, FromArtifact(artifact=f"{kind}-{number}"), "attachment", name=name, root=f"{kind}-{number}")


def compose(text: str, wanted: list[tuple[str, int | None, str]], *files: Source) -> Composition:
    """Compose wishes given as task, parent and a word of theirs."""
    wishes = []
    for task, parent, word in wanted:
        begin = text.index(word)
        wishes.append(Wish(task, parent, ((begin, begin + len(word), 0.9),)))
    masked = mask(text)
    return Composer(wishes, wordings(text, wishes, masked, str).words, masked, Sources(list(files)), {}).compose()


def steps(done: Composition) -> list[tuple[str, dict[str, Any]]]:
    return [(s.task, s.model_dump(mode="json", by_alias=True)["arguments"]) for s in done.steps]


AUDIO, IMAGE = attached("audio", "a.wav", 1), attached("image", "b.png", 1)


def test_two_steps_share_the_source_before_them() -> None:
    done = compose(
        "Clean it. From that the words, and 20 degrees left.",
        [("mono-to-binaural", 1, "left"), ("speech-enhancement", None, "Clean"), ("speech-recognition", 1, "words")],
        AUDIO,
    )
    assert steps(done) == [
        ("speech-enhancement", {"audio": {"artifact": "audio-1"}}),
        ("speech-recognition", {"audio": {"from": "s1.audio"}}),
        ("mono-to-binaural", {"audio": {"from": "s1.audio"}, "azimuth": 20.0}),
    ]


def test_each_speaker_goes_to_the_next_step_in_order() -> None:
    done = compose(
        "Split them. Type the first, and put the second 10 degrees right.",
        [("speech-separation", None, "Split"), ("speech-recognition", 0, "Type"), ("mono-to-binaural", 0, "right")],
        AUDIO,
    )
    assert [arguments["audio"] for _, arguments in steps(done)[1:]] == [
        {"from": "s1.speakers.0"},
        {"from": "s1.speakers.1"},
    ]


def test_the_same_wish_twice_takes_both_speakers() -> None:
    done = compose(
        "Split them and type each.",
        [("speech-separation", None, "Split"), ("speech-recognition", 0, "type"), ("speech-recognition", 0, "type")],
        AUDIO,
    )
    assert [arguments["audio"]["from"] for _, arguments in steps(done)[1:]] == ["s1.speakers.0", "s1.speakers.1"]


def test_two_languages_of_one_text_are_two_translations() -> None:
    done = compose(
        "Type it, and from the typed one a version in Czech and in Finnish.",
        [
            ("speech-recognition", None, "Type"),
            ("speech-translation", 0, "Czech"),
            ("speech-translation", 0, "Finnish"),
        ],
        AUDIO,
    )
    assert {arguments["target_language"] for _, arguments in steps(done)[1:]} == {"cs", "fi"}
    assert all(arguments["text"] == {"from": "s1.text"} for _, arguments in steps(done)[1:])


def test_a_step_works_on_what_it_is_said_to_even_where_its_words_name_a_text() -> None:
    done = compose(
        "Write out what I say, have a proper voice read that aloud.",
        [("speech-recognition", None, "Write"), ("text-to-speech", 0, "read")],
        AUDIO,
    )
    assert steps(done)[1] == ("text-to-speech", {"text": {"from": "s1.text"}})


def test_a_face_takes_its_picture_and_the_sound_made_for_it() -> None:
    done = compose(
        'Have a voice say "hello" and let b.png speak it.',
        [("talking-head-synthesis", 1, "b.png"), ("text-to-speech", None, "voice")],
        IMAGE,
    )
    assert steps(done)[1][1] == {"audio": {"from": "s1.audio"}, "image": {"artifact": "image-1"}}


def test_what_is_missing_is_named_with_its_task() -> None:
    assert compose("Fill the gap.", [("audio-inpainting", None, "Fill")], AUDIO).lacking == (
        "audio-inpainting",
        ("start", "end"),
    )
    assert compose("Type it.", [("speech-recognition", None, "Type")]).lacking == ("speech-recognition", ("audio",))


def test_of_two_wishes_in_one_breath_each_has_its_own_words() -> None:
    placed = "put one on my left and the other on my right"
    wanted = [("speech-separation", None, "Split"), ("mono-to-binaural", 0, placed), ("mono-to-binaural", 0, placed)]
    done = compose(f"Split them and {placed}.", wanted, AUDIO)
    assert [arguments.get("azimuth") for _, arguments in steps(done)[1:]] == [90.0, -90.0]
