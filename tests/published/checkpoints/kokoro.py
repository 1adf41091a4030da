"""Kokoro as a network that holds each phoneme for a tenth of a second, at a pitch of its own."""

import json
from pathlib import Path

import numpy as np

from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from tests.published.case import WRAPPERS, Case

PHONEMES = ';:,.!?—… "()“”ʣʥʦʨAIOQSTWYᵊabcdefhijklmnopqrstuvwxyzɑɐɒæβɔɕçɖðʤəɚɛɜɟɡɥɨɪʝɯɰŋɳɲɴøɸθœɹɾɻʁɽʂʃʈʧʊʋʌɣɤχʎʒʔˈˌːʰʲᵻ'
SAMPLES = 2_400  # of one phoneme
VOICES = ("af_heart", "bm_george", "ef_dora")

CASES = {
    "kokoro": Case(
        f"{WRAPPERS}.kokoro:Kokoro",
        "text-to-speech",
        lambda cut: [
            TextToSpeechRequest(text="The first sentence. And the second one!"),
            TextToSpeechRequest(text="¿Qué tal?", language="es", voice="ef_dora"),
        ],
    ),
}


def build(folder: Path) -> None:
    """Write the files of the export: its phonemes, its voices, and a network with its inputs."""
    from onnx import TensorProto, helper, save

    (folder / "onnx").mkdir()
    (folder / "voices").mkdir()
    vocabulary = {"$": 0} | {phoneme: index + 1 for index, phoneme in enumerate(PHONEMES)}
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocabulary}}))
    for number, voice in enumerate(VOICES):
        np.full((510, 1, 256), 0.1 * (number + 1), np.float32).tofile(folder / "voices" / f"{voice}.bin")
    times = np.arange(SAMPLES, dtype=np.float32) / 24_000
    tones = [np.sin(2 * np.pi * (200 + 10 * index) * times) * (index > 0) for index in range(len(vocabulary))]
    nodes = [
        helper.make_node("Gather", ["tones", "input_ids"], ["held"]),
        helper.make_node("ReduceMean", ["style"], ["level"], keepdims=0),
        helper.make_node("Mul", ["held", "level"], ["loud"]),
        helper.make_node("Div", ["loud", "speed"], ["scaled"]),
        helper.make_node("Reshape", ["scaled", "flat"], ["waveform"]),
    ]
    graph = helper.make_graph(
        nodes,
        "kokoro",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "length"]),
            helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, 256]),
            helper.make_tensor_value_info("speed", TensorProto.FLOAT, [1]),
        ],
        [helper.make_tensor_value_info("waveform", TensorProto.FLOAT, [1, "samples"])],
        [
            helper.make_tensor(
                "tones", TensorProto.FLOAT, [len(tones), SAMPLES], np.stack(tones).astype(np.float32).ravel()
            ),
            helper.make_tensor("flat", TensorProto.INT64, [2], [1, -1]),
        ],
    )
    save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
        folder / "onnx" / "model_quantized.onnx",
    )
