"""Mandarin lyrics as the initials and finals that Opencpop's voices sing."""

import re
from collections.abc import Sequence

from model_wrappers.contract.errors import InvalidInput

_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw")
_SYLLABLE = re.compile(rf"({'|'.join(_INITIALS)})?([aeiouv][a-z]*)")
_ROUNDED = ("j", "q", "x", "y")  # after these a written u is spoken v


def mandarin_syllables(lyrics: str) -> list[str]:
    """Return characters as toneless pinyin; pinyin, `AP`, `_` and `|` stay what they are.

    Raises:
        InvalidInput: If something is neither Chinese nor pinyin.
    """
    from pypinyin import lazy_pinyin

    tokens: list[str] = []
    for part in re.findall(r"AP|SP|_|\||[A-Za-zü]+|\S", lyrics):
        if part in ("AP", "SP", "_", "|"):
            tokens.append(part)
        elif re.fullmatch(r"[A-Za-zü]+", part):
            tokens.append(part.lower().replace("ü", "v"))
        elif part.isalpha():
            tokens += lazy_pinyin(part, v_to_u=False)
    return tokens


def phonemes_of(syllable: str) -> Sequence[str]:
    """Return the initial, where there is one, and the final of a syllable.

    Raises:
        InvalidInput: If it is no pinyin.
    """
    match = _SYLLABLE.fullmatch(syllable)
    if match is None:
        raise InvalidInput(
            f"'{syllable}' is no Mandarin syllable; write Chinese characters or pinyin without tones.", param="lyrics"
        )
    initial, final = match.groups()
    if initial in _ROUNDED and final.startswith("u"):
        final = "v" + final[1:]
    return (initial, final) if initial else (final,)
