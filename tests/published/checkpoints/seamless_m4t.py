"""SeamlessM4T v2 with one layer each and three languages."""

from pathlib import Path

from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest
from tests.published.case import WRAPPERS, Case, cuts
from tests.published.checkpoints.tokens import LETTERS

LANGUAGES = ("eng", "deu", "fra")

CASES = {
    "seamless-m4t-v2": Case(
        f"{WRAPPERS}.seamless_m4t:SeamlessM4T",
        "speech-translation",
        cuts(SpeechTranslationRequest, (0, 2), (2, 6), target_language="fr"),
        {"vad_threshold": 0.0, "max_new_tokens": 12},
        non_commercial=True,
    ),
    "seamless-m4t-v2-spoken": Case(
        f"{WRAPPERS}.seamless_m4t:SeamlessM4T",
        "speech-translation",
        cuts(SpeechTranslationRequest, (0, 2), (2, 6), target_language="fr", speak=True),
        {"vad_threshold": 0.0, "max_new_tokens": 12},
        non_commercial=True,
    ),
}


def build(folder: Path) -> None:
    from transformers import (
        GenerationConfig,
        SeamlessM4TFeatureExtractor,
        SeamlessM4TProcessor,
        SeamlessM4TTokenizer,
        SeamlessM4Tv2Config,
        SeamlessM4Tv2Model,
    )

    usual = ("<pad>", "<unk>", "<s>", "</s>")
    vocabulary = {token: index for index, token in enumerate((*usual, "▁", *LETTERS, *"äöüß"))}
    tokenizer = SeamlessM4TTokenizer(
        vocab=vocabulary,
        merges=[],
        src_lang="eng",
        tgt_lang="fra",
        additional_special_tokens=[f"__{language}__" for language in LANGUAGES],
    )
    size = len(tokenizer)
    layer = {"layers": 1, "attention_heads": 2, "ffn_dim": 32}
    parts = {f"{part}_{name}": value for part in ("encoder", "decoder") for name, value in layer.items()}
    config = SeamlessM4Tv2Config(
        **parts,
        **{f"t2u_{name}": value for name, value in parts.items()},
        vocab_size=size,
        t2u_vocab_size=40,
        hidden_size=16,
        max_position_embeddings=512,
        speech_encoder_layers=1,
        speech_encoder_attention_heads=2,
        speech_encoder_intermediate_size=32,
        num_adapter_layers=1,
        conv_depthwise_kernel_size=3,
        t2u_max_position_embeddings=2048,
        t2u_variance_predictor_embed_dim=16,
        t2u_variance_predictor_hidden_dim=16,
        variance_predictor_kernel_size=3,
        char_vocab_size=size + 5,
        unit_hifi_gan_vocab_size=40,
        unit_embed_dim=16,
        lang_embed_dim=8,
        spkr_embed_dim=8,
        vocoder_num_langs=4,
        vocoder_num_spkrs=2,
        upsample_initial_channel=32,
        resblock_kernel_sizes=[3],
        resblock_dilation_sizes=[[1, 3]],
        var_pred_dropout=0.0,
        t2u_pad_token_id=1,
        t2u_bos_token_id=0,
        t2u_eos_token_id=2,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
        decoder_start_token_id=3,
        max_new_tokens=16,
        initializer_range=0.3,
    )
    model = SeamlessM4Tv2Model(config)
    for name, weights in model.text_decoder.named_parameters():
        if "cross_attention" in name and weights.dim() == 2:
            weights.data.mul_(4.0)  # else the words hardly depend on what is heard
    model.generation_config = GenerationConfig(
        text_decoder_lang_to_code_id={each: tokenizer.convert_tokens_to_ids(f"__{each}__") for each in LANGUAGES},
        t2u_lang_code_to_id={each: 4 + index for index, each in enumerate(LANGUAGES)},
        vocoder_lang_code_to_id={each: index for index, each in enumerate(LANGUAGES)},
        id_to_text={str(index): token for index, token in enumerate(tokenizer.convert_ids_to_tokens(range(size)))},
        char_to_id={token: index for index, token in enumerate((*usual, *(t for t in vocabulary if len(t) == 1)))},
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
        decoder_start_token_id=3,
        suppress_tokens=[0, 1, 2, 3, *tokenizer.convert_tokens_to_ids([f"__{each}__" for each in LANGUAGES])],
    )
    features = SeamlessM4TFeatureExtractor(feature_size=80, num_mel_bins=80, stride=2)
    SeamlessM4TProcessor(feature_extractor=features, tokenizer=tokenizer).save_pretrained(folder)
    model.save_pretrained(folder)
