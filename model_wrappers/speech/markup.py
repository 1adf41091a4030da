"""Markdown and HTML without their marks, as they would be read aloud."""

import re
from collections.abc import Iterator
from functools import cache
from html import unescape

from markdown_it import MarkdownIt
from markdown_it.token import Token

_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_TAGS = """
a abbr article audio b big blockquote body br break button center cite code dd del details div dl dt em emphasis
figcaption figure footer font form h1 h2 h3 h4 h5 h6 head header hr html i img input ins kbd label li link main mark
meta nav ol option p phoneme pre prosody q s samp say-as section select small source span speak strike strong sub
summary sup svg table tbody td tfoot th thead title tr tt u ul var video voice wbr
"""
_ATTRIBUTE = r"\s+[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>=]+)"
_TAG = re.compile(rf"</?(?P<name>{'|'.join(_TAGS.split())})(?:{_ATTRIBUTE}){{0,20}}\s*/?>", re.IGNORECASE)
_BLOCK_TAG = re.compile(r"(?i:br|p|div|li|h[1-6]|tr|hr|ul|ol|dd|dt|blockquote|section|article)")
_OTHER_TAG = re.compile(r"</?([A-Za-z][\w.-]{0,40})\s*/?>")  # the placeholders people write: <name>
_TASK = re.compile(r"^\[[ xX]\]\s+")
_FOOTNOTE = re.compile(r"\[\^[^\]\s]{1,40}\]:?")


@cache
def _parser() -> MarkdownIt:
    """Return a parser that takes nothing for code by its indentation, and hides no line as a link's target."""
    parser = MarkdownIt("commonmark", {"html": False})
    return parser.enable(["table", "strikethrough"]).disable(["code", "reference"])


def without_markup(text: str) -> list[str]:
    """Return the lines of a text without its marks: headings, items, rows of tables and lines of code are lines.

    The words between the marks stay, of a link its words and of a picture its description.
    """
    lines = "".join(_written(_parser().parse(_without_tags(text)))).split("\n")
    return [plain for line in lines if (plain := line.strip())]


def _without_tags(text: str) -> str:
    text = _HIDDEN.sub(" ", text)
    text = _TAG.sub(lambda tag: "\n" if _BLOCK_TAG.fullmatch(tag["name"]) else "", text)
    return _OTHER_TAG.sub(r" \1 ", text)


def _written(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        match token.type:
            case "inline":
                yield _FOOTNOTE.sub("", _TASK.sub("", "".join(_inside(token.children or []))))
            case "list_item_open" if token.info:
                yield f"{token.info}. "
            case "fence" | "code_block":
                yield f"{token.content}\n"
            case "td_close" | "th_close":
                yield ", "
            case "tr_close" | "paragraph_close" | "heading_close":
                yield "\n"


def _inside(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        match token.type:
            case "text" | "text_special" | "code_inline":
                yield unescape(token.content)
            case "softbreak" | "hardbreak":
                yield "\n"
            case "image":
                yield from _inside(token.children or [])
