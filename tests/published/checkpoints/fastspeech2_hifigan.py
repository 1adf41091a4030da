"""FastSpeech2Conformer with HiFi-GAN, one layer each, and NLTK data for a few words."""

import json
from pathlib import Path

from benchmarks.gpu.cases import Benchmark, speak
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from tests.published.case import WRAPPERS, Case

PHONEMES = (
    "AH0",
    "N",
    "T",
    "D",
    "S",
    "R",
    "L",
    "IH1",
    "HH",
    "EH1",
    "OW1",
    "W",
    "ER1",
    "UW1",
    "AE1",
    ".",
    ",",
    "!",
    "?",
)
WORDS = {"hello": "HH AH0 L OW1", "world": "W ER1 L D", "sand": "S AE1 N D", "test": "T EH1 S T"}

CASES = {
    "fastspeech2": Case(
        f"{WRAPPERS}.fastspeech2:FastSpeech2",
        "text-to-speech",
        lambda cut: [
            TextToSpeechRequest(text="Hello world."),
            TextToSpeechRequest(text="Hello sand test, hello world! A test.", speed=1.5),
        ],
    ),
}

BENCHMARK = Benchmark(
    sizes={
        "config.json": {
            "model_config": {
                "hidden_size": 384,
                "encoder_layers": 4,
                "encoder_num_attention_heads": 2,
                "encoder_linear_units": 1536,
                "decoder_layers": 4,
                "decoder_num_attention_heads": 2,
                "decoder_linear_units": 1536,
                "speech_decoder_postnet_layers": 5,
                "speech_decoder_postnet_units": 256,
                "duration_predictor_layers": 2,
                "duration_predictor_channels": 256,
                "energy_predictor_layers": 2,
                "energy_predictor_channels": 256,
                "pitch_predictor_layers": 5,
                "pitch_predictor_channels": 256,
            },
            "vocoder_config": {
                "upsample_initial_channel": 512,
                "resblock_kernel_sizes": [3, 7, 11],
                "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5], [1, 3, 5]],
            },
        }
    },
    bare=speak,
    library="its `forward`, which takes padded texts without an end for each",
)


def build(folder: Path) -> None:
    from transformers import (
        FastSpeech2ConformerConfig,
        FastSpeech2ConformerHifiGanConfig,
        FastSpeech2ConformerWithHifiGan,
        FastSpeech2ConformerWithHifiGanConfig,
    )

    tokens = ("<blank>", "<unk>", *PHONEMES, "<sos/eos>")
    (folder / "vocab.json").write_text(json.dumps({token: index for index, token in enumerate(tokens)}))
    sides = {
        f"{side}_{name}": value
        for side in ("encoder", "decoder")
        for name, value in (("layers", 1), ("num_attention_heads", 2), ("linear_units", 32))
    }
    predictors = {
        f"{name}_predictor_{part}": value
        for name in ("duration", "energy", "pitch")
        for part, value in (("layers", 1), ("channels", 16))
    }
    acoustic = FastSpeech2ConformerConfig(
        **sides,
        **predictors,
        vocab_size=len(tokens),
        hidden_size=16,
        speech_decoder_postnet_layers=2,
        speech_decoder_postnet_units=16,
    )
    vocoder = FastSpeech2ConformerHifiGanConfig(
        upsample_initial_channel=32, resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1, 3]]
    )
    config = FastSpeech2ConformerWithHifiGanConfig(model_config=acoustic.to_dict(), vocoder_config=vocoder.to_dict())
    model = FastSpeech2ConformerWithHifiGan(config)
    model.model.duration_predictor.linear.bias.data.fill_(1.6)  # about four frames a phoneme
    model.save_pretrained(folder)
    _write_nltk_data(folder / "nltk_data")


def _write_nltk_data(folder: Path) -> None:
    dictionary = folder / "corpora" / "cmudict"
    dictionary.mkdir(parents=True)
    lines = [f"{word.upper()} 1 {phonemes}" for word, phonemes in WORDS.items()]
    (dictionary / "cmudict").write_text("\n".join(lines) + "\n")
    tagger = folder / "taggers" / "averaged_perceptron_tagger_eng"
    tagger.mkdir(parents=True)
    parts: dict[str, object] = {"weights": {"bias": {"NN": 1.0}}, "tagdict": {}, "classes": ["NN"]}
    for part, content in parts.items():
        (tagger / f"averaged_perceptron_tagger_eng.{part}.json").write_text(json.dumps(content))
