"""docs/http.md, from the API's OpenAPI document."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deployments.api.app import create_app
from deployments.api.services import Services
from llm_planner.planner import Planner
from model_wrappers.contract.catalog import Catalog
from router.artifacts.store import ArtifactStore
from router.in_process import InProcessDispatcher
from router.settings import Settings

TAGS = {
    "chat": "Chat",
    "runs": "Runs",
    "tasks": "Tasks",
    "artifacts": "Artifacts",
    "sessions": "Sessions",
    "usage": "Usage",
    "administration": "Administration",
    "data": "All of one's data",
    "openai": "OpenAI's API",
    "health": "Health",
    "admin": "Administration",
}  # titles, in the order of the page

HEAD = """# HTTP reference

Made from the server's own OpenAPI document by `make tables`; `/docs` on a running server has every schema
and lets you try each call, `/openapi.json` is the document itself. Errors have one shape,
`{"error": {"type", "code", "message", "param", "hint", "request_id"}}`, on [OpenAI's routes](openai-api.md) theirs.

A `POST` that makes something takes an `Idempotency-Key` of its own, drawn at random: sent again within a day, the same
request gets the same answer (with `Idempotent-Replayed: true`) and nothing is done twice; another request under the key
is refused with 422, one that comes while the first is being answered with 409. Errors, and answers over 4 MiB, are not
kept.
"""


def document() -> dict[str, Any]:
    """Return the OpenAPI document of the API over an empty system."""
    from llm_planner.offline import OfflinePlanner

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        artifacts = ArtifactStore.from_settings(settings)
        services = Services.assemble(
            settings,
            artifacts=artifacts,
            dispatcher=InProcessDispatcher([], artifacts),
            planner=Planner(OfflinePlanner()),
            catalog=Catalog,
        )
        return create_app(services).openapi()


def reference(openapi: Mapping[str, Any]) -> str:
    """Return the page: a table for each tag, a line for each call."""
    lines = [HEAD]
    calls = [
        (operation["tags"][0], method.upper(), path, operation)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    ]
    for tag in sorted({call[0] for call in calls}, key=list(TAGS).index):
        lines += [f"## {TAGS[tag]}", "", "| call | what it does | parameters | answers |", "|---|---|---|---|"]
        lines += [_row(*call[1:]) for call in calls if call[0] == tag]
        lines.append("")
    return "\n".join(lines)


def _row(method: str, path: str, operation: Mapping[str, Any]) -> str:
    what = operation.get("description", operation["summary"]).split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
    named = ", ".join(f"`{parameter['name']}`" for parameter in operation.get("parameters", []))
    takes = ", ".join(filter(None, [named, *_bodies(operation)]))
    return f"| `{method} {path}` | {what} | {takes} | {', '.join(sorted(operation['responses']))} |"


def _bodies(operation: Mapping[str, Any]) -> Iterator[str]:
    for media_type in operation.get("requestBody", {}).get("content", {}):
        yield f"body `{media_type}`"
