"""SeamlessM4T v2: speech or text in about a hundred languages, translated to text and speech."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError, InvalidInput, ModelFailed
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from model_wrappers.speech.windows import SAMPLE_RATE, SpeechWindows
from model_wrappers.torch.batches import in_memory
from model_wrappers.torch.model import TorchConfig, TorchModel, needs
from model_wrappers.torch.padded_convolutions import rows_of_length

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


class SeamlessM4TConfig(TorchConfig):
    """SeamlessM4T v2 large."""

    model: str = "facebook/seamless-m4t-v2-large"
    revision: str | None = "5f8cc790b19fc3f67a61c105133b20b34e3dcb76"
    speaker_id: int = Field(default=0, ge=0, description="Voice of spoken translations")
    windows_per_batch: int = Field(default=8, ge=1, le=256, description="Windows translated together at most")
    max_new_tokens: int = Field(default=256, ge=1, le=1024, description="Most tokens of one window, at most 30 s")
    vad_threshold: float = Field(default=0.5, ge=0, lt=1, description="Probability above which sound is speech")
    memory_mb: int = 6_144
    gpu_memory_mb: int = 8_192


@dataclass(frozen=True)
class Source:
    """What one request has to be translated: the windows of its speech, or its text."""

    request: SpeechTranslationRequest
    windows: tuple[NDArray[np.float32], ...]
    language: str | None


@dataclass(frozen=True)
class Translated:
    """The translation of one window; speech of shape `(samples,)` where it was asked for."""

    text: str
    waveform: NDArray[np.float32] | None


class SeamlessM4T(TorchModel[SpeechTranslationRequest, SpeechTranslationResponse, Source]):
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
            sample_rate=SAMPLE_RATE,
            channels=1,
            limits=Limits(max_duration_s=4 * 3600, max_characters=MAX_TEXT_CHARACTERS),
            requires=needs("torch", "transformers"),
            reports_progress=True,
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

    def prepare(self, request: SpeechTranslationRequest) -> Source:
        """Check the languages and cut speech at its pauses."""
        known = SPOKEN if request.speak else WRITTEN
        _check(request.target_language, known, "target_language")
        if request.audio is None:
            if request.source_language is None:
                raise InvalidInput("Give 'source_language' to have a text translated.", param="source_language")
            _check(request.source_language, WRITTEN, "source_language")
            return Source(request, (), request.source_language)
        waveform = request.audio.resample(SAMPLE_RATE).mono()
        spans = SpeechWindows(waveform, self.config.vad_threshold)
        return Source(request, tuple(waveform[slice(*span)] for span in spans), request.source_language)

    def answer(self, batch: Sequence[Source], work: Work) -> Sequence[SpeechTranslationResponse | AudioGPTError]:
        """Translate the windows of all requests, so many at a time, and join each request's parts."""
        parts = [(member, part) for member, source in enumerate(batch) for part in source.windows or (None,)]
        # Its vocoder hears the padding of a batch at the end of shorter rows, so spoken windows go one by one.
        size = 1 if batch[0].request.speak else self.config.windows_per_batch
        done: dict[int, list[Translated | AudioGPTError]] = {member: [] for member in range(len(batch))}
        for first in range(0, len(parts), size):
            work.report(first / len(parts))
            chunk = [part for part in parts[first : first + size] if not work.cancelled(part[0])]
            for (member, _), each in zip(chunk, in_memory(chunk, lambda some: self._run(batch, some)), strict=True):
                done[member].append(each)
        work.report(1.0)
        return [self._response(source, done[member]) for member, source in enumerate(batch)]

    def _run(
        self, batch: Sequence[Source], parts: Sequence[tuple[int, NDArray[np.float32] | None]]
    ) -> list[Translated]:
        request = batch[0].request
        inputs = self._inputs(batch, parts).to(self.device)
        if "input_features" in inputs:
            inputs["input_features"] = inputs["input_features"].to(self.dtype)
        options: dict[str, Any] = {"text_max_new_tokens": self.config.max_new_tokens, "text_do_sample": False}
        if request.speak:
            options |= {"speaker_id": self.config.speaker_id, "return_intermediate_token_ids": True}
        lengths = inputs["attention_mask"].sum(dim=1).tolist()
        with rows_of_length(self._network.speech_encoder.adapter, lengths):
            generated = self._network.generate(
                **inputs, tgt_lang=WRITTEN[request.target_language], generate_speech=request.speak, **options
            )
        texts = self._processor.batch_decode(generated.sequences, skip_special_tokens=True)
        spoken: list[NDArray[np.float32] | None] = [None] * len(parts)
        if request.speak:
            waveforms = generated.waveform.float().cpu().numpy().reshape(len(parts), -1)
            samples = generated.waveform_lengths.reshape(-1).tolist()
            spoken = [waveform[:length] for waveform, length in zip(waveforms, samples, strict=True)]
        return [Translated(text.strip(), waveform) for text, waveform in zip(texts, spoken, strict=True)]

    def _inputs(self, batch: Sequence[Source], parts: Sequence[tuple[int, NDArray[np.float32] | None]]) -> Any:
        if parts[0][1] is not None:
            return self._processor(
                audio=[window for _, window in parts], sampling_rate=SAMPLE_RATE, return_tensors="pt", padding=True
            )
        texts = [batch[member].request.text for member, _ in parts]
        language = WRITTEN[batch[0].language or ""]
        return self._processor(text=texts, src_lang=language, return_tensors="pt", padding=True)

    def _response(
        self, source: Source, parts: Sequence[Translated | AudioGPTError]
    ) -> SpeechTranslationResponse | AudioGPTError:
        failed = next((part for part in parts if isinstance(part, AudioGPTError)), None)
        if failed:
            return failed
        translated = [part for part in parts if isinstance(part, Translated)]
        rate = self._network.config.sampling_rate
        spoken = [part.waveform for part in translated if part.waveform is not None and part.waveform.size]
        if source.request.speak and not spoken:
            return ModelFailed("The recording holds no speech to translate, so there is nothing to say.")
        pause = np.zeros(int(PAUSE_S * rate), np.float32)
        joined = [piece for waveform in spoken for piece in (waveform, pause)][:-1]
        return SpeechTranslationResponse(
            text=" ".join(part.text for part in translated if part.text),
            language=source.request.target_language,
            source_language=source.language or "und",
            audio=Audio(np.concatenate(joined)[None], rate) if spoken else None,
        )


def _check(language: str, known: Mapping[str, str], param: str) -> None:
    if language not in known:
        raise InvalidInput(
            f"SeamlessM4T does not {'speak' if known is SPOKEN else 'know'} '{language}'; choose one of: "
            f"{', '.join(known)}.",
            param=param,
        )
