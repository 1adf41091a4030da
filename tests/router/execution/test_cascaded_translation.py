"""Speech and text into other languages, spoken too, with the real models in the catalog's order."""

from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from llm_planner.plans.results import StepResult
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionResponse
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from model_wrappers.embedded.cascaded_translation import CascadedTranslation
from router.artifacts.store import ArtifactStore
from router.events import Event, StepProgress
from router.execution.selection import choose
from router.in_process import InProcessDispatcher
from router.spec import ModelSpec
from tests.router.dispatching import TENANT, scope
from tests.router.scripted import executing

SPECS = (
    ModelSpec(id="whisper-base", wrapper="model_wrappers.embedded.whisper:Whisper"),
    ModelSpec(id="apertium", wrapper="model_wrappers.embedded.apertium:Apertium"),
    ModelSpec(id="cascaded-translation", wrapper="model_wrappers.embedded.cascaded_translation:CascadedTranslation"),
    ModelSpec(id="hibari", wrapper="model_wrappers.embedded.hibari:Hibari"),
    ModelSpec(id="espeak-ng", wrapper="model_wrappers.embedded.espeak_ng:EspeakNG"),
)
RECORDING = ArtifactRef(
    tenant="default", id="a" * 64, kind="audio", media_type="audio/wav", size_bytes=1, duration_s=5.0, channels=1
)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    entries = tuple(spec.entry() for spec in SPECS)
    assert [entry.reason for entry in entries if entry.state == "off"] == []
    return Catalog(models=entries)


class System:
    """The models behind an executor."""

    def __init__(self, store: ArtifactStore, catalog: Catalog) -> None:
        self.store, self.catalog = store, catalog
        self.events: list[Event] = []
        self.dispatcher = InProcessDispatcher(SPECS, store)

    async def run(self, task: str, **arguments: Any) -> StepResult:
        executor = executing(self.dispatcher, self.catalog, self.store)
        return await executor.execute_task(task, arguments, scope(), emit=self.events.append)

    async def heard(self, result: StepResult, language: str) -> str:
        answer = await self.run("speech-recognition", audio=result.artifacts["audio"], language=language)
        return str(answer.outputs["text"])


@pytest.fixture
async def system(store: ArtifactStore, catalog: Catalog) -> AsyncIterator[System]:
    system = System(store, catalog)
    yield system
    await system.dispatcher.close()


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        ({"audio": RECORDING, "target_language": "en"}, "whisper-base"),
        ({"audio": RECORDING, "target_language": "en", "speak": True}, "cascaded-translation"),
        ({"audio": RECORDING, "target_language": "es"}, "cascaded-translation"),
        ({"audio": RECORDING, "target_language": "es", "speak": True}, "cascaded-translation"),
        ({"text": "Hello.", "target_language": "es"}, "apertium"),
        ({"text": "Hola.", "target_language": "en"}, "apertium"),
        ({"text": "Hello.", "target_language": "es", "speak": True}, "cascaded-translation"),
    ],
)
def test_each_request_goes_to_the_model_made_for_it(catalog: Catalog, arguments: dict[str, Any], first: str) -> None:
    request = SpeechTranslationRequest.model_validate(arguments)
    assert choose(catalog, "speech-translation", request)[0].id == first


def test_language_nobody_translates_into_is_refused_by_all(catalog: Catalog) -> None:
    request = SpeechTranslationRequest(audio=RECORDING, target_language="ja")
    with pytest.raises(InvalidInput, match="cascaded-translation: 'target_language' is 'ja'; it knows ca, en"):
        choose(catalog, "speech-translation", request)


async def test_english_speech_becomes_spanish_speech(system: System, speech: Audio, spoken_text: str) -> None:
    result = await system.run(
        "speech-translation",
        audio=system.store.store(speech, TENANT, most_bytes=None),
        target_language="es",
        speak=True,
    )
    fractions = [event.fraction for event in system.events if isinstance(event, StepProgress)]
    assert result.model == "cascaded-translation"
    assert (result.outputs["language"], result.outputs["source_language"]) == ("es", "en")
    assert str(result.outputs["source_text"]).split()[:3] == spoken_text.split()[:3]
    written = set(str(result.outputs["text"]).lower().split())
    spoken = set((await system.heard(result, "es")).lower().split())
    assert len(written & spoken) >= len(written) / 3
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


async def test_text_is_translated_and_spoken_by_a_voice_of_the_target_language(system: System) -> None:
    result = await system.run(
        "speech-translation", text="Los niños están jugando en el jardín.", target_language="en", speak=True
    )
    assert result.outputs["text"] == "The boys are playing in the garden."
    assert await system.heard(result, "en") == "The boys are playing in the garden."


async def test_speech_without_text_translator_goes_through_english(system: System) -> None:
    german = "Ich habe einen Hund und eine Katze. Das Haus meiner Mutter ist sehr klein."
    spoken = await system.run("text-to-speech", text=german, language="de", speed=0.8)
    result = await system.run("speech-translation", audio=spoken.artifacts["audio"], target_language="es")
    assert (result.outputs["language"], result.outputs["source_language"]) == ("es", "de")
    words = str(result.outputs["text"]).split()
    assert [word for word in ("Tengo", "madre", "pequeña.") if word not in words] == []


async def test_silence_has_no_translation(system: System) -> None:
    silence = system.store.store(Audio(np.zeros((1, 16_000), np.float32), 16_000), TENANT, most_bytes=None)
    result = await system.run("speech-translation", audio=silence, target_language="es")
    assert result.outputs["text"] == ""
    with pytest.raises(InvalidInput, match="holds no speech to translate"):
        await system.run("speech-translation", audio=silence, target_language="es", speak=True)


@pytest.mark.parametrize(
    ("language", "speak", "asked"),
    [
        ("en", True, ["translated", "spoken"]),
        ("en", False, ["translated"]),
        ("de", True, ["english", "translated", "spoken"]),
        ("es", True, ["spoken"]),
        ("es", False, []),
    ],
)
def test_language_heard_decides_the_further_steps(language: str, speak: bool, asked: list[str]) -> None:
    model = CascadedTranslation(CascadedTranslation.Config())
    request = SpeechTranslationRequest(audio=RECORDING, target_language="es", speak=speak)
    assert [step.id for step in model.sub_steps(request)] == ["heard"]
    heard = SpeechRecognitionResponse(text="Hola.", language=language, duration=1.0)
    steps = model.further_steps(request, {"heard": heard})
    assert [step.id for step in steps] == asked
    text = model.combine(request, {"heard": heard} | _answers(asked)).text
    assert text == ("Hola." if language == "es" else "translated")


def test_known_language_without_translator_is_not_written_down_first() -> None:
    model = CascadedTranslation(CascadedTranslation.Config())
    request = SpeechTranslationRequest(audio=RECORDING, target_language="es", source_language="de")
    (step,) = model.sub_steps(request)
    assert (step.id, step.arguments["target_language"], step.arguments["source_language"]) == ("english", "en", "de")


def test_spoken_text_is_asked_for_in_the_target_language() -> None:
    request = SpeechTranslationRequest(text="Hola.", target_language="en", speak=True)
    *_, speak = CascadedTranslation(CascadedTranslation.Config()).sub_steps(request)
    asked = TextToSpeechRequest.model_validate(dict(speak.arguments) | {"text": "Hello."})
    assert asked.language == "en"


def _answers(asked: list[str]) -> dict[str, Any]:
    answers = {
        "english": SpeechTranslationResponse(text="english", language="en", source_language="de"),
        "translated": SpeechTranslationResponse(text="translated", language="es", source_language="en"),
    }
    return {name: answers[name] for name in asked if name in answers}
