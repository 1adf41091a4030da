"""What is measured of a model on a GPU: its published size, its requests, and the bare library's call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.tasks import get_task
from model_wrappers.contract.tasks.base import TaskRequest

Call = Callable[[], Any]
Model = Any  # a wrapper whose network the bare call is made on
Bare = Callable[[Model, Call, Sequence[TaskRequest]], Call]

SENTENCE = "hello world, test sand. "
USUAL_SAMPLE_RATE = 16_000  # Hz, of models that declare none
SOUND_S = {
    "speech-recognition": 30.0,
    "speech-enhancement": 8.0,
    "speech-separation": 8.0,
    "sound-detection": 10.0,
    "audio-captioning": 30.0,
    "text-to-audio": 10.0,
    "text-to-speech": 10.0,
}
"""Seconds of sound in one request, or out where sound is made."""


def replayed(owner: Callable[[Model], Any], name: str) -> Bare:
    """Return a bare call that repeats what the wrapper gave the library, without anything around it."""

    def bare(model: Model, run: Call, requests: Sequence[Any]) -> Call:
        library = owner(model)
        function, own = getattr(library, name), name in vars(library)
        calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

        def record(*args: Any, **kwargs: Any) -> Any:
            calls.append((args, {key: value for key, value in kwargs.items() if key != "stopping_criteria"}))
            return function(*args, **kwargs)

        setattr(library, name, record)
        try:
            run()
        finally:
            if own:
                setattr(library, name, function)
            else:
                delattr(library, name)
        return lambda: [function(*args, **kwargs) for args, kwargs in calls]

    return bare


def only_network(model: Model) -> Any:
    """Return the network of a wrapper that has one."""
    return model._network


GENERATE = replayed(only_network, "generate")


@dataclass(frozen=True)
class Benchmark:
    """One model of the table: what its requests and precision are follows from its case and its card."""

    sizes: Mapping[str, Any]
    """What the published network has of its own, by file of the tiny checkpoint."""
    parameters: float | None = None
    """Of the published network, to prove the sizes; None where they are not told."""
    network: Callable[[Model], Any] = only_network
    bare: Bare = GENERATE
    """Returns the bare library's call for a batch, given the wrapper's own run of it."""
    library: str = "`generate` of transformers"
    """What that call is, in words."""
    known_tokens: Callable[[Model], int] | None = None
    """Size of the vocabulary of a model that writes text, which is kept from ending it."""
    args: Mapping[str, Any] = field(default_factory=dict)
    tiny_args: Mapping[str, Any] = field(default_factory=dict)


def benchmark_request(task: str, seconds: float, sample_rate: int, seed: int) -> TaskRequest:
    """Return a request of so many seconds of noise in, or of sound out.

    Args:
        task: One of `SOUND_S`.
        seconds: Of sound.
        sample_rate: Hz of the noise.
        seed: Of the noise.
    """
    if task == "text-to-speech":
        return get_task(task).request.model_validate({"text": SENTENCE * max(1, round(seconds / 2))})
    if task == "text-to-audio":
        fields = {"text": "rain on a roof", "duration": seconds, "seed": seed}
        return get_task(task).request.model_validate(fields)
    samples = np.random.default_rng(seed).uniform(-0.3, 0.3, (1, round(seconds * sample_rate)))
    language = {"language": "en"} if task == "speech-recognition" else {}
    return get_task(task).request.model_validate({"audio": Audio(samples.astype(np.float32), sample_rate), **language})


def tokens_of_processor(model: Model) -> int:
    """Return the size of the vocabulary of a model with a processor of transformers."""
    return len(model._processor.tokenizer)


def generation_of_transformers() -> Any:
    """Return the class whose `generate` all models of transformers share."""
    from transformers import GenerationMixin

    return GenerationMixin


def pipeline(model: Model, run: Call, requests: Sequence[Any]) -> Call:
    """Return diffusers' own call for the prompts of a batch."""
    library, config = model._diffusion._pipeline, model.config
    prompts = [request.text for request in requests]
    return lambda: library(
        prompts,
        negative_prompt=[config.negative_prompt] * len(prompts),
        num_inference_steps=config.steps,
        guidance_scale=config.guidance,
        audio_end_in_s=requests[0].duration,
    )


def separate(model: Model, run: Call, requests: Sequence[Any]) -> Call:
    """Return ESPnet's own call on the recordings of a batch, which have one length."""
    rate = model.config.sample_rate
    waveforms = np.stack([request.audio.resample(rate).mono() for request in requests])
    return lambda: model._separate(waveforms, rate)


def speak(model: Model, run: Call, requests: Sequence[Any]) -> Call:
    """Return the library's own `forward`, which takes padded texts without an end for each."""
    import torch

    texts = [model.prepare(request) for request in requests]
    ids = [torch.tensor([id_ for sentence in text for id_ in sentence.ids]) for text in texts]
    padded = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True).to(model.device)
    return lambda: model._network(padded, return_dict=False)
