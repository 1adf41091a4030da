"""Answers to requests that reach no route, in the shape their path's clients read."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from deployments.api.edge.access import BROWSED
from deployments.api.errors import error_response
from deployments.api.openai import errors as openai_errors
from model_wrappers.contract.errors import AudioGPTError, Unauthenticated

POLICY_VIOLATION = 1008  # WebSocket close code


async def refuse(error: AudioGPTError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request with an error and let the connection end: the rest of its body is not read."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": error.message[:100]})
        return
    response = _response(error, scope)
    if isinstance(error, Unauthenticated) and scope["path"] in BROWSED:
        response.headers["WWW-Authenticate"] = 'Basic realm="AudioGPT Serve: the key is the password", charset="UTF-8"'
    response.headers["connection"] = "close"
    await response(scope, receive, send)


def _response(error: AudioGPTError, scope: Scope) -> Response:
    if scope["path"].startswith(openai_errors.PATHS):
        return openai_errors.error_response(error)
    return error_response(error, scope["state"]["request_id"])
