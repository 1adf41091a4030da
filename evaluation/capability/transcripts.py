"""Words said against words meant; synthesised speech is heard by Whisper base."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest

if TYPE_CHECKING:
    from model_wrappers.embedded.whisper.whisper import Whisper

Errors = tuple[float, float]
SPELLED = {"mr.": "mister", "mrs.": "missus", "dr.": "doctor"}


class _Alone:
    """The context of a request that nobody watches."""

    def progress(self, item: int, fraction: float) -> None:
        pass

    def cancelled(self, item: int) -> bool:
        return False


def normalized(text: str) -> str:
    """Return lower-case words without punctuation, English numbers in digits, as transcripts are compared."""
    from text_to_num import alpha2digit

    text = text.lower()
    for short, full in SPELLED.items():
        text = text.replace(short, full)
    words = re.sub(r"[^\w' ]|(?<!\w)'|'(?!\w)", " ", text.replace("-", " ").replace("’", "'"))
    return " ".join(alpha2digit(" ".join(words.split()), "en").split())


def word_errors(hypothesis: str, reference: str) -> Errors:
    """Return `(errors, reference words)`."""
    import jiwer

    reference, hypothesis = normalized(reference), normalized(hypothesis)
    found = jiwer.process_words(reference, hypothesis)
    return float(found.substitutions + found.deletions + found.insertions), float(len(reference.split()))


def character_errors(hypothesis: str, reference: str) -> Errors:
    """Return `(errors, reference characters)`."""
    import jiwer

    reference, hypothesis = normalized(reference), normalized(hypothesis)
    found = jiwer.process_characters(reference, hypothesis)
    return float(found.substitutions + found.deletions + found.insertions), float(len(reference))


def transcript_measures(hypothesis: str, reference: str) -> dict[str, Errors]:
    """Return WER and CER of one transcript."""
    return {"wer": word_errors(hypothesis, reference), "cer": character_errors(hypothesis, reference)}


def heard(audio: Audio, language: str, *, sung: bool = False) -> str:
    """Return what Whisper base hears; nothing where it refuses the sound.

    Args:
        audio: Speech or singing.
        language: Its language.
        sung: Whether it is singing, all of which is listened to: a detector of speech cuts sung words off.
    """
    if not np.any(audio.waveform):
        return ""
    request = SpeechRecognitionRequest(audio=Audio(audio.resample(16_000).mono()[None], 16_000), language=language)
    (answer,) = _whisper(sung).run_batch([request], _Alone())
    return "" if isinstance(answer, AudioGPTError) else answer.text


@lru_cache(maxsize=2)
def _whisper(sung: bool) -> "Whisper":
    from model_wrappers.embedded.whisper.whisper import Whisper, WhisperConfig

    config = WhisperConfig(short_windows=False)  # as everybody measures: in the windows Whisper was trained on
    model = Whisper(config.model_copy(update={"vad_threshold": 0}) if sung else config)
    model.load("cpu")
    return model
