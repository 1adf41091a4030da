"""Train the offline planner's parser, measure it on the writer kept whole, and write the network it runs.

`python -m training.planner.train`; see README.md for what it needs and how long it takes.
"""

import argparse
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from llm_planner.offline.learned.parser import NETWORK, describe, load_tokenizer
from llm_planner.offline.learned.queries import BEHAVIOURS, LACKS, OUTSIDE, QUERIES
from training.planner.examples import KEPT, WRITERS, Edges, Example, Tasks, read_writer, unmarked
from training.planner.export import export, read_weights
from training.planner.measure import table
from training.planner.mixture import Mixture, read_written
from training.planner.naming import read_batches, train_naming
from training.planner.network import IMPOSSIBLE, Network

CASES = Path("evaluation/cases")
VALIDATION = KEPT / "beekeeper.txt"
SEED = 0
STEPS = 2_400
BATCH = 32
RATE, HEAD_RATE = 2e-4, 8e-4
WARM_UP = 60
FLOOR = 0.02  # share of the rate that is left at the end
PRESENCE_WEIGHT, WORDS_WEIGHT, LACK_WEIGHT = 8.0, 1.0, 0.5
SMOOTHING = 0.03
SEEKING = ("sound-extraction", "target-sound-detection")  # they name a sound whatever they work on
NAMING_BATCHES = 96  # for the last stage
SORTED_BATCHES = 12  # drawn together, so that a batch holds requests of about one length


@dataclass(frozen=True)
class Batch:
    """Tokens, and what is to be found; -1 where an example does not tell."""

    ids: Tensor
    mask: Tensor
    presence: Tensor
    parents: Tensor
    behaviour: Tensor
    lack: Tensor
    words: Tensor
    contents: Tensor


def training_cases() -> list[Path]:
    """Return the cases that are trained on, those that were read while developing; the strangers' are left."""
    read = [*CASES.glob("dev-*.jsonl"), *CASES.glob("held-out-*.jsonl")]
    return [path for path in sorted(read) if "strangers" not in path.name]


def slots(tasks: Tasks, edges: Edges) -> tuple[list[int], dict[int, int]]:
    """Return the query of every step, and the parent of every query."""
    queries = [QUERIES.index(task) + tasks[:step].count(task) for step, task in enumerate(tasks)]
    parents = dict.fromkeys(queries, OUTSIDE) | {queries[child]: queries[parent] for parent, child in edges}
    return queries, parents


def collate(examples: Sequence[Example], tokenizer: Any) -> Batch:
    """Turn examples into tensors."""
    texts = [unmarked(example.text) for example in examples]
    prefixes = [describe(example.files, example.earlier) for example in examples]
    encodings = [tokenizer.encode(prefix + text.text) for prefix, text in zip(prefixes, texts, strict=True)]
    size, length = len(examples), max(len(encoding.ids) for encoding in encodings)
    batch = Batch(
        ids=torch.zeros(size, length, dtype=torch.long),
        mask=torch.zeros(size, length),
        presence=torch.full((size, OUTSIDE), -1.0),
        parents=torch.full((size, OUTSIDE), -1, dtype=torch.long),
        behaviour=torch.tensor([BEHAVIOURS.index(example.behaviour) for example in examples]),
        lack=torch.tensor([LACKS.index(example.lack) if example.lack else -1 for example in examples]),
        words=torch.full((size, OUTSIDE, length), -1.0),
        contents=torch.full((size, OUTSIDE, length), -1.0),
    )
    for row, (example, encoding) in enumerate(zip(examples, encodings, strict=True)):
        batch.ids[row, : len(encoding.ids)] = torch.tensor(encoding.ids)
        batch.mask[row, : len(encoding.ids)] = 1
        if example.tasks is None:
            continue
        queries, parents = slots(example.tasks, example.edges)
        batch.presence[row] = 0
        for query in queries:
            batch.presence[row, query] = 1
            batch.parents[row, query] = parents[query]
        fed = {child for _, child in example.edges}
        silent = {step: (0, 0) for step in fed if example.tasks[step] not in SEEKING}
        for kind, spans in ((batch.words, texts[row].words), (batch.contents, {**silent, **texts[row].contents})):
            for step, (begin, end) in spans.items():
                first, last = begin + len(prefixes[row]), end + len(prefixes[row])
                inside = [float(first <= a and b <= last and a < b) for a, b in encoding.offsets]
                kind[row, queries[step], : len(inside)] = torch.tensor(inside)
    return batch


def loss_of(network: Network, batch: Batch) -> Tensor:
    """Return the weighted sum of what went wrong."""
    with torch.autocast("cpu", torch.bfloat16):
        outputs = network(batch.ids, batch.mask)
    presence, edges, behaviour, words, contents = (output.float() for output in outputs)
    loss = functional.cross_entropy(behaviour[:, : len(BEHAVIOURS)], batch.behaviour, label_smoothing=SMOOTHING)
    known = batch.presence[:, 0] >= 0
    if known.any():
        wanted = batch.presence[known] * (1 - SMOOTHING) + SMOOTHING / 3
        loss = loss + PRESENCE_WEIGHT * functional.binary_cross_entropy_with_logits(presence[known], wanted)
    if (batch.lack >= 0).any():
        lacks = functional.cross_entropy(behaviour[:, len(BEHAVIOURS) :], batch.lack, ignore_index=-1)
        loss = loss + LACK_WEIGHT * lacks
    steps = batch.parents >= 0
    if steps.any():
        offered = functional.pad(batch.presence > 0, (0, 1), value=True)[:, None, :].expand_as(edges)
        chosen = edges.masked_fill(~offered, IMPOSSIBLE)[steps]
        loss = loss + functional.cross_entropy(chosen, batch.parents[steps], reduction="none").clamp(max=50).mean()
    for logits, wanted in ((words, batch.words), (contents, batch.contents)):
        told = wanted >= 0
        if told.any():
            loss = loss + WORDS_WEIGHT * functional.binary_cross_entropy_with_logits(logits[told], wanted[told])
    return loss


def batches(mixture: Iterator[Example], tokenizer: Any, rng: random.Random) -> Iterator[Batch]:
    """Yield batches of requests of about one length."""
    while True:
        examples = sorted(
            (next(mixture) for _ in range(BATCH * SORTED_BATCHES)), key=lambda e: len(e.text) + rng.random() * 20
        )
        starts = list(range(0, len(examples), BATCH))
        rng.shuffle(starts)
        for start in starts:
            yield collate(examples[start : start + BATCH], tokenizer)


def train(arguments: argparse.Namespace) -> Network:
    """Train a network from the weights of MiniLM."""
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    network, tokenizer = Network(), load_tokenizer()
    network.load_encoder()
    if arguments.init:
        network.load_state_dict(read_weights(arguments.init), strict=False)
    mixture = Mixture(arguments.seed, read_written(WRITERS), training_cases())
    encoder = [p for p in network.layers.parameters() if p.requires_grad]
    known = {id(p) for p in encoder}
    heads = [p for p in network.parameters() if p.requires_grad and id(p) not in known]
    rates = (arguments.rate, arguments.rate * HEAD_RATE / RATE)
    optimizer = torch.optim.AdamW(
        [{"params": encoder}, {"params": heads}], lr=RATE, weight_decay=0.01, betas=(0.9, 0.98)
    )
    stream = batches(mixture, tokenizer, random.Random(arguments.seed))  # noqa: S311
    network.train()
    started, running = time.time(), 0.0
    for step in range(arguments.steps):
        progress = max(step / arguments.steps, (time.time() - started) / 60 / arguments.minutes)
        if progress >= 1:
            break
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * min(1, (step + 1) / WARM_UP) * max(FLOOR, 1 - progress)
        loss = loss_of(network, next(stream))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        running = loss.item() if step == 0 else 0.97 * running + 0.03 * loss.item()
        if step % 50 == 49:
            print(f"step {step + 1} loss {running:.3f} {time.time() - started:.0f} s", flush=True)  # noqa: T201
            torch.save(network.state_dict(), arguments.checkpoint)
    if arguments.init:
        average(network, read_weights(arguments.init), arguments.share)
    torch.save(network.state_dict(), arguments.checkpoint)
    return network


def average(network: Network, before: Mapping[str, Tensor], share: float) -> None:
    """Go only a share of the way from the weights gone on from: what they knew is lost less than what is new is won.

    Source: Wortsman et al., Robust fine-tuning of zero-shot models, arXiv 2109.01903.
    """
    with torch.no_grad():
        for name, weights in network.named_parameters():
            if name in before:
                weights.lerp_(before[name], 1 - share)


def finish(network: Network, arguments: argparse.Namespace) -> Network:
    """Train the pointer at what is named by itself, on requests that name something."""
    mixture = Mixture(arguments.seed + 1, read_written(WRITERS), training_cases())
    telling = (example for example in mixture if unmarked(example.text).contents)
    tokenizer, rng = load_tokenizer(), random.Random(arguments.seed)  # noqa: S311
    stream = islice(batches(telling, tokenizer, rng), NAMING_BATCHES)
    train_naming(network, read_batches(network, ((batch.ids, batch.mask, batch.contents) for batch in stream)))
    torch.save(network.state_dict(), arguments.checkpoint)
    return network


def main() -> None:
    """Train, export, and print the table of the writer kept whole."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=NETWORK)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--minutes", type=float, default=1e9, help="end earlier, the rate falling as fast")
    parser.add_argument("--rate", type=float, default=RATE, help="of the encoder; the heads learn four times as fast")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--init", type=Path, default=None, help="checkpoint or exported network to go on from")
    parser.add_argument("--share", type=float, default=0.7, help="of the way from --init that is gone in the end")
    parser.add_argument("--checkpoint", type=Path, default=Path("parser.pt"))
    arguments = parser.parse_args()
    export(finish(train(arguments), arguments), arguments.out)
    print(table(arguments.out, read_writer(VALIDATION)))  # noqa: T201


if __name__ == "__main__":
    main()
