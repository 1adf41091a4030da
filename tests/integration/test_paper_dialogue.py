"""The paper's dialogue in one session over HTTP: real models, the offline planner, and what their outputs are."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from audiogpt_cli.machine.example import word_error_rate
from audiogpt_client import AudioGPT
from llm_planner.plans.plan import FromArtifact, PlanOutcome
from model_wrappers.contract.artifacts import ArtifactRef
from router.events import Replied
from tests.integration.conftest import System
from tests.integration.paper import DATA, DURATIONS, GREETING, SAMPLE_RATE, bang, dialogue, short_speech, voices
from tests.model_wrappers.measures import si_sdr_db

Samples = NDArray[np.float32]


@dataclass
class Dialogue:
    """The replies by the names of their rounds, and the client to look at their outputs with."""

    client: AudioGPT
    replies: dict[str, Replied] = field(default_factory=dict)

    def tasks(self, name: str) -> list[str]:
        """Tasks of a round's plan; nothing if it was no plan."""
        outcome = self.replies[name].outcome
        return [step.task for step in outcome.plan.steps] if isinstance(outcome, PlanOutcome) else []

    def arguments(self, name: str) -> dict[str, Any]:
        """Arguments of the only step of a round."""
        outcome = self.replies[name].outcome
        assert isinstance(outcome, PlanOutcome), outcome
        (step,) = outcome.plan.steps
        return dict(step.arguments)

    def named(self, name: str, origin: str = "output") -> list[str]:
        """Names of what came with a round, or was made in it, without texts."""
        rows = self.replies[name].artifacts
        return [row.name for row in rows if row.origin == origin and row.ref.kind != "text"]

    def artifact(self, name: str, path: str = "audio") -> ArtifactRef:
        """What the only step of a round made."""
        (result,) = self.replies[name].results
        assert result.state == "done", result.error
        return result.artifacts[path]

    def samples(self, ref: ArtifactRef) -> Samples:
        """Decode an output, shape `(channels, samples)`."""
        data, _ = soundfile.read(io.BytesIO(self.client.download(ref.id)), dtype="float32", always_2d=True)
        return data.T

    def heard(self, ref: ArtifactRef, **arguments: str) -> str:
        """Write down the words of an output."""
        return str(self.client.run_task("speech-recognition", {"audio": ref.id, **arguments}).outputs["text"])

    def sounds(self, ref: ArtifactRef) -> str:
        """Names of the sounds recognised in an output."""
        events = self.client.run_task("sound-detection", {"audio": ref.id}).outputs["events"]
        return ", ".join(event["label"] for event in events)


@pytest.fixture(scope="module")
def paper(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dialogue]:
    """The whole dialogue, held once."""
    with AudioGPT(system.running.api_url) as client:
        held = Dialogue(client)
        session_id: str | None = None
        for said in dialogue(tmp_path_factory.mktemp("paper")):
            reply = client.chat(said.text, files=said.files, session_id=session_id)
            session_id = reply.session_id
            held.replies[said.name] = reply
        yield held


def test_all_rounds_are_turns_of_one_session(paper: Dialogue) -> None:
    session = paper.client.session(paper.replies["who"].session_id)
    assert [turn.index for turn in session.turns] == list(range(len(paper.replies)))
    assert [turn.reply for turn in session.turns] == [reply.text for reply in paper.replies.values()]


@pytest.mark.parametrize("name", ["who", "what"])
def test_it_says_who_it_is_and_what_is_in_service(paper: Dialogue, name: str) -> None:
    reply = paper.replies[name]
    assert reply.outcome.kind == "chat"
    assert "AudioGPT" in reply.text
    live = [task["summary"] for task in paper.client.tasks() if task["live"]]
    assert len(live) == 16
    assert all(summary in reply.text for summary in live)


def test_music_is_made_for_the_tired(paper: Dialogue) -> None:
    assert paper.tasks("music") == ["text-to-audio"]
    music = paper.artifact("music")
    assert music.duration_s is not None
    assert music.duration_s >= 3
    assert "Music" in paper.sounds(music)


def test_background_sound_has_the_birds_and_the_people(paper: Dialogue) -> None:
    assert paper.tasks("background") == ["text-to-audio"]
    assert paper.tasks("events") == ["sound-detection"]
    assert paper.arguments("events")["audio"] == FromArtifact(artifact=paper.named("background")[0])
    labels = " ".join(event["label"] for event in paper.replies["events"].results[0].outputs["events"])
    assert any(word in labels for word in ("Bird", "bird", "Chirp"))
    assert any(word in labels for word in ("Speech", "Conversation", "Crowd", "Chatter", "Hubbub"))
    assert all(event["label"] in paper.replies["events"].text for event in _events(paper, "events")[:3])


def test_caption_tells_of_the_background_sound(paper: Dialogue) -> None:
    assert paper.tasks("caption") == ["audio-captioning"]
    assert paper.arguments("caption")["audio"] == FromArtifact(artifact=paper.named("background")[0])
    assert "bird" in paper.replies["caption"].results[0].outputs["text"].lower()


def test_greeting_is_spoken_word_for_word(paper: Dialogue) -> None:
    assert paper.tasks("speech") == ["text-to-speech"]
    assert paper.arguments("speech")["text"] == GREETING
    heard = paper.heard(paper.artifact("speech")).replace("AudioGPT", "Audio GPT")
    assert word_error_rate(GREETING, heard) <= 0.2


def test_it_becomes_binaural(paper: Dialogue) -> None:
    assert paper.tasks("binaural") == ["mono-to-binaural"]
    assert paper.arguments("binaural")["audio"] == FromArtifact(artifact=paper.named("speech")[0])
    left, right = paper.samples(paper.artifact("binaural"))
    assert 20 * np.log10(left.std() / right.std()) > 1  # 45 degrees to the left unless asked otherwise


def test_text_is_spoken_in_the_voice_of_the_attached_recording(paper: Dialogue) -> None:
    assert paper.tasks("voice") == ["style-transfer"]
    assert paper.arguments("voice")["reference"] == FromArtifact(artifact=paper.named("voice", "upload")[0])
    result = paper.replies["voice"].results[0]
    assert word_error_rate("here we go", paper.heard(paper.artifact("voice"))) <= 0.34
    assert result.outputs["similarity"] > result.outputs["similarity_before"]


def test_picture_of_a_fire_engine_sounds_like_one(paper: Dialogue) -> None:
    assert paper.tasks("picture") == ["image-to-audio"]
    assert "fire truck" in paper.replies["picture"].results[0].outputs["text"]
    heard = paper.sounds(paper.artifact("picture"))
    assert any(word in heard for word in ("siren", "Siren", "Emergency vehicle", "Vehicle", "Fire engine")), heard


def test_inpainting_asks_for_the_region_and_then_fills_only_that(paper: Dialogue) -> None:
    question = paper.replies["inpaint"]
    assert question.outcome.kind == "clarify"
    assert {"start", "end"} <= set(question.outcome.missing)
    assert paper.tasks("region") == ["audio-inpainting"]
    arguments = paper.arguments("region")
    assert (arguments["start"], arguments["end"]) == (1.2, 1.8)
    assert arguments["audio"] == FromArtifact(artifact=paper.named("inpaint", "upload")[0])
    given, filled = short_speech(), paper.samples(paper.artifact("region"))[0]
    assert filled.shape == given.shape
    start, end = int(1.2 * SAMPLE_RATE), int(1.8 * SAMPLE_RATE)
    outside = np.r_[0 : start - 800, end + 800 : len(given)]
    np.testing.assert_allclose(filled[outside], given[outside], atol=1e-3)
    assert np.abs(filled[start:end] - given[start:end]).max() > 0.01


def test_song_lasts_as_long_as_its_notes(paper: Dialogue) -> None:
    assert paper.tasks("song") == ["singing-synthesis"]
    assert paper.arguments("song")["lyrics"] == "twinkle twinkle little star"
    song = paper.artifact("song")
    assert song.duration_s == pytest.approx(sum(DURATIONS), rel=0.15)
    assert paper.samples(song).std() > 0.01


def test_chinese_lyrics_get_a_clear_answer(paper: Dialogue) -> None:
    reply = paper.replies["chinese"]
    assert paper.tasks("chinese") in ([], ["singing-synthesis"])
    assert paper.named("chinese") == []
    assert "English" in reply.text
    assert "Traceback" not in reply.text


def test_mixture_comes_apart_into_its_two_voices(paper: Dialogue) -> None:
    assert paper.tasks("separate") == ["speech-separation"]
    (result,) = paper.replies["separate"].results
    apart = [paper.samples(result.artifacts[f"speakers.{index}"])[0] for index in range(2)]
    heard = voices()
    mixture = heard.sum(axis=0)[0]
    best = max(_gains(apart, heard, mixture), _gains(apart[::-1], heard, mixture))
    assert best >= 5


def test_english_speech_becomes_spanish_speech(paper: Dialogue) -> None:
    assert paper.tasks("translate") == ["speech-translation"]
    assert paper.arguments("translate")["target_language"] == "es"
    assert paper.arguments("translate")["audio"] == FromArtifact(artifact=paper.named("translate", "upload")[0])
    text = paper.replies["translate"].results[0].outputs["text"]
    heard = paper.heard(paper.artifact("translate"), language="es")
    assert "para considerar" in text
    assert "para considerar" in heard
    assert word_error_rate(text, heard) <= 0.5  # a robotic voice, and a recogniser that is weaker in Spanish


def test_explosive_sound_is_extracted(paper: Dialogue) -> None:
    assert paper.tasks("extract") == ["sound-extraction"]
    assert "Explosion" in paper.replies["extract"].results[0].outputs["matched"]
    mixture, explosion = bang()
    extracted = paper.samples(paper.artifact("extract"))[0]
    assert len(extracted) == len(mixture)
    assert si_sdr_db(extracted, explosion) > si_sdr_db(mixture, explosion) + 2


def test_keyboard_is_found_where_it_is_played(paper: Dialogue) -> None:
    assert paper.tasks("keyboard") == ["target-sound-detection"]
    events = _events(paper, "keyboard")
    assert events
    assert all(4.5 <= event["onset"] < event["offset"] <= 10 for event in events)


def test_noise_is_removed(paper: Dialogue) -> None:
    assert paper.tasks("denoise") == ["speech-enhancement"]
    clean, noisy = (soundfile.read(DATA / f"{name}.flac", dtype="float32")[0] for name in ("speech", "noisy-speech"))
    denoised = paper.samples(paper.artifact("denoise"))[0]
    assert len(denoised) == len(noisy)
    assert si_sdr_db(denoised, clean) > si_sdr_db(noisy, clean) + 3


def test_portrait_speaks_as_long_as_the_audio(paper: Dialogue) -> None:
    assert paper.tasks("portrait") == ["talking-head-synthesis"]
    arguments, uploads = paper.arguments("portrait"), paper.named("portrait", "upload")
    assert {arguments["image"].artifact, arguments["audio"].artifact} == set(uploads)
    video = paper.artifact("portrait", "video")
    assert video.kind == "video"
    assert video.duration_s == pytest.approx(4, abs=0.2)


def _events(paper: Dialogue, name: str) -> list[dict[str, Any]]:
    (result,) = paper.replies[name].results
    assert result.state == "done", result.error
    return list(result.outputs["events"])


def _gains(apart: list[Samples], heard: Samples, mixture: Samples) -> float:
    """Return the mean SI-SDR improvement in dB over the first microphone."""
    pairs = [(found[: len(mixture)], voice[0]) for found, voice in zip(apart, heard, strict=True)]
    return float(np.mean([si_sdr_db(found, voice) - si_sdr_db(mixture, voice) for found, voice in pairs]))
