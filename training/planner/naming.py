"""The last stage: the pointer at the words that name what a step works on, trained alone on what the network reads."""

import random
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import functional

from llm_planner.offline.learned.queries import OUTSIDE
from training.planner.network import Network

EPOCHS = 24
RATE = 1e-3
NOISE = 0.1  # share of what is read that is left out at random, so that few examples suffice
SEED = 0

Read = tuple[Tensor, Tensor, Tensor]


def read_batches(network: Network, batches: Iterable[tuple[Tensor, Tensor, Tensor]]) -> list[Read]:
    """Return queries, words and what is wanted of each batch of tokens, mask and wanted `(B, Q, L)`, -1 unknown."""
    network.eval()
    found = []
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for ids, mask, wanted in batches:
            rows = (wanted >= 0).flatten(1).any(1)
            if rows.any():
                x = network.encode(ids[rows], mask[rows]).float()
                found.append((x[:, :OUTSIDE], x[:, OUTSIDE + 1 :], wanted[rows]))
    return found


def train_naming(network: Network, read: list[Read]) -> None:
    """Train the pointer, everything else as it is."""
    trained = [*network.namer.parameters(), *network.named.parameters(), network.contents_bias]
    optimizer = torch.optim.AdamW(trained, lr=RATE, weight_decay=0.05)
    rng = random.Random(SEED)  # noqa: S311
    for epoch in range(EPOCHS):
        optimizer.param_groups[0]["lr"] = RATE * (1 - epoch / EPOCHS)
        total = 0.0
        for steps, tokens, wanted in rng.sample(read, len(read)):
            logits = network.name(functional.dropout(steps, NOISE), functional.dropout(tokens, NOISE))
            told = wanted >= 0
            loss = functional.binary_cross_entropy_with_logits(logits[told], wanted[told])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"naming, epoch {epoch + 1}: loss {total / len(read):.4f}", flush=True)  # noqa: T201
