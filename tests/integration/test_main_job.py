import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import soundfile

from audiogpt_cli.machine.example import MAX_READ_BACK_WER, MAX_WER, REQUEST, word_error_rate
from audiogpt_client import AudioGPT
from router.events import Event, StepEnded, StepProgress
from tests.integration.conftest import ROOT, System

DATA = ROOT / "examples" / "data"
NOISY = DATA / "noisy-speech.flac"
LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")


def test_noisy_speech_is_cleaned_written_down_and_read_back(system: System) -> None:
    events: list[Event] = []
    with AudioGPT(system.running.api_url) as client:
        reply = client.chat(REQUEST, files=[NOISY], on_event=events.append)
        cleaned, written, spoken = reply.results
        assert [result.task for result in reply.results] == [
            "speech-enhancement",
            "speech-recognition",
            "text-to-speech",
        ]
        transcript = written.outputs["text"]
        assert word_error_rate((DATA / "speech.txt").read_text(), transcript) <= MAX_WER
        read_back = client.run_task("speech-recognition", {"audio": spoken.artifacts["audio"].id})
        assert word_error_rate(transcript, read_back.outputs["text"]) <= MAX_READ_BACK_WER
        given = soundfile.info(NOISY)
        clean, rate = soundfile.read(io.BytesIO(client.download(cleaned.artifacts["audio"].id)))
        assert (len(clean), rate) == (given.frames, given.samplerate)
    assert transcript in reply.text
    assert [event.result.id for event in events if isinstance(event, StepEnded)] == ["s1", "s2", "s3"]
    assert any(isinstance(event, StepProgress) for event in events)


def test_spoken_request_is_understood_and_answered_in_speech(system: System, tmp_path: Path) -> None:
    with AudioGPT(system.running.api_url) as client:
        asked = client.run_task("text-to-speech", {"text": "What can you do?"})
        speech = tmp_path / "question.wav"
        speech.write_bytes(client.download(asked.artifacts["audio"].id))
        reply = client.chat(speech=speech)
        assert reply.outcome.kind == "chat"
        assert reply.audio is not None
        heard = client.run_task("speech-recognition", {"audio": reply.audio}).outputs["text"]
        assert word_error_rate(reply.text, heard) < 0.35
        (spoken,) = [artifact for artifact in reply.artifacts if artifact.origin == "speech"]
        assert spoken.ref.kind == "audio"


def test_two_users_at_once_stay_apart(system: System) -> None:
    clips = sorted(LIBRIVOX.glob("*.wav"))[1:3]
    words = ["disposed", "selfish"]

    def user(clip: Path) -> tuple[str, str, set[str]]:
        with AudioGPT(system.running.api_url) as client:
            reply = client.chat("Write down what is said in this recording.", files=[clip])
            again = client.chat("Now read that out loud.", session_id=reply.session_id)
            assert again.results[0].state == "done", again.results
            session = client.session(reply.session_id)
            return reply.results[0].outputs["text"], reply.session_id, {row.ref.id for row in session.artifacts}

    with ThreadPoolExecutor(2) as pool:
        (first, first_session, first_ids), (second, second_session, second_ids) = pool.map(user, clips)
    assert words[0] in first
    assert words[1] in second
    assert first_session != second_session
    assert not first_ids & second_ids


def test_one_session_cannot_use_artifacts_of_another(http: httpx.Client) -> None:
    files = [("files", ("clip.flac", NOISY.read_bytes()))]
    first = http.post("/v1/chat", data={"text": "Remove the noise from this recording."}, files=files).json()
    theirs = first["results"][0]["artifacts"]["audio"]["id"]
    step = {"id": "a", "task": "speech-recognition", "arguments": {"audio": {"artifact": theirs}}}
    answer = http.post("/v1/chat", json={"plan": {"steps": [step]}})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_plan"


@pytest.mark.parametrize(
    ("target", "status"),
    [("es", 422), ("en", 200)],
)
def test_translation_says_which_language_it_cannot_do(http: httpx.Client, target: str, status: int) -> None:
    clip = sorted(LIBRIVOX.glob("*.wav"))[1].read_bytes()
    answer = http.post(
        "/v1/tasks/speech-translation?model=whisper-base",
        data={"target_language": target},
        files={"audio": ("a.wav", clip)},
    )
    assert answer.status_code == status, answer.text
