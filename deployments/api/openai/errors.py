"""Errors in OpenAI's shape and with its status codes, for the routes its clients call."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from deployments.api.errors import headers_of, invalid_request, status_of
from model_wrappers.contract import errors

PATHS = ("/v1/audio/", "/v1/chat/completions", "/v1/models")

OWN_STATUSES: dict[type[errors.AudioGPTError], HTTPStatus] = {
    errors.InvalidInput: HTTPStatus.BAD_REQUEST,
    errors.UnsupportedMedia: HTTPStatus.BAD_REQUEST,
    errors.PlanError: HTTPStatus.BAD_REQUEST,
}
KINDS: dict[HTTPStatus, tuple[str, str | None]] = {  # status -> OpenAI's type and code
    HTTPStatus.UNAUTHORIZED: ("invalid_request_error", "invalid_api_key"),
    HTTPStatus.FORBIDDEN: ("invalid_request_error", "permission_denied"),
    HTTPStatus.TOO_MANY_REQUESTS: ("requests", "rate_limit_exceeded"),
}
CODES: dict[type[errors.AudioGPTError], str] = {
    errors.Unauthenticated: "invalid_api_key",
    errors.Forbidden: "permission_denied",
    errors.InvalidInput: "invalid_value",
    errors.UnsupportedMedia: "invalid_file_format",
    errors.TooLarge: "content_too_large",
}


class OpenAIError(BaseModel):
    """What is wrong, in OpenAI's words."""

    message: str
    type: str = Field(description="invalid_request_error, requests or server_error")
    param: str | None = None
    code: str | None = None


class OpenAIErrorBody(BaseModel):
    """The body of every error answer on these routes."""

    error: OpenAIError


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": OpenAIErrorBody} for status in (400, 401, 404, 409, 413, 422, 429, 500, 502, 503, 504)
}


class OpenAIRoute(APIRoute):
    """A route whose errors have OpenAI's shape."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def handle_as_openai(request: Request) -> Response:
            try:
                return await handle(request)
            except errors.AudioGPTError as exc:
                return error_response(exc)
            except RequestValidationError as exc:
                return error_response(invalid_request(exc))
            except HTTPException as exc:
                return http_error_response(exc)

        return handle_as_openai


def describe(error: errors.AudioGPTError) -> OpenAIError:
    """Return an error of the tree in OpenAI's shape."""
    message = f"{error.message} {error.hint}" if error.hint else error.message
    if not isinstance(error, (errors.RequestError, errors.PlanError)):
        return OpenAIError(message=message, type="server_error", code=error.code)
    if isinstance(error, errors.LimitExceeded):
        kind, code = KINDS[HTTPStatus.TOO_MANY_REQUESTS]
        return OpenAIError(message=message, type=kind, param=error.param, code=code)
    code = next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), error.code)
    if isinstance(error, errors.NotFound) and error.param == "model":
        code = "model_not_found"
    return OpenAIError(message=message, type="invalid_request_error", param=error.param, code=code)


def error_response(error: errors.AudioGPTError) -> JSONResponse:
    """Render an error of the tree."""
    status = next((OWN_STATUSES[kind] for kind in type(error).__mro__ if kind in OWN_STATUSES), status_of(error))
    return JSONResponse(OpenAIErrorBody(error=describe(error)).model_dump(), status, headers_of(error))


def http_error_response(error: HTTPException) -> JSONResponse:
    """Render an error raised as a status, such as a missing key or an exhausted quota."""
    status = HTTPStatus(error.status_code)
    kind, code = KINDS.get(status, ("server_error" if status >= 500 else "invalid_request_error", None))
    body = OpenAIErrorBody(error=OpenAIError(message=str(error.detail), type=kind, code=code))
    return JSONResponse(body.model_dump(), status, error.headers)
