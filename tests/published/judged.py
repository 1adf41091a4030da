"""For every task a real request, and what must hold of an answer by trained weights."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.tasks.audio_captioning import AudioCaptioningRequest
from model_wrappers.contract.tasks.audio_inpainting import AudioInpaintingRequest
from model_wrappers.contract.tasks.base import TaskRequest
from model_wrappers.contract.tasks.image_to_audio import ImageToAudioRequest
from model_wrappers.contract.tasks.mono_to_binaural import MonoToBinauralRequest
from model_wrappers.contract.tasks.singing_synthesis import SingingSynthesisRequest
from model_wrappers.contract.tasks.sound_detection import SoundDetectionRequest
from model_wrappers.contract.tasks.sound_extraction import SoundExtractionRequest
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest
from model_wrappers.contract.tasks.speech_separation import SpeechSeparationRequest
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest
from model_wrappers.contract.tasks.style_transfer import StyleTransferRequest
from model_wrappers.contract.tasks.talking_head_synthesis import TalkingHeadSynthesisRequest
from model_wrappers.contract.tasks.target_sound_detection import TargetSoundDetectionRequest
from model_wrappers.contract.tasks.text_to_audio import TextToAudioRequest
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from model_wrappers.contract.visual import Image
from tests.model_wrappers.measures import si_sdr_db

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"
GERMAN = {"der", "die", "das", "und", "ich", "ist", "nicht", "zu", "ein", "eine", "er", "es", "in", "den", "von"}
SENTENCE = "The birch canoe slid on the smooth planks."
GAP_S = (4.0, 4.5)


@dataclass(frozen=True)
class Judged:
    """A request, and what is wrong with the answer to it; an empty text is a good answer."""

    request: TaskRequest
    fault: Callable[[Any], str]


def recording(name: str) -> Audio:
    """Return one of the example recordings."""
    return Audio.decode((EXAMPLES / name).read_bytes())


def judged(task: str, limits: Any) -> Judged:
    """Return the request of a task; one that converts speech where the model takes no text."""
    speech = recording("speech.flac")
    if task == "style-transfer":
        content = {"audio": speech} if "text" in limits.unsupported else {"text": SENTENCE}
        request = StyleTransferRequest(reference=recording("two-voices.flac"), **content)
        return Judged(request, lambda answer: silent(answer.audio) or spoken_length(answer.audio, 1.0, 25.0))
    return {**_on_speech(speech), **_on_sounds(), **_made()}[task]


def _on_speech(speech: Audio) -> dict[str, Judged]:
    words = (EXAMPLES / "speech.txt").read_text().lower()
    noisy = recording("noisy-speech.flac")
    mixed = Audio(0.5 * (speech.waveform[:, : 5 * 16_000] + speech.waveform[:, -5 * 16_000 :]), speech.sample_rate)
    return {
        "speech-recognition": Judged(
            SpeechRecognitionRequest(audio=speech, language="en"), lambda answer: missing(words, answer.text)
        ),
        "speech-translation": Judged(
            SpeechTranslationRequest(audio=speech, source_language="en", target_language="de"),
            lambda answer: "" if len(GERMAN & set(answer.text.lower().split())) >= 3 else f"no German: {answer.text}",
        ),
        "speech-enhancement": Judged(
            SpeechEnhancementRequest(audio=noisy), lambda answer: no_clearer(answer.audio, noisy, speech)
        ),
        "speech-separation": Judged(
            SpeechSeparationRequest(audio=mixed),
            lambda answer: "".join(silent(voice) + other_length(voice, mixed) for voice in answer.speakers),
        ),
        "mono-to-binaural": Judged(
            MonoToBinauralRequest(audio=speech, azimuth=90), lambda answer: right_ear_first(answer.audio)
        ),
        "audio-inpainting": Judged(
            AudioInpaintingRequest(audio=speech, start=GAP_S[0], end=GAP_S[1]),
            lambda answer: other_length(answer.audio, speech) or changed_elsewhere(answer.audio, speech),
        ),
        "talking-head-synthesis": Judged(
            TalkingHeadSynthesisRequest(audio=Audio(speech.waveform[:, : 3 * 16_000], speech.sample_rate)),
            lambda answer: "" if abs(answer.video.duration_s - 3) < 0.5 else f"{answer.video.duration_s} s of film",
        ),
    }


def _on_sounds() -> dict[str, Judged]:
    sounds, speech = recording("sounds.flac"), recording("speech.flac")
    return {
        "sound-extraction": Judged(
            SoundExtractionRequest(audio=sounds, target="a crow caws"),
            lambda answer: silent(answer.audio) + other_length(answer.audio, sounds),
        ),
        "sound-detection": Judged(
            SoundDetectionRequest(audio=speech),
            lambda answer: "" if any("speech" in e.label.lower() for e in answer.events) else "speech was not heard",
        ),
        "target-sound-detection": Judged(
            TargetSoundDetectionRequest(audio=speech, target="a man speaks"),
            lambda answer: "" if sum(e.offset - e.onset for e in answer.events) > 3 else "most of the speech is missed",
        ),
        "audio-captioning": Judged(
            AudioCaptioningRequest(audio=speech),
            lambda answer: (
                ""
                if any(word in answer.text.lower() for word in ("speak", "voice", "talk", "man", "say"))
                else f"nobody speaks: {answer.text}"
            ),
        ),
    }


def _made() -> dict[str, Judged]:
    picture = Image.decode((EXAMPLES / "cat.jpg").read_bytes())
    song = SingingSynthesisRequest(lyrics="ni hao", notes=("C4", "E4"), durations=(0.8, 1.0), language="zh")
    return {
        "text-to-speech": Judged(
            TextToSpeechRequest(text=SENTENCE),
            lambda answer: silent(answer.audio) or spoken_length(answer.audio, 1.0, 6.0),
        ),
        "text-to-audio": Judged(
            TextToAudioRequest(text="rain on a roof", duration=4.0),
            lambda answer: silent(answer.audio) or spoken_length(answer.audio, 3.9, 4.1),
        ),
        "image-to-audio": Judged(
            ImageToAudioRequest(image=picture, duration=4.0),
            lambda answer: silent(answer.audio) or ("" if "cat" in answer.text else f"no cat: {answer.text}"),
        ),
        "singing-synthesis": Judged(song, lambda answer: silent(answer.audio) or spoken_length(answer.audio, 1.2, 3.0)),
    }


def missing(words: str, text: str) -> str:
    """Tell if more than a tenth of the words are missing."""
    wanted = {word.strip(".,!?") for word in words.split()}
    lost = wanted - {word.strip(".,!?") for word in text.lower().split()}
    return f"missing: {', '.join(sorted(lost))}" if len(lost) > 0.1 * len(wanted) else ""


def silent(audio: Audio) -> str:
    """Tell if there is no sound, or no number."""
    rms = float(np.sqrt(np.mean(np.square(audio.waveform))))
    return "" if np.isfinite(rms) and rms > 1e-3 else f"level {rms}; "


def spoken_length(audio: Audio, least_s: float, most_s: float) -> str:
    """Tell if a sound is shorter or longer than it may be."""
    return "" if least_s <= audio.duration_s <= most_s else f"{audio.duration_s:.2f} s; "


def other_length(audio: Audio, given: Audio) -> str:
    """Tell if a sound is not as long as another."""
    return "" if abs(audio.duration_s - given.duration_s) < 0.01 else f"{audio.duration_s:.2f} s; "


def no_clearer(audio: Audio, noisy: Audio, clean: Audio) -> str:
    """Tell if enhancement gained less than 3 dB."""
    before, after = (si_sdr_db(each.mono(), clean.mono()) for each in (noisy, audio))
    return "" if after > before + 3 else f"{before:.1f} dB before, {after:.1f} dB after"


def right_ear_first(audio: Audio) -> str:
    """Tell if a source on the left does not reach the left ear first."""
    left, right = audio.waveform[:, : 2 * audio.sample_rate]
    size = 2 * len(left)
    products = np.fft.irfft(np.fft.rfft(right, size) * np.conj(np.fft.rfft(left, size)))
    lag = int(np.argmax(products))
    return "" if 0 < lag < audio.sample_rate // 1_000 else f"the right ear lags by {lag} samples"


def changed_elsewhere(audio: Audio, given: Audio) -> str:
    """Tell if a recording is not as it was outside the gap, or the gap is empty."""
    first, last = (int(second * given.sample_rate) for second in GAP_S)
    margin = given.sample_rate // 10
    kept = np.r_[: first - margin, last + margin : given.waveform.shape[1]]
    error = float(np.abs(audio.waveform[0, kept] - given.waveform[0, kept]).max())
    return silent(Audio(audio.waveform[:, first:last], audio.sample_rate)) or (
        f"differs by {error}" if error > 0.02 else ""
    )
