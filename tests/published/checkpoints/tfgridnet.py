"""TF-GridNet with one layer, for one microphone."""

from pathlib import Path
from typing import Any

from benchmarks.gpu.cases import Benchmark, separate
from model_wrappers.contract.tasks.speech_separation import SpeechSeparationRequest
from tests.published.case import WRAPPERS, Case, cuts
from tests.published.checkpoints.espnet_pack import pack

PIT = {"name": "si_snr", "conf": {}, "wrapper": "pit", "wrapper_conf": {"weight": 1.0}}
GRID = {
    "n_srcs": 2,
    "n_fft": 64,
    "stride": 32,
    "window": "hann",
    "n_imics": 1,
    "n_layers": 1,
    "lstm_hidden_units": 8,
    "attn_n_head": 2,
    "attn_approx_qk_dim": 32,
    "emb_dim": 8,
    "emb_ks": 4,
    "emb_hs": 1,
    "activation": "prelu",
    "eps": 1e-5,
}

CASES = {
    "tf-gridnet": Case(
        f"{WRAPPERS}.espnet.enhancement:EspnetSeparation",
        "speech-separation",
        cuts(SpeechSeparationRequest, (0, 2), (1, 4)),
    ),
}

BENCHMARK = Benchmark(
    sizes={
        "exp/tiny/config.yaml": {
            "separator_conf": {
                "n_fft": 128,
                "stride": 64,
                "n_layers": 6,
                "lstm_hidden_units": 192,
                "attn_n_head": 4,
                "attn_approx_qk_dim": 512,
                "emb_dim": 48,
                "emb_ks": 4,
                "emb_hs": 1,
            }
        }
    },
    network=lambda model: model._separate.enh_model,
    bare=separate,
    library="ESPnet's `SeparateSpeech`",
    args={"windows_per_batch": 64},
)


def build(folder: Path, **changes: Any) -> None:
    settings = {
        "encoder": "same",
        "encoder_conf": {},
        "decoder": "same",
        "decoder_conf": {},
        "separator": "tfgridnet",
        "separator_conf": GRID | changes,
        "criterions": [PIT],
    }
    pack(folder, "enh", "EnhancementTask", settings, "enh")
