"""The OpenAPI document, with what a key must permit for each call."""

from typing import Any

from fastapi import FastAPI

from deployments.api.edge.access import permission_for

SCHEME = "key"
SCHEMES = {
    SCHEME: {
        "type": "http",
        "scheme": "bearer",
        "description": "A key, `agpt_...`, or a person's token, where the server asks for one",
    }
}


def install(app: FastAPI) -> None:
    """Declare the keys in the document of an application."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _declare(plain())
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _declare(document: dict[str, Any]) -> None:
    document.setdefault("components", {})["securitySchemes"] = SCHEMES
    for path, operations in document["paths"].items():
        permission = permission_for(path)
        for operation in operations.values():
            operation["security"] = [] if permission is None else [{SCHEME: []}]
            if permission is not None:
                operation["x-permission"] = permission
