"""What a voice is given to say of a written text."""

import pytest

from model_wrappers.contract.errors import InvalidInput
from model_wrappers.speech.reading import read_aloud


def said(text: str, language: str = "en") -> str:
    return " / ".join(" ".join(paragraph) for paragraph in read_aloud(text, language))


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("# Title\n\nSome **bold**, *slanted*, ~~struck~~ and `code`.", "Title / Some bold, slanted, struck and code."),
        ("Total\n=====\n- one\n* two\n+ three", "Total / one / two / three"),
        ("1. first\n2) second", "1. first / 2. second"),
        ("- [ ] open\n- [x] done", "open / done"),
        ("> quoted\n> twice\n\n---\n\nend", "quoted / twice / end"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a, b, / 1, 2,"),
        ('See [the page](https://example.com "x") and ![a cat](cat.png).', "See the page and a cat."),
        ("```python\nprint(1)\n```", "print(1)"),
        ("a claim[^1] and __more__", "a claim and more"),
        ("**unclosed and ~~open", "unclosed and open"),
        ("snake_case and ***both***", "snake case and both"),
        ("<p>Hello <b>you</b><br/>there &amp; here</p><script>alert(1)</script>", "Hello you / there and here"),
        ('<speak>Wait <break time="1s"/>now</speak> <!-- no -->', "Wait now"),
        ("if a<b and c>d", "if a less than b and c greater than d"),
        ("[note]: nothing is lost", "note: nothing is lost"),
    ],
)
def test_marks_are_not_spoken_and_every_word_is(written: str, spoken: str) -> None:
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Open example.com.", "Open example dot com."),
        ("https://docs.example.org/a-b_c?d=e#f", "docs dot example dot org slash a dash B underscore C question mark "
         "D equals e hash F"),
        ("(www.w3.org)", "(W W W dot W 3 dot org)"),
        ("Write to first.last+tag@mail.example.co.uk, please", "Write to first dot last plus tag at mail dot example "
         "dot C O dot U K, please"),
        ("report.pdf of 192.168.0.1", "report dot P D F of 192 dot 168 dot 0 dot 1"),
        ("The end. Com is no domain, e.g. here", "The end. Com is no domain, e.g. here"),
    ],
)  # fmt: skip
def test_addresses_are_spelled_out(written: str, spoken: str) -> None:
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("5 km at 100 km/h", "5 kilometers at 100 kilometers per hour"),
        ("1 kg, 20°C, 3.5 GHz", "1 kilogram, 20 degrees Celsius, 3.5 gigahertz"),
        ("10 m² and 230V", "10 square meters and 230 volts"),
        ("the 1990s on 5G", "the 1990s on 5G"),
        ("$9.99, 5€, €5, £1.01", "9 dollars and 99 cents, 5 euros, 5 euros, 1 pound and 1 penny"),
        ("$0.99 or $1.5 million or $5M", "99 cents or 1.5 million dollars or 5 million dollars"),
        ("20% & more", "20 percent and more"),
        ("On 2024-05-01 at 9am", "On May 1, 2024 at 9 a.m."),
        ("pages 3–7", "pages 3 to 7"),
        ("call 555-1234 or +1 (555) 123-4567", "call 5 5 5, 1 2 3 4 or plus 1, 5 5 5, 1 2 3, 4 5 6 7"),
        ("v2.3.1 of C# and .NET", "v 2 point 3 point 1 of C sharp and dot NET"),
        ("#1 of #music by @ann", "number 1 of hashtag music by at ann"),
        ("5 * 3 = 15, x^2 >= y, a -> b", "5 times 3 equals 15, x to the power of 2 greater than or equal to y, a to b"),
        ("½ cup, 1½ cups, 3 × 4", "one half cup, 1 and one half cups, 3 times 4"),
        ("and/or, TCP/IP", "and or, TCP IP"),
    ],
)
def test_signs_units_and_amounts_are_words(written: str, spoken: str) -> None:
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Hello 😀👍🏽 world 🇩🇪 1️⃣ ❤️ 👨‍👩‍👧", "Hello world 1"),
        ("Fine :-) and done ;)", "Fine and done"),
        ("𝓗𝓮𝓵𝓵𝓸 ｗｏｒｌｄ, ﬁne", "Hello world, fine"),
        ("h̸̡̪e̵l̶l̴o\u200b\u202e the\u00adre\u0000", "hello there"),
        ("One • two ──── three", "One, two three"),
    ],
)
def test_pictures_and_what_nobody_sees_are_left_out(written: str, spoken: str) -> None:
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("language", "written", "spoken"),
    [
        ("de", "**Nur** 5 km, 20 °C, 30 %, 12,50 €", "Nur 5 Kilometer, 20 Grad Celsius, 30 Prozent, 12,50 Euro"),
        ("de", "info@example.de", "info ät example Punkt D E"),
        ("es", "1 km y 2 kg", "1 kilómetro y 2 kilogramos"),
        ("fr", "3 h → 50 %", "3 heures vers 50 pour cent"),
        ("hu", "# Cím\n**5** km 😀 a@b.hu", "Cím / 5 km a@b.hu"),
        ("fa", "می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_signs_are_read_in_the_language_of_the_text(language: str, written: str, spoken: str) -> None:
    assert said(written, language) == spoken


@pytest.mark.parametrize("text", ["😀🎉", "***", "!?", "  \n ", "---\n\n***", "<br/>"])
def test_text_of_nothing_but_signs_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="no words to speak"):
        read_aloud(text, "en")
