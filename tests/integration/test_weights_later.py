"""A published model whose weights come while the system runs."""

import httpx
import pytest

from tests.integration.conftest import System, wait_until
from tests.published.checkpoints.kokoro import SAMPLES, build

TEXT = {"text": "Hello."}


def state(client: httpx.Client) -> tuple[str, str | None]:
    models = client.get("/v1/models").json()["data"]
    (found,) = (model for model in models if model["id"] == "unpulled")
    return found["state"], found.get("reason")


def test_a_model_is_used_as_soon_as_its_weights_are_here(system: System) -> None:
    with httpx.Client(base_url=system.running.api_url, timeout=120) as client:
        assert state(client)[0] == "off"
        assert "audiogpt models pull unpulled" in (state(client)[1] or "")
        asked = client.post("/v1/tasks/text-to-speech", json=TEXT, params={"model": "unpulled"})
        assert asked.status_code == 503, asked.text
        assert client.post("/v1/tasks/text-to-speech", json=TEXT).status_code == 200, "others answer for it"
        (system.marks / "kokoro").mkdir()
        build(system.marks / "kokoro")
        wait_until(lambda: state(client)[0] == "live", "its weights")
        answer = client.post("/v1/tasks/text-to-speech", json=TEXT, params={"model": "unpulled"})
        assert answer.status_code == 200, answer.text
        duration_s = (len("həlˈO.") + 2) * SAMPLES / 24_000  # a stretch each phoneme, and both ends
        assert answer.json()["outputs"]["audio"]["duration_s"] == pytest.approx(duration_s, abs=0.01)
