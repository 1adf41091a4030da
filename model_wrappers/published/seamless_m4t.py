"""SeamlessM4T v2: speech or text in about a hundred languages, translated to text and speech."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError, InvalidInput, ModelFailed
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from model_wrappers.speech.windows import SAMPLE_RATE, UNDETERMINED
from model_wrappers.torch.padded_convolutions import rows_of_length
from model_wrappers.torch.pieces import respond, run_pieces
from model_wrappers.torch.windowed_speech import MAX_DURATION_S, Speech, Waveform, WindowedSpeech, WindowedSpeechConfig

_WRITTEN = """
af afr am amh ar arb as asm az azj be bel bn ben bs bos bg bul ca cat cs ces cy cym da dan de deu el ell en eng et est
eu eus fi fin fr fra ga gle gl glg gu guj he heb hi hin hr hrv hu hun hy hye ig ibo id ind is isl it ita jv jav ja jpn
kn kan ka kat kk kaz km khm ky kir ko kor lo lao lt lit lg lug lv lvs ml mal mr mar mk mkd mt mlt mn khk my mya nl nld
nn nno nb nob no nob ne npi ny nya or ory pa pan fa pes pl pol pt por ro ron ru rus sk slk sl slv sn sna sd snd so som
es spa sr srp sv swe sw swh ta tam te tel tg tgk tl tgl th tha tr tur uk ukr ur urd uz uzn vi vie yo yor zh cmn zu zul
"""
_SPOKEN = """
arb ben cat ces cmn cym dan deu eng est fin fra hin ind ita jpn kan kor mlt nld pes pol por ron rus slk spa swe swh tam
tel tgl tha tur ukr urd uzn vie
"""
_words = _WRITTEN.split()
WRITTEN = dict(zip(_words[::2], _words[1::2], strict=True))
"""What it reads, hears and writes."""
_spoken = frozenset(_SPOKEN.split())
SPOKEN = {code: name for code, name in WRITTEN.items() if name in _spoken}
"""What it speaks."""

PAUSE_S = 0.2  # between the translations of two windows
MAX_TEXT_CHARACTERS = 1_000  # about its 1,024 tokens at their worst


class SeamlessM4TConfig(WindowedSpeechConfig):
    """SeamlessM4T v2 large."""

    model: str = "facebook/seamless-m4t-v2-large"
    revision: str | None = "5f8cc790b19fc3f67a61c105133b20b34e3dcb76"
    speaker_id: int = Field(default=0, ge=0, description="Voice of spoken translations")
    windows_per_batch: int = Field(default=8, ge=1, le=256, description="Windows of at most 30 s read together at most")
    max_new_tokens: int = Field(default=256, ge=1, le=1024, description="Most tokens of one window, at most 30 s")
    memory_mb: int = 6_144
    gpu_memory_mb: int = 8_192


@dataclass(frozen=True)
class Translated:
    """The translation of one window; speech of shape `(samples,)` where it was asked for."""

    text: str
    waveform: Waveform | None


class SeamlessM4T(WindowedSpeech[SpeechTranslationRequest, SpeechTranslationResponse, Translated]):
    """SeamlessM4T v2 through transformers; windows of all requests into one language share a batch.

    Source: Seamless: Multilingual Expressive and Streaming Speech Translation, arXiv 2312.05187.
    """

    Config = SeamlessM4TConfig
    config: SeamlessM4TConfig

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model; its licence forbids commercial use."""
        return cls.declare(
            config,
            title="SeamlessM4T v2 large",
            tasks=("speech-translation",),
            licence="CC-BY-NC-4.0",
            commercial_use=False,
            input_languages=tuple(WRITTEN),
            output_languages=tuple(WRITTEN),
            limits=Limits(max_duration_s=MAX_DURATION_S, max_characters=MAX_TEXT_CHARACTERS),
        )

    def load_weights(self, *folders: Path) -> None:
        """Read network and processor."""
        from transformers import AutoProcessor, SeamlessM4Tv2Model

        self._network = self.on_device(SeamlessM4Tv2Model.from_pretrained(folders[0], dtype=self.dtype))
        self._processor = AutoProcessor.from_pretrained(folders[0])

    def batch_key(self, request: SpeechTranslationRequest) -> object:
        """The target language, speech or text, and whether to speak are one for a batch; a text's language too."""
        spoken = request.audio is not None
        return request.target_language, request.speak, spoken, None if spoken else request.source_language

    def check(self, request: SpeechTranslationRequest) -> None:
        """Refuse languages it cannot speak, and a text whose language is not told."""
        if request.speak and request.target_language not in SPOKEN:
            raise InvalidInput(
                f"SeamlessM4T does not speak '{request.target_language}'; choose one of: {', '.join(SPOKEN)}.",
                param="target_language",
            )
        if request.text is not None and request.source_language is None:
            raise InvalidInput("Give 'source_language' to have a text translated.", param="source_language")

    def rows(self, batch: Sequence[Speech[SpeechTranslationRequest]]) -> int:
        """Return how many windows share a pass; its vocoder hears the padding of a pass at the end of shorter rows."""
        return 1 if batch[0].request.speak else super().rows(batch)

    def prepare(self, request: SpeechTranslationRequest) -> Speech[SpeechTranslationRequest]:
        """Check the request and cut its speech, if it has any."""
        if request.audio is not None:
            return super().prepare(request)
        self.check(request)
        return Speech(request, 0.0)

    def answer(
        self, batch: Sequence[Speech[SpeechTranslationRequest]], work: Work
    ) -> Sequence[SpeechTranslationResponse | AudioGPTError]:
        """Translate the windows of all requests, or their texts, so many at a time."""
        if batch[0].request.audio is not None:
            return super().answer(batch, work)
        request = batch[0].request

        def run(texts: Sequence[str]) -> list[Translated]:
            language = WRITTEN[request.source_language or ""]
            inputs = self._processor(text=list(texts), src_lang=language, return_tensors="pt", padding=True)
            return self._translate(inputs, request)

        texts = [[speech.request.text or ""] for speech in batch]
        return respond(batch, run_pieces(texts, work, run, rows=self.rows(batch)), self.respond)

    def read(self, windows: Sequence[Waveform], requests: Sequence[SpeechTranslationRequest]) -> list[Translated]:
        """Translate windows, into one language."""
        inputs = self._processor(audio=list(windows), sampling_rate=SAMPLE_RATE, return_tensors="pt", padding=True)
        inputs["input_features"] = inputs["input_features"].to(self.dtype)
        return self._translate(inputs, requests[0])

    def _translate(self, inputs: Any, request: SpeechTranslationRequest) -> list[Translated]:
        inputs = inputs.to(self.device)
        options: dict[str, Any] = {"text_max_new_tokens": self.config.max_new_tokens, "text_do_sample": False}
        if request.speak:
            options |= {"speaker_id": self.config.speaker_id, "return_intermediate_token_ids": True}
        lengths = inputs["attention_mask"].sum(dim=1).tolist()
        with rows_of_length(self._network.speech_encoder.adapter, lengths):
            generated = self._network.generate(
                **inputs, tgt_lang=WRITTEN[request.target_language], generate_speech=request.speak, **options
            )
        texts = self._processor.batch_decode(generated.sequences, skip_special_tokens=True)
        spoken: list[Waveform | None] = [None] * len(texts)
        if request.speak:
            waveforms = generated.waveform.float().cpu().numpy().reshape(len(texts), -1)
            samples = generated.waveform_lengths.reshape(-1).tolist()
            spoken = [waveform[:length] for waveform, length in zip(waveforms, samples, strict=True)]
        return [Translated(text.strip(), waveform) for text, waveform in zip(texts, spoken, strict=True)]

    def respond(self, speech: Speech[SpeechTranslationRequest], read: list[Translated]) -> SpeechTranslationResponse:
        """Join the texts, and the sounds with pauses between them."""
        rate = self._network.config.sampling_rate
        spoken = [part.waveform for part in read if part.waveform is not None and part.waveform.size]
        if speech.request.speak and not spoken:
            raise ModelFailed("The recording holds no speech to translate, so there is nothing to say.")
        pause = np.zeros(int(PAUSE_S * rate), np.float32)
        joined = [piece for waveform in spoken for piece in (waveform, pause)][:-1]
        return SpeechTranslationResponse(
            text=" ".join(part.text for part in read if part.text),
            language=speech.request.target_language,
            source_language=speech.request.source_language or UNDETERMINED,
            audio=Audio(np.concatenate(joined)[None], rate) if spoken else None,
        )
