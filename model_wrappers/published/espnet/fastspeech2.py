"""FastSpeech 2 with HiFi-GAN, as ESPnet trains them together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError, InvalidInput, ModelUnavailable
from model_wrappers.contract.tasks.base import MAX_TEXT_CHARACTERS
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse
from model_wrappers.published.espnet.checkpoint import EspnetFiles
from model_wrappers.published.espnet.model import NEEDS, EspnetConfig, EspnetModel
from model_wrappers.speech.reading import read_aloud
from model_wrappers.torch.padded_convolutions import rows_of_length
from model_wrappers.torch.pieces import respond, run_pieces
from model_wrappers.torch.windows import Waveform

PAUSE_S = 0.25  # between sentences, at normal speed
MAX_TOKENS = 400  # of one sentence: about 30 s of speech


class FastSpeech2Config(EspnetConfig):
    """Which voice."""

    model: str = Field(
        default="espnet/kan-bayashi_ljspeech_joint_finetune_conformer_fastspeech2_hifigan",
        description="Folder with the checkpoint, or its repository on the hub",
    )
    title: str = Field(default="ESPnet FastSpeech 2 + HiFi-GAN", description="Name for people")
    language: str = Field(default="en", description="Language the voice speaks (ISO 639-1)")
    sentences_per_batch: int = Field(default=8, ge=1, description="Most sentences in a pass")
    memory_mb: int = Field(default=1_800, gt=0, description="Host memory of a loaded replica in MiB")
    gpu_memory_mb: int = Field(default=1_600, ge=0, description="GPU memory of a loaded replica at its batch in MiB")


@dataclass(frozen=True)
class _Sentence:
    tokens: Any
    speed: float


_Text = list[_Sentence]


class EspnetFastSpeech2(EspnetModel[TextToSpeechRequest, TextToSpeechResponse, _Text]):
    """Speak sentences of all requests together, each at its own speed.

    Checkpoints with the relative positions ESPnet calls legacy, the published one among them, speak otherwise beside a
    longer sentence; their spectra are made one by one, and only the vocoder, most of the work, runs on all together.

    Source: Y. Ren et al., "FastSpeech 2: Fast and High-Quality End-to-End Text to Speech", ICLR 2021; J. Kong et al.,
    "HiFi-GAN", NeurIPS 2020.
    """

    Config = FastSpeech2Config
    config: FastSpeech2Config
    kind: ClassVar[str] = "tts"

    @classmethod
    def card(cls, config: FastSpeech2Config) -> ModelCard:
        """Declare the model."""
        return cls.declare(
            config,
            title=config.title,
            tasks=("text-to-speech",),
            licence=config.licence,
            commercial_use=config.commercial_use,
            input_languages=(config.language,),
            output_languages=(config.language,),
            limits=Limits(max_characters=MAX_TEXT_CHARACTERS, unsupported=("voice",)),
            requires=NEEDS,
            reports_progress=True,
        )

    def open(self, files: EspnetFiles) -> None:
        """Build text processing, network and vocoder."""
        build = self.inference_class("tts_inference", "Text2Speech")
        whole = build(train_config=str(files.config), device=str(self.device))
        files.load_into(whole.model)
        self.on_device(whole.model)
        generator: Any = getattr(whole.tts, "generator", None)
        acoustic = generator["text2mel"] if generator is not None and "text2mel" in generator else None
        if not isinstance(acoustic, self.inference_class("tts_inference", "FastSpeech2")) or whole.tts.use_pqmf:
            raise ModelUnavailable(
                f"'{self.config.model}' is no FastSpeech 2 trained together with its vocoder (joint_text2wav)."
            )
        self._acoustic, self._vocoder = acoustic, generator["vocoder"]
        if whole.use_sids or whole.use_lids or whole.use_spembs or whole.use_speech:
            raise ModelUnavailable(f"'{self.config.model}' needs to be told a speaker; choose one with a single voice.")
        self._tokens, self._sample_rate = whole.preprocess_fn, int(whole.fs)
        self._together = not any(type(layer).__name__.startswith("Legacy") for layer in self._acoustic.modules())
        self._tokens("warm-up", {"text": "Hello."})  # reads the pronunciations now

    def prepare(self, request: TextToSpeechRequest) -> _Text:
        """Turn every sentence into tokens."""
        if request.language != self.config.language:
            raise InvalidInput(
                f"This voice speaks '{self.config.language}', not '{request.language}'; choose another model.",
                param="language",
            )
        sentences = [
            sentence
            for paragraph in read_aloud(request.text, request.language, request.pronunciations)
            for sentence in paragraph
        ]
        tokens = [self._tokens("sentence", {"text": sentence})["text"] for sentence in sentences]
        parts = [each[start : start + MAX_TOKENS] for each in tokens for start in range(0, len(each), MAX_TOKENS)]
        if not parts:
            raise InvalidInput("The text holds no words to speak; write out what to say.", param="text")
        return [_Sentence(part, request.speed) for part in parts]

    def answer(self, batch: Sequence[_Text], work: Work) -> Sequence[TextToSpeechResponse | AudioGPTError]:
        """Speak the first sentences of all texts together, then the second ones, and so on."""
        spoken = run_pieces(batch, work, self._speak, rows=self.config.sentences_per_batch)
        return respond(batch, spoken, self._response)

    def _speak(self, sentences: Sequence[_Sentence]) -> list[Waveform]:
        from torch.nn.utils.rnn import pad_sequence

        groups = [sentences] if self._together else [[sentence] for sentence in sentences]
        spectra = [spectrum for group in groups for spectrum in self._spectra(group)]
        features = pad_sequence(spectra, batch_first=True)
        with rows_of_length(self._vocoder, [len(spectrum) for spectrum in spectra]):
            waveforms = self._vocoder(features.transpose(1, 2))[:, 0].float().cpu().numpy()
        samples = waveforms.shape[1] // features.shape[1]
        return [row[: len(spectrum) * samples] for row, spectrum in zip(waveforms, spectra, strict=True)]

    def _spectra(self, sentences: Sequence[_Sentence]) -> list[Any]:
        """Return one spectrum a sentence, shape `(frames, bins)`.

        The network's own `inference` knows one speed for all rows and does not mask its decoder.
        """
        import torch
        from torch.nn.utils.rnn import pad_sequence

        network = self._acoustic
        ends = [torch.from_numpy(np.append(sentence.tokens, network.eos)) for sentence in sentences]
        counts = [len(each) for each in ends]
        tokens = pad_sequence(ends, batch_first=True).to(self.device)
        lengths = torch.tensor(counts, device=self.device)
        outside = torch.arange(max(counts), device=self.device) >= lengths[:, None]
        with rows_of_length(network, counts):
            states, _ = network.encoder(tokens, network._source_mask(lengths))
            pitch = network.pitch_embed(network.pitch_predictor(states, outside[..., None]).transpose(1, 2))
            energy = network.energy_embed(network.energy_predictor(states, outside[..., None]).transpose(1, 2))
            durations = network.duration_predictor.inference(states, outside)
        alphas = torch.tensor([1 / sentence.speed for sentence in sentences], device=self.device)
        frames = torch.round(durations * alphas[:, None]).long()
        frames = torch.where(frames.sum(dim=1, keepdim=True) > 0, frames, (~outside).long())  # else nothing were left
        return self._decode(states + (energy + pitch).transpose(1, 2), frames)

    def _decode(self, states: Any, frames: Any) -> list[Any]:
        """Repeat each token's state for its frames and turn them into spectra."""
        import torch
        from torch.nn.utils.rnn import pad_sequence

        network = self._acoustic
        rows = [state.repeat_interleave(count, dim=0) for state, count in zip(states, frames, strict=True)]
        counts = [len(row) for row in rows]
        with rows_of_length(network, counts):
            mask = network._source_mask(torch.tensor(counts, device=self.device))
            decoded, _ = network.decoder(pad_sequence(rows, batch_first=True), mask)
            before = network.feat_out(decoded).view(len(rows), -1, network.odim)
            after = before
            if network.postnet is not None:
                after = before + network.postnet(before.transpose(1, 2)).transpose(1, 2)
        factor = after.shape[1] // max(counts)  # frames made at once
        return [spectrum[: count * factor] for spectrum, count in zip(after, counts, strict=True)]

    def _response(self, text: _Text, spoken: list[Waveform]) -> TextToSpeechResponse:
        pause = np.zeros(round(PAUSE_S / text[0].speed * self._sample_rate), np.float32)
        parts = [part for waveform in spoken for part in (waveform, pause)][:-1]
        return TextToSpeechResponse(audio=Audio(np.concatenate(parts)[np.newaxis], self._sample_rate))
