"""What is measured of the sound, music and face tasks, and what doing nothing would answer."""

import io
import re
from collections.abc import Mapping
from typing import Any

import av
import numpy as np

from evaluation.capability import captions, events, faces, voices, waveforms
from evaluation.capability.items import Answer, Item
from evaluation.capability.metrics import Observation
from evaluation.capability.speech_measures import SAMPLE_RATE, silence
from evaluation.capability.transcripts import heard, word_errors
from evaluation.capability.waveforms import at_rate
from evaluation.sound_mixtures import score_segments
from model_wrappers.contract.symbolic import Posteriorgram
from model_wrappers.contract.tasks.audio_captioning import AudioCaptioningResponse
from model_wrappers.contract.tasks.audio_inpainting import AudioInpaintingResponse
from model_wrappers.contract.tasks.image_to_audio import ImageToAudioResponse
from model_wrappers.contract.tasks.singing_synthesis import SingingSynthesisResponse
from model_wrappers.contract.tasks.sound_detection import SoundDetectionResponse
from model_wrappers.contract.tasks.sound_extraction import SoundExtractionResponse
from model_wrappers.contract.tasks.talking_head_synthesis import TalkingHeadSynthesisResponse
from model_wrappers.contract.tasks.target_sound_detection import TargetSoundDetectionResponse
from model_wrappers.contract.tasks.text_to_audio import TextToAudioResponse
from model_wrappers.contract.visual import Video
from model_wrappers.sounds.audioset import load_class_names
from model_wrappers.sounds.catalogue import load_catalogue

IN_TUNE_CENTS = 50.0
STILL_FRAME_RATE = 25
STILL_SIZE = 256  # pixels

Measures = Mapping[str, Observation]


def inpainting(item: Item, answer: Answer) -> Measures:
    """Measure the filled stretch against the original, and against a straight line across the gap."""
    true, request = item.truth.audio, _request(item)
    assert true is not None
    whole = true.mono()
    filled = at_rate(_response(answer).audio, true.sample_rate, len(whole))
    gap = slice(int(request.start * true.sample_rate), int(request.end * true.sample_rate))
    before, after = whole[max(gap.start - 1, 0)], whole[min(gap.stop, len(whole) - 1)]
    line = np.linspace(before, after, gap.stop - gap.start + 2, dtype=np.float32)[1:-1]
    snr = [waveforms.snr_db(x, whole[gap]) for x in (filled[gap], line)]
    lsd = [waveforms.log_spectral_distance_db(x, whole[gap], true.sample_rate) for x in (filled[gap], line)]
    measures = {"gap_snr": snr[0], "gap_snr_gain": snr[0] - snr[1], "lsd": lsd[0], "lsd_gain": lsd[1] - lsd[0]}
    return {name: (value, 1.0) for name, value in measures.items()}


def unfilled(item: Item) -> AudioInpaintingResponse:
    """Leave the gap silent."""
    request = _request(item)
    return AudioInpaintingResponse(audio=request.audio, start=request.start, end=request.end, method="none")


def extraction(item: Item, answer: Answer) -> Measures:
    """Measure SI-SDR against the wanted sound alone."""
    assert item.truth.audio is not None
    wanted = at_rate(item.truth.audio, SAMPLE_RATE)
    return {"si_sdr": (waveforms.si_sdr_db(at_rate(_response(answer).audio, SAMPLE_RATE, len(wanted)), wanted), 1.0)}


def whole_mixture(item: Item) -> SoundExtractionResponse:
    """Give the mixture back."""
    return SoundExtractionResponse(audio=_request(item).audio)


def detection(item: Item, answer: Answer) -> Measures:
    """Measure segments and onsets; mAP and AUC where the model gives probabilities."""
    true, duration_s = item.truth.events or (), _request(item).audio.duration_s
    measures: dict[str, Observation] = dict(events.event_measures(_response(answer).events, true, duration_s))
    gram: Posteriorgram | None = _response(answer).posteriorgram
    if gram is not None:
        measures["map"] = measures["auc"] = events.segments(gram, true, duration_s)
    return measures


def nothing_heard(item: Item) -> SoundDetectionResponse:
    """Detect nothing, all classes being equally improbable."""
    frames = int(np.ceil(_request(item).audio.duration_s / events.SEGMENT_S))
    names = load_class_names()
    gram = Posteriorgram(np.zeros((frames, len(names)), np.float32), names, events.SEGMENT_S)
    return SoundDetectionResponse(events=(), posteriorgram=gram)


def target_detection(item: Item, answer: Answer) -> Measures:
    """Measure the segments in which the target is heard."""
    found = [(event.onset, event.offset) for event in _response(answer).events]
    true = [(event.onset, event.offset) for event in item.truth.events or ()]
    score = score_segments(found, true, _request(item).audio.duration_s)
    return {"segment_f": (2.0 * score.hits, 2.0 * score.hits + score.false_alarms + score.misses)}


def target_not_heard(item: Item) -> TargetSoundDetectionResponse:
    """Detect nothing."""
    return TargetSoundDetectionResponse(events=())


def talking_head(item: Item, answer: Answer) -> Measures:
    """Measure the mouth against the loudness, the speed, and the lips against the real speaker's where known."""
    video: Video = _response(answer).video
    measures: dict[str, Observation] = {"mouth": (faces.mouth_correlation(video, _request(item).audio), 1.0)}
    if seconds := answer.cpu_s or answer.run_s:
        measures["frames_per_s"] = (video.duration_s * video.frame_rate, seconds)
    if item.truth.video is not None:
        distance = faces.landmark_distance(video, item.truth.video)
        measures |= {} if distance is None else {"lmd": (100 * distance, 1.0)}
    return measures


def still_portrait(item: Item) -> TalkingHeadSynthesisResponse:
    """Show the portrait without a movement."""
    from model_wrappers.contract.visual import Image
    from model_wrappers.talking_head.portrait import DEFAULT_PORTRAIT

    request = _request(item)
    image = request.image or Image.decode(DEFAULT_PORTRAIT.read_bytes())
    data = io.BytesIO()
    with av.open(data, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=STILL_FRAME_RATE)
        stream.width = stream.height = STILL_SIZE
        frame = av.VideoFrame.from_ndarray(image.pixels, format="rgb24").reformat(STILL_SIZE, STILL_SIZE)
        for _ in range(int(np.ceil(request.audio.duration_s * STILL_FRAME_RATE))):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return TalkingHeadSynthesisResponse(video=Video.decode(data.getvalue()))


def text_to_audio(item: Item, answer: Answer) -> Measures:
    """Tell whether the first sound fits; an absurd query should have been refused."""
    if item.truth.refuse:
        return {"refused": (0.0, 1.0)}
    if item.truth.accept is None:
        return {}
    sources = _response(answer).sources
    words = next((e.words for e in load_catalogue() if sources and e.credit == sources[0]), sources[:1])
    return {"right": (float(bool(re.search(item.truth.accept, "; ".join(words)))), 1.0)}


def no_sound(item: Item) -> TextToAudioResponse:
    """Make silence."""
    return TextToAudioResponse(audio=silence())


def captioning(item: Item, answer: Answer) -> Measures:
    """Count the true events named; CIDEr-D where captions by people are known."""
    text, truth = _response(answer).text, item.truth
    measures: dict[str, Observation] = {}
    if truth.events is not None:
        measures["named"] = captions.named(text, truth.events)
        measures["false_named"] = captions.false_named(text, truth.events)
    if truth.references:
        measures["cider_d"] = (text, truth.references)
    return measures


def bare_caption(item: Item) -> AudioCaptioningResponse:
    """Say what is always true."""
    return AudioCaptioningResponse(text="A sound is heard.")


def image_to_audio(item: Item, answer: Answer) -> Measures:
    """Tell whether the sound fits what the picture shows."""
    if item.truth.accept is None:
        return {}
    _, _, sound = _response(answer).text.rpartition("Heard: ")
    return {"right": (float(bool(re.search(item.truth.accept, sound))), 1.0)}


def silent_picture(item: Item) -> ImageToAudioResponse:
    """Make silence."""
    return ImageToAudioResponse(audio=silence(), text="")


def singing(item: Item, answer: Answer) -> Measures:
    """Measure the notes and the words, heard line by line; MCD and FFE where a human singer is known."""
    audio, truth, request = _response(answer).audio, item.truth, _request(item)
    measures: dict[str, Observation] = {}
    lines = [audio]
    if request.notes:
        cents = voices.cents_off(audio, request.notes, request.durations)
        measures["notes"] = (float(sum(c <= IN_TUNE_CENTS for c in cents)), float(len(cents)))
        measures["cents"] = (max(cents), 1.0)
        lines = voices.sung_lines(audio, request.notes, request.durations)
    if truth.text:
        words = " ".join(heard(line, truth.language, sung=True) for line in lines)
        measures["wer"] = word_errors(words, truth.text)
    if truth.audio is not None:
        measures |= voices.speech_distances(audio, truth.audio)
    return measures


def unsung(item: Item) -> SingingSynthesisResponse:
    """Sing nothing."""
    return SingingSynthesisResponse(audio=silence(sum(_request(item).durations) or 2.0))


def _request(item: Item) -> Any:
    return item.request


def _response(answer: Answer) -> Any:
    return answer.response
