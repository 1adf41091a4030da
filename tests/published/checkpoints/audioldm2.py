"""AudioLDM 2 with the smallest networks its pipeline takes."""

from pathlib import Path

from model_wrappers.contract.tasks.text_to_audio import TextToAudioRequest
from tests.published.case import WRAPPERS, Case
from tests.published.checkpoints.tokens import LETTERS, byte_vocabulary

CASES = {
    "audioldm2": Case(
        f"{WRAPPERS}.audioldm2:AudioLDM2",
        "text-to-audio",
        lambda cut: [
            TextToAudioRequest(text="rain", duration=0.02, seed=3),
            TextToAudioRequest(text="a hammer hits wood", duration=0.02, seed=4),
        ],
        {"steps": 3},
        non_commercial=True,
    ),
}


def build(folder: Path) -> None:
    from diffusers import (
        AudioLDM2Pipeline,
        AudioLDM2ProjectionModel,
        AudioLDM2UNet2DConditionModel,
        AutoencoderKL,
        DDIMScheduler,
    )
    from transformers import (
        ClapConfig,
        ClapFeatureExtractor,
        ClapModel,
        GPT2Config,
        GPT2Model,
        RobertaTokenizer,
        SpeechT5HifiGan,
        SpeechT5HifiGanConfig,
        T5Config,
        T5EncoderModel,
        T5Tokenizer,
    )

    bytes_tokenizer = RobertaTokenizer(
        vocab=byte_vocabulary("<s>", "<pad>", "</s>", "<unk>", "<mask>"), merges=[], model_max_length=77
    )
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), *((letter, -3.0) for letter in LETTERS)]
    piece_tokenizer = T5Tokenizer(vocab=pieces, extra_ids=0, model_max_length=77)
    clap_text = {
        "vocab_size": len(bytes_tokenizer),
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_attention_heads": 2,
        "num_hidden_layers": 1,
        "max_position_embeddings": 80,
        "pad_token_id": 1,
    }
    clap_audio = {
        "hidden_size": 64,
        "patch_embeds_hidden_size": 8,
        "depths": [1] * 4,
        "num_attention_heads": [1, 1, 2, 2],
        "num_hidden_layers": 4,
    }
    t5 = T5Config(vocab_size=len(piece_tokenizer), d_model=32, d_ff=32, d_kv=8, num_heads=2, num_layers=1)
    language_model = GPT2Model(GPT2Config(n_embd=16, n_head=2, n_layer=1, vocab_size=100, n_positions=99))
    language_model.config.max_new_tokens = 8
    pipeline = AudioLDM2Pipeline(
        tokenizer=bytes_tokenizer,
        tokenizer_2=piece_tokenizer,
        text_encoder=ClapModel(ClapConfig(text_config=clap_text, audio_config=clap_audio, projection_dim=16)),
        text_encoder_2=T5EncoderModel(t5),
        language_model=language_model,
        projection_model=AudioLDM2ProjectionModel(text_encoder_dim=16, text_encoder_1_dim=32, langauge_model_dim=16),
        feature_extractor=ClapFeatureExtractor(truncation="rand_trunc"),
        unet=AudioLDM2UNet2DConditionModel(
            block_out_channels=(8, 16),
            layers_per_block=1,
            norm_num_groups=8,
            sample_size=32,
            in_channels=4,
            out_channels=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=(8, 16),
        ),
        vae=AutoencoderKL(
            block_out_channels=[8, 16],
            in_channels=1,
            out_channels=1,
            norm_num_groups=8,
            down_block_types=["DownEncoderBlock2D"] * 2,
            up_block_types=["UpDecoderBlock2D"] * 2,
            latent_channels=4,
        ),
        vocoder=SpeechT5HifiGan(
            SpeechT5HifiGanConfig(
                model_in_dim=8,
                upsample_initial_channel=16,
                upsample_rates=[2, 2],
                upsample_kernel_sizes=[4, 4],
                resblock_kernel_sizes=[3],
                resblock_dilation_sizes=[[1, 3]],
                normalize_before=False,
            )
        ),
        scheduler=DDIMScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False, set_alpha_to_one=False
        ),
    )
    pipeline.save_pretrained(folder)
