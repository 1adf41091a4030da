"""What a key must permit to reach a part of the API: each is named here, and what is not needs an admin's key."""

from router.principal import Permission

AREAS: dict[str, Permission | None] = {  # None: open to anybody
    "/": None,
    "/healthz": None,
    "/ui": None,
    "/docs": "infer",
    "/openapi.json": "infer",
    "/readyz": "infer",
    "/metrics": "metrics",
    "/mcp": "infer",
    "/v1/admin": "admin",
    "/v1/archives": "artifacts",
    "/v1/artifacts": "artifacts",
    "/v1/audio": "infer",
    "/v1/chat": "infer",
    "/v1/data": "artifacts",
    "/v1/keys": "usage:read",
    "/v1/limits": "infer",
    "/v1/models": "infer",
    "/v1/plans": "infer",
    "/v1/realtime": "infer",
    "/v1/runs": "runs",
    "/v1/sessions": "sessions",
    "/v1/tasks": "infer",
    "/v1/usage": "usage:read",
    "/v1/webhooks": "runs",
}

WORK = {"/mcp", "/v1/audio", "/v1/chat", "/v1/plans", "/v1/tasks"}  # parts whose requests have models at work


BROWSED = ("/docs", "/openapi.json")  # pages that browsers open by themselves: they ask for a key as for a password


def area_of(path: str) -> str:
    """Return the part of the API that a path lies in: its first word, or two below `/v1`."""
    words = path.split("/")
    return "/".join(words[:3] if words[1:2] == ["v1"] else words[:2])


def permission_for(path: str) -> Permission | None:
    """Return what a key must permit, None where none is asked for."""
    return AREAS.get(area_of(path), "admin")


def is_work(method: str, path: str) -> bool:
    """Tell whether a request has models or the planner at work while it is answered."""
    return method == "POST" and area_of(path) in WORK
