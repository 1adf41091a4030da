"""Stable Audio Open with one layer, 2 s of stereo at 8 kHz."""

from pathlib import Path

from benchmarks.gpu.cases import Benchmark, pipeline
from model_wrappers.contract.tasks.audio_inpainting import AudioInpaintingRequest
from model_wrappers.contract.tasks.text_to_audio import TextToAudioRequest
from tests.published.case import WRAPPERS, Case
from tests.published.checkpoints.tokens import byte_tokenizer

CASES = {
    "stable-audio-open": Case(
        f"{WRAPPERS}.stable_audio:StableAudio",
        "text-to-audio",
        lambda cut: [
            TextToAudioRequest(text="rain", duration=1.0, seed=3),
            TextToAudioRequest(text="a dog barks twice", duration=1.7, seed=4),
        ],
        {"steps": 4, "default_duration_s": 1.0},
    ),
    "stable-audio-open-inpainting": Case(
        f"{WRAPPERS}.stable_audio:StableAudio",
        "audio-inpainting",
        lambda cut: [
            AudioInpaintingRequest(audio=cut(0, 1.9), start=0.5, end=1.0),
            AudioInpaintingRequest(audio=cut(3, 9), start=2.0, end=2.3),
        ],
        {"steps": 4, "default_duration_s": 1.0, "least_context_s": 0.5},
    ),
}

BENCHMARK = Benchmark(
    parameters=1.06e9,
    sizes={
        "transformer/config.json": {
            "sample_size": 1024,
            "in_channels": 64,
            "out_channels": 64,
            "num_layers": 24,
            "attention_head_dim": 64,
            "num_attention_heads": 24,
            "num_key_value_attention_heads": 12,
            "cross_attention_dim": 768,
            "time_proj_dim": 256,
            "global_states_input_dim": 1536,
            "cross_attention_input_dim": 768,
        },
        "vae/config.json": {
            "encoder_hidden_size": 128,
            "downsampling_ratios": [2, 4, 4, 8, 8],
            "channel_multiples": [1, 2, 4, 8, 16],
            "decoder_channels": 128,
            "decoder_input_channels": 64,
            "sampling_rate": 44100,
        },
        "text_encoder/config.json": {
            "vocab_size": 32128,
            "d_model": 768,
            "d_ff": 3072,
            "d_kv": 64,
            "num_heads": 12,
            "num_layers": 12,
        },
        "projection_model/config.json": {
            "text_encoder_dim": 768,
            "conditioning_dim": 768,
            "min_value": 0,
            "max_value": 512,
        },
    },
    network=lambda model: model._diffusion._pipeline.transformer,
    bare=pipeline,
    library="its pipeline",
    tiny_args={"steps": 2},
)


def build(folder: Path) -> None:
    from diffusers import (
        AutoencoderOobleck,
        CosineDPMSolverMultistepScheduler,
        StableAudioDiTModel,
        StableAudioPipeline,
        StableAudioProjectionModel,
    )
    from transformers import T5Config, T5EncoderModel

    tokenizer = byte_tokenizer(model_max_length=32)
    text = T5Config(vocab_size=len(tokenizer), d_model=16, d_ff=32, d_kv=8, num_heads=2, num_layers=1)
    pipeline = StableAudioPipeline(
        tokenizer=tokenizer,
        text_encoder=T5EncoderModel(text),
        vae=AutoencoderOobleck(
            encoder_hidden_size=16,
            downsampling_ratios=[4, 8, 8],
            channel_multiples=[1, 2, 4],
            decoder_channels=8,
            decoder_input_channels=8,
            audio_channels=2,
            sampling_rate=8_000,
        ),
        transformer=StableAudioDiTModel(
            sample_size=64,
            in_channels=8,
            out_channels=8,
            num_layers=1,
            attention_head_dim=8,
            num_attention_heads=2,
            num_key_value_attention_heads=2,
            cross_attention_dim=16,
            time_proj_dim=8,
            global_states_input_dim=32,
            cross_attention_input_dim=16,
        ),
        projection_model=StableAudioProjectionModel(
            text_encoder_dim=16, conditioning_dim=16, min_value=0, max_value=32
        ),
        scheduler=CosineDPMSolverMultistepScheduler(
            solver_order=2, prediction_type="v_prediction", sigma_data=1.0, sigma_schedule="exponential"
        ),
    )
    pipeline.save_pretrained(folder)
