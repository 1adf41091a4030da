"""FastSpeech 2 on conformers with the legacy relative positions of the published checkpoint."""

from pathlib import Path

from tests.published.checkpoints import espnet_fastspeech2


def build(folder: Path) -> None:
    espnet_fastspeech2.build(
        folder,
        encoder_type="conformer",
        decoder_type="conformer",
        conformer_rel_pos_type="legacy",
        conformer_pos_enc_layer_type="rel_pos",
        conformer_self_attn_layer_type="rel_selfattn",
    )
