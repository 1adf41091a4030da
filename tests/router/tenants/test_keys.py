import pytest

from router.tenants.keys import ALPHABET, KEY, Key

PEPPER = b"p" * 32


def test_a_key_is_read_as_it_was_written() -> None:
    key = Key.new()
    assert KEY.fullmatch(key.text)
    assert Key.read(key.text) == key
    assert Key.new().secret != key.secret


@pytest.mark.parametrize("place", [5, 17, 25, 60, 62, 67])
def test_a_mistyped_key_is_none(place: int) -> None:
    text = Key.new().text
    other = next(letter for letter in ALPHABET if letter != text[place])
    assert Key.read(text[:place] + other + text[place + 1 :]) is None


@pytest.mark.parametrize("text", ["", "sk-1234", "agpt__", "agpt_" + "a" * 12, "\x00"])
def test_what_is_no_key_is_none(text: str) -> None:
    assert Key.read(text) is None


def test_the_secret_is_neither_shown_nor_kept() -> None:
    key = Key.new()
    assert key.secret not in repr(key)
    assert key.secret not in key.digest(PEPPER)
    assert key.digest(PEPPER) != key.digest(b"q" * 32)
