"""Asteroid's Conv-TasNet with two blocks."""

from pathlib import Path

from model_wrappers.contract.tasks.speech_separation import SpeechSeparationRequest
from tests.published.case import WRAPPERS, Case, cuts

SIZES = {
    "n_src": 2,
    "n_blocks": 2,
    "n_repeats": 2,
    "bn_chan": 8,
    "hid_chan": 16,
    "skip_chan": 8,
    "mask_act": "relu",
    "kernel_size": 32,
    "n_filters": 16,
    "stride": 16,
}

CASES = {
    "asteroid-conv-tasnet": Case(
        f"{WRAPPERS}.asteroid:AsteroidSeparation",
        "speech-separation",
        cuts(SpeechSeparationRequest, (0, 2), (1, 4)),
    ),
}


def build(folder: Path) -> None:
    import torch

    from model_wrappers.published.asteroid.network import ConvTasNet

    described = SIZES | {"fb_name": "free", "norm_type": "gLN", "sample_rate": 16_000, "encoder_activation": None}
    stored = {"model_name": "ConvTasNet", "model_args": described, "state_dict": ConvTasNet(**SIZES).state_dict()}
    torch.save(stored, folder / "pytorch_model.bin")
