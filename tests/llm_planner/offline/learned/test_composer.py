"""From wishes to steps: what each works on, in which order, with which arguments."""

from typing import Any

from llm_planner.offline.learned.composer import Composer, Composition, fed_by_name
from llm_planner.offline.learned.wishes import Wish
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


def test_a_wish_for_several_files_is_done_to_each_and_so_is_what_works_on_it() -> None:
    other = attached("audio", "b.wav", 2)
    done = compose(
        "Clean both files and type them.",
        [("speech-enhancement", None, "Clean"), ("speech-recognition", 0, "type")],
        AUDIO,
        other,
    )
    assert sorted(task for task, _ in steps(done)) == ["speech-enhancement"] * 2 + ["speech-recognition"] * 2
    cleaned = [arguments["audio"] for task, arguments in steps(done) if task == "speech-enhancement"]
    typed = [arguments["audio"]["from"] for task, arguments in steps(done) if task == "speech-recognition"]
    assert cleaned == [{"artifact": "audio-1"}, {"artifact": "audio-2"}]
    assert len(set(typed)) == 2


def test_a_file_that_another_wish_names_is_left_to_it() -> None:
    other = attached("audio", "b.wav", 2)
    done = compose(
        "Clean a.wav and type b.wav.",
        [("speech-enhancement", None, "Clean"), ("speech-recognition", None, "type")],
        AUDIO,
        other,
    )
    assert [arguments["audio"]["artifact"] for _, arguments in steps(done)] == ["audio-1", "audio-2"]


def fed(text: str, wanted: list[tuple[str, int | None, str]]) -> list[int | None]:
    wishes = [Wish(task, parent, ((text.index(w), text.index(w) + len(w), 0.9),)) for task, parent, w in wanted]
    masked = mask(text)
    return [wish.parent for wish in fed_by_name(wishes, wordings(text, wishes, masked, str).words, masked)]


def test_a_wish_works_on_what_its_words_name() -> None:
    wanted = [
        ("speech-enhancement", None, "Clean"),
        ("mono-to-binaural", 0, "left"),
        ("audio-captioning", 0, "caption"),
    ]
    assert fed("Clean it, put it on the left, and caption the binaural version.", wanted) == [None, 0, 1]
    assert fed("Clean it, put it on the left, and caption it.", wanted) == [None, 0, 0]


def test_a_quote_of_its_own_comes_before_what_another_step_writes() -> None:
    wanted = [("speech-recognition", None, "Type"), ("text-to-speech", 0, "say")]
    assert fed('Type it. Then say "tea is ready".', wanted) == [None, None]
    assert fed("Type it. Then say it.", wanted) == [None, 0]


def test_a_face_speaks_what_is_spoken_of_a_text_and_not_the_text() -> None:
    wanted = [
        ("speech-translation", None, "Translate"),
        ("text-to-speech", 0, "read"),
        ("talking-head-synthesis", 0, "face"),
    ]
    assert fed("Translate it to Dutch, read it, and let the face say it.", wanted) == [None, 0, 1]


def test_a_translation_that_a_face_is_to_say_is_spoken() -> None:
    done = compose(
        "Translate it to Dutch. Let b.png say that.",
        [("speech-translation", None, "Translate"), ("talking-head-synthesis", 0, "b.png")],
        AUDIO,
        IMAGE,
    )
    assert steps(done)[0][1]["speak"] is True
    assert steps(done)[1][1] == {"audio": {"from": "s1.audio"}, "image": {"artifact": "image-1"}}
