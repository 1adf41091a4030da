"""The base of models that run on ESPnet."""

import importlib
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from model_wrappers.contract.base import RequestT, ResponseT
from model_wrappers.contract.errors import ModelUnavailable
from model_wrappers.published.espnet.checkpoint import FILES, META, EspnetFiles, espnet_files, no_downloads
from model_wrappers.torch.device import Precision
from model_wrappers.torch.model import PreparedT, TorchConfig, TorchModel, needs

NEEDS = needs("torch", "espnet2")


class EspnetConfig(TorchConfig):
    """Which checkpoint of ESPnet."""

    weights: str | None = Field(default=None, description="File of weights instead of the one meta.yaml names")
    precision: Precision = Field(default="float32", description="ESPnet's transforms need 32 bits")
    licence: str = Field(default="CC-BY-4.0", description="Licence of the checkpoint, as its page on the hub says")
    commercial_use: bool = Field(default=True, description="Whether that licence allows commerce")


class EspnetModel(TorchModel[RequestT, ResponseT, PreparedT]):
    """A model with an inference class of ESPnet around its network."""

    config: EspnetConfig
    files: ClassVar[tuple[str, ...]] = FILES
    required_file: ClassVar[str] = META
    kind: ClassVar[str]
    """What ESPnet puts before the names of files in `meta.yaml`."""

    def load_weights(self, *folders: Path) -> None:
        """Build the inference class, read the weights into its network and move it to the device."""
        with no_downloads(), espnet_files(folders[0], self.kind, self.config.weights) as files:
            try:
                self.open(files)
            except (AttributeError, TypeError, AssertionError) as exc:
                raise ModelUnavailable(
                    f"'{self.config.model}' is a checkpoint of ESPnet, but of another task than {type(self).__name__} "
                    f"({type(exc).__name__}: {exc})."
                ) from exc
            except LookupError as exc:
                raise ModelUnavailable(
                    "The English pronunciations are missing; run once where there is a network: python -m "
                    f"nltk.downloader cmudict averaged_perceptron_tagger averaged_perceptron_tagger_eng ({exc})"
                ) from exc

    def open(self, files: EspnetFiles) -> None:
        """Build the inference class from its files."""
        raise NotImplementedError

    def inference_class(self, module: str, name: str) -> Any:
        """Import an inference class of ESPnet."""
        return getattr(importlib.import_module(f"espnet2.bin.{module}"), name)
