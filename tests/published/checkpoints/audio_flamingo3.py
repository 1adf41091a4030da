"""Audio Flamingo 3 with one layer each."""

from pathlib import Path

from model_wrappers.contract.tasks.audio_captioning import AudioCaptioningRequest
from tests.published.case import WRAPPERS, Case, cuts
from tests.published.checkpoints.qwen2_audio import QWEN2
from tests.published.checkpoints.tokens import byte_tokenizer

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% for c in m['content'] %}{% if 'audio' in c %}<sound>"
    "{% else %}{{ c['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

CASES = {
    "audio-flamingo-3": Case(
        f"{WRAPPERS}.captions.audio_flamingo3:AudioFlamingo3",
        "audio-captioning",
        cuts(AudioCaptioningRequest, (0, 2), (2, 8)),
        {"max_new_tokens": 6},
        non_commercial=True,
    ),
}


def build(folder: Path) -> None:
    from transformers import (
        AudioFlamingo3Config,
        AudioFlamingo3ForConditionalGeneration,
        AudioFlamingo3Processor,
        WhisperFeatureExtractor,
    )

    tokenizer = byte_tokenizer("<|im_start|>", "<|im_end|>", "<sound>")
    encoder = {
        "model_type": "audioflamingo3_encoder",
        "num_mel_bins": 128,
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "initializer_range": 0.5,
    }
    config = AudioFlamingo3Config(
        text_config=QWEN2 | {"vocab_size": len(tokenizer)},
        audio_config=encoder,
        audio_token_id=tokenizer.convert_tokens_to_ids("<sound>"),
    )
    AudioFlamingo3ForConditionalGeneration(config).save_pretrained(folder)
    AudioFlamingo3Processor(
        feature_extractor=WhisperFeatureExtractor(feature_size=128), tokenizer=tokenizer, chat_template=TEMPLATE
    ).save_pretrained(folder)
