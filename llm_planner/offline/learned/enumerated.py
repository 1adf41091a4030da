"""Several quoted texts asked for in one breath: 'read "a", then "b", and "c" from the left'."""

import re
from collections.abc import Sequence
from dataclasses import replace

from llm_planner.offline.learned.wishes import Wish
from llm_planner.offline.learned.wordings import Wording
from llm_planner.offline.words.masking import Masked

MOST = 8  # texts said in one breath
SAYING = frozenset({"text-to-speech", "speech-translation", "style-transfer", "singing-synthesis"})
_END = re.compile(r"[.!?;](?!\S)|\n")
_QUOTE = re.compile(r"QUOTE\d{1,9}")


def each_its_quote(
    wishes: Sequence[Wish], words: Sequence[Wording], masked: Masked
) -> tuple[list[Wish], list[Wording]]:
    """Give each of several wishes to say something a quote of its own, and what works on it the words beside it.

    Where fewer are wished for than are quoted, the rest is wished for too, with all that works on the first.

    Args:
        wishes: What the request asks for.
        words: The words of each.
        masked: The request with its quotes replaced.
    """
    wishes, words = list(wishes), list(words)
    for task in SAYING:
        saying = [w for w, wish in enumerate(wishes) if wish.task == task and wish.parent is None]
        saying.sort(key=lambda w: (words[w].begin, w))
        others = [w for w, wish in enumerate(wishes) if wish.task in SAYING and w not in saying]
        claimed = {quote for w in others for quote in _QUOTE.findall(words[w].text)}
        said = [_QUOTE.findall(words[w].text) for w in saying]
        quotes = [quote for quote in _QUOTE.findall(masked.text) if quote not in claimed][:MOST]
        if len(saying) < 2 or len(quotes) < len(saying) or len({tuple(of) for of in said if of}) == len(saying):
            continue
        for _ in quotes[len(saying) :]:
            saying.append(_again(saying[0], None, wishes, words))
        for wish, part in zip(saying, _parts(masked.text, quotes), strict=True):
            _told(wish, part, set(quotes), wishes, words)
    return wishes, words


def _again(wish: int, parent: int | None, wishes: list[Wish], words: list[Wording]) -> int:
    """Wish for something once more, with all that works on it."""
    wishes.append(replace(wishes[wish], parent=parent))
    words.append(words[wish])
    copy = len(wishes) - 1
    for child in [w for w in range(copy) if wishes[w].parent == wish]:
        _again(child, copy, wishes, words)
    return copy


def _parts(text: str, quotes: Sequence[str]) -> list[str]:
    """Return what stands from each quote to the next, after the words that lead to the first."""
    begins = [text.index(quote) for quote in quotes]
    lead = max([0, *(match.end() for match in _END.finditer(text, 0, begins[0]))])
    ends = [*begins[1:], len(text)]
    parts = []
    for begin, end in zip(begins, ends, strict=True):
        stop = _END.search(text, begin, end)
        parts.append(f"{text[lead : begins[0]]}{text[begin : stop.start() if stop else end]}".strip(" ,"))
    return parts


def _told(wish: int, part: str, quotes: set[str], wishes: Sequence[Wish], words: list[Wording]) -> None:
    """Let a wish, and what works on it in words about several of the quotes, have the words about one of them."""
    if wishes[wish].parent is None or len(quotes & set(_QUOTE.findall(words[wish].text))) > 1:
        words[wish] = replace(words[wish], text=part, content=None)
    for child in [w for w, other in enumerate(wishes) if other.parent == wish]:
        _told(child, part, quotes, wishes, words)
