"""The production config on a cluster of several nodes: its parts, and what losses and roll-outs cost."""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from benchmarks.outages.audit import Audit
from benchmarks.outages.load import Chain, Load
from model_wrappers.contract.audio import Audio
from tests.nodes.config import model_application
from tests.nodes.site import BUCKET, TENANT, Site, wait_until

SERVICES = ("ingress", "planner", "runner")
ON_GPU = ("whisper-large-v3", "espnet-conv-tasnet", "fastspeech2")
RUNS = int(os.environ.get("AUDIOGPT_TEST_RUNS", "20"))  # under each load
MOST = 8  # replicas of the model that is scaled
AT_ONCE = {  # what Serve's autoscaling waits for
    "upscale_delay_s": 0,
    "downscale_delay_s": 1,
    "downscale_to_zero_delay_s": 1,
    "look_back_period_s": 2,
    "metrics_interval_s": 1,
}
PATIENT_S = 60.0
SPOKEN = {"steps": [{"id": "s1", "task": "text-to-speech", "arguments": {"text": "What is kept."}}]}


@pytest.fixture(scope="module")
def audit(cluster: Site) -> Iterator[Audit]:
    watching = Audit(cluster.database.url, TENANT)
    yield watching
    watching.close()


def run_task(http: httpx.Client, task: str, model: str, **arguments: Any) -> dict[str, Any]:
    answer = http.post(f"/v1/tasks/{task}", params={"model": model}, json=arguments)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def run_new(http: httpx.Client, model: str, text: str) -> dict[str, Any]:
    """Have a model speak that was deployed just now; each ingress comes to know it a moment later."""

    def known() -> httpx.Response | None:
        answer = http.post("/v1/tasks/text-to-speech", params={"model": model}, json={"text": text})
        return None if answer.status_code == httpx.codes.NOT_FOUND else answer

    answer: httpx.Response = wait_until(known, f"an ingress to know {model}")
    assert answer.status_code == httpx.codes.OK, answer.text
    return dict(answer.json())


def lost(chains: list[Chain], audit: Audit) -> dict[int, tuple[str, ...]]:
    """Return what is wrong with runs, by the database's own account and by what their followers were told."""
    verdicts = {chain.number: audit.judge(chain.run_id, chain.word) for chain in chains}
    untold = {chain.number: ("its follower missed events",) for chain in chains if not chain.told_in_order}
    return untold | {number: v.lost + v.duplicated for number, v in verdicts.items() if v.lost or v.duplicated}


async def load_during(cluster: Site, happening: Callable[[Load], Awaitable[None]]) -> tuple[Load, Counter[int]]:
    """Start runs while something happens, ask for single tasks all the time, and return once every run has ended.

    The statuses are those of the single tasks, which are asked for again until they are answered.
    """
    load = Load(cluster.api_url, dict(cluster.http.headers))
    statuses: Counter[int] = Counter()
    over = asyncio.Event()
    asking = asyncio.create_task(_ask(cluster, statuses, over))
    try:
        await happening(load)
        await load.ended()
    finally:
        over.set()
        await asking
    return load, statuses


async def _ask(cluster: Site, statuses: Counter[int], over: asyncio.Event) -> None:
    async with httpx.AsyncClient(base_url=cluster.api_url, headers=cluster.http.headers, timeout=PATIENT_S) as http:
        while not over.is_set() or not statuses[httpx.codes.OK]:
            body = {"text": f"Request {statuses.total()}"}
            answer = await http.post("/v1/tasks/text-to-speech", params={"model": "fastspeech2"}, json=body)
            statuses[answer.status_code] += 1


def test_every_part_is_where_it_belongs(cluster: Site) -> None:
    for service in SERVICES:
        assert sorted(cluster.replicas(service)) == ["cpu-1", "cpu-2"]
    for model in ON_GPU:
        assert cluster.replicas(model) == ["t4"]
    assert cluster.replicas("deepfilternet3")[0].startswith("cpu")


def test_audio_made_on_one_node_is_read_on_another(cluster: Site) -> None:
    assert cluster.replicas("fastspeech2") != cluster.replicas("deepfilternet3")
    made = run_task(cluster.http, "text-to-speech", "fastspeech2", text="Made beside a GPU.")["artifacts"]["audio"]
    halved = run_task(cluster.http, "speech-enhancement", "deepfilternet3", audio=made["id"])["artifacts"]["audio"]
    sounds = [Audio.decode(cluster.http.get(f"/v1/artifacts/{each['id']}").content) for each in (made, halved)]
    np.testing.assert_allclose(sounds[1].waveform, sounds[0].waveform / 2, atol=1e-4)
    stored = {Path(path).name for path in cluster.bucket.find(f"{BUCKET}/artifacts/{TENANT}")}
    assert {made["id"], halved["id"]} <= stored
    assert not list(cluster.folder.glob("**/artifacts"))


async def test_node_that_dies_under_load_loses_nothing_that_was_accepted(cluster: Site, audit: Audit) -> None:
    async def dying(load: Load) -> None:
        with cluster.holding("apertium"):
            for number in range(RUNS):
                await load.start(number)
            await asyncio.to_thread(cluster.kill_node, "cpu-1")
        for number in range(RUNS, RUNS + 5):
            await load.start(number)

    load, statuses = await load_during(cluster, dying)
    assert lost(load.chains, audit) == {}
    assert statuses.keys() <= {200, 502, 503}
    cluster.add_node("cpu-3", "cpu")
    for service in SERVICES:
        wait_until(lambda service=service: sorted(cluster.replicas(service)) == ["cpu-2", "cpu-3"], f"two of {service}")


async def test_roll_out_under_load_loses_nothing(cluster: Site, audit: Audit) -> None:
    for name, group in (("cpu-4", "cpu"), ("t4-2", "t4")):  # as the autoscaler does for successors that find no node
        cluster.add_node(name, group)
    names = (*SERVICES, *ON_GPU, "deepfilternet3")
    before = {name: cluster.replicas(name, "replica_id") for name in names}

    async def rolling_out(load: Load) -> None:
        deploying = asyncio.create_task(asyncio.to_thread(cluster.deploy_version, "2"))
        number = 1_000
        while not deploying.done() or number < 1_000 + RUNS:
            await load.room(MOST)
            await load.start(number)
            number += 1
        await deploying

    load, statuses = await load_during(cluster, rolling_out)
    assert lost(load.chains, audit) == {}
    assert statuses.keys() <= {200, 503}
    for name in names:
        assert not set(before[name]) & set(cluster.replicas(name, "replica_id")), name


def test_model_scales_from_one_to_eight_and_back_to_none(cluster: Site) -> None:
    def deploy(least: int) -> None:
        bounds = {"min_replicas": least, "max_replicas": MOST, "target_ongoing_requests": 1}
        cluster.deploy_beside(model_application("scaled", cluster.folder, AT_ONCE | bounds))

    def grown(asked: list[Future[dict[str, Any]]]) -> bool:
        failed = [each.exception() for each in asked if each.done()]
        assert not failed, f"answered, or not, instead of waiting: {failed}"
        return len(cluster.replicas("scaled")) == MOST

    deploy(1)
    assert len(cluster.replicas("scaled")) == 1
    with ThreadPoolExecutor(2 * MOST) as callers:
        with cluster.holding("scaled"):
            asked = [callers.submit(run_new, cluster.http, "scaled", f"{number}") for number in range(2 * MOST)]
            wait_until(lambda: grown(asked), f"{MOST} replicas")
        assert all(each.result()["artifacts"] for each in asked)
    deploy(0)
    wait_until(lambda: not cluster.replicas("scaled"), "none")
    assert run_new(cluster.http, "scaled", "again")["artifacts"]


def test_backup_is_restored_as_the_page_says(cluster: Site) -> None:
    kept = cluster.http.post("/v1/chat", json={"plan": SPOKEN}).json()
    with cluster.holding("fastspeech2"):
        run = cluster.http.post("/v1/runs", json={"plan": SPOKEN}).json()["id"]
        wait_until(lambda: cluster.http.get(f"/v1/runs/{run}").json()["state"] == "running", "the run's begin")
        cluster.back_up()
    later = cluster.http.post("/v1/chat", json={"plan": SPOKEN}).json()
    cluster.lose_and_restore()
    session = cluster.http.get(f"/v1/sessions/{kept['session_id']}").json()
    assert [turn["reply"] for turn in session["turns"]] == [kept["text"]]
    (sound,) = [each["id"] for each in kept["results"][0]["artifacts"].values()]
    assert Audio.decode(cluster.http.get(f"/v1/artifacts/{sound}").content).waveform.any()
    assert cluster.http.get(f"/v1/sessions/{later['session_id']}").status_code == 404
    wait_until(lambda: cluster.http.get(f"/v1/runs/{run}").json()["state"] == "done", "the run that was in work")
