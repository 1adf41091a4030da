"""Which wishes are none of their own."""

import pytest

from llm_planner.offline.learned.repeats import sounding_together, without_echoes, without_made, without_transcripts
from llm_planner.offline.learned.wishes import Wish
from llm_planner.offline.learned.wordings import Wording

TRANSCRIPT, TRANSLATION = Wish("speech-recognition", None, ()), Wish("speech-translation", 0, ())


def said(*texts: str, begins: tuple[int, ...] = (0, 0)) -> list[Wording]:
    return [Wording(text, "", begin) for text, begin in zip(texts, begins, strict=True)]


def test_a_transcript_that_only_its_translation_needs_is_left_out() -> None:
    (left,) = without_transcripts([TRANSCRIPT, TRANSLATION], said("this in Dutch", "this in Dutch"))
    assert (left.task, left.parent) == ("speech-translation", None)


@pytest.mark.parametrize(
    "texts", [("write it down", "in Dutch"), ("transcribe and translate this", "transcribe and translate this")]
)
def test_a_transcript_that_words_ask_for_stays(texts: tuple[str, str]) -> None:
    assert without_transcripts([TRANSCRIPT, TRANSLATION], said(*texts)) == (TRANSCRIPT, TRANSLATION)


def test_of_two_wishes_in_the_same_words_the_doubtful_one_is_left_out() -> None:
    sure, doubtful = Wish("audio-captioning", None, (), odds=0.95), Wish("sound-detection", None, (), odds=0.7)
    assert without_echoes([sure, doubtful], said("what is heard here", "what is heard here")) == (sure,)
    assert without_echoes([sure, doubtful], said("caption it", "list the sounds")) == (sure, doubtful)
    certain = Wish("sound-detection", None, (), odds=0.92)
    assert without_echoes([sure, certain], said("caption and list it", "caption and list it")) == (sure, certain)


def test_what_an_earlier_turn_made_is_not_made_again_where_words_refer_to_it() -> None:
    wishes = (Wish("speech-enhancement", None, ()), Wish("speech-recognition", 0, ()))
    together, apart = said("a", "a"), said("a", "b", begins=(0, 9))
    assert without_made(wishes, together, {"speech-enhancement"}) == (Wish("speech-recognition", None, ()),)
    assert without_made(wishes, apart, {"speech-enhancement"}) == wishes  # asked for in words of its own
    assert without_made(wishes, together, {"text-to-audio"}) == wishes


@pytest.mark.parametrize(
    ("text", "first", "last", "left"),
    [
        ("Make rain, wind and thunder", "rain", "thunder", [(5, 27)]),
        ("Make rain and wind and thunder", "thunder", "thunder", [(5, 30)]),
        ("Make a bell and a horn", "bell", "horn", [(7, 11), (18, 22)]),
    ],
)
def test_sounds_that_are_only_listed_sound_together(
    text: str, first: str, last: str, left: list[tuple[int, int]]
) -> None:
    names = (first, last)
    wishes = [Wish("text-to-audio", None, (), (text.index(n), text.index(n) + len(n))) for n in names]
    words = [Wording(text, "", 0, name) for name in names]
    assert [wish.content for wish in sounding_together(wishes, words)] == left
