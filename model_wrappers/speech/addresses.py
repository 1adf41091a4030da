"""Web and e-mail addresses as people say them."""

import re
from collections.abc import Iterator, Mapping

# Of domains and files, but for those that are English words: "he came in.It was late".
_ENDINGS = """
ai app au biz br ca cc ch cn co com csv de dev doc docx edu es eu fr gov gz html info io jp js json jpg md mp3 mp4 net
nl org pdf pl png pt py ru se sh sql tv txt uk wav xml yaml yml zip
"""
_MAIL = r"(?<![\w.+-])[\w.+-]++@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}"
_WEB = r"(?i:\b(?:https?|ftp)://|\bwww\.)[^\s<>\"]+"
# example.com, report.pdf
_BARE = (
    rf"(?<![\w.@/-])(?:[\w-]{{1,63}}\.){{1,6}}(?:{'|'.join(_ENDINGS.split())})"
    r"(?![\w@]|\.\w)(?:/[^\s<>\"]*)?"
)
_ADDRESS = re.compile(f"{_MAIL}|{_WEB}|{_BARE}")
_SCHEME = re.compile(r"(?i)(?:https?|ftp)://|mailto:")
_PART = re.compile(r"[^\W_]+|[\W_]")
_ENDS_SENTENCE = ".,;:!?)]}'’”*_~"
_SAID_WHOLE = frozenset(("com", "org", "net", "gov", "edu", "biz", "app", "dev", "doc", "zip"))
_VOWELS = frozenset("aeiouyáéíóúäöüàèìòù")


def say_addresses(text: str, words: Mapping[str, str]) -> str:
    """Return a text whose addresses are spelled out; as it is where the marks have no names.

    Args:
        text: One line.
        words: What the marks in addresses are called, e.g. `.`: `dot`.
    """
    return _ADDRESS.sub(lambda found: _said(found[0], words), text) if words else text


def _said(address: str, words: Mapping[str, str]) -> str:
    bare = address.rstrip(_ENDS_SENTENCE)
    return f"{' '.join(_names(_SCHEME.sub('', bare).rstrip('/'), words))}{address[len(bare) :]}"


def _names(address: str, words: Mapping[str, str]) -> Iterator[str]:
    for part in _PART.findall(address):
        if not part.isalnum():
            yield words.get(part, "")
        elif len(part) <= 3 and part.lower() not in _SAID_WHOLE and (len(part) == 2 or not _VOWELS & set(part.lower())):
            yield " ".join(part.upper())
        else:
            yield part
