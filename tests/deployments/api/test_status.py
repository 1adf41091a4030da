import asyncio
from collections.abc import Mapping
from dataclasses import replace

import httpx
import pytest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.core import Metric as Family

from deployments.api.app import create_app
from deployments.api.services import Services
from deployments.api.status import GPU_FREE, GPU_USED, gpu_status, model_status
from model_wrappers.contract.catalog import ModelEntry
from router.standing import CallerStanding, ReplicaStanding, Standing
from tests.router.models import GATES


def entry(**changes: object) -> ModelEntry:
    from router.spec import ModelSpec

    return ModelSpec(id="m", wrapper="tests.router.models:Echo").entry().model_copy(update=changes)


def test_calls_are_summed_over_all_that_wait_for_them() -> None:
    callers = (
        CallerStanding("p1", {"m": {"ann": 1, "bob": 5}}, {"m": 2.0}),
        CallerStanding("p2", {"m": {"ann": 2}}, {"m": 4.0}),
    )
    found = model_status(entry(loaded=True, at_once=4), Standing(callers, (ReplicaStanding("m", "n1", 7.0),)))
    assert found.calls == {"bob": 5, "ann": 3}
    assert (found.waiting, found.mean_run_s, found.expected_wait_s) == (4, 3.0, 6.0)
    assert (found.replicas, found.load_s, found.state) == (1, 7.0, "live")


@pytest.mark.parametrize(("changes", "state"), [({"loaded": False}, "cold"), ({"state": "starting"}, "starting")])
def test_models_that_must_be_loaded_first_say_so(changes: dict[str, object], state: str) -> None:
    assert model_status(entry(**changes), Standing()).state == state


def test_memory_of_gpus_is_read_from_the_nodes() -> None:
    families: dict[str, Family] = {}
    for name, size_mib in ((GPU_USED, 15_000.0), (GPU_FREE, 360.0)):
        family = families[name] = GaugeMetricFamily(name, "GPU", labels=["ip", "GpuIndex"])
        family.add_metric(["10.0.0.7", "0"], size_mib)
    (gpu,) = gpu_status(families)
    assert (gpu.node, gpu.index, gpu.used_mib, gpu.total_mib) == ("10.0.0.7", "0", 15_000.0, 15_360.0)


class OneFullGpu:
    """Figures of a system with one GPU."""

    async def text(self) -> bytes:
        return b""

    async def families(self, names: tuple[str, ...]) -> Mapping[str, Family]:
        found = {name: GaugeMetricFamily(name, "GPU", labels=["ip", "GpuIndex"]) for name in names}
        found[GPU_USED].add_metric(["10.0.0.7", "0"], 15_000.0)
        found[GPU_FREE].add_metric(["10.0.0.7", "0"], 360.0)
        return found


async def test_status_says_in_words_what_a_request_waits_for(services: Services) -> None:
    app = create_app(replace(services, figures=OneFullGpu()))
    body = {"text": "x", "target_language": "es"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        waiting = [
            asyncio.create_task(client.post("/v1/tasks/speech-translation?model=patient", json=body)) for _ in range(3)
        ]
        async with asyncio.timeout(30):
            while services.executor.lines.counts().get("patient") != (1, 2):  # noqa: ASYNC110  # nobody tells of it
                await asyncio.sleep(0.01)
        found = (await client.get("/v1/admin/status")).json()
        GATES["api"].set()
        await asyncio.gather(*waiting)
        after = (await client.get("/v1/admin/status")).json()
    assert found["models"][0]["id"] == "patient"
    assert (found["models"][0]["calls"], found["models"][0]["waiting"]) == ({"default": 3}, 2)
    assert "Model 'patient'" in found["slow_because"][0]
    assert "default 3" in found["slow_because"][0]
    assert "GPU 0 of node 10.0.0.7 has 360 MiB" in found["slow_because"][-1]
    assert "demanding" in found["off"]
    assert after["slow_because"] == [found["slow_because"][-1]]
