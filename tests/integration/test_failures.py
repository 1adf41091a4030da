import json
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.conftest import PATIENCE_S, PORT, System, wait_until


def chain(*names: str, model: str = "windowed") -> dict[str, Any]:
    """Return a chat body whose plan works through the names one after the other."""
    steps = []
    for position, name in enumerate(names):
        text: Any = name if position == 0 else {"from": f"s{position - 1}.text"}
        steps.append(
            {
                "id": f"s{position}",
                "task": "speech-translation",
                "arguments": {"text": text, "target_language": "es"},
                "model": model,
            }
        )
    return {"plan": {"steps": steps}}


def test_replica_killed_during_a_step_and_the_request_is_still_answered(system: System, http: httpx.Client) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = {"json": chain("killed"), "headers": {"X-Request-Id": "killed"}}
        answer = pool.submit(http.post, "/v1/chat", **asked)
        pid = int(system.wait_for("killed", "started"))
        os.kill(pid, signal.SIGKILL)
        system.release("killed")
        reply = answer.result(timeout=PATIENCE_S).json()
    assert reply["results"][0]["state"] == "done", reply
    attempts = reply["results"][0]["attempts"]
    assert attempts >= 2
    counted = http.get("/v1/usage/requests/killed").json()["calls"]
    assert [call["attempt"] for call in counted] == list(range(1, attempts + 1))
    assert {call["outcome"] for call in counted[:-1]} == {"model_lost"}
    assert (counted[-1]["outcome"], counted[-1]["characters"]) == ("done", len("killed"))
    assert reply["usage"]["calls"] == attempts
    assert int(system.wait_for("killed", "started")) != pid


def test_disconnect_drops_queued_work_stops_running_work_and_starts_nothing_more(
    system: System, http: httpx.Client
) -> None:
    running = Caller(system, chain("running", "running"))
    system.wait_for("running", "started")
    queued = Caller(system, chain("queued"))
    wait_until(lambda: calls_out(http) == 2, "the call that is queued")
    queued.hang_up()
    wait_until(lambda: calls_out(http) == 1, "the end of the request that was queued")
    system.path("running", "started").unlink()
    running.hang_up()
    system.wait_for("running", "stopped")
    system.release("last")
    assert http.post("/v1/chat", json=chain("last")).json()["results"][0]["state"] == "done"
    assert not system.path("queued", "started").exists(), "queued work ran after its caller had gone"
    assert not system.path("running", "started").exists(), "a step started after its caller had gone"


def calls_out(http: httpx.Client) -> int:
    """Return how many calls of the model are out, those that wait with it counted."""
    models = {model["id"]: model for model in http.get("/v1/admin/status").raise_for_status().json()["models"]}
    return sum(models["windowed"]["calls"].values())


class Caller:
    """A client that streams a chat, reads until its first step starts, and can vanish."""

    def __init__(self, system: System, body: dict[str, Any]) -> None:
        content = json.dumps({**body, "stream": True}).encode()
        self._socket = socket.create_connection(("127.0.0.1", PORT), timeout=PATIENCE_S)
        head = "POST /v1/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(content)}"
        self._socket.sendall(head.encode() + b"\r\n\r\n" + content)
        received = b""
        while b"step_started" not in received:
            part = self._socket.recv(65_536)
            assert part, received
            received += part

    def hang_up(self) -> None:
        self._socket.close()


def test_full_queue_is_503_with_retry_after(system: System, http: httpx.Client) -> None:
    body = {"target_language": "es"}
    path = "/v1/tasks/speech-translation?model=narrow"
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(http.post, path, json={**body, "text": f"narrow{i}"}) for i in range(8)]
        refused = wait_until(lambda: [a.result() for a in answers if a.done()], "a refusal")
        system.release(*(f"narrow{i}" for i in range(8)))
        statuses = sorted(answer.result().status_code for answer in answers)
    assert {answer.status_code for answer in refused} <= {503, 200}
    full = next(answer for answer in (a.result() for a in answers) if answer.status_code == 503)
    assert int(full.headers["retry-after"]) >= 1
    assert full.json()["error"]["code"] == "overloaded"
    assert statuses[0] == 200


def test_model_that_refuses_to_load_says_why(http: httpx.Client) -> None:
    body = {"text": "x", "target_language": "es"}
    answer = http.post("/v1/tasks/speech-translation?model=refusing", json=body)
    assert answer.status_code == 503
    assert "put them there" in answer.json()["error"]["message"]


def test_metrics_reach_the_nodes_prometheus_endpoint(system: System, http: httpx.Client) -> None:
    import ray

    assert http.post("/v1/tasks/text-to-speech", json={"text": "Count me."}).is_success
    (node,) = [node for node in ray.nodes() if node["Alive"]]
    url = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"

    def families() -> dict[str, Any]:
        found = {
            family.name: family for family in text_string_to_metric_families(httpx.get(url, timeout=PATIENCE_S).text)
        }
        requests = found["ray_audiogpt_requests"].samples if "ray_audiogpt_requests" in found else []
        counted = {(sample.labels["task"], sample.labels["model"]) for sample in requests}
        return found if ("text-to-speech", "hibari") in counted else {}

    found = wait_until(families, "the metrics of the speech model")
    assert {"ray_audiogpt_run_seconds", "ray_audiogpt_queue_seconds", "ray_audiogpt_batch_size"} <= found.keys()
