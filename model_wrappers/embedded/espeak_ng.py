"""eSpeak NG: robotic speech in about a hundred languages."""

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig, Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import InvalidInput, ModelFailed, ModelUnavailable
from model_wrappers.contract.one_by_one import OneByOneModel
from model_wrappers.contract.tasks.base import MAX_TEXT_CHARACTERS
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse
from model_wrappers.speech.espeak import ESPEAK, run_espeak
from model_wrappers.speech.espeak_phonemes import mnemonics
from model_wrappers.speech.reading import read_aloud

SAMPLE_RATE = 22_050  # Hz
WORDS_PER_MINUTE = 175  # at normal speed
SLOWEST = 80 / WORDS_PER_MINUTE  # the program takes anything below for this
HEADER_BYTES = 44  # of the WAV file it writes
VARIANTS = ("f1", "f2", "f3", "f4", "f5", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8")

_CODES = """
af am an ar as az ba be bg bn bs ca cs cy da de el en eo es et eu fa fi fr ga gd gn gu hi hr ht hu hy ia id io is
it ja ka kk kl kn ko ku ky la lb lt lv mi mk ml mr ms mt my ne nl no om or pa pl pt qu ro ru sd si sk sl sq sr sv sw
ta te th tn tr tt ug uk ur uz vi zh
"""
LANGUAGES = tuple(_CODES.split())
_DEFAULT_VOICES = {"en": "en-us", "fr": "fr-fr", "no": "nb", "zh": "cmn"}
_WOMAN = "+f2"  # the voices alone are men's
_ACCENTS = {
    "en": "en-us en-us-nyc en-gb en-gb-x-rp en-gb-scotland en-gb-x-gbclan en-gb-x-gbcwmd en-029",
    "es": "es es-419",
    "fa": "fa fa-latn",
    "fr": "fr-fr fr-be fr-ch",
    "pt": "pt pt-br",
    "ru": "ru ru-lv",
    "vi": "vi vi-vn-x-central vi-vn-x-south",
}
VOICES = {
    language: tuple(
        accent + variant
        for accent in _ACCENTS.get(language, _DEFAULT_VOICES.get(language, language)).split()
        for variant in ("", _WOMAN)
    )
    for language in LANGUAGES
}


class EspeakNG(OneByOneModel[TextToSpeechRequest, TextToSpeechResponse]):
    """Speak by formant synthesis: every word can be understood, and none sounds like a person.

    Source: github.com/espeak-ng/espeak-ng.
    """

    config: ModelConfig
    _voices: frozenset[str]

    @classmethod
    def card(cls, config: ModelConfig) -> ModelCard:
        """Declare the model."""
        return ModelCard(
            title="eSpeak NG (robotic)",
            tasks=("text-to-speech",),
            method="classical",
            licence="GPL-3.0-or-later, run as a program of the machine",
            source="Debian package espeak-ng",
            revision="as installed",
            input_languages=LANGUAGES,
            output_languages=LANGUAGES,
            limits=Limits(max_characters=MAX_TEXT_CHARACTERS),
            voices=VOICES,
            memory_mb=430,  # with the longest text spoken at half speed, 37 minutes
            requires=(ESPEAK,),
            reports_progress=True,
        )

    def load(self, device: str) -> None:
        """Ask the program for its voices."""
        try:
            table = run_espeak("--voices").decode()
        except ModelFailed as exc:
            raise ModelUnavailable(exc.message) from exc
        self._voices = frozenset(row.split()[1] for row in table.splitlines()[1:])

    def answer(self, request: TextToSpeechRequest, work: Work) -> TextToSpeechResponse:
        """Speak one text, paragraph by paragraph."""
        voice = self._voice(request)
        if request.speed < SLOWEST:
            raise InvalidInput(
                f"eSpeak NG speaks at {SLOWEST:.2f} times the normal speed or faster, not at {request.speed:g}.",
                param="speed",
            )
        paragraphs = _paragraphs(request, voice)
        waveforms = []
        for number, paragraph in enumerate(paragraphs):
            work.report(number / len(paragraphs))
            waveforms.append(_speak(paragraph, voice, request.speed))
        return TextToSpeechResponse(audio=Audio(np.concatenate(waveforms)[np.newaxis], SAMPLE_RATE))

    def _voice(self, request: TextToSpeechRequest) -> str:
        """Return the program's name of the voice, after a check that it is one of the language's."""
        language = request.language
        default = _DEFAULT_VOICES.get(language, language)
        accents = {voice for voice in self._voices if voice == default or voice.startswith(f"{language}-")}
        if not accents:
            raise InvalidInput(
                f"eSpeak NG does not speak '{language}' here; choose one of: {', '.join(LANGUAGES)}.", param="language"
            )
        accent, _, variant = (request.voice or default).partition("+")
        if accent not in accents or (variant and variant not in VARIANTS):
            raise InvalidInput(
                f"eSpeak NG has no voice '{request.voice}' in '{language}'; choose one of: "
                f"{', '.join(sorted(accents))}, each also with one of +{', +'.join(VARIANTS)}.",
                param="voice",
            )
        return f"{accent}+{variant}" if variant else accent


def _paragraphs(request: TextToSpeechRequest, voice: str) -> list[str]:
    accent = voice.partition("+")[0]
    spoken = read_aloud(
        request.text, request.language, request.pronunciations, lambda _, phonemes: mnemonics(phonemes, accent)
    )
    return [" ".join(sentences) for sentences in spoken]


def _speak(text: str, voice: str, speed: float) -> NDArray[np.float32]:
    """Return the sound of a text without brackets but those of phonemes, shape `(samples,)`."""
    rate = round(WORDS_PER_MINUTE * speed)
    spoken = run_espeak("-v", voice, "-s", str(rate), "-b", "1", "--stdin", "--stdout", text=text, phonemes=True)
    found = int.from_bytes(spoken[24:28], "little")
    if spoken[:4] != b"RIFF" or found != SAMPLE_RATE:
        raise ModelFailed(f"espeak-ng gave no WAV of {SAMPLE_RATE} Hz for voice '{voice}'.")
    samples = np.frombuffer(spoken[HEADER_BYTES : len(spoken) - len(spoken) % 2], "<i2")
    return samples.astype(np.float32) / np.float32(32_768)
