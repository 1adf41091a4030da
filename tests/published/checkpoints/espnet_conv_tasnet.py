"""Conv-TasNet with two layers and one output."""

from pathlib import Path

from tests.published.checkpoints.espnet_pack import pack

CODEC = {"channel": 32, "kernel_size": 20, "stride": 10}
TCN = {"num_spk": 1, "layer": 2, "stack": 1, "bottleneck_dim": 16, "hidden_dim": 32, "kernel": 3, "norm_type": "gLN"}


def build(folder: Path) -> None:
    criterion = {"name": "si_snr", "conf": {}, "wrapper": "fixed_order", "wrapper_conf": {"weight": 1.0}}
    settings = {
        "encoder": "conv",
        "encoder_conf": CODEC,
        "separator": "tcn",
        "separator_conf": TCN | {"causal": False, "nonlinear": "relu"},
        "decoder": "conv",
        "decoder_conf": CODEC,
        "criterions": [criterion],
    }
    pack(folder, "enh", "EnhancementTask", settings, "enh")
