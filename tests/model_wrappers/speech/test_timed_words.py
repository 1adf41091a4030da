import pytest

from model_wrappers.speech.timed_words import TimedText, join_words


def test_pieces_become_words_at_blanks_and_punctuation_stays_with_its_word() -> None:
    pieces = [
        TimedText("Guten", 0.0, 0.4, 0.8),
        TimedText(" Mor", 0.5, 0.6, 1.0),
        TimedText("gen", 0.6, 0.9, 0.5),
        TimedText("!", 0.9, 0.9, 0.9),
    ]
    first, second = join_words(pieces)
    assert (first.word, first.start, first.end) == ("Guten", 0.0, 0.4)
    assert (second.word, second.start, second.end) == ("Morgen!", 0.5, 0.9)
    assert second.probability == pytest.approx(0.8)


def test_blanks_alone_are_no_word() -> None:
    assert join_words([TimedText(" ", 0.0, 0.1, 1.0), TimedText(" a", 0.1, 0.2, 1.0)])[0].word == "a"
    assert join_words([]) == ()
