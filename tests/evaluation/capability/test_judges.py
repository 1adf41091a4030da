"""Tiny models with random weights: the way through transformers is tested, not the models."""

from pathlib import Path

import numpy as np
import pytest

from evaluation.capability.items import Answer, Item, Truth
from evaluation.capability.judges import ClapJudge, ClassifierJudge
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import ModelUnavailable
from model_wrappers.contract.tasks.text_to_audio import TextToAudioRequest, TextToAudioResponse
from model_wrappers.torch.torchaudio_import import prepare_torchaudio

torch = pytest.importorskip("torch", reason="needs the production extra")
transformers = pytest.importorskip("transformers", reason="needs the production extra")

prepare_torchaudio()
RATE = 16_000  # Hz


def sound(seed: int) -> Audio:
    return Audio(np.random.default_rng(seed).standard_normal((1, 2 * RATE)).astype(np.float32) * 0.1, RATE)


ITEM = Item("x", TextToAudioRequest(text="a dog"), Truth(audio=sound(0)))


def answer(audio: Audio) -> Answer:
    return Answer(TextToAudioResponse(audio=audio), "m")


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> ClassifierJudge:
    folder = tmp_path_factory.mktemp("classifier")
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = transformers.ASTConfig(**sizes, max_length=128, num_mel_bins=32, num_labels=5)
    transformers.ASTForAudioClassification(config).save_pretrained(folder)
    transformers.ASTFeatureExtractor(max_length=128, num_mel_bins=32).save_pretrained(folder)
    return ClassifierJudge(folder)


def test_a_true_sound_has_equal_features_and_no_divergence(classifier: ClassifierJudge) -> None:
    measures = classifier(ITEM, answer(sound(0)))
    made, true = measures["fid"]
    np.testing.assert_array_equal(made, true)
    assert made.shape == (16,)
    assert measures["kl"][0] == pytest.approx(0, abs=1e-9)


def test_another_sound_differs(classifier: ClassifierJudge) -> None:
    measures = classifier(ITEM, answer(Audio(np.zeros((1, 2 * RATE), np.float32), RATE)))
    assert not np.array_equal(*measures["fid"])
    assert measures["kl"][0] > 0


def test_items_without_a_true_sound_are_left_out(classifier: ClassifierJudge) -> None:
    assert classifier(Item("x", ITEM.request, Truth()), answer(sound(0))) == {}


def test_a_folder_without_a_model_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=str(tmp_path)):
        ClapJudge(tmp_path)


@pytest.fixture(scope="module")
def clap(tmp_path_factory: pytest.TempPathFactory) -> ClapJudge:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    folder = tmp_path_factory.mktemp("clap")
    words = Tokenizer(WordLevel({"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "a": 4, "dog": 5}, unk_token="<unk>"))
    words.pre_tokenizer = Whitespace()
    special = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=words, **special)
    text = {
        "vocab_size": 6,
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
    }
    audio = {"patch_embeds_hidden_size": 16, "depths": [1, 1], "num_attention_heads": [2, 2], "hidden_size": 32}
    config = transformers.ClapConfig(text_config=text, audio_config=audio, projection_dim=8)
    torch.manual_seed(0)
    transformers.ClapModel(config).save_pretrained(folder)
    extractor = transformers.ClapFeatureExtractor(truncation="rand_trunc")
    transformers.ClapProcessor(extractor, tokenizer).save_pretrained(folder)
    return ClapJudge(folder)


def test_the_clap_score_is_a_cosine_of_text_and_sound(clap: ClapJudge) -> None:
    value, weight = clap(ITEM, answer(sound(0)))["clap"]
    assert -1 <= value <= 1
    assert weight == 1.0
    assert clap(ITEM, answer(sound(1)))["clap"][0] != value
