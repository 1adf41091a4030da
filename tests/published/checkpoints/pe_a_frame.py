"""PE-A-Frame with one layer each, at its true 25 frames a second."""

from pathlib import Path

from benchmarks.gpu.cases import Benchmark, replayed
from model_wrappers.contract.tasks.sound_detection import SoundDetectionRequest
from model_wrappers.contract.tasks.target_sound_detection import TargetSoundDetectionRequest
from tests.published.case import WRAPPERS, Case, cuts
from tests.published.checkpoints.tokens import byte_tokenizer

LAYERS = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}

CASES = {
    "pe-a-frame": Case(
        f"{WRAPPERS}.pe_a_frame:PEAFrame",
        "sound-detection",
        cuts(SoundDetectionRequest, (0, 2), (2, 5), threshold=0.4),
        {"labels": ["a dog barks", "a siren", "speech"]},
    ),
    "pe-a-frame-target": Case(
        f"{WRAPPERS}.pe_a_frame:PEAFrame",
        "target-sound-detection",
        lambda cut: [
            TargetSoundDetectionRequest(audio=cut(0, 2), target="speech", threshold=0.4),
            TargetSoundDetectionRequest(audio=cut(2, 5), target="a car passes by", threshold=0.4),
            TargetSoundDetectionRequest(audio=cut(2, 4), reference=cut(5, 6), threshold=0.4),
        ],
        {"labels": ["a dog barks", "a siren", "speech"]},
    ),
}

BENCHMARK = Benchmark(
    sizes={
        "config.json": {
            "audio_config": {
                "hidden_size": 1792,
                "intermediate_size": 4800,
                "num_hidden_layers": 6,
                "num_attention_heads": 14,
                "num_key_value_heads": 14,
                "head_dim": 128,
                "dac_config": {
                    "encoder_hidden_size": 64,
                    "decoder_hidden_size": 1536,
                    "n_codebooks": 16,
                    "codebook_size": 1024,
                    "codebook_dim": 128,
                    "hidden_size": 1024,
                },
            },
            "text_config": {
                "vocab_size": 50368,
                "hidden_size": 1024,
                "intermediate_size": 2624,
                "num_hidden_layers": 22,
                "num_attention_heads": 16,
            },
        }
    },
    bare=replayed(lambda model: model._network, "get_audio_embeds"),
    library="the audio encoder",
)


def build(folder: Path) -> None:
    from transformers import PeAudioConfig, PeAudioFeatureExtractor, PeAudioFrameLevelModel, PeAudioProcessor

    tokenizer = byte_tokenizer("[CLS]", cls_token="[CLS]", model_max_length=64)
    text = LAYERS | {
        "model_type": "modernbert",
        "vocab_size": len(tokenizer),
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "cls_token_id": tokenizer.cls_token_id,
        "sep_token_id": 2,
        "max_position_embeddings": 128,
    }
    codec = {
        "model_type": "dac",
        "encoder_hidden_size": 8,
        "downsampling_ratios": [2, 8, 10, 12],
        "decoder_hidden_size": 16,
        "n_codebooks": 2,
        "codebook_size": 16,
        "codebook_dim": 4,
        "sampling_rate": 48_000,
        "hidden_size": 16,
    }
    audio = LAYERS | {"dac_config": codec, "num_key_value_heads": 2, "head_dim": 8}
    model = PeAudioFrameLevelModel(PeAudioConfig(text_config=text, audio_config=audio))
    model.text_audio_logit_scale.data.fill_(4.0)
    for head in (model.audio_head, model.text_audio_head):
        for weights in head.parameters():
            if weights.dim() == 2:
                weights.data.normal_(0, 0.3)
    model.save_pretrained(folder)
    PeAudioProcessor(feature_extractor=PeAudioFeatureExtractor(), tokenizer=tokenizer).save_pretrained(folder)
