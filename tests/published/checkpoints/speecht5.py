"""SpeechT5 for voice conversion with one layer each, its vocoder, and a full-size x-vector network."""

from pathlib import Path

from model_wrappers.contract.tasks.style_transfer import StyleTransferRequest
from tests.published.case import WRAPPERS, Case

CASES = {
    "speecht5-vc": Case(
        f"{WRAPPERS}.speecht5:SpeechT5",
        "style-transfer",
        lambda cut: [
            StyleTransferRequest(audio=cut(0, 1), reference=cut(4, 6)),
            StyleTransferRequest(audio=cut(2, 4), reference=cut(6, 9)),
        ],
        folders={"model": "speecht5/network", "vocoder": "speecht5/vocoder", "speaker_encoder": "speecht5/speakers"},
    ),
}


def build(folder: Path) -> None:
    import torch
    from transformers import (
        SpeechT5Config,
        SpeechT5FeatureExtractor,
        SpeechT5ForSpeechToSpeech,
        SpeechT5HifiGan,
        SpeechT5HifiGanConfig,
    )

    from model_wrappers.published.speecht5.network import XVector

    config = SpeechT5Config(
        vocab_size=40,
        hidden_size=16,
        encoder_layers=1,
        encoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_layers=1,
        decoder_attention_heads=2,
        decoder_ffn_dim=32,
        num_mel_bins=80,
        speech_decoder_prenet_units=16,
        speech_decoder_postnet_layers=2,
        speech_decoder_postnet_units=16,
        speaker_embedding_dim=512,
        conv_dim=[16] * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
        max_speech_positions=2000,
    )
    SpeechT5ForSpeechToSpeech(config).save_pretrained(folder / "network")
    SpeechT5FeatureExtractor().save_pretrained(folder / "network")
    vocoder = SpeechT5HifiGanConfig(
        upsample_initial_channel=32, resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1, 3]]
    )
    SpeechT5HifiGan(vocoder).save_pretrained(folder / "vocoder")
    (folder / "speakers").mkdir()
    torch.save(XVector().state_dict(), folder / "speakers" / "embedding_model.ckpt")
