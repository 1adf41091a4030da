"""Stable Audio Open with one layer, 2 s of stereo at 8 kHz."""

from pathlib import Path

from tests.published.checkpoints.tokens import byte_tokenizer


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
