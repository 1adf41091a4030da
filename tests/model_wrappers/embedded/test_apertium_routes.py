from pathlib import Path

import pytest

from model_wrappers.embedded.apertium.routes import (
    Routes,
    source_languages,
    target_languages,
    through_networks,
    ways,
)

NAMES = ("en-es", "en-ca", "es-en", "es-ca", "ca-es", "es-fr", "ca-fr", "fr-es", "ca-en", "eu-es")
PAIRS = {(name[:2], name[3:]): Path(f"{name}.mode") for name in NAMES}


@pytest.mark.parametrize(
    ("source", "target", "way"),
    [
        ("en", "ca", ("en", "ca")),
        ("en", "es", ("en", "ca", "es")),  # a detour
        ("en", "fr", ("en", "ca", "fr")),
        ("fr", "en", ("fr", "es", "en")),
        ("eu", "fr", ("eu", "es", "fr")),
        ("fr", "eu", ()),
        ("ja", "en", ()),
    ],
)
def test_way_is_the_shortest_through_the_better_language(source: str, target: str, way: tuple[str, ...]) -> None:
    assert Routes(PAIRS, "ca", ("en-es",)).route(source, target) == way


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("en", "es", [("en", "pt", "es"), ("en", "ca", "es")]),
        ("en", "fr", [("en", "pt", "ca", "fr"), ("en", "ca", "fr")]),
        ("en", "pt", [("en", "pt"), ("en", "ca", "pt")]),
        ("es", "en", [("es", "ca", "pt", "en"), ("es", "en")]),
        ("eu", "ja", []),
    ],
)
def test_ways_of_networks_stand_before_those_of_rules(
    source: str, target: str, expected: list[tuple[str, ...]]
) -> None:
    pairs = PAIRS | {pair: Path() for pair in (("pt", "es"), ("pt", "ca"), ("ca", "pt"))}
    routes = (through_networks(pairs, (("en", "pt"), ("pt", "en"))), Routes(pairs, "ca", ("en-es",)))
    assert ways(source, target, routes)[:2] == expected[:2]


def test_detour_is_taken_only_where_its_pairs_are_installed() -> None:
    pairs = {pair: mode for pair, mode in PAIRS.items() if pair != ("ca", "es")}
    assert Routes(pairs, "ca", ("en-es",)).route("en", "es") == ("en", "es")


def test_ways_have_a_most_length() -> None:
    pairs = {(source, target): Path() for source, target in zip("abcde", "bcdef", strict=True)}
    assert set(Routes(pairs, "es").reachable("a")) == {"b", "c", "d"}


def test_languages_are_those_of_either_end() -> None:
    assert source_languages(PAIRS) == ("ca", "en", "es", "eu", "fr")
    assert target_languages(PAIRS) == ("ca", "en", "es", "fr")
