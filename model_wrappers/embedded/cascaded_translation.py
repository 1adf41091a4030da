"""Translation into languages no one model translates speech into: recognition, translation, and speech if wanted."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from model_wrappers.contract.base import CompositeModel, ModelConfig, SubStep, import_wrapper
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import InvalidInput, ModelFailed
from model_wrappers.contract.tasks.base import MAX_TEXT_CHARACTERS, TaskResponse
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionResponse
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechResponse
from model_wrappers.embedded.apertium.pipeline import installed_pairs
from model_wrappers.embedded.apertium.routes import source_languages, target_languages
from model_wrappers.embedded.whisper.request import LANGUAGES

ENGLISH = "en"  # what speech in any language can be translated into


class CascadedTranslationConfig(ModelConfig):
    """Which translators of texts there are."""

    translator: str | None = Field(
        default=None, description="Import path, module:Class, of one in the same config besides Apertium"
    )

    def languages(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return what texts can be translated from, and into."""
        pairs = installed_pairs()
        sources, targets = set(source_languages(pairs)), set(target_languages(pairs))
        if self.translator:
            wrapper = import_wrapper(self.translator)
            card = wrapper.card(wrapper.Config())
            sources |= set(card.input_languages or ())
            targets |= set(card.output_languages or ())
        return tuple(sorted(sources)), tuple(sorted(targets))


class CascadedTranslation(CompositeModel[SpeechTranslationRequest, SpeechTranslationResponse]):
    """Translate speech through its transcript, or through English where its language has no text translator."""

    Config = CascadedTranslationConfig
    config: CascadedTranslationConfig
    part_tasks = ("speech-recognition", "speech-translation", "text-to-speech")
    rounds = 2

    @classmethod
    def card(cls, config: CascadedTranslationConfig) -> ModelCard:
        """Declare the model; without a text translator it still speaks translations into English."""
        sources, targets = config.languages()
        return ModelCard(
            title="Translation in steps",
            tasks=("speech-translation",),
            method="composite",
            licence="Apache-2.0",
            source="speech-recognition, speech-translation and text-to-speech",
            revision="recognition, translation, synthesis",
            input_languages=tuple(sorted({*LANGUAGES, *sources})),
            output_languages=tuple(sorted({ENGLISH, *targets})),
            limits=Limits(max_characters=MAX_TEXT_CHARACTERS),
            memory_mb=1,
        )

    def sub_steps(self, request: SpeechTranslationRequest) -> tuple[SubStep, ...]:
        """Ask for the translation of a text, and for what is said in a recording."""
        if request.audio is None:
            return _translate_and_speak(request, request.text, request.source_language)
        if request.target_language == ENGLISH or not self._translates_from(request.source_language):
            return (_to_english(request),)
        return (SubStep("heard", "speech-recognition", {"audio": request.audio, "language": request.source_language}),)

    def further_steps(
        self, request: SpeechTranslationRequest, outputs: Mapping[str, TaskResponse]
    ) -> tuple[SubStep, ...]:
        """Ask for the translation of what was said, now that its language is known."""
        if request.audio is None:
            return ()
        said = next(iter(outputs.values()))
        assert isinstance(said, SpeechRecognitionResponse | SpeechTranslationResponse)
        if not said.text.strip():
            if request.speak:
                raise InvalidInput("The recording holds no speech to translate.", param="audio")
            return ()
        if said.language == request.target_language:
            return (_speak(request, said.text),) if request.speak else ()
        if self._translates_from(said.language):
            return _translate_and_speak(request, said.text, said.language)
        return (_to_english(request), *_translate_and_speak(request, {"from": "english.text"}, ENGLISH))

    def _translates_from(self, language: str | None) -> bool:
        """Tell whether texts in the language can be translated; one still to be detected may be."""
        return language is None or language in self.config.languages()[0]

    def combine(
        self, request: SpeechTranslationRequest, outputs: Mapping[str, TaskResponse]
    ) -> SpeechTranslationResponse:
        """Join what was heard, its translation and its sound."""
        heard, english = outputs.get("heard"), outputs.get("english")
        translated, spoken = outputs.get("translated", english), outputs.get("spoken")
        if isinstance(heard, SpeechRecognitionResponse):
            source, source_text = heard.language, heard.text
        elif isinstance(english, SpeechTranslationResponse):
            source, source_text = english.source_language, None
        elif isinstance(translated, SpeechTranslationResponse):
            source, source_text = translated.source_language, None
        else:
            raise ModelFailed("The translation was not given the answers of speech-recognition or speech-translation.")
        written = translated if isinstance(translated, SpeechTranslationResponse) else None
        return SpeechTranslationResponse(
            text=written.text if written else source_text or "",
            language=request.target_language,
            source_language=source,
            source_text=source_text,
            untranslated=written.untranslated if written else (),
            changed_numbers=written.changed_numbers if written else (),
            rough=bool(written and written.rough),
            audio=spoken.audio if isinstance(spoken, TextToSpeechResponse) else None,
        )


def _to_english(request: SpeechTranslationRequest) -> SubStep:
    arguments = {"audio": request.audio, "target_language": ENGLISH, "source_language": request.source_language}
    return SubStep("english", "speech-translation", arguments)


def _translate_and_speak(request: SpeechTranslationRequest, text: Any, language: str | None) -> tuple[SubStep, ...]:
    arguments = {"text": text, "target_language": request.target_language, "source_language": language}
    translated = SubStep("translated", "speech-translation", arguments)
    return (translated, _speak(request, {"from": "translated.text"})) if request.speak else (translated,)


def _speak(request: SpeechTranslationRequest, text: Any) -> SubStep:
    return SubStep("spoken", "text-to-speech", {"text": text, "language": request.target_language})
