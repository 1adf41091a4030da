"""`/v1/admin/status`: why a request is slow, in figures and in sentences."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Literal

from fastapi import APIRouter
from prometheus_client.core import Metric as Family
from pydantic import BaseModel, ConfigDict, Field

from deployments.api.services import ServicesOf
from model_wrappers.contract.catalog import ModelEntry
from router.events import RunInfo
from router.records.census import RunCensus, count_runs
from router.standing import Standing

router = APIRouter(tags=["admin"])

MIB = 2**20
GPU_USED, GPU_FREE = "ray_node_gram_used", "ray_node_gram_available"  # Ray's own, in MiB
GPU_FULL = 0.95
LONG_WAIT_S = 30.0


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class ModelStatus(_Part):
    """One model: its replicas, and the calls to it wherever they wait."""

    id: str
    tasks: tuple[str, ...]
    state: Literal["live", "starting", "cold"] = Field(description="cold: the next call loads it first")
    replicas: int = Field(description="Loaded, of those that answered")
    at_once: int = Field(description="Calls its replicas run at once")
    calls: dict[str, int] = Field(description="Calls that are out, by tenant, the most first")
    waiting: int = Field(description="Calls of these that must wait for others")
    mean_run_s: float | None = Field(description="Seconds a call ran in the model of late; None while unknown")
    expected_wait_s: float | None = Field(description="Seconds until a call that comes now runs; None while unknown")
    load_s: float | None = Field(description="Seconds the slowest replica took to load; None while none is loaded")
    gpu_reserved_mib: int = Field(description="GPU memory its replicas hold")


class RunsStatus(_Part):
    """The runs that have not ended."""

    queued: dict[str, int] = Field(description="By tenant")
    running: dict[str, int] = Field(description="By tenant")
    oldest_queued_s: float
    stale: int = Field(description="Running ones whose process has fallen silent; others take them over")


class GpuStatus(_Part):
    """One GPU of a node."""

    node: str
    index: str
    used_mib: float
    total_mib: float


class Status(_Part):
    """How busy the system is."""

    slow_because: tuple[str, ...] = Field(description="What a request may wait for now, in words; empty if nothing")
    models: tuple[ModelStatus, ...] = Field(description="Those in service, the busiest first")
    off: dict[str, str] = Field(description="Models that are not, and why")
    runs: RunsStatus
    going_on: tuple[RunInfo, ...] = Field(description="Runs that have not ended, the newest first, 200 at most")
    gpus: tuple[GpuStatus, ...]


@router.get("/v1/admin/status")
async def status(services: ServicesOf) -> Status:
    """Tell what requests wait for: queues by model and tenant, models to be loaded, runs, GPU memory."""
    standing, census, going_on, families = await asyncio.gather(
        services.standing(),
        asyncio.to_thread(count_runs, services.database),
        asyncio.to_thread(services.runs.going_on),
        services.figures.families((GPU_USED, GPU_FREE)),
    )
    catalog = services.catalog()
    models = [model_status(entry, standing) for entry in catalog.models if entry.in_service]
    models.sort(key=lambda model: (-model.waiting, -sum(model.calls.values())))
    gpus = tuple(gpu_status(families))
    return Status(
        slow_because=(*_models_wait(models), *_runs_wait(census), *_gpus_are_full(gpus)),
        models=tuple(models),
        off={entry.id: entry.reason or "" for entry in catalog.models if not entry.in_service},
        runs=RunsStatus(**vars(census)),
        going_on=going_on,
        gpus=gpus,
    )


def model_status(entry: ModelEntry, standing: Standing) -> ModelStatus:
    """Return what all processes together know of a model."""
    replicas = [replica for replica in standing.replicas if replica.model == entry.id]
    calls, mean_run_s = standing.calls(entry.id), standing.mean_run_s(entry.id)
    total = sum(calls.values())
    cold = entry.loaded is False
    load_s = max((replica.load_s for replica in replicas), default=None)
    turns = total // entry.at_once  # of others, before a call that comes now
    return ModelStatus(
        id=entry.id,
        tasks=entry.card.tasks,
        state="cold" if cold and entry.state == "live" else "starting" if entry.state == "starting" else "live",
        replicas=len(replicas),
        at_once=entry.at_once,
        calls=calls,
        waiting=max(0, total - entry.at_once),
        mean_run_s=mean_run_s,
        expected_wait_s=None if cold else 0.0 if turns == 0 else None if mean_run_s is None else turns * mean_run_s,
        load_s=load_s,
        gpu_reserved_mib=sum(replica.gpu_memory.get("reserved", 0) for replica in replicas) // MIB,
    )


def gpu_status(families: Mapping[str, Family]) -> Iterator[GpuStatus]:
    """Yield the GPUs that the nodes tell of."""
    used, free = (
        {(s.labels.get("ip", ""), s.labels.get("GpuIndex", "")): s.value for s in families[name].samples}
        if name in families
        else {}
        for name in (GPU_USED, GPU_FREE)
    )
    for (node, index), used_mib in sorted(used.items()):
        total_mib = used_mib + free.get((node, index), 0.0)
        yield GpuStatus(node=node, index=index, used_mib=used_mib, total_mib=total_mib)


def _models_wait(models: list[ModelStatus]) -> Iterator[str]:
    for model in models:
        whose = ", ".join(f"{tenant} {count}" for tenant, count in model.calls.items())
        if model.state == "starting" or (model.state == "cold" and model.calls):
            yield f"Model '{model.id}' is being loaded; calls that wait for it: {whose or 'none'}."
        elif model.waiting:
            wait = "" if model.expected_wait_s is None else f", a new one for about {model.expected_wait_s:.0f} s"
            yield f"Model '{model.id}' runs {model.at_once} calls at once and {model.waiting} wait{wait} ({whose})."


def _runs_wait(census: RunCensus) -> Iterator[str]:
    if census.queued and census.oldest_queued_s > LONG_WAIT_S:
        whose = ", ".join(f"{tenant} {count}" for tenant, count in census.queued.items())
        yield f"Runs wait for a runner, the first for {census.oldest_queued_s:.0f} s ({whose})."
    if census.stale:
        yield f"{census.stale} runs have lost their process and wait to be taken over."


def _gpus_are_full(gpus: tuple[GpuStatus, ...]) -> Iterator[str]:
    for gpu in gpus:
        if gpu.total_mib and gpu.used_mib / gpu.total_mib > GPU_FULL:
            yield f"GPU {gpu.index} of node {gpu.node} has {gpu.total_mib - gpu.used_mib:,.0f} MiB of memory left."
