"""A multi-decoder translator with one block in each part."""

from pathlib import Path

from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest
from tests.published.case import WRAPPERS, Case
from tests.published.checkpoints.espnet_pack import CHARACTERS, pack

DECODER = {
    "attention_heads": 2,
    "linear_units": 32,
    "num_blocks": 1,
    "dropout_rate": 0.0,
    "positional_dropout_rate": 0.0,
    "self_attention_dropout_rate": 0.0,
    "src_attention_dropout_rate": 0.0,
}
ENCODER = {
    "output_size": 16,
    "attention_heads": 2,
    "linear_units": 32,
    "num_blocks": 1,
    "macaron_style": True,
    "rel_pos_type": "latest",
    "pos_enc_layer_type": "rel_pos",
    "selfattention_layer_type": "rel_selfattn",
    "activation_type": "swish",
    "use_cnn_module": True,
    "cnn_module_kernel": 7,
}
LOSSES = {
    "asr_weight": 0.3,
    "mt_weight": 0.0,
    "mtlalpha": 0.3,
    "lsm_weight": 0.1,
    "length_normalized_loss": False,
    "extract_feats_in_collect_stats": True,
}

CASES = {
    "multidecoder": Case(
        f"{WRAPPERS}.espnet.multidecoder:MultiDecoder",
        "speech-translation",
        lambda cut: [
            SpeechTranslationRequest(audio=cut(0, 2), target_language="de"),
            SpeechTranslationRequest(audio=cut(2, 5), target_language="de", source_language="en"),
        ],
        {"beam_size": 2, "source_beam_size": 2, "max_length_ratio": 0.2, "vad_threshold": 0.0},
        non_commercial=True,
    ),
}


def build(folder: Path) -> None:
    tokens = ["<blank>", "<unk>", "<space>", *CHARACTERS, "<sos/eos>"]
    settings = {
        "token_list": tokens,
        "src_token_list": tokens,
        "token_type": "char",
        "src_token_type": "char",
        "bpemodel": None,
        "src_bpemodel": None,
        "frontend": "default",
        "frontend_conf": {"n_fft": 512, "win_length": 400, "hop_length": 160, "fs": "16k"},
        "specaug": None,
        "normalize": "utterance_mvn",
        "normalize_conf": {},
        "encoder": "conformer",
        "encoder_conf": ENCODER | {"input_layer": "conv2d"},
        "md_encoder": "conformer",
        "md_encoder_conf": ENCODER | {"input_layer": None},
        "extra_asr_decoder": "transformer",
        "extra_asr_decoder_conf": DECODER,
        "decoder": "transformer_md",
        "decoder_conf": DECODER | {"use_speech_attn": True},
        "model_conf": LOSSES,
    }
    pack(folder, "st", "STTask", settings, "st")
