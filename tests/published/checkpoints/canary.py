"""Canary with one layer each and three languages."""

from pathlib import Path

from tests.published.checkpoints.tokens import byte_tokenizer

# Stands in for the published multitask prompt.
TEMPLATE = (
    "{% for m in messages %}{% for c in m['content'] %}{% if c['type'] == 'text' %}<|startofcontext|>"
    "<|startoftranscript|><|{{ c['source_language'] }}|><|{{ c['target_language'] }}|><|pnc|>{% endif %}{% endfor %}"
    "{% endfor %}"
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
