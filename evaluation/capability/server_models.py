"""The models of a running server, over its HTTP API."""

import time
from types import TracebackType
from typing import Any, Self

import httpx

from evaluation.capability.exchange import arguments_of, response_of
from evaluation.capability.items import Answer
from llm_planner.plans.results import StepResult
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.catalog import ModelCard, ModelEntry
from model_wrappers.contract.errors import InvalidInput, ModelFailed, ModelUnavailable, NotFound
from model_wrappers.contract.media import Medium
from model_wrappers.contract.tasks import get_task
from model_wrappers.contract.tasks.base import TaskRequest

TIMEOUT = httpx.Timeout(1_800.0, connect=5.0)  # seconds
CLIENT_ERRORS = range(400, 500)
UNAVAILABLE = 503


class ServerModels:
    """Models behind a URL; their memory cannot be told from here."""

    def __init__(self, url: str) -> None:
        """Connect lazily."""
        self._http = httpx.Client(base_url=url.rstrip("/"), timeout=TIMEOUT)

    def __enter__(self) -> Self:
        """Use the models in a `with` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._http.close()

    def answer(self, task: str, request: TaskRequest, model: str | None) -> Answer:
        """Answer one request.

        Raises:
            InvalidInput: If the server refuses it.
            ModelUnavailable: If no model can be reached.
            ModelFailed: If the server fails.
        """
        arguments = arguments_of(request, self._upload)
        started = time.perf_counter()
        answered = self._call("POST", f"/v1/tasks/{task}", params={"model": model} if model else {}, json=arguments)
        run_s = time.perf_counter() - started
        result = StepResult.model_validate(answered.json())
        return Answer(response_of(get_task(task), result.outputs, self._download), result.model or "", run_s)

    def describe(self, model: str) -> ModelEntry:
        """Return what a model declares of itself."""
        for row in self._call("GET", "/v1/models").json()["data"]:
            if row["id"] == model:
                card = {name: row[name] for name in ModelCard.model_fields}
                return ModelEntry(id=model, wrapper="", card=ModelCard.model_validate(card), state=row["state"])
        raise NotFound(f"The server has no model '{model}'.", param="model")

    def _upload(self, medium: Medium) -> str:
        data, _ = medium.encode()
        return str(self._call("POST", "/v1/artifacts", content=data).json()["id"])

    def _download(self, reference: ArtifactRef) -> bytes:
        return self._call("GET", f"/v1/artifacts/{reference.id}").content

    def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **options)
        except httpx.HTTPError as exc:
            raise ModelUnavailable(f"No answer from {self._http.base_url}: {exc or type(exc).__name__}.") from exc
        if response.is_success:
            return response
        try:
            message = str(response.json()["error"]["message"])
        except (ValueError, KeyError, TypeError):
            message = response.text[:500]
        if response.status_code in CLIENT_ERRORS:
            raise InvalidInput(message)
        raise (ModelUnavailable if response.status_code == UNAVAILABLE else ModelFailed)(message)
