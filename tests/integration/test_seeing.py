"""What operators see of the real system: every graph and alert has its figures, one trace crosses all processes."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.monitoring.alerts import ALERTS
from scripts.monitoring.dashboards import DASHBOARDS, dashboard_json, queries
from tests.integration.conftest import System, wait_until
from tests.integration.llm import ScriptedLLM
from tests.integration.prometheus import PROGRAM, Prometheus, gpu_node, prometheus
from tests.integration.spans import SpanReceiver
from tests.llm_planner.llm_server import Streamed, error, says
from tests.router.conversing import speak, translate, written

SPEECH = Path(__file__).parents[2] / "examples" / "data" / "speech.flac"
ENDED = 'ray_audiogpt_runs_ended_total{outcome="done"}'


@pytest.fixture
def watched(system: System, tmp_path: Path) -> Iterator[Prometheus]:
    """Prometheus that reads the system's node, and one with a GPU."""
    if PROGRAM is None:
        pytest.skip("needs Debian's package prometheus")
    import ray

    (node,) = [node for node in ray.nodes() if node["Alive"]]
    own = f"{node['NodeManagerAddress']}:{node['MetricsExportPort']}"
    with gpu_node() as gpu, prometheus(tmp_path, [own, gpu]) as running:
        yield running


def use_everything(http: httpx.Client, llm: ScriptedLLM) -> None:
    """Do a bit of everything that is measured."""
    assert http.post("/v1/tasks/text-to-speech", json={"text": "Count me."}).is_success
    assert not http.post(
        "/v1/tasks/speech-translation?model=refusing", json={"text": "x", "target_language": "es"}
    ).is_success
    with SPEECH.open("rb") as file:
        heard = http.post("/v1/chat", data={"text": "Write down what is said"}, files={"files": file}).json()
    assert heard["results"][0]["state"] == "done"
    (uploaded,) = [each["ref"]["id"] for each in heard["artifacts"] if each["origin"] == "upload"]
    for _ in range(2):
        assert http.get(f"/v1/artifacts/{uploaded}/picture").is_success
    run = http.post("/v1/runs", json={"text": 'Read this aloud: "Good morning."'}).json()["id"]
    wait_until(lambda: http.get(f"/v1/runs/{run}").json()["state"] == "done", "the end of the run")
    llm.script(Streamed([written(speak("s1", "Hello."))]), says("Done."))
    said = http.post("/llm/v1/chat", json={"text": 'Read this aloud: "Hello."'}).json()
    assert said["results"][0]["id"] == "s1", said
    llm.script(error(401))
    assert http.post("/llm/v1/chat", json={"text": 'Read this aloud: "Good evening."'}).is_success


def test_every_query_of_dashboards_and_alerts_returns_something(
    http: httpx.Client, llm: ScriptedLLM, watched: Prometheus
) -> None:
    asked = [query for each in DASHBOARDS for query in queries(json.loads(dashboard_json(each)))]
    asked += [alert.value for alert in ALERTS]
    use_everything(http, llm)
    before = watched.wait_for(f"sum({ENDED})", "the first figures")[0]["value"][1]
    use_everything(http, llm)  # a rate takes two looks at a series that grew between them
    watched.wait_for(f"sum({ENDED}) > {before}", "further figures")
    empty = set(asked)

    def all_returned() -> bool:
        empty.difference_update([query for query in empty if watched.ask(query)])
        return not empty

    try:
        wait_until(all_returned, "all queries")
    except AssertionError:
        raise AssertionError(f"nothing is returned by: {sorted(empty)}") from None


def test_metrics_are_those_of_the_whole_system(http: httpx.Client) -> None:
    assert http.post("/v1/tasks/text-to-speech", json={"text": "Count me too."}).is_success

    def text() -> str:
        read = http.get("/metrics").text
        return read if 'model="hibari"' in read else ""

    read = wait_until(text, "the speech model's figures at the ingress")
    assert 'ray_audiogpt_nodes_read{answered="true"} 1' in read
    assert "ray_node_mem" not in read
    assert read.count("# TYPE ray_audiogpt_http_requests_total") == 1


def test_status_tells_what_a_request_waits_for(system: System, http: httpx.Client) -> None:
    names = [f"status-{secrets.token_hex(4)}" for _ in range(2)]
    with httpx.Client(base_url=system.running.api_url, timeout=120) as other:
        runs = [
            other.post("/v1/runs", json={"plan": {"steps": [translate("s1", name, "windowed")]}}).json()["id"]
            for name in names
        ]
        try:

            def waiting() -> dict[str, Any]:
                answer = http.get("/v1/admin/status")
                assert answer.is_success, answer.text
                found = answer.json()
                models = {model["id"]: model for model in found["models"]}
                return found if models["windowed"]["calls"] == {"default": 2} else {}

            found = wait_until(waiting, "two calls of the model")
        finally:
            system.release(*names)
        for run in runs:
            wait_until(lambda run=run: other.get(f"/v1/runs/{run}").json()["state"] == "done", "the end of a run")
    (windowed,) = [model for model in found["models"] if model["id"] == "windowed"]
    assert (windowed["state"], windowed["waiting"]) == ("live", 1)
    assert any("'windowed'" in reason and "default 2" in reason for reason in found["slow_because"])
    assert found["runs"]["running"] == {"default": 2}


def test_one_trace_crosses_all_processes(
    system: System, http: httpx.Client, llm: ScriptedLLM, spans: SpanReceiver
) -> None:
    name, trace, caller = f"traced-{secrets.token_hex(4)}", secrets.token_hex(16), secrets.token_hex(8)
    system.release(name)
    llm.script(Streamed([written(translate("s1", name, "windowed"))]), says("Done."))
    answer = http.post(
        "/llm/v1/chat", json={"text": "Translate it"}, headers={"traceparent": f"00-{trace}-{caller}-01"}
    )
    assert answer.json()["results"][0]["state"] == "done"
    root = "POST /v1/chat"
    expected = {
        "plan": root, "planner": "plan", "llm": "planner", "step": root,
        "attempt": "step", "model": "attempt", "queue": "model", "batch": "model",
    }  # fmt: skip

    def whole() -> dict[str, Any]:
        found = spans.of_trace(trace)
        return (
            found
            if {root, "plan", "planner", "llm", "step", "attempt", "model", "queue", "batch"} <= found.keys()
            else {}
        )

    found = wait_until(whole, "the spans of all processes")
    service = {name: made[0][0] for name, made in found.items()}
    span = {name: made[0][1] for name, made in found.items()}
    assert (service[root], service["planner"], service["model"]) == (
        "audiogpt-ingress",
        "audiogpt-planner",
        "audiogpt-model",
    )
    assert {each.parent_span_id.hex() for _, each in found[root]} == {caller}
    by_id = {each.span_id: each for made in found.values() for _, each in made}

    def above(child: Any) -> str:
        """Return the name of the span that one is part of, those that FastAPI makes in between left out."""
        parent = by_id[child.parent_span_id]
        return above(parent) if parent.name.startswith("fastapi.") else parent.name

    assert {child: above(span[child]) for child in expected} == expected
