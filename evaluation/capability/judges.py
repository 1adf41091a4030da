"""Metrics that need a model of their own, given as a folder: CLAP, and FID and KL by a sound classifier."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluation.capability.distributions import kl_divergence
from evaluation.capability.items import Answer, Item
from evaluation.capability.metrics import Observation
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import ModelUnavailable
from model_wrappers.torch.torchaudio_import import prepare_torchaudio

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

INSTALL = "install the 'production' extra, which has torch and transformers"


class ClapJudge:
    """The similarity of a made sound and its description, by a CLAP model in the format of transformers."""

    def __init__(self, folder: Path) -> None:
        """Load the model.

        Raises:
            ModelUnavailable: If transformers is missing, or the folder holds no CLAP model.
        """
        transformers = _transformers()
        self._model, self._processor = _load(folder, transformers.ClapModel, transformers.ClapProcessor)
        self._rate = int(self._processor.feature_extractor.sampling_rate)

    def __call__(self, item: Item, answer: Answer) -> Mapping[str, Observation]:
        """Return the cosine of text and sound, for tasks that have both."""
        import torch

        text, audio = getattr(item.request, "text", None), getattr(answer.response, "audio", None)
        if text is None or not isinstance(audio, Audio):
            return {}
        samples = audio.resample(self._rate).mono()
        options = {"sampling_rate": self._rate, "return_tensors": "pt", "padding": True}
        inputs = self._processor(text=[text], audio=samples, **options)
        with torch.inference_mode():
            found = self._model(**inputs)
            cosine = torch.nn.functional.cosine_similarity(found.audio_embeds, found.text_embeds)
        return {"clap": (float(cosine[0]), 1.0)}


class ClassifierJudge:
    """FID and KL of made against true sounds, by an audio classifier in the format of transformers.

    The features are the mean of the last hidden states, the class probabilities softmax over the logits.
    """

    def __init__(self, folder: Path) -> None:
        """Load the model.

        Raises:
            ModelUnavailable: If transformers is missing, or the folder holds no audio classifier.
        """
        transformers = _transformers()
        kinds = (transformers.AutoModelForAudioClassification, transformers.AutoFeatureExtractor)
        self._model, self._extractor = _load(folder, *kinds)
        self._rate = int(self._extractor.sampling_rate)

    def __call__(self, item: Item, answer: Answer) -> Mapping[str, Observation]:
        """Compare a made sound with the true one, for items that have one."""
        made, true = getattr(answer.response, "audio", None), item.truth.audio
        if not isinstance(made, Audio) or true is None:
            return {}
        (made_features, made_classes), (features, classes) = self._read(made), self._read(true)
        return {"fid": (made_features, features), "kl": (kl_divergence(made_classes, classes), 1.0)}

    def _read(self, audio: Audio) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
        import torch

        samples = audio.resample(self._rate).mono()
        inputs = self._extractor(samples, sampling_rate=self._rate, return_tensors="pt")
        with torch.inference_mode():
            found = self._model(**inputs, output_hidden_states=True)
        features = found.hidden_states[-1].flatten(1, -2).mean(dim=1)[0]
        return features.double().numpy(), torch.softmax(found.logits[0], dim=-1).double().numpy()


def _transformers() -> Any:
    try:
        import transformers

        prepare_torchaudio()
    except ImportError as exc:
        raise ModelUnavailable(f"CLAP, FID and KL need transformers; {INSTALL}.") from exc
    return transformers


def _load(folder: Path, model: Any, processor: Any) -> tuple[Any, Any]:
    try:
        loaded = model.from_pretrained(folder, local_files_only=True).eval()
        return loaded, processor.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as exc:
        raise ModelUnavailable(f"'{folder}' holds no model that {model.__name__} can load: {exc}") from exc
