"""Hold what an LLM writes to what exists: no text may name an artifact or a file that is not in the session."""

import re
from collections.abc import Iterable

from model_wrappers.contract.sessions import SessionArtifact

_NAME = re.compile(r"\b(?:audio|image|text|video|score|data)-\d+\b", re.IGNORECASE)
_FILE = re.compile(
    r"(?<![\w.-])[\w.-]{1,255}\.(?:wav|flac|mp3|ogg|opus|m4a|webm|aiff?|png|jpe?g|webp|gif|mp4|mov|midi?|musicxml|mxl|txt)\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"\b(?:https?|file|sandbox|s3|data):\S+", re.IGNORECASE)


def invented_names(text: str, artifacts: Iterable[SessionArtifact], given: str = "") -> tuple[str, ...]:
    """Return the artifacts, files and links a text names that do not exist.

    Args:
        text: What was written.
        artifacts: Rows of the session, this turn's included.
        given: Words the writer was given (request, transcripts); what they name may be named again.
    """
    known = given.casefold()
    names: set[str] = set()
    for artifact in artifacts:
        names.add(artifact.name)
        if artifact.file_name:
            known += f"\n{artifact.file_name.casefold()}"
    named = [match for match in _NAME.findall(text) if match.casefold() not in names]
    quoted = [match for match in (*_LINK.findall(text), *_FILE.findall(text)) if match.casefold() not in known]
    return tuple(dict.fromkeys([*named, *quoted]))
