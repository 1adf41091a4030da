"""Write a trained network as ONNX with 8-bit weights, and read such weights to go on from."""

import re
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.planner.network import Network

OPSET = 17
_LINEAR = re.compile(r"^/(?P<module>[\w./]+?)/(?:Gemm_)?MatMul_quant$")


def export(network: Network, path: Path) -> None:
    """Write the network for requests of any length, one at a time."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    network.eval()
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder, "whole.onnx")
        torch.onnx.export(
            network,
            (torch.randint(1, 1000, (1, 37)),),
            str(whole),
            input_names=["ids"],
            output_names=["presence", "parents", "behaviour", "words", "contents"],
            dynamic_axes={"ids": {1: "tokens"}, "words": {2: "tokens"}, "contents": {2: "tokens"}},
            opset_version=OPSET,
            dynamo=False,
        )
        quantize_dynamic(whole, path, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm", "Gather"])


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the weights of a checkpoint, or those of the trained layers of an exported network.

    What is not trained, the embeddings and the lower layers, comes from MiniLM and is left out of the latter.
    """
    if path.suffix != ".onnx":
        checkpoint: dict[str, Tensor] = torch.load(path)
        return checkpoint
    import onnx
    from onnx.numpy_helper import to_array

    graph = onnx.load(str(path)).graph
    stored = {entry.name: to_array(entry) for entry in graph.initializer}
    own = Network().state_dict()
    found = {name: values for name, values in stored.items() if name in own}
    for node in graph.node:
        if match := _LINEAR.match(node.name):
            name = match["module"].split("/")[-1]
            name = match["module"].rsplit("/", 1)[0] + "." + name if name in _PARTS else name
            found[f"{name}.weight"] = _restored(stored, node.input[1]).T
    for values in stored.values():
        if values.ndim == 3 and values[0].shape == own["queries"].shape:
            found["queries"] = values[0]
        elif values.ndim == 3 and values[0, 0].shape == own["outside"].shape:
            found["outside"] = values[0, 0]
    return {name: torch.tensor(values) for name, values in found.items() if own[name].shape == values.shape}


_PARTS = ("q", "k", "v", "o", "i", "f")


def _restored(stored: dict[str, Any], name: str) -> Any:
    base = name.removesuffix("_quantized")
    return (stored[name].astype("float32") - stored[f"{base}_zero_point"]) * stored[f"{base}_scale"]
