"""Wishes whose words only repeat, need or refer to others: no wishes of their own."""

import re
from collections.abc import Container, Sequence
from dataclasses import replace

from llm_planner.offline.learned.wishes import Wish
from llm_planner.offline.learned.wordings import Wording
from llm_planner.offline.words.language_names import find_languages
from llm_planner.offline.words.lists import mentions
from llm_planner.offline.words.masking import Masked
from model_wrappers.contract.written_language import ENGLISH, written_language

_LIST = re.compile(r"[a-z-]{1,40}(?:(?:, (?:and )?| and | & )[a-z-]{1,40}){1,20}", re.IGNORECASE)  # of bare names
SURELY_WANTED = 0.9  # probability from which a step is wanted whose words ask for another, too


def without_translations(wishes: Sequence[Wish]) -> tuple[Wish, ...]:
    """Leave out translations of transcripts, which a language that is only spoken suggests."""
    return _without(
        wishes,
        {
            place
            for place, wish in enumerate(wishes)
            if wish.task == "speech-translation" and wish.parent is not None
            if wishes[wish.parent].task == "speech-recognition"
        },
    )


def without_translated(wishes: Sequence[Wish], said: Sequence[Wording], masked: Masked) -> tuple[Wish, ...]:
    """Leave out translations of quotes that are in the language already: 'say "Guten Morgen" in German'."""
    spoken = {wish.parent for wish in wishes if wish.task == "text-to-speech"}
    needless = {
        place
        for place, wish in enumerate(wishes)
        if wish.task == "speech-translation" and wish.parent is None and place in spoken
        if (target := find_languages(said[place].text).target) not in (None, ENGLISH)  # taken for what is unclear
        and [written_language(quote) for quote in masked.quotes_in(said[place].text)] == [target]
    }
    speaking = [place for place, wish in enumerate(wishes) if wish.task == "text-to-speech" and wish.parent in needless]
    parents, texts = {wish.parent for wish in wishes}, [said[place].text for place in speaking]
    twice = {
        place for n, place in enumerate(speaking) if texts[n] in texts[:n] and place not in parents
    }  # of which only the translations were unlike
    return _without(wishes, needless | twice)


def without_transcripts(wishes: Sequence[Wish], said: Sequence[Wording]) -> tuple[Wish, ...]:
    """Leave out transcripts that only a translation needs and no words ask for."""
    texts, dropped = [one.text for one in said], set()
    for place, wish in enumerate(wishes):
        served = [other for other in range(len(wishes)) if wishes[other].parent == place]
        alone = wish.task == "speech-recognition" and [wishes[s].task for s in served] == ["speech-translation"]
        if alone and texts[place] == texts[served[0]] and not mentions("translating", texts[place], "transcribing"):
            dropped.add(place)
    return _without(wishes, dropped)


def without_echoes(wishes: Sequence[Wish], said: Sequence[Wording]) -> tuple[Wish, ...]:
    """Leave out what is doubtful where the same words surely ask for another thing of the same."""
    parents = {wish.parent for wish in wishes}
    doubtful = {
        place
        for place, wish in enumerate(wishes)
        if wish.odds < SURELY_WANTED and place not in parents
        for other, sure in enumerate(wishes)
        if said[place].text == said[other].text
        and sure.parent == wish.parent
        and sure.odds > wish.odds
        and sure.task != wish.task
    }
    return _without(wishes, doubtful)


def sounding_together(wishes: Sequence[Wish], said: Sequence[Wording]) -> tuple[Wish, ...]:
    """Take sounds that are only listed for one to make: "rain, wind and thunder", unlike "a bell and a horn"."""
    listed = [
        place
        for place, wish in enumerate(wishes)
        if wish.task == "text-to-audio" and wish.parent is None and said[place].content
    ]
    parents = {wish.parent for wish in wishes}
    if len(listed) < 2 or len({said[place].text for place in listed}) > 1 or parents & set(listed):
        return tuple(wishes)
    text, names = said[listed[0]].text, [said[place].content or "" for place in listed]
    begin, end = min(map(text.find, names)), max(text.find(name) + len(name) for name in names)
    match = next((found for found in _LIST.finditer(text) if found.start() <= begin and end <= found.end()), None)
    if begin < 0 or match is None:
        return tuple(wishes)
    spans = [wish.content for wish in (wishes[place] for place in listed) if wish.content]
    whole = min(spans)[0] - begin + match.start(), max(last for _, last in spans) - end + match.end()
    together = [replace(wish, content=whole) if place == listed[0] else wish for place, wish in enumerate(wishes)]
    return _without(together, set(listed[1:]))


def without_made(wishes: Sequence[Wish], said: Sequence[Wording], made: Container[str | None]) -> tuple[Wish, ...]:
    """Leave out what an earlier turn has made and the words of another wish only refer to: "describe the cleaned one".

    Args:
        wishes: What the request asks for.
        said: The words of each.
        made: Tasks whose results there are.
    """
    parents = {place: wish.parent for place, wish in enumerate(wishes) if wish.parent is not None}
    referred = {
        parent
        for place, parent in parents.items()
        if wishes[parent].task in made and said[parent].begin == said[place].begin and parent not in parents
    }
    return _without(wishes, referred)


def _without(wishes: Sequence[Wish], dropped: set[int]) -> tuple[Wish, ...]:
    """Leave out wishes; what works on one of them works on what that works on."""

    def parent_of(place: int) -> int | None:
        parent = wishes[place].parent
        return parent_of(parent) if parent in dropped else parent

    kept = [place for place in range(len(wishes)) if place not in dropped]
    order = {place: number for number, place in enumerate(kept)}
    parents = [parent_of(place) for place in kept]
    return tuple(
        replace(wishes[place], parent=None if parent is None else order[parent])
        for place, parent in zip(kept, parents, strict=True)
    )
