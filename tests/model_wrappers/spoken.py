"""Comparing what was said with what was meant."""

import re
from collections.abc import Iterator, Sequence

import jiwer
import numpy as np

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import AudioGPTError
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest
from model_wrappers.embedded.whisper.whisper import Whisper
from tests.model_wrappers.measures import RecordedContext

LAST_BIT = 2.0**-15  # a step of 16-bit samples
VARIATIONS = 3


def words(text: str) -> str:
    """Return the words alone, in lower case, without punctuation and hyphens."""
    text = text.lower().replace("mr.", "mister").replace("-", " ")
    return " ".join(re.sub(r"[^a-z0-9' ]", " ", text).split())


def word_error_rate(reference: str, heard: str) -> float:
    """Return the share of words that are wrong, missing or too many."""
    return float(jiwer.wer(words(reference), words(heard)))


def variations(audio: Audio) -> Iterator[Audio]:
    """Yield a sound as it is, and with its last of 16 bits changed.

    A recogniser writes a doubtful word now so, now so, as the last bits fall, which differ between processors. Only
    the mean over several such sounds says something of the sound.
    """
    yield audio
    for seed in range(1, VARIATIONS):
        noise = np.random.default_rng(seed).uniform(-LAST_BIT, LAST_BIT, audio.waveform.shape)
        yield Audio(audio.waveform + noise.astype(np.float32), audio.sample_rate)


def error_rates(whisper: Whisper, said: Sequence[tuple[str, Audio]], language: str = "en") -> tuple[float, float]:
    """Return the word error rate over all texts and variations of their sounds, and that of the worst text."""
    heard = [(words(text), [words(each) for each in transcripts(whisper, audio, language)]) for text, audio in said]
    rates = [float(jiwer.wer([text] * len(each), each)) for text, each in heard]
    return float(np.average(rates, weights=[len(text.split()) for text, _ in heard])), max(rates)


def transcripts(whisper: Whisper, audio: Audio, language: str) -> list[str]:
    """Return what is heard in each variation of a sound."""
    requests = [SpeechRecognitionRequest(audio=each, language=language) for each in variations(audio)]
    answers = whisper.run_batch(requests, RecordedContext())
    return [answer.text for answer in answers if not isinstance(answer, AudioGPTError)]
