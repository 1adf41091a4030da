import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig
from model_wrappers.contract.errors import ModelFailed
from model_wrappers.contract.tasks.style_transfer import StyleTransferRequest, StyleTransferResponse
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechResponse
from model_wrappers.embedded.spoken_conversion import SpokenConversion

VOICE = Audio(np.zeros((1, 100), np.float32), 16_000)


def test_a_text_is_spoken_and_then_converted():
    steps = SpokenConversion(ModelConfig()).sub_steps(StyleTransferRequest(text="Here we go.", reference=VOICE))
    assert [(step.task, step.arguments) for step in steps] == [
        ("text-to-speech", {"text": "Here we go."}),
        ("style-transfer", {"audio": {"from": "speech.audio"}, "reference": VOICE}),
    ]


def test_speech_is_only_converted():
    [step] = SpokenConversion(ModelConfig()).sub_steps(StyleTransferRequest(audio=VOICE, reference=VOICE))
    assert (step.task, step.arguments) == ("style-transfer", {"audio": VOICE, "reference": VOICE})


def test_the_answer_is_that_of_the_conversion():
    model, request = SpokenConversion(ModelConfig()), StyleTransferRequest(text="Go.", reference=VOICE)
    answer = StyleTransferResponse(audio=VOICE, similarity=0.7, similarity_before=0.5)
    spoken = TextToSpeechResponse(audio=VOICE)
    assert model.combine(request, {"speech": spoken, "conversion": answer}) is answer
    with pytest.raises(ModelFailed, match="TextToSpeechResponse"):
        model.combine(request, {"conversion": spoken})
