"""AST with one layer and four classes, on windows of 1.28 s."""

from pathlib import Path

from model_wrappers.contract.tasks.sound_detection import SoundDetectionRequest
from tests.published.case import WRAPPERS, Case, cuts

LABELS = ("Speech", "Dog", "Siren", "Rain")

CASES = {
    "ast": Case(
        f"{WRAPPERS}.audio_spectrogram_transformer:AudioSpectrogramTransformer",
        "sound-detection",
        cuts(SoundDetectionRequest, (0, 2), (2, 5)),
        {"hop_s": 0.5, "windows_per_batch": 4},
    ),
}


def build(folder: Path) -> None:
    from transformers import ASTConfig, ASTFeatureExtractor, ASTForAudioClassification

    config = ASTConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_length=128,
        num_labels=len(LABELS),
        id2label=dict(enumerate(LABELS)),
        label2id={label: index for index, label in enumerate(LABELS)},
        initializer_range=0.5,
    )
    ASTForAudioClassification(config).save_pretrained(folder)
    ASTFeatureExtractor(max_length=128).save_pretrained(folder)
