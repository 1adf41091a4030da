"""Multi-decoder speech translation: the words heard are an intermediate result."""

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import Field

from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from model_wrappers.published.espnet.checkpoint import EspnetFiles
from model_wrappers.published.espnet.model import NEEDS, EspnetConfig, EspnetModel
from model_wrappers.speech.windows import SAMPLE_RATE
from model_wrappers.torch.pieces import respond, run_pieces
from model_wrappers.torch.windowed_speech import Speech, Waveform

MAX_DURATION_S = 1_800.0


class MultiDecoderConfig(EspnetConfig):
    """Which checkpoint, and how it searches."""

    model: str = Field(
        default="espnet/brianyan918_must_c_v2_en-de_st_multidecoder",
        description="Folder with the checkpoint, or its repository on the hub",
    )
    licence: str = Field(default="none stated with the checkpoint", description="Licence of the checkpoint")
    commercial_use: bool = False
    source_language: str = Field(default="en", description="Language it hears (ISO 639-1)")
    target_language: str = Field(default="de", description="Language it writes (ISO 639-1)")
    beam_size: int = Field(default=10, ge=1, le=50, description="Hypotheses of the translation")
    source_beam_size: int = Field(default=10, ge=1, le=50, description="Hypotheses of the words heard")
    max_length_ratio: float = Field(
        default=0.0, ge=0, description="Most tokens as a share of the encoded frames; 0 is as many as frames"
    )
    vad_threshold: float = Field(default=0.5, ge=0, lt=1, description="Probability above which sound is speech")
    memory_mb: int = Field(default=2_000, gt=0, description="Host memory of a loaded replica in MiB")
    gpu_memory_mb: int = Field(default=2_000, ge=0, description="GPU memory of a loaded replica in MiB")


_Speech = Speech[SpeechTranslationRequest]


class MultiDecoder(EspnetModel[SpeechTranslationRequest, SpeechTranslationResponse, _Speech]):
    """Translate speech of one language into text of another, and tell the words heard.

    ESPnet's beam search takes one utterance at a time: the windows of a batch run in turn, the first ones of all
    requests before the second ones, each search on the hypotheses of its beam together.

    Source: S. Dalmia et al., "Searchable Hidden Intermediates for End-to-End Models of Decomposable Sequence Tasks",
    NAACL 2021.
    """

    Config = MultiDecoderConfig
    config: MultiDecoderConfig
    kind: ClassVar[str] = "st"
    _translate: Any

    @classmethod
    def card(cls, config: MultiDecoderConfig) -> ModelCard:
        """Declare the model."""
        return cls.declare(
            config,
            title="ESPnet MultiDecoder",
            tasks=("speech-translation",),
            licence=config.licence,
            commercial_use=config.commercial_use,
            input_languages=(config.source_language,),
            output_languages=(config.target_language,),
            sample_rate=SAMPLE_RATE,
            channels=1,
            limits=Limits(max_duration_s=MAX_DURATION_S, unsupported=("text", "speak")),
            requires=NEEDS,
            reports_progress=True,
        )

    def open(self, files: EspnetFiles) -> None:
        """Build the network and both searches, without language models."""
        build = self.inference_class("st_inference", "Speech2Text")
        without = {f"{prefix}{name}_weight": 0.0 for prefix in ("", "asr_") for name in ("lm", "ngram")}
        self._translate = build(
            st_train_config=str(files.config),
            device=str(self.device),
            beam_size=self.config.beam_size,
            asr_beam_size=self.config.source_beam_size,
            maxlenratio=self.config.max_length_ratio,
            asr_maxlenratio=self.config.max_length_ratio,
            **without,
        )
        files.load_into(self._translate.st_model)
        self.on_device(self._translate.st_model)

    def prepare(self, request: SpeechTranslationRequest) -> _Speech:
        """Cut the speech at its pauses."""
        return Speech.cut(request, self.config.vad_threshold)

    def answer(self, batch: Sequence[_Speech], work: Work) -> Sequence[SpeechTranslationResponse | AudioGPTError]:
        """Translate window by window; whoever stopped waiting is left out of the next ones."""
        windows = [speech.windows for speech in batch]
        return respond(batch, run_pieces(windows, work, self._search, rows=1), self._response)

    def _search(self, windows: Sequence[Waveform]) -> list[tuple[str, str]]:
        """Return the words heard, empty for a network without them, and their translation."""
        answers = [self._translate(window) for window in windows]
        pairs = [answer if isinstance(answer, tuple) else (answer, [("", [])]) for answer in answers]
        return [(_text(heard[0]), _text(translated[0])) for translated, heard in pairs]

    def _response(self, speech: _Speech, pairs: list[tuple[str, str]]) -> SpeechTranslationResponse:
        return SpeechTranslationResponse(
            text=" ".join(translated for _, translated in pairs if translated),
            language=self.config.target_language,
            source_language=self.config.source_language,
            source_text=" ".join(heard for heard, _ in pairs if heard) or None,
        )


def _text(result: tuple[Any, ...]) -> str:
    """Return a hypothesis as text; without a tokenizer its tokens, one after another."""
    text, tokens = result[:2]
    return (text if text is not None else " ".join(tokens)).strip()
