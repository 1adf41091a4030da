"""A running server: whether it answers, what its models do, and who plans."""

from collections.abc import Iterator, Mapping
from typing import Any

from audiogpt_cli.doctor.findings import Finding
from audiogpt_client import AudioGPT, ServerError

PLANNED = "What can you do?"  # a request that runs nothing


def look_at_server(client: AudioGPT) -> Iterator[Finding]:
    """Yield what a server says of itself.

    Raises:
        ServerError: If it does not answer, or refuses to.
    """
    models = client.models()
    yield Finding(area="server", state="ok", what=f"{client.base_url} answers.")
    yield from _models(models)
    yield _planner(client)


def _models(models: list[dict[str, Any]]) -> Iterator[Finding]:
    own = [model for model in models if model["method"] != "composite"]
    live = [model for model in own if model["state"] == "live"]
    loaded = [model["id"] for model in live if model["loaded"] is not False]
    cold = [model["id"] for model in live if model["loaded"] is False]
    if loaded:
        yield Finding(area="models", state="ok", what=f"{len(loaded)} are in memory: {', '.join(loaded)}.")
    if cold:
        what = f"{len(cold)} are cold, which their first request loads: {', '.join(cold)}."
        yield Finding(area="models", state="ok", what=what)
    if not live:
        yield Finding(area="models", state="missing", what="No model is in service.", how="Read the server's log.")
    yield from (_troubled(model) for model in models if model["state"] != "live")


def _troubled(model: Mapping[str, Any]) -> Finding:
    reason = model["reason"] or "no reason given"
    if model["state"] == "starting":
        return Finding(area="models", state="note", what=f"'{model['id']}' is starting: {reason}.")
    is_licence = "allow_non_commercial" in reason  # off by the operator's choice
    state = "note" if is_licence else "missing"
    what = f"'{model['id']}' is off: {reason}".rstrip(".") + "."
    return Finding(area="models", state=state, what=what, how=None if is_licence else _remedy(reason))


def _remedy(reason: str) -> str:
    """Return the command a reason names, else where to read more."""
    command = reason.partition("run: ")[2]
    return command or "Read the server's log, under the Ray dashboard."


def _planner(client: AudioGPT) -> Finding:
    try:
        planned = client.plan(PLANNED)
    except ServerError as exc:
        return Finding(area="planner", state="missing", what=f"Planning failed: {exc}.", how=exc.hint)
    took = f"in {planned.duration_s:.1f} s"
    if planned.planner == "llm":
        return Finding(area="planner", state="ok", what=f"Its LLM planned {took}.")
    what = f"Its offline planner planned {took}: it has no LLM, or none that answered."
    return Finding(area="planner", state="note", what=what)
