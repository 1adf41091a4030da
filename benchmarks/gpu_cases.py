"""What `benchmarks/gpu.py` measures: for each model its requests, and the bare library call on the same batch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.tasks.audio_captioning import AudioCaptioningRequest
from model_wrappers.contract.tasks.base import TaskRequest
from model_wrappers.contract.tasks.sound_detection import SoundDetectionRequest
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest
from model_wrappers.contract.tasks.speech_separation import SpeechSeparationRequest
from model_wrappers.contract.tasks.text_to_audio import TextToAudioRequest
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from model_wrappers.torch.device import Precision

Call = Callable[[], Any]
Model = Any  # a wrapper whose network the bare call is made on
SENTENCE = "hello world, test sand. "


@dataclass(frozen=True)
class Case:
    """One model of the table."""

    wrapper: str
    checkpoint: str
    modules: tuple[str, ...]
    """What must be installed."""
    request: Callable[[float, int], TaskRequest]
    """Makes a request of so many seconds with a seed."""
    seconds: float
    """Of sound in, or out where sound is made, of one request."""
    network: Callable[[Model], Any]
    bare: Callable[[Model, Callable[[], Any], Sequence[TaskRequest]], Call]
    """Returns the bare library's call for a batch, given the wrapper's own run of it."""
    args: dict[str, Any] = field(default_factory=dict)
    tiny_args: dict[str, Any] = field(default_factory=dict)
    precision: Precision = "auto"
    known_tokens: Callable[[Model], int] | None = None
    """Size of the vocabulary of a model that writes text, which is kept from ending it."""


def noise(seconds: float, sample_rate: int, seed: int) -> Audio:
    """Return noise, one channel."""
    samples = np.random.default_rng(seed).uniform(-0.3, 0.3, (1, round(seconds * sample_rate)))
    return Audio(samples.astype(np.float32), sample_rate)


def replayed(owner: Callable[[Model], Any], name: str) -> Callable[[Model, Call, Sequence[TaskRequest]], Call]:
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


def _generation_of_transformers() -> Any:
    from transformers import GenerationMixin

    return GenerationMixin


def pipeline(model: Any, run: Call, requests: Sequence[Any]) -> Call:
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


def separate(model: Any, run: Call, requests: Sequence[Any]) -> Call:
    """Return ESPnet's own call on the recordings of a batch, which have one length."""
    rate = model.config.sample_rate
    waveforms = np.stack([request.audio.resample(rate).mono() for request in requests])
    return lambda: model._separate(waveforms, rate)


def speak(model: Any, run: Call, requests: Sequence[Any]) -> Call:
    """Return the library's own `forward`, which takes padded texts without an end for each."""
    import torch

    texts = [model.prepare(request) for request in requests]
    ids = [torch.tensor([id_ for sentence in text for id_ in sentence.ids]) for text in texts]
    padded = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True).to(model.device)
    return lambda: model._network(padded, return_dict=False)


CASES = {
    "whisper-large-v3": Case(
        "model_wrappers.published.whisper:WhisperLarge",
        "whisper",
        ("transformers",),
        lambda seconds, seed: SpeechRecognitionRequest(audio=noise(seconds, 16_000, seed), language="en"),
        30.0,
        lambda model: model._decoder._model,
        replayed(lambda model: _generation_of_transformers(), "generate"),
        {"vad_threshold": 0.0, "revision": None},
        known_tokens=lambda model: model._decoder._tokens.get_vocab_size(),
    ),
    "canary": Case(
        "model_wrappers.published.canary:Canary",
        "canary",
        ("transformers",),
        lambda seconds, seed: SpeechRecognitionRequest(audio=noise(seconds, 16_000, seed), language="en"),
        30.0,
        lambda model: model._network,
        replayed(lambda model: model._network, "generate"),
        {"vad_threshold": 0.0, "windows_per_batch": 64},
        known_tokens=lambda model: len(model._processor.tokenizer),
    ),
    "fastspeech2": Case(
        "model_wrappers.published.fastspeech2:FastSpeech2",
        "fastspeech2_hifigan",
        ("transformers", "g2p_en"),
        lambda seconds, seed: TextToSpeechRequest(text=SENTENCE * max(1, round(seconds))),
        5.0,
        lambda model: model._network,
        speak,
    ),
    "conv-tasnet": Case(
        "model_wrappers.published.espnet.enhancement:EspnetEnhancement",
        "espnet_conv_tasnet",
        ("espnet2",),
        lambda seconds, seed: SpeechEnhancementRequest(audio=noise(seconds, 16_000, seed)),
        8.0,
        lambda model: model._separate.enh_model,
        separate,
        {"windows_per_batch": 64},
        precision="float32",
    ),
    "tf-gridnet": Case(
        "model_wrappers.published.espnet.enhancement:EspnetSeparation",
        "tfgridnet",
        ("espnet2",),
        lambda seconds, seed: SpeechSeparationRequest(audio=noise(seconds, 8_000, seed)),
        8.0,
        lambda model: model._separate.enh_model,
        separate,
        {"windows_per_batch": 64},
        precision="float32",
    ),
    "pe-a-frame": Case(
        "model_wrappers.published.pe_a_frame:PEAFrame",
        "pe_a_frame",
        ("transformers",),
        lambda seconds, seed: SoundDetectionRequest(audio=noise(seconds, 48_000, seed)),
        10.0,
        lambda model: model._network,
        replayed(lambda model: model._network, "get_audio_embeds"),
    ),
    "stable-audio-open": Case(
        "model_wrappers.published.stable_audio:StableAudio",
        "stable_audio",
        ("diffusers", "torchsde"),
        lambda seconds, seed: TextToAudioRequest(text="rain on a roof", duration=seconds, seed=seed),
        10.0,
        lambda model: model._diffusion._pipeline.transformer,
        pipeline,
        tiny_args={"steps": 2},
    ),
    "qwen2-audio": Case(
        "model_wrappers.published.captions.qwen2_audio:Qwen2Audio",
        "qwen2_audio",
        ("transformers",),
        lambda seconds, seed: AudioCaptioningRequest(audio=noise(seconds, 16_000, seed)),
        30.0,
        lambda model: model._network,
        replayed(lambda model: model._network, "generate"),
        tiny_args={"max_new_tokens": 4},
        known_tokens=lambda model: len(model._processor.tokenizer),
    ),
}
