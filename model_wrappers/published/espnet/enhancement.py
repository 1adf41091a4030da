"""ESPnet's enhancement and separation: Conv-TasNet, TF-GridNet, SkiM and what else its class loads."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import RequestT, ResponseT, Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError, InvalidInput, ModelUnavailable
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest, SpeechEnhancementResponse
from model_wrappers.contract.tasks.speech_separation import SpeechSeparationRequest, SpeechSeparationResponse
from model_wrappers.published.espnet.checkpoint import EspnetFiles
from model_wrappers.published.espnet.model import NEEDS, EspnetConfig, EspnetModel
from model_wrappers.torch.pieces import respond, run_pieces
from model_wrappers.torch.separated_voices import Recording, at_level, separated
from model_wrappers.torch.windows import Waveform, Windowing

WINDOW_S, OVERLAP_S = 8.0, 1.0
GRAIN_S = 0.5  # shorter recordings are padded to a multiple of it; the padding is part of what the network normalises
MAX_DURATION_S = 1_800.0


class EspnetEnhConfig(EspnetConfig):
    """Which network."""

    title: str = Field(description="Name for people")
    sample_rate: int = Field(gt=0, description="Hz the network was trained at; ESPnet's configuration does not say")
    windows_per_batch: int = Field(default=8, ge=1, description="Most windows of 8 s in a pass")


class EspnetEnh(EspnetModel[RequestT, ResponseT, Recording]):
    """What enhancement and separation share.

    Windows of all requests with equal length run as one batch. The networks keep no level: each output is scaled to
    what it explains of the recording.
    """

    config: EspnetEnhConfig
    kind: ClassVar[str] = "enh"
    _separate: Any

    def open(self, files: EspnetFiles) -> None:
        """Build the network."""
        build = self.inference_class("enh_inference", "SeparateSpeech")
        self._separate = build(train_config=str(files.config), device=str(self.device))
        files.load_into(self._separate.enh_model)
        self.on_device(self._separate.enh_model)

    @property
    def windowing(self) -> Windowing:
        """How recordings are cut."""
        sizes = (round(seconds * self.config.sample_rate) for seconds in (WINDOW_S, OVERLAP_S, GRAIN_S))
        return Windowing(*sizes)

    def answer(self, batch: Sequence[Recording], work: Work) -> Sequence[ResponseT | AudioGPTError]:
        """Run windows of all recordings together."""

        def run(windows: Sequence[Waveform]) -> list[Waveform]:
            stacked = np.stack(windows)
            # ESPnet takes `(batch, samples)`, or `(batch, samples, microphones)`.
            given = np.moveaxis(stacked, 1, -1) if stacked.ndim == 3 else stacked
            return list(np.stack(self._separate(given, self.config.sample_rate), axis=1))

        windows, rows = [recording.windows for recording in batch], self.config.windows_per_batch
        outputs = run_pieces(windows, work, run, rows=rows, alike=lambda window: window.shape)
        return respond(batch, outputs, self.respond)

    @abstractmethod
    def respond(self, recording: Recording, windows: list[Waveform]) -> ResponseT:
        """Put the outputs of a recording's windows together, each of shape `(outputs, samples)`."""


class EnhancementConfig(EspnetEnhConfig):
    """Conv-TasNet trained on the CHiME-4 simulation."""

    model: str = Field(
        default="espnet/Wangyou_Zhang_chime4_enh_train_enh_conv_tasnet_raw",
        description="Folder with the checkpoint, or its repository on the hub",
    )
    title: str = Field(default="ESPnet Conv-TasNet", description="Name for people")
    sample_rate: int = Field(default=16_000, gt=0, description="Hz the network was trained at")
    memory_mb: int = Field(default=1_500, gt=0, description="Host memory of a loaded replica in MiB")
    gpu_memory_mb: int = Field(default=2_200, ge=0, description="GPU memory of a loaded replica at its batch in MiB")


class EspnetEnhancement(EspnetEnh[SpeechEnhancementRequest, SpeechEnhancementResponse]):
    """Take noise away from speech, channel by channel; what lies above half the network's rate is lost."""

    Config = EnhancementConfig
    config: EnhancementConfig

    @classmethod
    def card(cls, config: EnhancementConfig) -> ModelCard:
        """Declare the model."""
        return cls.declare(
            config,
            title=config.title,
            tasks=("speech-enhancement",),
            licence=config.licence,
            commercial_use=config.commercial_use,
            limits=Limits(max_duration_s=MAX_DURATION_S),
            requires=NEEDS,
            reports_progress=True,
        )

    def open(self, files: EspnetFiles) -> None:
        """Build the network and check that it has one output."""
        super().open(files)
        if self._separate.num_spk != 1:
            raise ModelUnavailable(
                f"'{self.config.model}' separates {self._separate.num_spk} voices; serve it with EspnetSeparation."
            )

    def prepare(self, request: SpeechEnhancementRequest) -> Recording:
        """Resample and cut every channel."""
        waveform = request.audio.resample(self.config.sample_rate).waveform
        return Recording(request.audio, waveform, self.windowing.cut_channels(waveform))

    def respond(self, recording: Recording, windows: list[Waveform]) -> SpeechEnhancementResponse:
        """Join the one output of every channel."""
        channels, samples = recording.waveform.shape
        cleaned = self.windowing.join_channels(windows, channels, samples)[:, 0]
        levelled = np.stack([at_level(*pair) for pair in zip(cleaned, recording.waveform, strict=True)])
        return SpeechEnhancementResponse(audio=Audio(levelled, self.config.sample_rate).matching(recording.audio))


class SeparationConfig(EspnetEnhConfig):
    """TF-GridNet trained on wsj0-2mix."""

    model: str = Field(
        default="espnet/yoshiki_wsj0_2mix_spatialized_enh_tfgridnet_waspaa2023_raw",
        description="Folder with the checkpoint, or its repository on the hub",
    )
    title: str = Field(default="ESPnet TF-GridNet", description="Name for people")
    sample_rate: int = Field(default=8_000, gt=0, description="Hz the network was trained at")
    microphones: int = Field(default=1, ge=1, description="Channels the network takes (`n_imics`)")
    voices: int = Field(default=2, ge=2, description="Voices the network separates")
    memory_mb: int = Field(default=1_500, gt=0, description="Host memory of a loaded replica in MiB")
    gpu_memory_mb: int = Field(default=3_500, ge=0, description="GPU memory of a loaded replica at its batch in MiB")


class EspnetSeparation(EspnetEnh[SpeechSeparationRequest, SpeechSeparationResponse]):
    """Separate as many voices as the network was trained for; what lies above half the network's rate is lost.

    The voices of each window are put into the order of the window before, by the second the two share.
    """

    Config = SeparationConfig
    config: SeparationConfig

    @classmethod
    def card(cls, config: SeparationConfig) -> ModelCard:
        """Declare the model."""
        return cls.declare(
            config,
            title=config.title,
            tasks=("speech-separation",),
            licence=config.licence,
            commercial_use=config.commercial_use,
            limits=_separation_limits(config),
            requires=NEEDS,
            reports_progress=True,
        )

    def open(self, files: EspnetFiles) -> None:
        """Build the network and check that it is as configured."""
        super().open(files)
        network = self._separate.enh_model.separator
        found = (self._separate.num_spk, getattr(network, "n_imics", 1))
        if found != (self.config.voices, self.config.microphones):
            raise ModelUnavailable(
                f"'{self.config.model}' separates {found[0]} voices from {found[1]} microphones, the config says "
                f"{self.config.voices} from {self.config.microphones}; correct 'voices' and 'microphones'."
            )

    def prepare(self, request: SpeechSeparationRequest) -> Recording:
        """Resample, take as many channels as the network takes, and cut."""
        if request.speakers != self.config.voices:
            raise InvalidInput(
                f"This model separates {self.config.voices} voices, not {request.speakers}; set 'speakers' to "
                f"{self.config.voices} or choose another model.",
                param="speakers",
            )
        narrow = request.audio.resample(self.config.sample_rate)
        if self.config.microphones == 1:
            mono = narrow.mono()
            return Recording(request.audio, mono[np.newaxis], self.windowing.cut(mono))
        waveform = narrow.waveform[: self.config.microphones]
        return Recording(request.audio, waveform, self.windowing.cut(waveform))

    def respond(self, recording: Recording, windows: list[Waveform]) -> SpeechSeparationResponse:
        """Join the voices, each window's in the order of the window before."""
        return separated(recording, windows, self.windowing, self.config.sample_rate)


def _separation_limits(config: SeparationConfig) -> Limits:
    return Limits(max_duration_s=MAX_DURATION_S, min_channels=config.microphones if config.microphones > 1 else None)
