"""Chains over at least five tasks, from words to results."""

import pytest

from audiogpt_cli.machine.example import word_error_rate
from audiogpt_client import AudioGPT
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.visual import Video
from router.events import Replied
from tests.integration.conftest import ROOT, System

DATA = ROOT / "examples" / "data"
SPEECH_CHAIN = (
    "Remove the noise from this recording, write down what is said, translate the text into Spanish, "
    "read the translation aloud in Spanish, and place that speech 90 degrees to my left."
)
SPEECH_TASKS = ["speech-enhancement", "speech-recognition", "speech-translation", "text-to-speech", "mono-to-binaural"]
SOUND_PLAN = {
    "steps": [
        {"id": "s1", "task": "text-to-audio", "arguments": {"text": "rain falling", "duration": 6}},
        {"id": "s2", "task": "audio-inpainting", "arguments": {"audio": {"from": "s1.audio"}, "start": 2, "end": 2.03}},
        {"id": "s3", "task": "sound-extraction", "arguments": {"audio": {"from": "s2.audio"}, "target": "rain"}},
        {
            "id": "s4",
            "task": "target-sound-detection",
            "arguments": {"audio": {"from": "s3.audio"}, "target": "rain"},
        },
        {"id": "s5", "task": "audio-captioning", "arguments": {"audio": {"from": "s3.audio"}}},
        {"id": "s6", "task": "text-to-speech", "arguments": {"text": {"from": "s5.text"}}},
        {"id": "s7", "task": "talking-head-synthesis", "arguments": {"audio": {"from": "s6.audio"}}},
    ]
}


def spelled(text: str) -> str:
    """Return a text letter by letter: "Rain falls" sounds like "rainfalls"."""
    return " ".join(filter(str.isalnum, text))


def outputs(reply: Replied) -> dict[str, dict]:
    assert [result.state for result in reply.results] == ["done"] * len(reply.results), reply.results
    return {result.task: result.outputs for result in reply.results}


def test_five_speech_tasks_run_one_after_the_other_from_words(system: System) -> None:
    with AudioGPT(system.running.api_url) as client:
        reply = client.chat(SPEECH_CHAIN, files=[DATA / "noisy-speech.flac"])
        assert [result.task for result in reply.results] == SPEECH_TASKS
        found = outputs(reply)
        placed = Audio.decode(client.download(reply.results[-1].artifacts["audio"].id))
        again = client.run_task("speech-recognition", {"audio": reply.results[-1].artifacts["audio"].id})
    assert word_error_rate((DATA / "speech.txt").read_text(), found["speech-recognition"]["text"]) <= 0.1
    assert found["speech-translation"]["language"] == "es"
    assert again.outputs["language"] == "es"
    left, right = placed.waveform.std(axis=1)
    assert left > 1.5 * right


def test_seven_sound_and_face_tasks_run_as_planned(system: System) -> None:
    import httpx

    answer = httpx.post(f"{system.running.api_url}/v1/chat", json={"plan": SOUND_PLAN}, timeout=500)
    assert answer.status_code == 200, answer.text
    results = {row["id"]: row for row in answer.json()["results"]}
    assert {row["state"] for row in results.values()} == {"done"}, results
    assert "rain" in results["s5"]["outputs"]["text"].lower()
    assert results["s4"]["outputs"]["events"]
    with AudioGPT(system.running.api_url) as client:
        heard = client.run_task("speech-recognition", {"audio": results["s6"]["artifacts"]["audio"]["id"]})
        film = Video.decode(client.download(results["s7"]["artifacts"]["video"]["id"]))
    said, read = (spelled(text) for text in (results["s5"]["outputs"]["text"], heard.outputs["text"]))
    assert word_error_rate(said, read) <= 0.25
    assert film.duration_s == pytest.approx(results["s6"]["artifacts"]["audio"]["duration_s"], abs=0.1)
