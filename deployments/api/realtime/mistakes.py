"""A client's mistakes, by the codes that OpenAI's clients look for."""

from typing import Any

from pydantic import ValidationError

from deployments.api.openai.errors import describe
from model_wrappers.contract.errors import AudioGPTError, InvalidInput

BUFFER_EMPTY = "input_audio_buffer_commit_empty"
NOTHING_TO_CANCEL = "response_cancel_not_active"
ANSWERING_ALREADY = "conversation_already_has_active_response"
MISSING, UNKNOWN, WRONG_TYPE = "missing_required_parameter", "unknown_parameter", "invalid_type"
WRONG = "invalid_value"
CODES = {"missing": MISSING, "union_tag_not_found": MISSING, "extra_forbidden": UNKNOWN}


class ClientMistake(InvalidInput):
    """Something the client sent cannot be done; `realtime_code` says what in OpenAI's words."""

    realtime_code: str | None = None

    @classmethod
    def of(cls, code: str, message: str) -> "ClientMistake":
        """Return the mistake of a code."""
        mistake = cls(message)
        mistake.realtime_code = code
        return mistake


def misfit(error: ValidationError, told: InvalidInput) -> ClientMistake:
    """Return what pydantic found wrong, as told in the project's words, with the code of what is wrong first."""
    kind = error.errors(include_url=False)[0]["type"]
    mistake = ClientMistake.of(CODES.get(kind, WRONG_TYPE if kind.endswith("_type") else WRONG), told.message)
    mistake.param, mistake.hint = told.param or ("type" if "tag" in kind else None), told.hint
    return mistake


def described(error: AudioGPTError, event_id: str | None) -> dict[str, Any]:
    """Return an error as the `error` event tells it."""
    body = {**describe(error).model_dump(), "event_id": event_id}
    code = getattr(error, "realtime_code", None)
    return body | ({"code": code} if code else {})
