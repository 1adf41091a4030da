"""Qwen2-Audio with one layer each."""

from pathlib import Path

from benchmarks.gpu.cases import Benchmark, tokens_of_processor
from model_wrappers.contract.tasks.audio_captioning import AudioCaptioningRequest
from tests.published.case import WRAPPERS, Case, cuts
from tests.published.checkpoints.tokens import byte_tokenizer

QWEN2 = {
    "model_type": "qwen2",
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "initializer_range": 0.5,
}

CASES = {
    "qwen2-audio": Case(
        f"{WRAPPERS}.captions.qwen2_audio:Qwen2Audio",
        "audio-captioning",
        cuts(AudioCaptioningRequest, (0, 2), (2, 8)),
        {"max_new_tokens": 6},
    ),
}

BENCHMARK = Benchmark(
    parameters=8.4e9,
    sizes={
        "config.json": {
            "text_config": {
                "vocab_size": 156032,
                "hidden_size": 4096,
                "intermediate_size": 11008,
                "num_hidden_layers": 32,
                "num_attention_heads": 32,
                "num_key_value_heads": 32,
                "max_position_embeddings": 8192,
                "initializer_range": 0.02,
                "layer_types": ["full_attention"] * 32,
            },
            "audio_config": {
                "d_model": 1280,
                "encoder_layers": 32,
                "encoder_attention_heads": 20,
                "encoder_ffn_dim": 5120,
                "initializer_range": 0.02,
            },
        }
    },
    known_tokens=tokens_of_processor,
    tiny_args={"max_new_tokens": 4},
)


def build(folder: Path) -> None:
    from transformers import (
        Qwen2AudioConfig,
        Qwen2AudioForConditionalGeneration,
        Qwen2AudioProcessor,
        WhisperFeatureExtractor,
    )

    tokenizer = byte_tokenizer("<|im_start|>", "<|im_end|>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>")
    encoder = {
        "model_type": "qwen2_audio_encoder",
        "num_mel_bins": 128,
        "d_model": 16,
        "encoder_layers": 1,
        "encoder_attention_heads": 2,
        "encoder_ffn_dim": 32,
        "initializer_range": 0.5,
    }
    config = Qwen2AudioConfig(
        text_config=QWEN2 | {"vocab_size": len(tokenizer)},
        audio_config=encoder,
        audio_token_index=tokenizer.convert_tokens_to_ids("<|AUDIO|>"),
    )
    Qwen2AudioForConditionalGeneration(config).save_pretrained(folder)
    Qwen2AudioProcessor(
        feature_extractor=WhisperFeatureExtractor(feature_size=128), tokenizer=tokenizer
    ).save_pretrained(folder)
