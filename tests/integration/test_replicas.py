"""Replicas that come before they are needed, on real Serve: the first one by the plan, more by the work it holds."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import ray
from prometheus_client.parser import text_string_to_metric_families
from ray import serve

from tests.integration.conftest import PATIENCE_S, System, wait_until
from tests.integration.test_failures import chain

COLD = ("cold-1", "cold-2", "cold-3")
LEFT = ("left-1", "left-2")
TIMEOUT_S = 20.0


def over(models: tuple[str, ...], text: str, language: str = "es") -> dict[str, Any]:
    """Return a plan whose steps, one after the other, each wish for another model."""
    steps = []
    for number, model in enumerate(models):
        arguments = {"text": {"from": f"s{number - 1}.text"} if number else text, "target_language": language}
        steps.append({"id": f"s{number}", "task": "speech-translation", "arguments": arguments, "model": model})
    return {"plan": {"steps": steps}}


def replicas(model: str) -> int:
    """Return how many replicas of a model run."""
    found = serve.status().applications["audiogpt"].deployments[model].replica_states
    return found.get("RUNNING", 0)


def waiting_calls(*models: str) -> list[float]:
    """Return how many calls wait for a replica of each model, as Serve itself counts them."""
    (node,) = [node for node in ray.nodes() if node["Alive"]]
    text = httpx.get(
        f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics", timeout=PATIENCE_S
    ).text
    found = {family.name: family.samples for family in text_string_to_metric_families(text)}
    samples = found.get("ray_serve_deployment_queued_queries", [])
    return [sum(sample.value for sample in samples if sample.labels["deployment"] == model) for model in models]


def test_the_models_of_a_chain_load_while_the_first_one_still_does(system: System, http: httpx.Client) -> None:
    system.release("chained")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(http.post, "/v1/chat", json=over(COLD, "chained"))
        for model in COLD:  # none is released before all have begun
            system.wait_for(f"{model}-load", "started")
        system.release(*(f"{model}-load" for model in COLD))
        results = answer.result(timeout=PATIENCE_S).json()["results"]
    assert [(result["state"], result["model"]) for result in results] == [("done", model) for model in COLD]


def test_a_cancelled_run_leaves_no_call_for_a_model_that_loads(system: System, http: httpx.Client) -> None:
    run = http.post("/v1/runs", json=over(LEFT, "left")).raise_for_status().json()
    wait_until(lambda: all(waiting_calls(*LEFT)), "calls for both models")
    http.delete(f"/v1/runs/{run['id']}").raise_for_status()
    wait_until(lambda: http.get(f"/v1/runs/{run['id']}").json()["state"] == "cancelled", "the run's end")
    wait_until(lambda: not any(waiting_calls(*LEFT)), "the calls to be gone while the models still load")
    assert not any(replicas(model) for model in LEFT)
    system.release(*(f"{model}-load" for model in LEFT))
    assert not system.path("left", "started").exists()


def test_a_preferred_model_that_does_not_come_leaves_time_for_one_that_is_there(
    system: System, http: httpx.Client
) -> None:
    system.release("instead")
    asked = over(("never",), "instead", "la")  # Latin, which only test models take
    answer = http.post("/v1/chat", json={**asked, "timeout_s": TIMEOUT_S}).json()
    (result,) = answer["results"]
    assert (result["state"], result["model"]) == ("done", "windowed")
    system.release("never-load")


def test_planned_work_starts_a_replica_before_the_queue_is_long(system: System, http: httpx.Client) -> None:
    with ThreadPoolExecutor(1) as pool:
        for name in ("measured", "planned"):  # how long one takes is known once the first has run
            answer = pool.submit(http.post, "/v1/chat", json=chain(*(name for _ in range(8)), model="scaled"))
            system.wait_for(name, "started")
            if name == "planned":
                wait_until(lambda: replicas("scaled") == 2, "a second replica")
                status = http.get("/v1/admin/status").raise_for_status().json()
                (calls,) = [model["calls"] for model in status["models"] if model["id"] == "scaled"]
                assert sum(calls.values()) == 1  # which alone would need one
            system.release(name)
            results = answer.result(timeout=PATIENCE_S).json()["results"]
            assert {(result["state"], result["model"]) for result in results} == {("done", "scaled")}
    wait_until(lambda: replicas("scaled") == 1, "the second replica to be stopped")
