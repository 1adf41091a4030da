"""Of several quoted texts asked for in one breath, each is said once, with what its own words ask for."""

import pytest

from llm_planner.offline.learned.enumerated import each_its_quote
from llm_planner.offline.learned.wishes import Wish
from llm_planner.offline.learned.wordings import Wording
from llm_planner.offline.words.masking import mask

SPEECH, BINAURAL = "text-to-speech", "mono-to-binaural"


def told(text: str, *wanted: tuple[str, int | None, str]) -> list[tuple[str, int | None, str]]:
    """Return task, parent and words of wishes given as task, parent and words of the masked text."""
    masked = mask(text)
    wishes = [Wish(task, parent, ()) for task, parent, _ in wanted]
    words = [Wording(of, "", masked.text.index(of)) for _, _, of in wanted]
    done, cut = each_its_quote(wishes, words, masked)
    return [(wish.task, wish.parent, of.text) for wish, of in zip(done, cut, strict=True)]


def test_two_wishes_in_the_same_words_have_a_quote_each() -> None:
    whole = "Say QUOTE0 and QUOTE1"
    assert told('Say "a" and "b".', (SPEECH, None, whole), (SPEECH, None, whole)) == [
        (SPEECH, None, "Say QUOTE0 and"),
        (SPEECH, None, "Say QUOTE1"),
    ]


def test_what_works_on_a_speech_has_the_words_beside_its_quote() -> None:
    whole = "Say QUOTE0 from the left and QUOTE1 from the right"
    wanted = [(SPEECH, None, whole), (BINAURAL, 0, whole), (SPEECH, None, whole), (BINAURAL, 2, whole)]
    assert told('Say "a" from the left and "b" from the right.', *wanted) == [
        (SPEECH, None, "Say QUOTE0 from the left and"),
        (BINAURAL, 0, "Say QUOTE0 from the left and"),
        (SPEECH, None, "Say QUOTE1 from the right"),
        (BINAURAL, 2, "Say QUOTE1 from the right"),
    ]


def test_a_quote_that_no_wish_is_left_for_is_wished_for_with_what_works_on_the_others() -> None:
    whole = "Say QUOTE0, QUOTE1, QUOTE2, all from behind"
    wanted = [(SPEECH, None, whole), (BINAURAL, 0, "all from behind"), (SPEECH, None, whole)]
    assert told('Say "a", "b", "c", all from behind.', *wanted)[3:] == [
        (SPEECH, None, "Say QUOTE2, all from behind"),
        (BINAURAL, 3, "all from behind"),
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('Say "a, then b".', [(SPEECH, None, "Say QUOTE0")]),
        ('Say "a". Then say "b".', [(SPEECH, None, "Say QUOTE0"), (SPEECH, None, "Then say QUOTE1")]),
        ('Say "a" twice, as two files.', [(SPEECH, None, "Say QUOTE0 twice"), (SPEECH, None, "Say QUOTE0 twice")]),
        ('Say "a" and sing "b".', [(SPEECH, None, "Say QUOTE0"), ("singing-synthesis", None, "sing QUOTE1")]),
    ],
)
def test_what_has_its_quote_already_stays(text: str, wanted: list[tuple[str, int | None, str]]) -> None:
    assert told(text, *wanted) == wanted
