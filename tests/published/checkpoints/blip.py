"""BLIP with one layer each and a spelling vocabulary."""

from pathlib import Path

import numpy as np

from model_wrappers.contract.tasks.image_to_audio import ImageToAudioRequest
from model_wrappers.contract.visual import Image
from tests.published.case import WRAPPERS, Case

LETTERS = "abcdefghijklmnopqrstuvwxyz"
LAYERS = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}


def _picture(seed: int) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 255, (40, 50, 3), dtype=np.uint8))


CASES = {
    "blip-stable-audio": Case(
        f"{WRAPPERS}.blip:BlipStableAudio",
        "image-to-audio",
        lambda cut: [
            ImageToAudioRequest(image=_picture(1), duration=1.0),
            ImageToAudioRequest(image=_picture(2), duration=1.5),
        ],
        folders={"model": "stable_audio", "captioner": "blip"},
        args={"steps": 3, "default_duration_s": 1.0},
    ),
}


def build(folder: Path) -> None:
    from transformers import BertTokenizer, BlipConfig, BlipForConditionalGeneration, BlipImageProcessor, BlipProcessor

    special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]")
    words = ("photo", "of", "dog", "barking", *LETTERS, *(f"##{letter}" for letter in LETTERS))
    tokenizer = BertTokenizer(vocab={word: index for index, word in enumerate((*special, *words))})
    text = LAYERS | {
        "vocab_size": len(tokenizer),
        "encoder_hidden_size": 16,
        "max_position_embeddings": 64,
        "bos_token_id": tokenizer.convert_tokens_to_ids("[DEC]"),
        "eos_token_id": 3,
        "sep_token_id": 3,
        "pad_token_id": 0,
        "is_decoder": True,
        "initializer_range": 0.5,
    }
    vision = LAYERS | {"image_size": 32, "patch_size": 16, "initializer_range": 0.5}
    config = BlipConfig(text_config=text, vision_config=vision, projection_dim=16, image_text_hidden_size=16)
    BlipForConditionalGeneration(config).save_pretrained(folder)
    BlipProcessor(
        image_processor=BlipImageProcessor(size={"height": 32, "width": 32}), tokenizer=tokenizer
    ).save_pretrained(folder)
