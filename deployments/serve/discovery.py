"""Which models are in service, read from what Serve itself knows of its applications."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

import ray
from pydantic import ValidationError
from ray.exceptions import RayError
from ray.serve.context import _get_global_client
from ray.serve.exceptions import RayServeException

from deployments.serve.publishing import Board, PublishedCatalog
from model_wrappers.contract.catalog import Catalog, ModelEntry, ModelState
from router.spec import ConfiguredModels, ModelSpec

logger = logging.getLogger("ray.serve")

REFRESH_S = 2.0
DETAILS_TIMEOUT_S = 10.0
SERVING = ("HEALTHY", "UPSCALING", "DOWNSCALING")  # of a deployment that was up and follows the load
COUNTING = ("ingress", "runner")  # deployments
MODELS_BUILDER = "deployments.builders:models"
MODEL_BUILDERS = {MODELS_BUILDER, "deployments.builders:system"}


def read_catalog(details: Mapping[str, Any]) -> Catalog:
    """Build the catalog from Serve's instance details.

    The models and their arguments come from the configs the applications were deployed with, so that nothing is
    registered twice; their states come from their deployments.

    Args:
        details: The value behind Serve's `GET /api/serve/applications/`.
    """
    entries: list[ModelEntry] = []
    for name, application in details["applications"].items():
        config = application.get("deployed_app_config") or {}
        if config.get("import_path") not in MODEL_BUILDERS:
            continue
        for spec in _specs(name, config.get("args") or {}):
            entry = spec.entry()
            if entry.state == "live" and not entry.card.is_composite:
                state, reason = _state(spec.id, application)
                running = running_replicas(spec.id, application)
                at_once = entry.at_once * max(1, running)
                changes = {"state": state, "reason": reason, "loaded": running > 0, "at_once": at_once}
                entry = entry.model_copy(update=changes)
            version = str((config.get("args") or {}).get("version", ""))
            entries.append(entry.model_copy(update={"application": name, "version": version}))
    return Catalog(models=tuple(entries))


def _specs(application: str, args: Mapping[str, Any]) -> Sequence[ModelSpec]:
    """Return an application's models; none if Serve refused them as well, so that the others stay in service."""
    try:
        return ConfiguredModels.model_validate(args).models
    except ValidationError as exc:
        logger.warning("Application '%s' has models that cannot be read: %s", application, exc)
        return ()


def _state(deployment: str, application: Mapping[str, Any]) -> tuple[ModelState, str | None]:
    found = application["deployments"].get(deployment)
    if found is None:
        if application["status"] in ("DEPLOYING", "NOT_STARTED"):
            return "starting", "its application is being deployed"
        return "off", application.get("message") or f"its application is {application['status']}"
    if found["status"] in SERVING or found["target_num_replicas"] == 0:
        return "live", None  # also without a replica yet: a call waits for the first one
    if any(replica["state"] == "RUNNING" for replica in found["replicas"]):
        return "live", None
    if found["status"] == "DEPLOY_FAILED":
        return "off", found.get("message") or "its replicas failed to start"
    return "starting", found.get("message") or "its replicas are starting"  # also after a crash: Serve replaces them


def running_replicas(deployment: str, application: Mapping[str, Any]) -> int:
    """Return how many replicas of a deployment are running.

    Args:
        deployment: Its name.
        application: What Serve's instance details say of its application.
    """
    found = application["deployments"].get(deployment)
    return sum(replica["state"] == "RUNNING" for replica in found["replicas"]) if found else 0


async def fetch_details() -> Mapping[str, Any]:
    """Ask the Serve controller for its instance details."""
    client: Any = _get_global_client(raise_if_no_controller_running=True)
    # The client's own `get_serve_details` blocks; the actor call behind it can be awaited.
    reference = client._controller.get_serve_instance_details.remote()
    return cast(Mapping[str, Any], await asyncio.wait_for(_await(reference), DETAILS_TIMEOUT_S))


def processes_that_count(details: Mapping[str, Any]) -> int:
    """Return how many replicas of ingresses and runners there may be, all of which count what tenants use.

    Args:
        details: The value behind Serve's `GET /api/serve/applications/`.
    """
    deployments = [
        deployment.get("deployment_config") or {}
        for application in details["applications"].values()
        for name, deployment in (application.get("deployments") or {}).items()
        if name in COUNTING
    ]
    return sum(
        (config.get("autoscaling_config") or {}).get("max_replicas") or config.get("num_replicas") or 1
        for config in deployments
    )


def listens_on() -> str:
    """Return the address that Serve's proxies listen on."""
    client: Any = _get_global_client(raise_if_no_controller_running=True)
    return str(client.http_config.host)


async def _await(reference: "ray.ObjectRef[Any]") -> Any:
    return await reference


class LiveCatalog:
    """The catalog, refreshed in the background, by one process for all; reading it costs nothing."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Mapping[str, Any]]] = fetch_details,
        board: Board | None = None,
        *,
        refresh_s: float = REFRESH_S,
    ) -> None:
        """Start empty; `start` fills it.

        Args:
            fetch: Returns Serve's instance details.
            board: Where one process posts the catalog for all; Ray's own store unless given.
            refresh_s: Seconds between two looks at it.
        """
        self._fetch = fetch
        self._published = PublishedCatalog(self._read, board)
        self._refresh_s = refresh_s
        self._catalog = Catalog()
        self._task: asyncio.Task[None] | None = None

    def __call__(self) -> Catalog:
        """Return the catalog as of the last refresh."""
        return self._catalog

    async def start(self) -> None:
        """Fill the catalog and keep it fresh."""
        self._catalog = await self._read()
        self._task = asyncio.create_task(self._refresh())

    async def _read(self) -> Catalog:
        return read_catalog(await self._fetch())

    async def stop(self) -> None:
        """Stop refreshing."""
        if self._task is not None:
            self._task.cancel()

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(self._refresh_s)
            try:
                self._catalog = await self._published() or self._catalog
            except (RayError, RayServeException, TimeoutError) as exc:
                logger.warning("The catalog could not be refreshed and stays as it is: %s", exc)
            except Exception:  # whatever it was, the next refresh may succeed
                logger.exception("The catalog could not be refreshed and stays as it is")
