"""Packing a tiny random ESPnet model as its model zoo does."""

import argparse
from pathlib import Path
from typing import Any

import yaml

CHARACTERS = list("abcdefghijklmnopqrstuvwxyz'.,?!")
# GAN checkpoints hold the discriminator too: the default one has 43 million parameters.
DISCRIMINATOR = {
    "scales": 1,
    "scale_downsample_pooling": "AvgPool1d",
    "scale_downsample_pooling_params": {"kernel_size": 4, "stride": 2, "padding": 2},
    "scale_discriminator_params": {
        "in_channels": 1,
        "out_channels": 1,
        "kernel_sizes": [15, 41, 5, 3],
        "channels": 8,
        "max_downsample_channels": 16,
        "max_groups": 2,
        "bias": True,
        "downsample_scales": [2, 2],
        "nonlinear_activation": "LeakyReLU",
        "nonlinear_activation_params": {"negative_slope": 0.1},
        "use_weight_norm": True,
        "use_spectral_norm": False,
    },
    "follow_official_norm": False,
    "periods": [2, 3],
    "period_discriminator_params": {
        "in_channels": 1,
        "out_channels": 1,
        "kernel_sizes": [5, 3],
        "channels": 4,
        "downsample_scales": [3, 1],
        "max_downsample_channels": 16,
        "bias": True,
        "nonlinear_activation": "LeakyReLU",
        "nonlinear_activation_params": {"negative_slope": 0.1},
        "use_weight_norm": True,
        "use_spectral_norm": False,
    },
}


def pack(folder: Path, module: str, task: str, settings: dict[str, Any], kind: str = "") -> None:
    """Write `meta.yaml`, configuration and random weights; paths in `settings` are relative to the folder."""
    import torch

    from model_wrappers.published.espnet.checkpoint import _absolute, no_downloads

    with no_downloads():
        builder = getattr(__import__(f"espnet2.tasks.{module}", fromlist=[task]), task)
        config = builder.get_default_config()
        config.update(settings)  # replaced, never merged: the defaults in X_conf belong to the default class of X
        plain = yaml.safe_load(yaml.safe_dump(config))
        network = builder.build_model(argparse.Namespace(**_absolute(plain, folder)))
    experiment = folder / "exp" / "tiny"
    experiment.mkdir(parents=True, exist_ok=True)
    (experiment / "config.yaml").write_text(yaml.safe_dump(plain))
    state = network.state_dict()
    for name, value in state.items():  # a random duration predictor says no frame at all
        if name.endswith("duration_predictor.linear.bias"):
            state[name] = torch.full_like(value, 1.8)  # e**1.8 - 1: five frames a character
    torch.save(state, experiment / "5epoch.pth")
    (experiment / "best.pth").write_text("5epoch.pth")  # a symbolic link stored as its text
    prefix = f"{kind}_" if kind else ""
    meta = {
        "espnet": "202511",
        "files": {f"{prefix}model_file": "exp/tiny/best.pth"},
        "yaml_files": {f"{prefix}train_config": "exp/tiny/config.yaml"},
    }
    (folder / "meta.yaml").write_text(yaml.safe_dump(meta))
