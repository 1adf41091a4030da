"""Whisper with one layer each and three languages."""

from pathlib import Path

from benchmarks.gpu.cases import Benchmark, generation_of_transformers, replayed
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest
from tests.published.case import WRAPPERS, Case, cuts
from tests.published.checkpoints.tokens import byte_vocabulary

SPECIAL = (
    "<|startoftranscript|>",
    "<|en|>",
    "<|de|>",
    "<|es|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)
TIMESTAMPS = tuple(f"<|{step * 0.02:.2f}|>" for step in range(1501))

CASES = {
    "whisper-large-v3": Case(
        f"{WRAPPERS}.whisper:WhisperLarge",
        "speech-recognition",
        lambda cut: [
            SpeechRecognitionRequest(audio=cut(0, 2), language="en"),
            SpeechRecognitionRequest(audio=cut(2, 9), language="de"),
            SpeechRecognitionRequest(audio=cut(1, 5)),
        ],
        {"vad_threshold": 0.0},
    ),
    "whisper-large-v3-translation": Case(
        f"{WRAPPERS}.whisper:WhisperLarge",
        "speech-translation",
        cuts(SpeechTranslationRequest, (0, 2), (2, 9), target_language="en"),
        {"vad_threshold": 0.0},
    ),
}

BENCHMARK = Benchmark(
    parameters=1.54e9,
    sizes={
        "config.json": {
            "vocab_size": 51866,
            "num_mel_bins": 128,
            "d_model": 1280,
            "encoder_layers": 32,
            "decoder_layers": 32,
            "encoder_attention_heads": 20,
            "decoder_attention_heads": 20,
            "encoder_ffn_dim": 5120,
            "decoder_ffn_dim": 5120,
            "max_target_positions": 448,
            "init_std": 0.02,
        },
        "processor_config.json": {"feature_extractor": {"feature_size": 128}},
    },
    network=lambda model: model._decoder._model,
    bare=replayed(lambda model: generation_of_transformers(), "generate"),
    known_tokens=lambda model: model._decoder._tokens.get_vocab_size(),
    args={"vad_threshold": 0.0, "revision": None},
)


def build(folder: Path) -> None:
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperProcessor,
        WhisperTokenizer,
    )

    vocabulary = byte_vocabulary()
    vocabulary["<|endoftext|>"] = len(vocabulary)
    tokenizer = WhisperTokenizer(vocab=vocabulary, merges=[])
    tokenizer.add_special_tokens({"additional_special_tokens": list(SPECIAL)})
    tokenizer.add_tokens(list(TIMESTAMPS))
    ids = dict(zip(SPECIAL, tokenizer.convert_tokens_to_ids(list(SPECIAL)), strict=True))
    end = vocabulary["<|endoftext|>"]
    config = WhisperConfig(
        vocab_size=len(tokenizer),
        num_mel_bins=80,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_target_positions=32,
        pad_token_id=end,
        bos_token_id=end,
        eos_token_id=end,
        decoder_start_token_id=ids["<|startoftranscript|>"],
        suppress_tokens=None,
        begin_suppress_tokens=None,
        init_std=0.5,
    )
    model = WhisperForConditionalGeneration(config)
    model.generation_config = GenerationConfig(
        pad_token_id=end,
        bos_token_id=end,
        eos_token_id=end,
        decoder_start_token_id=ids["<|startoftranscript|>"],
        is_multilingual=True,
        lang_to_id={token: ids[token] for token in ("<|en|>", "<|de|>", "<|es|>")},
        task_to_id={"transcribe": ids["<|transcribe|>"], "translate": ids["<|translate|>"]},
        no_timestamps_token_id=ids["<|notimestamps|>"],
        prev_sot_token_id=ids["<|startofprev|>"],
        max_initial_timestamp_index=50,
        suppress_tokens=list(ids.values()),
        begin_suppress_tokens=[end],
        alignment_heads=[[0, 0], [0, 1]],
    )
    WhisperProcessor(feature_extractor=WhisperFeatureExtractor(feature_size=80), tokenizer=tokenizer).save_pretrained(
        folder
    )
    model.save_pretrained(folder)
