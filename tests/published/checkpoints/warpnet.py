"""WarpNet in the published layout: random, and with a silent learned part so that geometry can be measured."""

from pathlib import Path

from model_wrappers.contract.tasks.mono_to_binaural import MonoToBinauralRequest
from tests.published.case import WRAPPERS, Case

CASES = {
    "warpnet": Case(
        f"{WRAPPERS}.warpnet:WarpNet",
        "mono-to-binaural",
        lambda cut: [
            MonoToBinauralRequest(audio=cut(0, 2), azimuth=30),
            MonoToBinauralRequest(audio=cut(1, 4), azimuth=-90, distance=2),
        ],
        non_commercial=True,
    ),
}


def build(folder: Path) -> None:
    import torch

    from model_wrappers.published.warpnet.network import WarpNet

    network = WarpNet()
    save(network, folder / "binaural_network.net")
    torch.nn.init.zeros_(network.linear.weight)
    torch.nn.init.zeros_(network.linear.bias)
    save(network, folder / "geometry.net")


def save(network, path: Path) -> None:
    import torch

    torch.save({f"warper.{name}": value for name, value in network.state_dict().items()}, path)
