"""M2M-100 with one layer each."""

import io
import json
from pathlib import Path

from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest
from tests.published.case import WRAPPERS, Case

TEXTS = ("the rain in spain stays mainly in the plain", "der regen fällt auf das land", "la lluvia en españa")

CASES = {
    "m2m100-418m": Case(
        f"{WRAPPERS}.m2m100:M2M100",
        "speech-translation",
        lambda cut: [
            SpeechTranslationRequest(text="the rain. It stays in spain!", source_language="en", target_language="de"),
            SpeechTranslationRequest(text="la lluvia en el plain", source_language="es", target_language="fr"),
        ],
        {"beam_size": 2},
    ),
}


def build(folder: Path) -> None:
    import sentencepiece
    import torch
    from transformers import M2M100Config, M2M100ForConditionalGeneration, M2M100Tokenizer

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS * 20),
        model_writer=model,
        vocab_size=60,
        hard_vocab_limit=False,
        model_type="unigram",
    )
    pieces = folder / "sentencepiece.bpe.model"
    pieces.write_bytes(model.getvalue())
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    words = [processor.id_to_piece(index) for index in range(processor.get_piece_size())]
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *(word for word in words if word not in ("<s>", "</s>", "<unk>"))]
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps({token: index for index, token in enumerate(tokens)}))
    tokenizer = M2M100Tokenizer(str(vocabulary), str(pieces))
    tokenizer.save_pretrained(folder)
    network = M2M100ForConditionalGeneration(
        M2M100Config(
            vocab_size=len(tokenizer) + 8,
            d_model=32,
            encoder_layers=1,
            decoder_layers=1,
            encoder_ffn_dim=64,
            decoder_ffn_dim=64,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            max_position_embeddings=512,
        )
    )
    with torch.no_grad():
        for weights in network.parameters():
            weights.mul_(4.0)  # else nothing depends on what is read
        network.model.shared.weight[len(tokens) :] = 0.0  # else it writes languages instead of words
    network.save_pretrained(folder)
