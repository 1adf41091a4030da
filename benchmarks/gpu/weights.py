"""Models of full size without their weights: tiny checkpoints with the published sizes, filled at random."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml


def build_folder(checkpoint: str, folder: Path, sizes: Mapping[str, Any]) -> None:
    """Build a tiny checkpoint, and write the sizes of the published one over its configuration.

    Args:
        checkpoint: Module of `tests.published.checkpoints`.
        folder: Where to build it; must exist.
        sizes: What to write over, by file.
    """
    import_module(f"tests.published.checkpoints.{checkpoint}").build(folder)
    for name, values in sizes.items():
        path = folder / name
        in_json = path.suffix == ".json"
        read, write = (json.loads, json.dumps) if in_json else (yaml.safe_load, yaml.safe_dump)
        content = read(path.read_text())
        path.write_text(write(_merged(content, values)))


@contextmanager
def random_weights(device: str) -> Iterator[None]:
    """Let the libraries build networks from their configurations instead of reading weights."""
    import torch
    from transformers import GenerationConfig, PreTrainedModel

    from model_wrappers.published.espnet.checkpoint import EspnetFiles

    def build(cls: Any, folder: Any, *_: Any, dtype: Any = None, attn_implementation: Any = None, **__: Any) -> Any:
        config = cls.config_class.from_pretrained(folder)
        chosen = {"attn_implementation": attn_implementation} if attn_implementation else {}
        with torch.device(device):
            network = cls._from_config(config, dtype=dtype or torch.float32, **chosen)
        if (Path(folder) / "generation_config.json").exists():
            network.generation_config = GenerationConfig.from_pretrained(folder)
        return network.eval()

    with (
        patch.object(PreTrainedModel, "from_pretrained", classmethod(build)),
        patch.object(EspnetFiles, "load_into", lambda self, network: None),
        _random_diffusers(device),
    ):
        yield


@contextmanager
def _random_diffusers(device: str) -> Iterator[None]:
    try:
        from diffusers import ModelMixin
    except ImportError:  # its models are skipped then
        yield
        return
    import torch

    def build(cls: Any, folder: Any, *_: Any, **__: Any) -> Any:
        with torch.device(device):
            return cls.from_config(cls.load_config(folder)).eval()

    with patch.object(ModelMixin, "from_pretrained", classmethod(build)):
        yield


def never_ending(network: Any, known_tokens: int) -> None:
    """Let a language model write tokens its tokenizer knows, and none that ends the text.

    Args:
        network: With `generate`.
        known_tokens: Size of the tokenizer's vocabulary, smaller than the network's.
    """
    generation = network.generation_config
    ends = generation.eos_token_id
    ends = ends if isinstance(ends, list) else [ends]
    suppressed = [token for token in (*(generation.suppress_tokens or ()), *ends) if token is not None]
    generation.suppress_tokens = sorted(set(suppressed))
    network.get_output_embeddings().weight.data[known_tokens:] = 0.0


def _merged(content: Any, values: Any) -> Any:
    if isinstance(content, Mapping) and isinstance(values, Mapping):
        return {**content, **{key: _merged(content.get(key), value) for key, value in values.items()}}
    return values
