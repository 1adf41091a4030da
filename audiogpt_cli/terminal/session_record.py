"""The sessions this user opened from the terminal; a session's id is its key, so the server lists none."""

import os
from datetime import UTC, datetime
from pathlib import Path

import platformdirs
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from model_wrappers.contract.errors import InvalidInput

MAX_SESSIONS = 100
MAX_REQUEST_CHARACTERS = 80
LAST = "last"
ID_DIGITS = 32


class RecordedSession(BaseModel):
    """One session and how it began."""

    model_config = ConfigDict(frozen=True)

    id: str
    server: str
    request: str
    used: datetime


_RECORD = TypeAdapter(list[RecordedSession])


def record_path() -> Path:
    """Return the file of the record: under `AUDIOGPT_STATE`, or the user's state folder."""
    folder = os.environ.get("AUDIOGPT_STATE")
    return (Path(folder) if folder else platformdirs.user_state_path("audiogpt")) / "sessions.json"


def recorded() -> list[RecordedSession]:
    """Return the known sessions, the latest first; a record that cannot be read counts as empty."""
    try:
        return _RECORD.validate_json(record_path().read_bytes())
    except (FileNotFoundError, ValidationError):
        return []


def remember(session_id: str, server: str, request: str) -> None:
    """Put a session at the front; the first request names it."""
    known = {session.id: session for session in recorded()}
    before = known.pop(session_id, None)
    name = before.request if before else request[:MAX_REQUEST_CHARACTERS]
    newest = RecordedSession(id=session_id, server=server, request=name, used=datetime.now(UTC))
    _write([newest, *known.values()][:MAX_SESSIONS])


def forget(session_id: str) -> None:
    """Drop a session from the record."""
    _write([session for session in recorded() if session.id != session_id])


def find(session: str | None, server: str) -> str | None:
    """Return the id that `--session` names: `last` is the one used last on this server, a prefix one that begins so.

    Raises:
        InvalidInput: If several sessions begin with a prefix.
    """
    here = [known.id for known in recorded() if known.server == server]
    if session == LAST:
        return next(iter(here), None)
    if session is None or len(session) == ID_DIGITS:
        return session
    found = [known for known in here if known.startswith(session)]
    if len(found) > 1:
        raise InvalidInput(f"{len(found)} sessions begin with '{session}'; give more of the id.", param="session")
    return found[0] if found else session


def _write(sessions: list[RecordedSession]) -> None:
    path = record_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    temporary.touch(mode=0o600)  # ids are keys
    temporary.write_bytes(_RECORD.dump_json(sessions))
    temporary.replace(path)
