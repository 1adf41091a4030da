"""Words out of the texts of a MIDI file, in whichever way it separates them."""

from collections.abc import Sequence
from contextlib import suppress

Lyric = tuple[float, str]  # seconds and text
NEW_LINE = ("/", "\\")  # marks of a karaoke file: a new line, a new page
INFORMATION = "@"  # begins what is not sung


def sung_words(lyrics: Sequence[Lyric]) -> dict[float, tuple[str, bool]]:
    """Return syllables by their time, each with whether it ends a word.

    Files separate words in one of two ways: by spaces and line ends inside the texts (RP-017), or by a hyphen behind
    each syllable that another follows.
    """
    texts = [(time_s, unmarked(text)) for time_s, text in lyrics if not text.startswith(INFORMATION)]
    spaced = any(text != text.strip() for _, text in texts if text.strip())
    words: dict[float, tuple[str, bool]] = {}
    for number, (time_s, text) in enumerate(texts):
        following = texts[number + 1][1] if number + 1 < len(texts) else " "
        syllable = text.strip()
        if not syllable.strip("-_"):
            continue  # a note that holds the syllable before it
        hyphened = syllable.endswith("-")
        if spaced:
            ends_word = not hyphened and (text != text.rstrip() or following != following.lstrip())
        else:
            ends_word = not hyphened and not following.startswith("-")
        words[time_s] = (syllable.strip("-"), ends_word)
    return words


def written_words(texts: Sequence[Lyric]) -> dict[float, tuple[str, bool]]:
    """Return the words of a track whose text events are sung, as karaoke files have it; none of any other track."""
    if not any(text.startswith((*NEW_LINE, "@K", "@T", "@L")) for _, text in texts):
        return {}
    return sung_words(texts)


def unmarked(text: str) -> str:
    """Return a text as Unicode, with a space for a mark that begins a line."""
    with suppress(UnicodeDecodeError):  # then it is Latin-1
        text = text.encode("latin1").decode("utf-8")
    return f" {text[1:]}" if text.startswith(NEW_LINE) else text
