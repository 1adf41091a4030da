"""LASS-Net: taking out of a mixture the sound a sentence describes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.tasks.sound_extraction import SoundExtractionRequest, SoundExtractionResponse
from model_wrappers.torch.device import Precision
from model_wrappers.torch.model import TorchConfig, TorchModel, needs
from model_wrappers.torch.pieces import respond, run_pieces
from model_wrappers.torch.windows import Waveform, Windowing
from model_wrappers.weights.hub import TRANSFORMERS_FILES, Checkpoint

SAMPLE_RATE = 32_000  # Hz
WINDOWING = Windowing(length=10 * SAMPLE_RATE, overlap=SAMPLE_RATE, grain=SAMPLE_RATE)  # trained on clips of 10 s
LIMITS = Limits(max_duration_s=900.0, unsupported=("reference",))
PREFIX = "module."  # of the published checkpoint's keys
OLD_BUFFER = "position_ids"  # stored by transformers until 4.31, computed since


class LassNetConfig(TorchConfig):
    """Which checkpoint to extract with."""

    model: str = Field(
        default="lassnet", description="Folder with the checkpoint, or its name under the folder of all models"
    )
    weights: str = Field(default="LASSNet.pt", description="File with the parameters in that folder")
    text_model: str = Field(default="prajjwal1/bert-mini", description="Its BERT: folder or repository on the hub")
    text_revision: str | None = Field(default=None, description="Commit of the BERT; None takes the newest")
    precision: Precision = Field(default="float32", description="Its transforms need 32 bits")
    memory_mb: int = Field(default=1_500, gt=0, description="Host memory of a loaded replica in MiB")
    gpu_memory_mb: int = Field(default=2_000, ge=0, description="GPU memory of a loaded replica in MiB")
    windows_per_batch: int = Field(default=8, ge=1, description="Most windows of 10 s in a pass")


@dataclass(frozen=True)
class _Mixture:
    request: SoundExtractionRequest
    windows: list[Waveform]
    samples: int


class LassNet(TorchModel[SoundExtractionRequest, SoundExtractionResponse, _Mixture]):
    """Keep what the words describe, channel by channel; what lies above 16 kHz is lost.

    Source: X. Liu et al., "Separate What You Describe: Language-Queried Audio Source Separation", Interspeech 2022.
    """

    Config = LassNetConfig
    config: LassNetConfig
    files: ClassVar[tuple[str, ...]] = ("*.pt", "*.pth")
    _network: Any
    _tokenizer: Any

    @classmethod
    def card(cls, config: LassNetConfig) -> ModelCard:
        """Declare the model."""
        return cls.declare(
            config,
            title="LASS-Net",
            tasks=("sound-extraction",),
            licence="none stated with the checkpoint; bert-mini MIT",
            commercial_use=False,
            source=f"the checkpoint of github.com/liuxubo717/LASS, {config.text_model}",
            input_languages=("en",),
            limits=LIMITS,
            requires=needs("torch", "transformers"),
            reports_progress=True,
        )

    @classmethod
    def checkpoints(cls, config: Any) -> tuple[Checkpoint, ...]:
        """Return the network and its BERT."""
        return (
            Checkpoint(config.model, config.revision, cls.files, config.weights),
            Checkpoint(config.text_model, config.text_revision, TRANSFORMERS_FILES),
        )

    def load_weights(self, *folders: Path) -> None:
        """Read the parameters into the layers the published checkpoint names; BERT's come from it too."""
        import torch
        from transformers import AutoConfig, AutoTokenizer, BertModel

        from model_wrappers.published.lassnet.network import LassNet as Network

        stored = torch.load(folders[0] / self.config.weights, map_location="cpu", weights_only=True)
        bert_config = AutoConfig.from_pretrained(folders[1])
        bert = BertModel(bert_config, add_pooling_layer=False)
        parameters = _parameters(stored.get("model", stored))
        network = Network(bert, bert_config.hidden_size, _channels(parameters))
        network.load_state_dict(parameters)
        self._network = self.on_device(network.to(self.dtype))
        self._tokenizer = AutoTokenizer.from_pretrained(folders[1])

    def prepare(self, request: SoundExtractionRequest) -> _Mixture:
        """Resample and cut every channel into windows."""
        waveform = request.audio.resample(SAMPLE_RATE).waveform
        return _Mixture(request, WINDOWING.cut_channels(waveform), waveform.shape[1])

    def answer(self, batch: Sequence[_Mixture], work: Work) -> Sequence[SoundExtractionResponse | AudioGPTError]:
        """Mask windows of all mixtures together, each with its own words."""
        import torch

        def run(pieces: Sequence[tuple[Waveform, str]]) -> list[Waveform]:
            # [CLS] before the words and nothing behind them, as in training.
            words = [f"{self._tokenizer.cls_token} {target}" for _, target in pieces]
            tokens = self._tokenizer(
                words, add_special_tokens=False, padding=True, truncation=True, return_tensors="pt"
            ).to(self.device)
            mixtures = torch.from_numpy(np.stack([window for window, _ in pieces])).to(self.device, self.dtype)
            return list(self._network(mixtures, tokens["input_ids"], tokens["attention_mask"]).cpu().numpy())

        windows = [[(window, mixture.request.target) for window in mixture.windows] for mixture in batch]
        rows = self.config.windows_per_batch
        outputs = run_pieces(windows, work, run, rows=rows, alike=lambda piece: piece[0].shape)
        return respond(batch, outputs, _response)


def _response(mixture: _Mixture, windows: list[Waveform]) -> SoundExtractionResponse:
    given = mixture.request.audio
    waveform = WINDOWING.join_channels(windows, given.channels, mixture.samples)
    return SoundExtractionResponse(audio=Audio(waveform, SAMPLE_RATE).matching(given))


def _parameters(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(PREFIX): value for name, value in stored.items() if not name.endswith(OLD_BUFFER)}


def _channels(parameters: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the channels of the encoder blocks, numbered from 1."""
    found = {name: value for name, value in parameters.items() if name.endswith("conv_block1.conv1.weight")}
    names = [f"UNet.encoder_block{number}.conv_block1.conv1.weight" for number in range(1, len(found) + 1)]
    return tuple(int(found[name].shape[0]) for name in names if name in found)
