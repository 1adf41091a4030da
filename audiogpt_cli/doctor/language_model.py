"""The LLM that the environment configures."""

import httpx

from audiogpt_cli.doctor.findings import Finding
from llm_planner.online.settings import VARIABLES, llm_settings
from model_wrappers.contract.errors import InvalidInput

ASKED_S = 10.0


def look_at_llm() -> Finding:
    """Ask the LLM's server whether it is there and has the model."""
    try:
        settings = llm_settings()
    except InvalidInput as exc:
        return _missing(exc.message, f"Correct {exc.param}.")
    if settings is None:
        advice = f"Set {VARIABLES['base_url']} and {VARIABLES['model']} to have one plan."
        return Finding(area="llm", state="note", what="No LLM is configured: the offline planner plans.", how=advice)
    headers = {"Authorization": f"Bearer {settings.api_key.get_secret_value()}"}
    who = f"The LLM at {settings.base_url}"
    try:
        answer = httpx.get(f"{settings.base_url.rstrip('/')}/models", headers=headers, timeout=ASKED_S)
        answer.raise_for_status()
        known = [model["id"] for model in answer.json()["data"]]
    except httpx.HTTPStatusError as exc:
        status = exc.response.status_code
        return _missing(f"{who} answers with status {status}.", f"Check {VARIABLES['api_key']} and the address.")
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as exc:
        advice = f"Start it, or correct {VARIABLES['base_url']}; until then the offline planner plans."
        return _missing(f"{who} does not answer: {exc or type(exc).__name__}.", advice)
    if settings.model not in known:
        advice = f"Set {VARIABLES['model']} to one of: {', '.join(known) or 'none'}."
        return _missing(f"{who} has no model '{settings.model}'.", advice)
    return Finding(area="llm", state="ok", what=f"{who} is there and has '{settings.model}'.")


def _missing(what: str, how: str) -> Finding:
    return Finding(area="llm", state="missing", what=what, how=how)
