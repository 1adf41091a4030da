"""A tiny LASS-Net in the published layout, with its BERT's configuration and vocabulary."""

from pathlib import Path

from model_wrappers.contract.tasks.sound_extraction import SoundExtractionRequest
from tests.published.case import WRAPPERS, Case

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "dog", "rain", "bark", "##ing", "a", "on", "the", "roof"]
CHANNELS = (4, 8, 8)  # of the encoder
HIDDEN = 16

CASES = {
    "lass-net": Case(
        f"{WRAPPERS}.lassnet:LassNet",
        "sound-extraction",
        lambda cut: [
            SoundExtractionRequest(audio=cut(0, 1), target="a dog"),
            SoundExtractionRequest(audio=cut(1, 3), target="rain on the roof"),
        ],
        folders={"model": "lassnet", "text_model": "lassnet"},
        non_commercial=True,
    ),
}


def build(folder: Path) -> None:
    import torch
    from transformers import BertConfig, BertModel, BertTokenizer

    from model_wrappers.published.lassnet.network import Film, LassNet

    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(WORDS))
    BertTokenizer(str(vocabulary)).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=HIDDEN, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    config.save_pretrained(folder)
    network = LassNet(BertModel(config, add_pooling_layer=False), HIDDEN, CHANNELS)
    for layer in network.modules():
        if isinstance(layer, Film):  # so that a random network listens to the words
            layer.apply(lambda part: torch.nn.init.normal_(part.weight) if hasattr(part, "weight") else None)
    stored = {f"module.{name}": value for name, value in network.state_dict().items()}
    stored["module.text_embedder.bert_layer.embeddings.position_ids"] = torch.arange(512)[None]
    torch.save({"model": stored}, folder / "LASSNet.pt")
