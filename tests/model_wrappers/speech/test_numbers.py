import re

import pytest

from model_wrappers.speech.numbers import changed_numbers, in_figures, written_as


@pytest.mark.parametrize(
    ("text", "translation", "source", "target", "expected"),
    [
        ("Take 2.5 mg", "Tome 2, 5 mg", "en", "es", "Tome 2,5 mg"),
        ("Take 1,250 mg", "Lleva 1,250 mg", "en", "es", "Lleva 1.250 mg"),
        ("Take 1,250 mg", "Lleva 1.250 mg", "en", "es", "Lleva 1.250 mg"),
        ("It costs $1,299.99", "Costa $1,299.99", "en", "ca", "Costa $1.299,99"),
        ("0.50 of 350,000", "0.50 de 350,000", "en", "fr", "0,50 de 350\u00a0000"),
        ("Cuesta 1.299,99 euros", "It costs 1.299,99 euros", "es", "en", "It costs 1,299.99 euros"),
        ("1 299,99 euros", "1 299,99 euros", "fr", "en", "1,299.99 euros"),
        (
            "12/05/2024, 14:30, 2.0.1, 8080",
            "12/05/2024, 14:30, 2.0.1, 8080",
            "en",
            "es",
            "12/05/2024, 14:30, 2.0.1, 8080",
        ),
    ],
)
def test_thousands_and_decimals_are_marked_as_in_the_language_of_the_translation(
    text: str, translation: str, source: str, target: str, expected: str
) -> None:
    assert written_as(translation, text, source, target) == expected
    assert changed_numbers(text, expected, source, target) == ()


@pytest.mark.parametrize(
    ("text", "translation", "source", "target"),
    [
        ("Take two pills twice a day", "Tome dos pastillas dos veces al día", "en", "es"),
        ("half a tablet every six hours", "media pastilla cada seis horas", "en", "es"),
        ("the twelfth of June", "el doce de junio", "en", "es"),
        ("about 350,000 people", "unas 350.000 personas", "en", "es"),
        ("I have a cat; wait a second", "Tengo un gato; espera un momento", "en", "es"),
        ("3.2 million", "3,2 milioni", "en", "it"),
        ("twenty-one people", "ventuna persone", "en", "it"),
        ("Tu sei bella", "You are beautiful", "it", "en"),
        ("une voiture neuf", "a new car", "fr", "en"),
        ("nine hours", "neuf heures", "en", "fr"),
        ("el medio ambiente", "the environment", "es", "en"),
        ("0044 207 946 0958", "0044 207 946 0958", "en", "es"),
        ("twenty-one sheep, 45 cows", "vint-i-una ovelles, 45 vaques", "en", "ca"),  # whose words are not read
    ],
)
def test_numbers_that_are_kept_are_not_missed(text: str, translation: str, source: str, target: str) -> None:
    assert changed_numbers(text, translation, source, target) == ()


@pytest.mark.parametrize(
    ("text", "translation", "source", "target", "lost"),
    [
        ("Ten thousand five hundred people", "Il doit mille cinq cents personnes", "en", "fr", ("10500",)),
        ("a gagné 3,2 millions", "earned $2.2 million", "fr", "en", ("3.2",)),
        ("media pastilla", "average pastille", "es", "en", ("0.5",)),
        ("Take 20 mg", "Tome 2 mg", "en", "es", ("20",)),
        ("1 tablet and 1 capsule", "1 comprimit i càpsula", "en", "ca", ("1",)),
        ("two of 45 sheep", "dues de 54 ovelles", "en", "ca", ("45",)),
    ],
)
def test_numbers_that_are_lost_or_changed_are_named(
    text: str, translation: str, source: str, target: str, lost: tuple[str, ...]
) -> None:
    assert changed_numbers(text, translation, source, target) == lost


def test_longer_numbers_are_written_in_figures() -> None:
    assert in_figures("Ten thousand five hundred people and one dog.", "en") == "10500 people and one dog."
    assert in_figures("vint-i-una ovelles", "ca") == "vint-i-una ovelles"


@pytest.mark.parametrize("number", ["1" * 40, "1" * 5_000, ",".join(["111"] * 2_000), "0." + "1" * 5_000])
def test_numbers_may_have_any_length(number: str) -> None:
    text = f"It is {number} metres."
    assert changed_numbers(text, text, "en", "es") == ()
    digits = re.sub(r"\D", "", number)
    assert re.sub(r"\D", "", written_as(text, text, "en", "es")) == digits
