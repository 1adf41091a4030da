"""One error shape for every answer that is not a success."""

import errno
import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from llm_planner.plans.results import ErrorInfo
from model_wrappers.contract import errors
from router.validation import worded

logger = logging.getLogger("ray.serve")

STATUSES: dict[type[errors.AudioGPTError], HTTPStatus] = {
    errors.InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnsupportedMedia: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.LimitExceeded: HTTPStatus.TOO_MANY_REQUESTS,
    errors.RequestError: HTTPStatus.BAD_REQUEST,
    errors.PlanError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ModelUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StorageFull: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.StorageUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ModelOverloaded: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ModelLost: HTTPStatus.BAD_GATEWAY,
    errors.WouldMissDeadline: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.DeadlineExceeded: HTTPStatus.GATEWAY_TIMEOUT,
    errors.Cancelled: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ModelError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.AudioGPTError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


class ErrorDetail(ErrorInfo):
    """What is wrong and what to do."""

    request_id: str = Field(description="Quote it to find the request in the log")
    retry_after_s: float | None = Field(default=None, exclude=True, description="Sent as the header Retry-After")


class ErrorBody(BaseModel):
    """The body of every error answer."""

    error: ErrorDetail


ERROR_RESPONSES: dict[int | str, dict[str, object]] = {
    status: {"model": ErrorBody} for status in sorted({int(status) for status in STATUSES.values()})
}


def status_of(error: errors.AudioGPTError) -> HTTPStatus:
    """Return the HTTP status of the nearest class in the tree."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def headers_of(error: errors.AudioGPTError) -> dict[str, str]:
    """Return the headers that say what to do about an error."""
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def error_response(error: errors.AudioGPTError, request_id: str) -> JSONResponse:
    """Render an error of the tree."""
    info = ErrorInfo.of(error)
    body = ErrorBody(error=ErrorDetail(**info.model_dump(), request_id=request_id))
    return JSONResponse(body.model_dump(), status_of(error), headers_of(error))


def install(app: FastAPI) -> None:
    """Answer every kind of error in the one shape."""
    app.add_exception_handler(errors.AudioGPTError, _known)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OSError, _of_system)
    app.add_exception_handler(Exception, _unknown)


def request_id_of(connection: HTTPConnection) -> str:
    """Return the id the request was given on arrival."""
    return str(connection.state.request_id)


def invalid_request(error: RequestValidationError) -> errors.InvalidInput:
    """Return the error of a request that does not fit its route; locations begin with `body`, `query` and so on."""
    return worded(error.errors(), "The request", inside=1)


async def _known(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, errors.AudioGPTError)
    request_id = request_id_of(request)
    log = logger.warning if isinstance(exc, errors.ModelError) else logger.info
    log("%s %s %s: %s [%s]", request.method, _route(request), exc.code, exc.for_log, request_id)
    return error_response(exc, request_id)


def _route(request: Request) -> str:
    """Return the path as the route has it, without the ids of what was asked for."""
    return str(getattr(request.scope.get("route"), "path", "?"))


async def _validation(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, RequestValidationError)
    return error_response(invalid_request(exc), request_id_of(request))


async def _http(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, HTTPException)
    if exc.status_code == HTTPStatus.NOT_FOUND:
        problem: errors.AudioGPTError = errors.NotFound(
            f"No such path: {request.method} {request.url.path}.", hint="The paths are listed at /docs."
        )
        return error_response(problem, request_id_of(request))
    response = error_response(errors.RequestError(str(exc.detail)), request_id_of(request))
    response.status_code = exc.status_code
    response.headers.update(exc.headers or {})
    return response


async def _of_system(request: Request, exc: Exception) -> JSONResponse:
    """Tell of a full disk, as where an upload is kept while it comes; anything else is a failure of ours."""
    if isinstance(exc, OSError) and exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return await _known(
            request, errors.StorageFull("There is no room on the disk for the request; try again later.")
        )
    return await _unknown(request, exc)


async def _unknown(request: Request, exc: Exception) -> JSONResponse:
    request_id = request_id_of(request)
    logger.error("%s %s failed [%s]", request.method, _route(request), request_id, exc_info=exc)
    problem = errors.ModelFailed(
        "The server failed on this request.", hint=f"The operator finds the cause in the log under {request_id}."
    )
    return error_response(problem, request_id)
