"""TF-GridNet with one layer, for one microphone."""

from pathlib import Path
from typing import Any

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
