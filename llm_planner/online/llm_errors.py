"""What the OpenAI client's errors mean here, which of them may pass, and how long to wait for that."""

import time
from email.utils import parsedate_to_datetime

import openai

from model_wrappers.contract.errors import (
    AudioGPTError,
    DeadlineExceeded,
    ModelError,
    ModelFailed,
    ModelOverloaded,
    ModelUnavailable,
)

DEFAULT_WAIT_S = 0.25  # before a retry where the server names no time
DETAIL_CHARACTERS = 300  # of a server's own message
REFUSED_STATUSES = {400, 422, 501}


class ModeRefused(ModelError):
    """The server rejects this form of request; another form may do."""

    code = "mode_refused"


def translate(error: openai.OpenAIError) -> AudioGPTError:
    """Return the error of the project's tree that says who repairs it."""
    if isinstance(error, openai.APITimeoutError):
        return DeadlineExceeded("The LLM did not answer in time.")
    if isinstance(error, openai.APIConnectionError):
        cause = error.__cause__ or error
        return ModelUnavailable(f"The LLM server cannot be reached ({cause}); check that it runs and its base URL.")
    if not isinstance(error, openai.APIStatusError):
        return ModelFailed(f"The LLM client failed: {_detail(error)}")
    status, detail = error.status_code, _detail(error)
    if status in REFUSED_STATUSES:
        return ModeRefused(f"HTTP {status}: {detail}")
    if status == 429:
        return ModelOverloaded(f"The LLM server is too busy: {detail}", retry_after_s=wait_s(error))
    if status == 503:
        return ModelUnavailable(f"The LLM server is not available: {detail}")
    if status >= 500:
        return ModelFailed(f"The LLM server failed with HTTP {status}: {detail}")
    return ModelUnavailable(f"The LLM server answered HTTP {status}: {detail}; check key, model name and base URL.")


def may_recover(error: openai.OpenAIError) -> bool:
    """Tell whether the same request may succeed a little later."""
    if isinstance(error, openai.APIStatusError):
        return error.status_code == 429 or (error.status_code >= 500 and error.status_code not in REFUSED_STATUSES)
    return isinstance(error, openai.APIConnectionError) and not isinstance(error, openai.APITimeoutError)


def wait_s(error: openai.OpenAIError) -> float:
    """Return the seconds to wait before a retry, from `Retry-After` as seconds or as a date."""
    value = error.response.headers.get("retry-after", "") if isinstance(error, openai.APIStatusError) else ""
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return DEFAULT_WAIT_S


def _detail(error: openai.OpenAIError) -> str:
    text = str(getattr(error, "message", error))
    return text if len(text) <= DETAIL_CHARACTERS else text[:DETAIL_CHARACTERS] + "…"
