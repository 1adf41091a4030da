"""Write a trained network as ONNX with 8-bit weights."""

import tempfile
from pathlib import Path

import torch

from training.planner.network import Network

OPSET = 17


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
