"""CSM with one layer each and a four-codebook Mimi."""

from pathlib import Path

from model_wrappers.contract.tasks.style_transfer import StyleTransferRequest
from tests.published.case import WRAPPERS, Case
from tests.published.checkpoints.tokens import byte_tokenizer

CODEBOOKS = 4
CODES = 20
TEMPLATE = (
    "{% for m in messages %}{% for c in m['content'] %}{% if c['type'] == 'text' %}[{{ m['role'] }}]{{ c['text'] }}</s>"
    "{% elif c['type'] == 'audio' %}<|AUDIO|><|audio_eos|>{% endif %}{% endfor %}{% endfor %}"
)
LAYERS = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "initializer_range": 0.5,
}

CASES = {
    "csm-1b": Case(
        f"{WRAPPERS}.csm:Csm",
        "style-transfer",
        lambda cut: [
            StyleTransferRequest(text="hi", reference=cut(0, 2)),
            StyleTransferRequest(text="go on", reference=cut(2, 5)),
        ],
        folders={"model": "csm", "transcriber": "whisper"},
    ),
}


def build(folder: Path) -> None:
    from transformers import CsmConfig, CsmForConditionalGeneration, CsmProcessor, EncodecFeatureExtractor

    tokenizer = byte_tokenizer("<|AUDIO|>", "<|audio_eos|>")
    codec = LAYERS | {
        "model_type": "mimi",
        "sampling_rate": 24_000,
        "num_filters": 4,
        "num_residual_layers": 1,
        "codebook_size": 32,
        "codebook_dim": 8,
        "vector_quantization_hidden_dimension": 8,
        "num_quantizers": CODEBOOKS,
        "num_semantic_quantizers": 1,
        "upsample_groups": 16,
        "head_dim": 8,
    }
    depth = LAYERS | {
        "num_codebooks": CODEBOOKS,
        "backbone_hidden_size": 16,
        "vocab_size": CODES,
        "max_position_embeddings": CODEBOOKS + 1,
    }
    config = CsmConfig(
        **LAYERS,
        num_codebooks=CODEBOOKS,
        vocab_size=CODES,
        text_vocab_size=len(tokenizer),
        max_position_embeddings=1024,
        pad_token_id=0,
        bos_token_id=1,
        codebook_pad_token_id=CODES - 1,
        codebook_eos_token_id=0,
        audio_token_id=tokenizer.convert_tokens_to_ids("<|AUDIO|>"),
        audio_eos_token_id=tokenizer.convert_tokens_to_ids("<|audio_eos|>"),
        depth_decoder_config=depth,
        codec_config=codec,
    )
    CsmForConditionalGeneration(config).save_pretrained(folder)
    CsmProcessor(
        feature_extractor=EncodecFeatureExtractor(feature_size=1, sampling_rate=24_000),
        tokenizer=tokenizer,
        chat_template=TEMPLATE,
    ).save_pretrained(folder)
