"""Quoted text and file names, taken out of a request before anybody looks for commands in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LABEL = (
    r"(?:(?:say|says|saying|read|reads|reading|speak|pronounce|announce|narrate|recite|utter|tell|synthesi[sz]e|"
    r"text|lyrics?|words?|"
    r"sentence|line|phrase|following|message|script|paragraph|announcement|translate|translation|sing|goes|"
    r"called)\b(?:(?!QUOTE)[^:.!?\n]){0,60}?"
    r"|(?<!from )(?<!of )(?<!with )(?:voice|speech|this|that|it|aloud|out loud|tts|binaural|french|spanish|"
    r"german|italian|chinese|english)\b)"
)
_FOLLOWS = r"then|after(?:wards?)?|next|now|finally|and then|please|also|make|turn|convert|put|with|use|using"
_QUOTES = re.compile(
    r"\"([^\"]+)\"|“([^“”]+)”|«([^«»]+)»|„([^„“”]+)[“”]|「([^「」]+)」|`([^`]+)`"
    r"|(?<![\w])['‘]((?:[^'’]|['’](?=\w)){1,1000})['’](?!\w)"
    r"|(?P<typed>(?P<kind>QUOTE|FILE)\d+)"
)
_FILE = re.compile(
    r"(?<![\w/.~-])[\w./~-]{0,200}[\w-]\.(wav|mp3|flac|ogg|opus|m4a|webm|aac|png|jpe?g|gif|bmp|webp|mid|midi|"
    r"musicxml|mxl|xml|"
    r"mp4|mov)\b",
    re.IGNORECASE,
)
_COLON = re.compile(
    rf"\b{_LABEL} ?: (?!QUOTE)(?P<content>[^\n]+?)"
    rf"(?= ?(?:[.!?] (?:{_FOLLOWS})\b|[,;]? (?:and then|then) \w|[,;.]? (?:on |with |and )?(?:the )?"
    r"(?:notes?|durations?|pitch(?:es)?|melody|lengths?)\b|[.!?]{0,3}(?:\n|$)))",
    re.IGNORECASE,
)
_MELODY = re.compile(r"(?:[A-G](?:#|b)?\d\b[\s,|-]*){2,}")
_PARENTHESIS = re.compile(r"\([^()]*\)")
_BLOCK = re.compile(rf"\b{_LABEL} ?:? ?\n(?!QUOTE)(?P<content>.+)$", re.IGNORECASE | re.DOTALL)
_PLACEHOLDER = re.compile(r"(QUOTE|FILE)(\d+)")
IMAGE_SUFFIXES = frozenset({"png", "jpg", "jpeg", "gif", "bmp", "webp"})
SCORE_SUFFIXES = frozenset({"mid", "midi", "musicxml", "mxl", "xml"})


@dataclass(frozen=True)
class Masked:
    """A request whose quotes read QUOTE0, QUOTE1 and whose file names read FILE0, FILE1."""

    text: str
    quotes: tuple[str, ...]
    files: tuple[str, ...]

    def quotes_in(self, clause: str) -> tuple[str, ...]:
        """Return the quoted texts a part of the request mentions, in order."""
        return tuple(self.quotes[int(m[2])] for m in _PLACEHOLDER.finditer(clause) if m[1] == "QUOTE")

    def files_in(self, clause: str) -> tuple[str, ...]:
        """Return the file names a part of the request mentions, in order."""
        return tuple(self.files[int(m[2])] for m in _PLACEHOLDER.finditer(clause) if m[1] == "FILE")

    def restore(self, clause: str) -> str:
        """Put quotes (without their marks) and file names back."""
        return _restored(clause, self.quotes, self.files)

    def plain(self, clause: str) -> str:
        """Name what the placeholders stand for, so that a sentence encoder can read the clause."""
        return _PLACEHOLDER.sub(lambda m: '"..."' if m[1] == "QUOTE" else _noun(self.files[int(m[2])]), clause)


def tidy(text: str) -> str:
    """Return a text without runs of blanks and without empty lines."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def mask(text: str) -> Masked:
    """Replace what is quoted, and what follows a colon as text to speak, by placeholders."""
    quotes: list[str] = []
    files: list[str] = []

    def keep_quote(match: re.Match[str]) -> str:
        if typed := match["typed"]:  # looks like a placeholder: gets one, so that it stands for nothing else
            kept = quotes if match["kind"] == "QUOTE" else files
            kept.append(typed)
            return f"{match['kind']}{len(kept) - 1}"
        quotes.append(next(group for group in match.groups() if group is not None).strip())
        return f" QUOTE{len(quotes) - 1} "

    def keep_file(match: re.Match[str]) -> str:
        files.append(_restored(match[0], quotes, files))
        return f"FILE{len(files) - 1}"

    def keep_content(match: re.Match[str]) -> str:
        if _MELODY.match(match["content"]) or re.match(
            r"\A(?:(?:first|then)\b.*\b|[a-z]+ )QUOTE\d", match["content"], re.IGNORECASE
        ):
            return match[0]
        quotes.append(_restored(match["content"].strip(" .,;"), quotes, files))
        before = match[0][: match.start("content") - match.start()]
        return before.replace("\n", " ") + f" QUOTE{len(quotes) - 1} "

    masked = _QUOTES.sub(keep_quote, _PARENTHESIS.sub(lambda m: m[0].replace(";", ","), tidy(text)))
    masked = _FILE.sub(keep_file, masked)
    masked = _BLOCK.sub(keep_content, masked)
    masked = _COLON.sub(keep_content, tidy(masked))
    masked = tidy(masked).replace(" ,", ",").replace(" .", ".").strip()
    return Masked(masked, tuple(quotes), tuple(files))


def _restored(text: str, quotes: Sequence[str], files: Sequence[str]) -> str:
    return _PLACEHOLDER.sub(lambda m: (quotes if m[1] == "QUOTE" else files)[int(m[2])], text)


def _noun(file_name: str) -> str:
    suffix = file_name.rsplit(".", 1)[-1].lower()
    if suffix in IMAGE_SUFFIXES:
        return "the picture"
    return "the score" if suffix in SCORE_SUFFIXES else "the recording"
