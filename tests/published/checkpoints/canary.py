"""Canary with one layer each and three languages."""

from pathlib import Path

from benchmarks.gpu.cases import Benchmark, tokens_of_processor
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest
from tests.published.case import WRAPPERS, Case
from tests.published.checkpoints.tokens import byte_tokenizer

# Stands in for the published multitask prompt.
TEMPLATE = (
    "{% for m in messages %}{% for c in m['content'] %}{% if c['type'] == 'text' %}<|startofcontext|>"
    "<|startoftranscript|><|{{ c['source_language'] }}|><|{{ c['target_language'] }}|><|pnc|>{% endif %}{% endfor %}"
    "{% endfor %}"
)

CASES = {
    "canary-1b-v2": Case(
        f"{WRAPPERS}.canary:Canary",
        "speech-recognition",
        lambda cut: [
            SpeechRecognitionRequest(audio=cut(0, 2), language="en"),
            SpeechRecognitionRequest(audio=cut(2, 6), language="de"),
        ],
        {"vad_threshold": 0.0, "max_new_tokens": 12},
    ),
    "canary-1b-v2-translation": Case(
        f"{WRAPPERS}.canary:Canary",
        "speech-translation",
        lambda cut: [
            SpeechTranslationRequest(audio=cut(0, 2), source_language="en", target_language="de"),
            SpeechTranslationRequest(audio=cut(2, 6), source_language="fr", target_language="en"),
        ],
        {"vad_threshold": 0.0, "max_new_tokens": 12},
    ),
}

BENCHMARK = Benchmark(
    parameters=9.8e8,
    sizes={
        "config.json": {
            "vocab_size": 16384,
            "encoder_config": {
                "hidden_size": 1024,
                "num_hidden_layers": 32,
                "num_attention_heads": 8,
                "num_key_value_heads": 8,
                "intermediate_size": 4096,
                "subsampling_conv_channels": 256,
                "conv_kernel_size": 9,
            },
            "decoder_config": {
                "vocab_size": 16384,
                "hidden_size": 1024,
                "intermediate_size": 4096,
                "num_hidden_layers": 8,
                "num_attention_heads": 8,
                "num_key_value_heads": 8,
                "head_dim": 128,
                "max_position_embeddings": 1024,
            },
        }
    },
    known_tokens=tokens_of_processor,
    args={"vad_threshold": 0.0, "windows_per_batch": 64},
)


def build(folder: Path) -> None:
    from transformers import CanaryConfig, CanaryForConditionalGeneration, CanaryProcessor, ParakeetFeatureExtractor

    tokenizer = byte_tokenizer(
        *("<|startofcontext|>", "<|pnc|>", "<|en|>", "<|de|>", "<|fr|>"),
        bos="<|startoftranscript|>",
        eos="<|endoftext|>",
    )
    encoder = {
        "model_type": "parakeet_encoder",
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "num_mel_bins": 128,
        "subsampling_conv_channels": 16,
        "conv_kernel_size": 3,
        "scale_input": False,
    }
    decoder = {
        "vocab_size": len(tokenizer),
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "max_position_embeddings": 512,
    }
    config = CanaryConfig(vocab_size=len(tokenizer), encoder_config=encoder, decoder_config=decoder)
    CanaryForConditionalGeneration(config).save_pretrained(folder)
    CanaryProcessor(
        feature_extractor=ParakeetFeatureExtractor(feature_size=128), tokenizer=tokenizer, chat_template=TEMPLATE
    ).save_pretrained(folder)
