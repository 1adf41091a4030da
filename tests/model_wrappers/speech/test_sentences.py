import pytest

from model_wrappers.speech.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        ("One. Two! Three? Four", [["One.", "Two!", "Three?", "Four"]]),
        ("First line.\nSecond line.\n\nThird.", [["First line."], ["Second line."], ["Third."]]),
        (
            "Dr. Smith met J. K. Rowling in St. Ives. They spoke.",
            [["Dr. Smith met J. K. Rowling in St. Ives.", "They spoke."]],
        ),
        ("It has 3.5 million, e.g. 2 of 3. Good.", [["It has 3.5 million, e.g. 2 of 3.", "Good."]]),
        ("No. 5 is alive. No. Never.", [["No. 5 is alive.", "No.", "Never."]]),
        ("“Why?” she asked. “No.” Then he left.", [["“Why?” she asked.", "“No.”", "Then he left."]]),
        ("Wait... What?! Yes… no.", [["Wait...", "What?!", "Yes… no."]]),
        ("The U.S. Army left at 5 p.m. on Jan. 5.", [["The U.S. Army left at 5 p.m. on Jan. 5."]]),
        ("see example.com. and go", [["see example.com. and go"]]),
        ("  \n ", []),
        ("...", [["..."]]),
    ],
)
def test_text_is_split_where_sentences_end(text: str, paragraphs: list[list[str]]) -> None:
    assert split_sentences(text) == paragraphs


def test_no_word_is_lost() -> None:
    text = "Mr. A. said “go.” B? (C!) D... E; f. 1. G 2.5 h."
    assert " ".join(sentence for paragraph in split_sentences(text) for sentence in paragraph) == text
