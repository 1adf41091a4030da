"""Words said another way than they are written."""

import pytest

from model_wrappers.contract.errors import InvalidInput, TooLarge
from model_wrappers.contract.pronunciations import Pronunciation
from model_wrappers.speech.reading import read_aloud


def said(text: str, words: dict[str, str], language: str = "en") -> str:
    pronunciations = [Pronunciation(word=word, said_as=said_as) for word, said_as in words.items()]
    paragraphs = read_aloud(text, language, pronunciations, lambda word, phonemes: f"[{word}|{phonemes}]")
    return " / ".join(" ".join(paragraph) for paragraph in paragraphs)


@pytest.mark.parametrize(
    ("text", "words", "spoken"),
    [
        ("**Nguyen**'s car, Nguyens and NGUYEN.", {"Nguyen": "win"}, "win's car, Nguyens and win."),
        ("See nginx.org and nginx", {"nginx": "engine x"}, "See engine x dot org and engine x"),
        ("C# and C++", {"C#": "see sharp", "C++": "see plus plus"}, "see sharp and see plus plus"),
        ("AT&T pays $5", {"AT&T": "A T and T", "5": "six"}, "A T and T pays six dollars"),
        ("A kg is 1 kg.", {"kg": "kay gee"}, "A kay gee is 1 kilogram."),
        ("Read SQL. SQL!", {"SQL": "sequel"}, "Read sequel. sequel!"),
        ("Goethe wrote.", {"Goethe": "GER-tuh"}, "ger-tuh wrote."),
        ("The NASA", {"NASA": "N-A-S-A"}, "The N-A-S-A"),
        ("a b", {"a": "b", "b": "a"}, "b a"),
        ("Goethe's Goethe", {"Goethe": "/ˈɡœtə/"}, "[Goethe|ˈɡœtəz] [Goethe|ˈɡœtə]"),
        ("Goetz’s", {"Goetz": "/ɡœt/"}, "[Goetz|ɡœts]"),
        ("[Goethe](x) [[x]]", {"goethe": "/ˈɡœtə/"}, "[Goethe|ˈɡœtə] x"),
    ],
)
def test_words_are_said_as_told_wherever_they_stand(text: str, words: dict[str, str], spoken: str) -> None:
    assert said(text, words) == spoken


def test_a_voice_without_phonemes_says_so() -> None:
    words = [Pronunciation(word="Goethe", said_as="/ˈɡœtə/")]
    with pytest.raises(InvalidInput, match="takes no phonemes, and 'Goethe' is given as /ˈɡœtə/") as refused:
        read_aloud("Goethe wrote.", "en", words)
    assert refused.value.param == "pronunciations"


def test_a_text_that_pronunciations_make_too_long_is_refused() -> None:
    with pytest.raises(TooLarge, match="at most 20,000"):
        said("a " * 9_000, {"a": "bee " * 40})
