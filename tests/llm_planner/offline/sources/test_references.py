"""What a clause points at among what there is."""

import pytest

from llm_planner.offline.sources.collected import Source, Sources
from llm_planner.offline.sources.references import named, position, resolve
from llm_planner.offline.words.masking import mask
from llm_planner.plans.plan import FromArtifact


def made(name: str, task: str | None, origin: str = "earlier", **more: str) -> Source:
    return Source("audio", FromArtifact(artifact=name), origin, task=task, name=name, **more)


UPLOAD = made("memo.wav", None)
CLEAN = made("audio-2", "speech-enhancement", words="clean the memo")
RAIN = made("audio-3", "text-to-audio", words="generate the rain")
ONE, TWO = (made(f"audio-{n}", "speech-separation", group="0.s1") for n in (4, 5))


def pointed(text: str, *sources: Source, latest: bool = False) -> list[Source]:
    masked = mask(text)
    return (resolve if latest else named)(masked.text, masked, Sources(list(sources)), "audio")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("transcribe the second one", 1),
        ("speaker 2, please", 1),
        ("the last recording", -1),
        ("the first", 0),
        ("from the second 3 on", None),
        ("the last word of it", None),
        ("clean it", None),
    ],
)
def test_a_position_counts_things_not_seconds(text: str, place: int | None) -> None:
    assert position(text) == place


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("type the original", UPLOAD),
        ("type memo.wav", UPLOAD),
        ("type the cleaned one", CLEAN),
        ("put the rain on my left", RAIN),
        ("describe the version before", CLEAN),
        ("type the memo, no, the rain", RAIN),
    ],
)
def test_a_thing_is_pointed_at_by_what_it_is_or_was_made_by(text: str, source: Source) -> None:
    assert pointed(text, UPLOAD, CLEAN, RAIN) == [source]


def test_a_voice_is_found_by_its_place_in_the_latest_group() -> None:
    assert pointed("clean the second speaker", UPLOAD, ONE, TWO) == [TWO]


def test_what_is_not_pointed_at_is_the_latest_or_all_of_what_came_together() -> None:
    assert pointed("describe it", UPLOAD, RAIN) == []
    assert pointed("describe it", UPLOAD, RAIN, latest=True) == [RAIN]
    assert pointed("describe it", UPLOAD, ONE, TWO, latest=True) == [ONE, TWO]
