"""What the models that describe a sound with a language model have in common."""

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import ModelCard
from model_wrappers.contract.errors import AudioGPTError, ModelFailed
from model_wrappers.contract.tasks.audio_captioning import AudioCaptioningRequest, AudioCaptioningResponse
from model_wrappers.torch.batches import waiting_rows
from model_wrappers.torch.model import TorchConfig, TorchModel, needs

SAMPLE_RATE = 16_000  # Hz
PROMPT = "Describe what is heard in this audio in one sentence."


class CaptionConfig(TorchConfig):
    """What changes a caption."""

    prompt: str = Field(default=PROMPT, min_length=1, description="What the language model is asked")
    max_new_tokens: int = Field(default=96, ge=1, le=1024, description="Longest caption in tokens")


class CaptionModel(TorchModel[AudioCaptioningRequest, AudioCaptioningResponse, NDArray[np.float32]]):
    """Caption the recordings of a whole batch in one greedy decoding."""

    config: CaptionConfig
    network: ClassVar[str]  # its class in transformers
    _network: Any
    _processor: Any

    @classmethod
    def declare(cls, config: Any, **fields: Any) -> ModelCard:
        """Return a card with what is true of all of them."""
        shared: dict[str, Any] = {
            "tasks": ("audio-captioning",),
            "output_languages": ("en",),
            "sample_rate": SAMPLE_RATE,
            "channels": 1,
            "requires": needs("torch", "transformers"),
            "reports_progress": True,
        }
        return super().declare(config, **(shared | fields))

    def load_weights(self, *folders: Path) -> None:
        """Read network and processor."""
        import transformers

        network = getattr(transformers, self.network).from_pretrained(
            folders[0], dtype=self.dtype, attn_implementation=self.config.attention
        )
        self._network = self.on_device(network)
        self._processor = transformers.AutoProcessor.from_pretrained(folders[0])
        self._processor.tokenizer.padding_side = "left"

    def prepare(self, request: AudioCaptioningRequest) -> NDArray[np.float32]:
        """Return the samples the model hears, shape `(samples,)` at `SAMPLE_RATE`."""
        return request.audio.resample(SAMPLE_RATE).mono()

    @abstractmethod
    def inputs(self, waveforms: Sequence[NDArray[np.float32]]) -> Any:
        """Return the network's inputs for the prompt with each recording, padded on the left."""

    def answer(
        self, batch: Sequence[NDArray[np.float32]], work: Work
    ) -> Sequence[AudioCaptioningResponse | AudioGPTError]:
        """Write all captions token by token."""
        inputs = self.inputs(batch).to(self.device)
        inputs["input_features"] = inputs["input_features"].to(self.dtype)
        most = self.config.max_new_tokens
        generated = self._network.generate(
            **inputs, max_new_tokens=most, do_sample=False, stopping_criteria=[waiting_rows(work, most)]
        )
        work.report(1.0)
        texts = self._processor.batch_decode(generated[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        return [_caption(text) for text in texts]


def _caption(text: str) -> AudioCaptioningResponse | AudioGPTError:
    if not text.strip():
        return ModelFailed("The model described the recording with no word; try another model of audio-captioning.")
    return AudioCaptioningResponse(text=text.strip())
