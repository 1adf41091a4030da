"""Conv-TasNet with two layers and one output."""

from pathlib import Path

from benchmarks.gpu.cases import Benchmark, separate
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest
from tests.published.case import WRAPPERS, Case, cuts
from tests.published.checkpoints.espnet_pack import pack

CODEC = {"channel": 32, "kernel_size": 20, "stride": 10}
TCN = {"num_spk": 1, "layer": 2, "stack": 1, "bottleneck_dim": 16, "hidden_dim": 32, "kernel": 3, "norm_type": "gLN"}

CASES = {
    "espnet-conv-tasnet": Case(
        f"{WRAPPERS}.espnet.enhancement:EspnetEnhancement",
        "speech-enhancement",
        cuts(SpeechEnhancementRequest, (0, 2), (1, 4)),
    ),
}

BENCHMARK = Benchmark(
    parameters=8.65e6,
    sizes={
        "exp/tiny/config.yaml": {
            "encoder_conf": {"channel": 256, "kernel_size": 20, "stride": 10},
            "decoder_conf": {"channel": 256, "kernel_size": 20, "stride": 10},
            "separator_conf": {"layer": 8, "stack": 4, "bottleneck_dim": 256, "hidden_dim": 512, "kernel": 3},
        }
    },
    network=lambda model: model._separate.enh_model,
    bare=separate,
    library="ESPnet's `SeparateSpeech`",
    args={"windows_per_batch": 64},
)


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
