"""Every line of the examples, run as a reader would run it."""

import io
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from audiogpt_cli.machine.example import word_error_rate
from audiogpt_client import AudioGPT
from llm_planner.plans.results import StepResult
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.visual import Video
from tests.integration.conftest import LIMIT_S, ROOT, System

EXAMPLES = ROOT / "examples"
PAGES = sorted(path for path in EXAMPLES.glob("*.md") if path.name != "README.md")
DEFAULT_URL = "http://127.0.0.1:8000"
BLOCK = re.compile(r"```(sh|python)\n(.*?)\n```", re.DOTALL)
SPEECH = Audio.decode((EXAMPLES / "data" / "speech.flac").read_bytes())
WORDS = (EXAMPLES / "data" / "speech.txt").read_text()

Check = Callable[[StepResult, AudioGPT], None]


def sound(result: StepResult, client: AudioGPT, name: str = "audio") -> Audio:
    return Audio.decode(client.download(result.artifacts[name].id))


def transcribed(result: StepResult, client: AudioGPT) -> None:
    assert word_error_rate(WORDS, result.outputs["text"]) <= 0.1
    assert result.outputs["segments"][-1]["end"] == pytest.approx(SPEECH.duration_s, abs=1.0)


def translated(result: StepResult, client: AudioGPT) -> None:
    assert result.outputs["text"] == "Es un bello día hoy, ¿verdad?"


def said_in_the_voice(result: StepResult, client: AudioGPT) -> None:
    assert result.outputs["similarity"] > result.outputs["similarity_before"]
    heard = client.run_task("speech-recognition", {"audio": result.artifacts["audio"].id}).outputs["text"]
    assert word_error_rate("Please remember the documents.", heard) <= 0.25


def cleaned(result: StepResult, client: AudioGPT) -> None:
    noisy = Audio.decode((EXAMPLES / "data" / "noisy-speech.flac").read_bytes()).mono()
    clean = sound(result, client).mono()

    def correlation(samples: np.ndarray) -> float:
        return float(np.corrcoef(samples, SPEECH.mono())[0, 1])

    assert correlation(clean) > correlation(noisy) + 0.05


def separated(result: StepResult, client: AudioGPT) -> None:
    texts = [
        client.run_task("speech-recognition", {"audio": result.artifacts[f"speakers.{k}"].id}).outputs["text"].lower()
        for k in (0, 1)
    ]
    assert sorted(("dashwood" in text, "platform" in text) for text in texts) == [(False, True), (True, False)]


def to_the_left(result: StepResult, client: AudioGPT) -> None:
    left, right = sound(result, client).waveform.std(axis=1)
    assert 20 * np.log10(left / right) > 5


def filled(result: StepResult, client: AudioGPT) -> None:
    samples, gap = sound(result, client).mono(), slice(48_000, 48_640)
    assert np.array_equal(np.delete(samples, np.s_[gap]), np.delete(SPEECH.mono(), np.s_[gap]))
    assert np.abs(samples[gap]).max() > 0


def crow_alone(result: StepResult, client: AudioGPT) -> None:
    levels = [part.std() for part in np.split(sound(result, client).mono(), [40_000, 104_000])]
    assert levels[0] > 3 * max(levels[1:])


def three_sounds(result: StepResult, client: AudioGPT) -> None:
    onsets = {event["label"]: event["onset"] for event in result.outputs["events"]}
    drum = dict.fromkeys(("Music", "Percussion", "Drum"), 3.0)  # which kind of drumming is a guess, and not told
    assert onsets == pytest.approx({"Caw": 0.5, **drum, "Burping, eructation": 7.0}, abs=0.2)


def roll_found(result: StepResult, client: AudioGPT) -> None:
    (event,) = result.outputs["events"]
    assert event["onset"] == pytest.approx(3.0, abs=0.2)


def film(result: StepResult, client: AudioGPT) -> None:
    video = Video.decode(client.download(result.artifacts["video"].id))
    assert video.duration_s == pytest.approx(SPEECH.duration_s, abs=0.1)


def spoken(result: StepResult, client: AudioGPT) -> None:
    heard = client.run_task("speech-recognition", {"audio": result.artifacts["audio"].id}).outputs["text"]
    assert word_error_rate("Welcome to the show.", heard) <= 0.25


def birds_and_people(result: StepResult, client: AudioGPT) -> None:
    found = client.run_task("sound-detection", {"audio": result.artifacts["audio"].id}).outputs["events"]
    labels = {event["label"] for event in found}
    assert any("ird" in label or "hirp" in label for label in labels)
    assert any("peech" in label or "onversation" in label or "arration" in label for label in labels)


def described(result: StepResult, client: AudioGPT) -> None:
    assert re.search("crow|caw", result.outputs["text"], re.IGNORECASE)
    assert "drum" in result.outputs["text"]


def meows(result: StepResult, client: AudioGPT) -> None:
    assert "cat" in result.outputs["text"]
    assert sound(result, client).duration_s == pytest.approx(3.0, abs=0.01)


def sung(result: StepResult, client: AudioGPT) -> None:
    heard = client.run_task("speech-recognition", {"audio": result.artifacts["audio"].id}).outputs["text"]
    assert word_error_rate("Twinkle twinkle little star", heard) <= 0.5
    assert 4.0 <= sound(result, client).duration_s < 4.7


CHECKS: dict[str, Check] = {
    "speech-recognition": transcribed,
    "speech-translation": translated,
    "style-transfer": said_in_the_voice,
    "speech-enhancement": cleaned,
    "speech-separation": separated,
    "mono-to-binaural": to_the_left,
    "audio-inpainting": filled,
    "sound-extraction": crow_alone,
    "sound-detection": three_sounds,
    "target-sound-detection": roll_found,
    "talking-head-synthesis": film,
    "text-to-speech": spoken,
    "text-to-audio": birds_and_people,
    "audio-captioning": described,
    "image-to-audio": meows,
    "singing-synthesis": sung,
}


def lines(page: Path) -> dict[str, str]:
    return dict(BLOCK.findall(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_line_for_the_shell_answers_right(system: System, page: Path) -> None:
    command = lines(page)["sh"].replace(DEFAULT_URL, system.running.api_url)
    shell = ["bash", "-c", command.replace("curl ", "curl --silent --show-error --fail-with-body ", 1)]
    done = subprocess.run(shell, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with AudioGPT(system.running.api_url) as client:
        CHECKS[page.stem](StepResult.model_validate(json.loads(done.stdout)), client)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_line_for_python_answers_right(system: System, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with AudioGPT(system.running.api_url) as client:
        result = eval(lines(page)["python"], {"AudioGPT": lambda: client, "Path": Path})
        CHECKS[page.stem](result, client)


def test_pictures_of_a_result_are_fetched_as_the_readme_says(system: System) -> None:
    with AudioGPT(system.running.api_url) as client:
        result = client.run_task("text-to-speech", {"text": "Hello."})
        picture = client.picture(result.artifacts["audio"].id)
    from PIL import Image

    assert Image.open(io.BytesIO(picture)).size[0] == 800
