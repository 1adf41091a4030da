"""Train the offline planner's parser, measure it on the writer kept whole, and write the network it runs.

`python -m training.planner.train`; see README.md for what it needs and how long it takes.
"""

import argparse
import copy
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from llm_planner.offline.learned.parser import NETWORK, describe, load_tokenizer
from llm_planner.offline.learned.queries import BEHAVIOURS, LACKS, OUTSIDE, QUERIES
from training.planner.examples import KEPT, WRITERS, Edges, Example, Tasks, read_writer, unmarked
from training.planner.export import export
from training.planner.measure import table
from training.planner.mixture import Mixture, read_written
from training.planner.naming import read_batches, train_naming
from training.planner.network import IMPOSSIBLE, Network

CASES = Path("evaluation/cases")
VALIDATION = KEPT / "beekeeper.txt"
SEED = 0
STEPS = 3_400
HELD = 0.6  # share of the steps at the full rate, which then falls along half a cosine; the trunk of the branches
BRANCHES = 3  # a single one moves by three or four requests of a kept writer between trainings
AVERAGED = 0.15  # share of the steps, the last, the mean of whose weights is kept
BATCH = 32
RATE, HEAD_RATE = 2e-4, 8e-4
WARM_UP = 60
FLOOR = 0.05  # share of the rate that is left at the end
PRESENCE_WEIGHT, WORDS_WEIGHT, LACK_WEIGHT = 8.0, 1.0, 0.5
SMOOTHING = 0.03
SEEKING = ("sound-extraction", "target-sound-detection")  # they name a sound whatever they work on
NAMING_BATCHES = 96  # for the last stage
FAST_BFLOAT16 = torch.backends.cpu.get_cpu_capability().startswith("AVX512")  # elsewhere slower than 32 bits
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
    with torch.autocast("cpu", torch.bfloat16, enabled=FAST_BFLOAT16):
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


class Training:
    """A network on its way: copied whole, the copies go on from the same step with other requests."""

    def __init__(self, steps: int) -> None:
        """Begin with the weights of MiniLM.

        Args:
            steps: Of which the rate follows, from the first to the last.
        """
        self.network = Network()
        self.network.load_encoder()
        self.network.train()
        encoder = [p for p in self.network.layers.parameters() if p.requires_grad]
        known = {id(p) for p in encoder}
        heads = [p for p in self.network.parameters() if p.requires_grad and id(p) not in known]
        self._optimizer = torch.optim.AdamW(
            [{"params": encoder}, {"params": heads}], lr=RATE, weight_decay=0.01, betas=(0.9, 0.98)
        )
        self._mean = AveragedModel(self.network)
        self._step, self._steps = 0, steps

    def go_on(self, end: int, stream: Iterator[Batch], name: str) -> None:
        """Take the steps before `end`."""
        started, running = time.time(), 0.0
        while self._step < end:
            share = share_of_rate(self._step, self._steps)
            for group, rate in zip(self._optimizer.param_groups, (RATE, HEAD_RATE), strict=True):
                group["lr"] = rate * share
            loss = loss_of(self.network, next(stream))
            self._optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            self._optimizer.step()
            if self._step >= (1 - AVERAGED) * self._steps:
                self._mean.update_parameters(self.network)
            running = 0.97 * running + 0.03 * loss.item() if running else loss.item()
            self._step += 1
            if self._step % 50 == 0:
                print(f"{name}: step {self._step} loss {running:.3f} {time.time() - started:.0f} s", flush=True)  # noqa: T201

    def result(self) -> Network:
        """Return a network with the mean of the weights of the last steps."""
        return self._mean.module  # type: ignore[no-any-return]


def train(arguments: argparse.Namespace) -> Network:
    """Train one trunk, then branches that see other requests, and return the mean of the branches' weights."""
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    written, cases, tokenizer = read_written(WRITERS), training_cases(), load_tokenizer()

    def stream(seed: int) -> Iterator[Batch]:
        return batches(Mixture(seed, written, cases), tokenizer, random.Random(seed))  # noqa: S311

    trunk, mean = Training(arguments.steps), None
    trunk.go_on(int(HELD * arguments.steps), stream(arguments.seed), "trunk")
    for number in range(1, arguments.branches + 1):
        branch = copy.deepcopy(trunk)
        branch.go_on(arguments.steps, stream(arguments.seed + 1_000 * number), f"branch {number}")
        mean = mean or AveragedModel(branch.result())
        mean.update_parameters(branch.result())
        torch.save(branch.result().state_dict(), arguments.checkpoint.with_suffix(f".{number}.pt"))
    assert mean is not None
    torch.save(mean.module.state_dict(), arguments.checkpoint)
    return mean.module  # type: ignore[no-any-return]


def share_of_rate(step: int, steps: int) -> float:
    """Return the share of the learning rate at a step: it rises, is held, and falls along half a cosine."""
    fallen = max(0.0, step / steps - HELD) / (1 - HELD)
    return min(1, (step + 1) / WARM_UP) * (FLOOR + (1 - FLOOR) * (1 + math.cos(math.pi * fallen)) / 2)


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
    parser.add_argument("--branches", type=int, default=BRANCHES)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--checkpoint", type=Path, default=Path("parser.pt"))
    arguments = parser.parse_args()
    export(finish(train(arguments), arguments), arguments.out)
    print(table(arguments.out, read_writer(VALIDATION)))  # noqa: T201


if __name__ == "__main__":
    main()
