"""SkiM with two layers."""

from pathlib import Path

from model_wrappers.contract.tasks.speech_separation import SpeechSeparationRequest
from tests.published.case import WRAPPERS, Case, cuts
from tests.published.checkpoints.espnet_pack import pack
from tests.published.checkpoints.tfgridnet import PIT

CODEC = {"channel": 16, "kernel_size": 8, "stride": 4}

CASES = {
    "skim": Case(
        f"{WRAPPERS}.espnet.enhancement:EspnetSeparation",
        "speech-separation",
        cuts(SpeechSeparationRequest, (0, 2), (1, 4)),
    ),
}


def build(folder: Path) -> None:
    separator = {"causal": False, "num_spk": 2, "layer": 2, "nonlinear": "relu", "unit": 16, "segment_size": 50}
    settings = {
        "encoder": "conv",
        "encoder_conf": CODEC,
        "decoder": "conv",
        "decoder_conf": CODEC,
        "separator": "skim",
        "separator_conf": separator | {"dropout": 0.0, "mem_type": "hc", "seg_overlap": False},
        "criterions": [PIT],
    }
    pack(folder, "enh", "EnhancementTask", settings, "enh")
