"""Ways between languages through the installed Apertium pairs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

MAX_HOPS = 3
ENGLISH = "en"

Pair = tuple[str, str]
"""Source and target language."""
Pairs = Mapping[Pair, Path]
"""Mode files by source and target language."""


@dataclass(frozen=True)
class Routes:
    """Shortest ways; among equals, out of English through one language and else through another.

    Args:
        pairs: What is installed.
        from_english: Language that ways out of English take where they can.
        detours: Pairs, such as `en-es`, that take such a way although they could go straight.
        hub: Language that all other ways take where they can.
    """

    pairs: Collection[Pair]
    from_english: str
    detours: Collection[str] = ()
    hub: str = "es"

    def route(self, source: str, target: str) -> tuple[str, ...]:
        """Return the languages on the way, source and target included; empty if there is none."""
        through = self._preferred(source)
        if f"{source}-{target}" in self.detours and {(source, through), (through, target)} <= set(self.pairs):
            return source, through, target
        return self.reachable(source).get(target, ())

    def reachable(self, source: str) -> dict[str, tuple[str, ...]]:
        """Return the shortest way to every language that can be reached from one."""
        ways: dict[str, tuple[str, ...]] = {source: (source,)}
        ends = [source]
        for _ in range(MAX_HOPS):
            found = []
            for here in sorted(ends, key=lambda language: (language != self._preferred(source), language)):
                for origin, target in self.pairs:
                    if origin == here and target not in ways:
                        ways[target] = (*ways[here], target)
                        found.append(target)
            ends = found
        return {language: way for language, way in ways.items() if language != source}

    def _preferred(self, source: str) -> str:
        return self.from_english if source == ENGLISH else self.hub


def ways(source: str, target: str, routes: Collection[Routes]) -> list[tuple[str, ...]]:
    """Return the ways between two languages that differ, the one that translates best first."""
    found = [each.route(source, target) for each in routes]
    return list(dict.fromkeys(way for way in found if way))


def through_networks(pairs: Pairs, networks: Collection[Pair]) -> Routes:
    """Return the ways on which only networks translate from and into English, and rules between the others.

    Catalan is the hub: its dictionaries with French and Italian know more than those of Spanish.
    """
    rules = [pair for pair in pairs if ENGLISH not in pair]
    return Routes((*networks, *rules), from_english="pt", hub="ca")


def source_languages(pairs: Pairs) -> tuple[str, ...]:
    """Return the languages that can be translated from, in order."""
    return tuple(sorted({source for source, _ in pairs}))


def target_languages(pairs: Pairs) -> tuple[str, ...]:
    """Return the languages that can be translated into, in order."""
    return tuple(sorted({target for _, target in pairs}))
