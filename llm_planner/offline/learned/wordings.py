"""The words that ask for each wish of a request, cut out where the parser points."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from llm_planner.offline.learned.wishes import Wish
from llm_planner.offline.words.lexicon import words_of
from llm_planner.offline.words.lists import words
from llm_planner.offline.words.masking import Masked

NEIGHBOUR = 0.5  # of the weight of the likeliest piece, from which a piece beside it belongs to it
_CUT = re.compile(
    r"(?<=[.!?;:\n]) |\n| ?(?:->|=>|\||→) ?| [-–—] |, | (?=(?:and|then|but|plus|while|as well as)\b)"
    r"| (?=(?:before|after) \w)",
    re.IGNORECASE,
)  # of a tidy text
PLAIN_QUOTE = "the train leaves at noon"  # what the parser reads instead of a quote
_MARKS = "\"'“”‘’«»„「」`"


_ASKING = words("commands") | words("questions")


@dataclass(frozen=True)
class Wording:
    """What asks for a wish: its own words, those around it that ask for nothing else, and what it works on by name."""

    text: str
    context: str
    begin: int
    content: str | None = None


@dataclass(frozen=True)
class Cut:
    """The words of every wish, and the pieces that are no wish's likeliest."""

    words: list[Wording]
    free: list[str]


def wordings(text: str, wishes: Sequence[Wish], masked: Masked, polish: Callable[[str], str]) -> Cut:
    """Return the words of every wish, quotes and file names replaced as in the masked request.

    Args:
        text: The request as it was written.
        wishes: What it asks for.
        masked: The request with quotes and file names replaced.
        polish: Rewrites a piece as the extractors of arguments are to read it.
    """
    hidden = _hidden(text, masked)
    pieces = _pieces(text, [(begin, end) for begin, end, _ in hidden])
    spans = [_span(pieces, wish) for wish in wishes]
    free = [piece for piece in pieces if not any(begin <= piece[0] and piece[1] <= end for begin, end in spans)]
    owners = [_owner(piece, spans) for piece in free]

    def read(begin: int, end: int) -> str:
        return polish(_replaced(text, begin, end, hidden)).strip().strip(",;").strip()

    found = [
        Wording(
            text=read(*span),
            context=" ".join(read(*piece) for piece, owner in zip(free, owners, strict=True) if owner == span),
            begin=span[0],
            content=_content(text, wish, hidden),
        )
        for wish, span in zip(wishes, spans, strict=True)
    ]
    likeliest = {max(pieces, key=partial(_weight, wish=wish)) for wish in wishes}
    return Cut(found, [read(*piece) for piece in pieces if piece not in likeliest])


def cut_up(text: str, masked: Masked) -> list[tuple[int, int]]:
    """Return where the sentences and clauses of a text stand, none of which ends inside a quote or a name."""
    return _pieces(text, [(first, last) for first, last, _ in _hidden(text, masked)])


def corrected(text: str, masked: Masked, correct: Callable[[str], str]) -> str:
    """Return a text with what stands outside of quotes and file names corrected."""
    parts, begin = [], 0
    for first, last, _ in [*_hidden(text, masked), (len(text), len(text), "")]:
        between = text[begin:first]
        blank = len(between) - len(between.lstrip()), len(between.rstrip())
        if between.strip():
            between = between[: blank[0]] + correct(between.strip()) + between[blank[1] :]
        parts += [between, text[first:last]]
        begin = last
    return "".join(parts)


def _content(text: str, wish: Wish, hidden: Sequence[tuple[int, int, str]]) -> str | None:
    """Return the words that name what a wish works on, unless they are quoted."""
    if wish.content is None or any(first < wish.content[1] and wish.content[0] < last for first, last, _ in hidden):
        return None
    begin, end = wish.content
    while begin > 0 and text[begin - 1].isalnum():
        begin -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return text[begin:end].strip(" .,;:!?") or None


def without_quotes(text: str, masked: Masked) -> tuple[str, Callable[[int], int]]:
    """Return a text whose quotes say nothing that could be taken for a wish, and how to find its places in the text."""
    parts, kept, end = [], [], 0
    for begin, last, name in _hidden(text, masked):
        if name.startswith(" QUOTE") and text[begin] in _MARKS and words_of(text[begin + 1 : last - 1]) & _ASKING:
            parts += [text[end : begin + 1], PLAIN_QUOTE]
            kept.append((sum(map(len, parts)), last - 1))
            end = last - 1
    starts = [(0, 0), *kept]

    def place(position: int) -> int:
        """Return the place of a position in the original, the end of a quote for one inside it."""
        shown, original = max(start for start in starts if start[0] <= position)
        following = next((start[1] for start in starts if start[0] > position), len(text))
        return min(original + position - shown, following)

    return "".join([*parts, text[end:]]), place


def _hidden(text: str, masked: Masked) -> list[tuple[int, int, str]]:
    """Return where quotes and file names stand, and what stands for them."""
    found: list[tuple[int, int, str]] = []
    for name, values in (("QUOTE", masked.quotes), ("FILE", masked.files)):
        for number, value in enumerate(values):
            begin = -1
            while (begin := text.find(value, begin + 1)) >= 0 and value:
                end = begin + len(value)
                if not any(begin < other_end and other_begin < end for other_begin, other_end, _ in found):
                    quoted = name == "QUOTE" and begin > 0 and text[begin - 1] in _MARKS
                    closed = quoted and end < len(text) and text[end] in _MARKS
                    found.append(
                        (begin - quoted, end + closed, f" {name}{number} " if name == "QUOTE" else f"{name}{number}")
                    )
                    break
    return sorted(found)


def _pieces(text: str, atomic: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Cut a text at the ends of sentences and at what joins clauses, never inside a quote or a name."""
    pieces: list[tuple[int, int]] = []
    begin = 0
    for match in _CUT.finditer(text):
        if any(first < match.end() and match.start() < last for first, last in atomic):
            continue
        if text[begin : match.start()].strip():
            pieces.append((begin, match.start()))
        begin = match.end()
    return [*pieces, (begin, len(text))] if text[begin:].strip() or not pieces else pieces


def _span(pieces: Sequence[tuple[int, int]], wish: Wish) -> tuple[int, int]:
    """Return the likeliest piece with its likely neighbours."""
    weights = [_weight(piece, wish) for piece in pieces]
    best = max(range(len(pieces)), key=weights.__getitem__)
    first = last = best
    while first > 0 and weights[first - 1] >= NEIGHBOUR * weights[best]:
        first -= 1
    while last + 1 < len(pieces) and weights[last + 1] >= NEIGHBOUR * weights[best]:
        last += 1
    return pieces[first][0], pieces[last][1]


def _weight(piece: tuple[int, int], wish: Wish) -> float:
    odds = [p for begin, end, p in wish.words if piece[0] <= begin and end <= piece[1]]
    return sum(odds) / len(odds) if odds else 0.0


def _owner(piece: tuple[int, int], spans: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """Give what asks for nothing to the wish after it, or else to the one before."""
    after = [span for span in spans if span[0] >= piece[1]]
    before = [span for span in spans if span[1] <= piece[0]]
    return min(after) if after else max(before) if before else None


def _replaced(text: str, begin: int, end: int, hidden: Sequence[tuple[int, int, str]]) -> str:
    parts = []
    for first, last, name in hidden:
        if begin <= first and last <= end:
            parts += [text[begin:first], name]
            begin = last
    return "".join([*parts, text[begin:end]])
