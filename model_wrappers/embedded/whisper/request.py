"""What a request asks of Whisper: the audio, the language spoken and how to decode it."""

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest
from model_wrappers.embedded.whisper.decoder import Decoding
from model_wrappers.embedded.whisper.languages import TO_ISO

_CODES = """
af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht hu hy id is it ja
jv ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd si sk sl sn so sq
sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo zh
"""
LANGUAGES = tuple(_CODES.split())  # ISO 639-1, three letters where there is no shorter one
FROM_ISO = {code: spelt for spelt, code in TO_ISO.items()}

WhisperRequest = SpeechRecognitionRequest | SpeechTranslationRequest


def audio_of(request: WhisperRequest) -> Audio:
    """Return the speech of a request.

    Raises:
        InvalidInput: If there is none, or it asks for what Whisper cannot do.
    """
    if request.audio is None:
        raise InvalidInput(
            "Whisper translates speech, not text; send 'audio', or speak the text with text-to-speech first.",
            param="text",
        )
    if isinstance(request, SpeechTranslationRequest):
        if request.target_language != "en":
            raise InvalidInput(
                f"Whisper translates into English only, not into '{request.target_language}'; set it to 'en'.",
                param="target_language",
            )
        if request.speak:
            raise InvalidInput(
                "Whisper writes translations down; leave out 'speak' and give the text to text-to-speech.",
                param="speak",
            )
    return request.audio


def spoken_language(request: WhisperRequest) -> str | None:
    """Return Whisper's code of the language spoken, None where it is to be detected.

    Raises:
        InvalidInput: If Whisper does not know it.
    """
    translation = isinstance(request, SpeechTranslationRequest)
    language = request.source_language if isinstance(request, SpeechTranslationRequest) else request.language
    if language is not None and language not in LANGUAGES:
        raise InvalidInput(
            f"Whisper does not know the language '{language}'; leave it out to have it detected, or choose one of: "
            f"{', '.join(LANGUAGES)}.",
            param="source_language" if translation else "language",
        )
    return FROM_ISO.get(language, language) if language else None


def expected_languages(request: WhisperRequest) -> tuple[str, ...]:
    """Return Whisper's codes of the languages that are likely."""
    named = request.expected_languages if isinstance(request, SpeechRecognitionRequest) else ()
    return tuple(FROM_ISO.get(code, code) for code in named if code in LANGUAGES)


def decoding_of(request: WhisperRequest) -> Decoding:
    """Return how to decode a request."""
    if isinstance(request, SpeechTranslationRequest):
        return Decoding("translate")
    return Decoding("transcribe", request.prompt, request.temperature, request.word_times)
