"""FastSpeech 2 with HiFi-GAN that reads characters; its durations are about five frames each."""

from pathlib import Path
from typing import Any

import numpy as np

from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from tests.published.case import WRAPPERS, Case
from tests.published.checkpoints.espnet_pack import CHARACTERS, DISCRIMINATOR, pack

SAMPLE_RATE = 22_050
STATISTICS = "exp/tiny/feats_stats.npz"
ACOUSTIC = {
    "adim": 16,
    "aheads": 2,
    "elayers": 1,
    "eunits": 32,
    "dlayers": 1,
    "dunits": 32,
    "postnet_layers": 2,
    "postnet_chans": 16,
    "postnet_filts": 5,
    "duration_predictor_layers": 1,
    "duration_predictor_chans": 16,
    "pitch_predictor_layers": 1,
    "pitch_predictor_chans": 16,
    "pitch_embed_kernel_size": 1,
    "energy_predictor_layers": 1,
    "energy_predictor_chans": 16,
    "energy_embed_kernel_size": 1,
    "positionwise_layer_type": "conv1d",
    "positionwise_conv_kernel_size": 3,
}
VOCODER = {
    "out_channels": 1,
    "channels": 32,
    "global_channels": -1,
    "kernel_size": 7,
    "upsample_scales": [8, 8, 2, 2],
    "upsample_kernel_sizes": [16, 16, 4, 4],
    "resblock_kernel_sizes": [3],
    "resblock_dilations": [[1, 3]],
    "use_additional_convs": True,
    "bias": True,
    "nonlinear_activation": "LeakyReLU",
    "nonlinear_activation_params": {"negative_slope": 0.1},
    "use_weight_norm": True,
}

CASES = {
    "espnet-fastspeech2": Case(
        f"{WRAPPERS}.espnet.fastspeech2:EspnetFastSpeech2",
        "text-to-speech",
        lambda cut: [
            TextToSpeechRequest(text="Hello world."),
            TextToSpeechRequest(text="A longer one. And another!", speed=1.5),
        ],
    ),
}


def build(folder: Path, **acoustic: Any) -> None:
    (folder / STATISTICS).parent.mkdir(parents=True)
    zeros, ones = np.zeros(80, "float32"), np.ones(80, "float32")
    np.savez(folder / STATISTICS, count=10, sum=zeros, sum_square=10 * ones)
    spectrum = {"n_fft": 1024, "hop_length": 256, "win_length": None, "fmin": 80, "fmax": 7600, "n_mels": 80}
    settings = {
        "token_list": ["<blank>", "<unk>", "<space>", *CHARACTERS, "<sos/eos>"],
        "token_type": "char",
        "cleaner": "tacotron",
        "g2p": None,
        "feats_extract": "fbank",
        "feats_extract_conf": {"fs": SAMPLE_RATE, **spectrum},
        "normalize": "global_mvn",
        "normalize_conf": {"stats_file": STATISTICS},
        "tts": "joint_text2wav",
        "tts_conf": {
            "sampling_rate": SAMPLE_RATE,
            "text2mel_type": "fastspeech2",
            "text2mel_params": ACOUSTIC | acoustic,
            "vocoder_type": "hifigan_generator",
            "vocoder_params": VOCODER,
            "use_pqmf": False,
            "discriminator_type": "hifigan_multi_scale_multi_period_discriminator",
            "discriminator_params": DISCRIMINATOR,
        },
    }
    pack(folder, "gan_tts", "GANTTSTask", settings)
