import jwt
import pytest

from router.principal import Principal
from router.tenants.links import LIFE_S, Link, Links
from tests.router.clock import Clock

PEPPER = b"p" * 32
ANN = Principal("ann", "k1")
FILE = "f" * 64


def test_a_link_says_what_was_signed_until_its_time_is_over(clock: Clock) -> None:
    links = Links(PEPPER, clock)
    text = links.sign(FILE, ANN)
    clock.now += LIFE_S - 1
    assert links.read(text) == Link("ann", "k1", FILE)
    clock.now += 1
    assert links.read(text) is None


@pytest.mark.parametrize("place", [0, 10, 40, -1])
def test_a_changed_link_is_none(clock: Clock, place: int) -> None:
    links = Links(PEPPER, clock)
    letters = list(links.sign(FILE, ANN))
    letters[place] = "A" if letters[place] != "A" else "q"
    assert links.read("".join(letters)) is None


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "." * 50, "\x00", "ä.ö.ü"])
def test_what_is_no_link_is_none(text: str) -> None:
    assert Links(PEPPER).read(text) is None


def test_nobody_signs_without_the_pepper(clock: Clock) -> None:
    claims = {"t": "ann", "k": "k1", "a": FILE, "e": clock.now + 60}
    links = Links(PEPPER, clock)
    assert links.read(Links(b"q" * 32, clock).sign(FILE, ANN)) is None
    assert links.read(jwt.encode(claims, PEPPER, "HS256")) is None  # it signs with a secret made of the pepper
    assert links.read(jwt.encode(claims, None, "none")) is None
