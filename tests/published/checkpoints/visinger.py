"""VISinger with one layer in each part, which sings ni, hao and wo."""

from pathlib import Path

from model_wrappers.contract.tasks.singing_synthesis import SingingSynthesisRequest
from tests.published.case import WRAPPERS, Case
from tests.published.checkpoints.espnet_pack import DISCRIMINATOR, pack

SAMPLE_RATE, HOP_LENGTH = 24_000, 300
TOKENS = ["<blank>", "<unk>", "AP", "SP", "n", "i", "h", "ao", "w", "o", "<sos/eos>"]
GENERATOR = {
    "hidden_channels": 16,
    "spks": -1,
    "global_channels": -1,
    "segment_size": 8,
    "text_encoder_attention_heads": 2,
    "text_encoder_ffn_expand": 2,
    "text_encoder_blocks": 1,
    "text_encoder_positionwise_layer_type": "conv1d",
    "text_encoder_positionwise_conv_kernel_size": 3,
    "text_encoder_positional_encoding_layer_type": "rel_pos",
    "text_encoder_self_attention_layer_type": "rel_selfattn",
    "text_encoder_activation_type": "swish",
    "text_encoder_conformer_kernel_size": -1,
    "use_macaron_style_in_text_encoder": True,
    "use_conformer_conv_in_text_encoder": False,
    "decoder_kernel_size": 7,
    "decoder_channels": 32,
    "decoder_upsample_scales": [5, 5, 4, 3],
    "decoder_upsample_kernel_sizes": [10, 10, 8, 6],
    "decoder_resblock_kernel_sizes": [3],
    "decoder_resblock_dilations": [[1, 3]],
    "projection_filters": [0, 1, 1, 1],
    "projection_kernels": [0, 5, 7, 11],
    "posterior_encoder_kernel_size": 3,
    "posterior_encoder_layers": 1,
    "posterior_encoder_stacks": 1,
    "flow_flows": 2,
    "flow_kernel_size": 3,
    "flow_layers": 1,
    "vocabs": len(TOKENS),
    "aux_channels": 513,
    "use_only_mean_in_flow": True,
    "use_phoneme_predictor": False,
    "generator_type": "visinger",
    "fs": SAMPLE_RATE,
    "hop_length": HOP_LENGTH,
}

CASES = {
    "visinger": Case(
        f"{WRAPPERS}.espnet.visinger:VISinger",
        "singing-synthesis",
        lambda cut: [
            SingingSynthesisRequest(lyrics="ni hao", notes=("C4", "D4"), durations=(0.3, 0.4), language="zh"),
            SingingSynthesisRequest(lyrics="我", notes=("E4",), durations=(0.6,), language="zh"),
        ],
    ),
}


def build(folder: Path) -> None:
    transform = {"n_fft": 1024, "hop_length": HOP_LENGTH, "win_length": 1024}
    settings = {
        "token_list": TOKENS,
        "token_type": "phn",
        "g2p": None,
        "cleaner": None,
        "fs": SAMPLE_RATE,
        "feats_extract": "linear_spectrogram",
        "feats_extract_conf": transform,
        "score_feats_extract": "syllable_score_feats",
        "score_feats_extract_conf": {"fs": SAMPLE_RATE, **transform},
        "normalize": None,
        "pitch_extract": None,
        "ying_extract": None,
        "energy_extract": None,
        "svs": "vits",
        "svs_conf": {
            "sampling_rate": SAMPLE_RATE,
            "generator_type": "visinger",
            "vocoder_generator_type": "hifigan",
            "generator_params": GENERATOR,
            "discriminator_type": "hifigan_multi_scale_multi_period_discriminator",
            "discriminator_params": DISCRIMINATOR,
        },
    }
    pack(folder, "gan_svs", "GANSVSTask", settings)
