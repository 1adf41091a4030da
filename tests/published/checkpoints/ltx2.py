"""LTX-2 with one layer each."""

from pathlib import Path
from typing import Any

import numpy as np

from model_wrappers.contract.tasks.talking_head_synthesis import TalkingHeadSynthesisRequest
from model_wrappers.contract.visual import Image
from tests.published.case import WRAPPERS, Case
from tests.published.checkpoints.tokens import byte_tokenizer

HIDDEN = 16
LAYERS = {"intermediate_size": 32, "num_attention_heads": 2}


def _picture(seed: int) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 255, (40, 50, 3), dtype=np.uint8))


CASES = {
    "ltx-2": Case(
        f"{WRAPPERS}.ltx2:LTX2",
        "talking-head-synthesis",
        lambda cut: [
            TalkingHeadSynthesisRequest(audio=cut(0, 1), image=_picture(0)),
            TalkingHeadSynthesisRequest(audio=cut(1, 3)),
        ],
        {
            "size": 32,
            "frame_rate": 8,
            "steps": 2,
            "guidance": 1.0,
            "perturbed_guidance": 0.0,
            "modality_guidance": 1.0,
            "cross_timestep": False,
            "max_prompt_tokens": 32,
        },
    ),
}


def build(folder: Path) -> None:
    from diffusers import FlowMatchEulerDiscreteScheduler, LTX2ConditionPipeline

    tokenizer = byte_tokenizer(eos="<eos>", bos="<bos>")
    LTX2ConditionPipeline(
        tokenizer=tokenizer,
        text_encoder=_text_encoder(len(tokenizer)),
        connectors=_connectors(),
        transformer=_transformer(),
        vae=_video_coder(),
        audio_vae=_audio_coder(),
        vocoder=_vocoder(),
        scheduler=FlowMatchEulerDiscreteScheduler(),
        processor=None,
        prompt_enhancer=None,
        duration_head=None,
    ).save_pretrained(folder)


def _text_encoder(vocabulary: int) -> Any:
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration

    text = LAYERS | {
        "vocab_size": vocabulary,
        "hidden_size": HIDDEN,
        "num_hidden_layers": 2,
        "num_key_value_heads": 1,
        "head_dim": 8,
        "max_position_embeddings": 128,
        "sliding_window": 64,
        "layer_types": ["full_attention"] * 2,
    }
    vision = LAYERS | {"hidden_size": HIDDEN, "num_hidden_layers": 1, "image_size": 28, "patch_size": 14}
    config = Gemma3Config(
        text_config=text,
        vision_config=vision,
        mm_tokens_per_image=1,
        image_token_index=3,
        boi_token_index=1,
        eoi_token_index=2,
    )
    return Gemma3ForConditionalGeneration(config)


def _connectors() -> Any:
    from diffusers.pipelines.ltx2 import LTX2TextConnectors

    sides = {
        f"{side}_connector_{name}": value
        for side in ("video", "audio")
        for name, value in (
            ("num_attention_heads", 2),
            ("attention_head_dim", 8),
            ("num_layers", 1),
            ("num_learnable_registers", None),
        )
    }
    return LTX2TextConnectors(
        **sides,
        caption_channels=HIDDEN,
        text_proj_in_factor=3,
        connector_rope_base_seq_len=32,
        rope_theta=10000.0,
        rope_double_precision=False,
        causal_temporal_positioning=False,
        rope_type="split",
    )


def _transformer() -> Any:
    from diffusers import LTX2VideoTransformer3DModel

    return LTX2VideoTransformer3DModel(
        in_channels=4,
        out_channels=4,
        patch_size=1,
        patch_size_t=1,
        num_attention_heads=2,
        attention_head_dim=8,
        cross_attention_dim=16,
        audio_in_channels=8,
        audio_out_channels=8,
        audio_num_attention_heads=2,
        audio_attention_head_dim=4,
        audio_cross_attention_dim=8,
        num_layers=1,
        qk_norm="rms_norm_across_heads",
        caption_channels=HIDDEN,
        rope_double_precision=False,
        rope_type="split",
    )


def _video_coder() -> Any:
    from diffusers import AutoencoderKLLTX2Video

    coder = AutoencoderKLLTX2Video(
        in_channels=3,
        out_channels=3,
        latent_channels=4,
        block_out_channels=(8,),
        decoder_block_out_channels=(8,),
        layers_per_block=(1,),
        decoder_layers_per_block=(1, 1),
        spatio_temporal_scaling=(True,),
        decoder_spatio_temporal_scaling=(True,),
        decoder_inject_noise=(False, False),
        downsample_type=("spatial",),
        upsample_residual=(False,),
        upsample_factor=(1,),
        timestep_conditioning=False,
        patch_size=1,
        patch_size_t=1,
        encoder_causal=True,
        decoder_causal=False,
    )
    coder.use_framewise_encoding = coder.use_framewise_decoding = False
    return coder


def _audio_coder() -> Any:
    from diffusers import AutoencoderKLLTX2Audio

    return AutoencoderKLLTX2Audio(
        base_channels=8,
        output_channels=2,
        ch_mult=(1, 1, 1),
        num_res_blocks=1,
        attn_resolutions=None,
        in_channels=2,
        resolution=32,
        latent_channels=4,
        norm_type="pixel",
        causality_axis="height",
        dropout=0.0,
        mid_block_add_attention=False,
        sample_rate=16_000,
        mel_hop_length=160,
        is_causal=True,
        mel_bins=8,
    )


def _vocoder() -> Any:
    from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder

    return LTX2Vocoder(
        in_channels=16,
        hidden_channels=16,
        out_channels=2,
        upsample_kernel_sizes=[10, 32],
        upsample_factors=[5, 32],
        resnet_kernel_sizes=[3],
        resnet_dilations=[[1, 3, 5]],
        leaky_relu_negative_slope=0.1,
        output_sampling_rate=16_000,
    )
