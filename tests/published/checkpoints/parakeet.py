"""Parakeet TDT with one layer each and a spelling vocabulary."""

from pathlib import Path

from benchmarks.gpu.cases import Benchmark
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest
from tests.published.case import WRAPPERS, Case
from tests.published.checkpoints.tokens import LETTERS

CASES = {
    "parakeet-tdt-0.6b-v3": Case(
        f"{WRAPPERS}.parakeet:Parakeet",
        "speech-recognition",
        lambda cut: [
            SpeechRecognitionRequest(audio=cut(0, 2), word_times=True),
            SpeechRecognitionRequest(audio=cut(2, 6), language="de"),
        ],
        {"vad_threshold": 0.0},
    ),
}

BENCHMARK = Benchmark(
    parameters=0.627e9,
    sizes={
        "config.json": {
            "vocab_size": 8193,
            "blank_token_id": 8192,
            "decoder_hidden_size": 640,
            "num_decoder_layers": 2,
            "encoder_config": {
                "hidden_size": 1024,
                "num_hidden_layers": 24,
                "num_attention_heads": 8,
                "num_key_value_heads": 8,
                "intermediate_size": 4096,
                "subsampling_conv_channels": 256,
                "conv_kernel_size": 9,
            },
        }
    },
    args={"vad_threshold": 0.0, "windows_per_batch": 64},
)


def build(folder: Path) -> None:
    from tokenizers import Tokenizer, decoders, models
    from transformers import (
        ParakeetFeatureExtractor,
        ParakeetForTDT,
        ParakeetProcessor,
        ParakeetTDTConfig,
        ParakeetTokenizer,
    )

    tokens = ("<unk>", "<pad>", *LETTERS, *(f"▁{letter}" for letter in LETTERS), "<blank>")
    plain = Tokenizer(models.BPE(vocab={token: index for index, token in enumerate(tokens)}, merges=[]))
    plain.decoder = decoders.Metaspace()
    tokenizer = ParakeetTokenizer(
        tokenizer_object=plain, unk_token="<unk>", pad_token="<pad>", additional_special_tokens=["<blank>"]
    )
    encoder = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "num_mel_bins": 128,
        "subsampling_conv_channels": 16,
        "conv_kernel_size": 3,
        "scale_input": False,
        "initializer_range": 0.5,
    }
    config = ParakeetTDTConfig(
        vocab_size=len(tokens),
        blank_token_id=len(tokens) - 1,
        pad_token_id=1,
        decoder_hidden_size=16,
        num_decoder_layers=1,
        encoder_config=encoder,
    )
    network = ParakeetForTDT(config)
    network.joint.head.bias.data[len(tokens)] = -100.0  # no token lasts no time: untrained, it would say one for ever
    network.save_pretrained(folder)
    ParakeetProcessor(
        feature_extractor=ParakeetFeatureExtractor(feature_size=128), tokenizer=tokenizer, decoder_type="tdt"
    ).save_pretrained(folder)
