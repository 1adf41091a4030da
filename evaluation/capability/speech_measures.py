"""What is measured of the speech tasks, and what doing nothing would answer."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from evaluation.capability import voices, waveforms
from evaluation.capability.items import Answer, Item
from evaluation.capability.metrics import Observation
from evaluation.capability.transcripts import heard, transcript_measures
from evaluation.capability.waveforms import at_rate
from model_wrappers.contract.audio import Audio, convert_channels
from model_wrappers.contract.tasks.mono_to_binaural import MonoToBinauralResponse
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementResponse
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionResponse
from model_wrappers.contract.tasks.speech_separation import SpeechSeparationResponse
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationResponse
from model_wrappers.contract.tasks.style_transfer import StyleTransferResponse
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechResponse
from model_wrappers.speech.dnsmos import dnsmos

SAMPLE_RATE = 16_000  # Hz, of speech compared
BABBLE = "babble"

Measures = Mapping[str, Observation]


def silence(duration_s: float = 2.0) -> Audio:
    """Return the answer of a synthesis that does nothing."""
    return Audio(np.zeros((1, int(duration_s * SAMPLE_RATE)), np.float32), SAMPLE_RATE)


def recognition(item: Item, answer: Answer) -> Measures:
    """Measure WER and CER."""
    return transcript_measures(_response(answer).text, item.truth.text or "")


def no_transcript(item: Item) -> SpeechRecognitionResponse:
    """Hear nothing."""
    return SpeechRecognitionResponse(text="", language=item.truth.language, duration=_request(item).audio.duration_s)


def translation(item: Item, answer: Answer) -> Measures:
    """Measure BLEU and chrF; a sentence with an `accept` has one right answer."""
    text, truth = _response(answer).text, item.truth
    measures: dict[str, Observation] = dict.fromkeys(("bleu", "chrf"), (text, truth.references))
    if truth.accept:
        measures["paper_sentence"] = (float(bool(re.fullmatch(truth.accept, text))), 1.0)
    return measures


def untranslated(item: Item) -> SpeechTranslationResponse:
    """Repeat the source."""
    request = _request(item)
    text = request.text or item.truth.text or ""
    return SpeechTranslationResponse(text=text, language=request.target_language, source_language=item.truth.language)


def style_transfer(item: Item, answer: Answer) -> Measures:
    """Measure the voice against the reference and the words; MCD and FFE where the true recording is known."""
    audio: Audio = _response(answer).audio
    measures: dict[str, Observation] = {"similarity": (voices.speaker_similarity(audio, _request(item).reference), 1.0)}
    return measures | _spoken(item, audio)


def unconverted(item: Item) -> StyleTransferResponse:
    """Give the speech back in its own voice; silence where a text was to be spoken."""
    return StyleTransferResponse(audio=_request(item).audio or silence())


def text_to_speech(item: Item, answer: Answer) -> Measures:
    """Measure the words; MCD and FFE where a human reading is known."""
    return _spoken(item, _response(answer).audio)


def no_speech(item: Item) -> TextToSpeechResponse:
    """Say nothing."""
    return TextToSpeechResponse(audio=silence())


def _spoken(item: Item, audio: Audio) -> dict[str, Observation]:
    truth = item.truth
    measures: dict[str, Observation] = _quality(audio)
    if truth.text:
        measures |= transcript_measures(heard(audio, truth.language), truth.text)
    if truth.audio is not None:
        measures |= voices.speech_distances(audio, truth.audio)
    return measures


def _quality(audio: Audio) -> dict[str, Observation]:
    value = dnsmos(audio)
    return {} if value is None else {"dnsmos": (value, 1.0)}


def enhancement(item: Item, answer: Answer) -> Measures:
    """Measure SI-SDR, SNR, PESQ and STOI against the clean speech."""
    assert item.truth.audio is not None
    clean = at_rate(item.truth.audio, SAMPLE_RATE)
    cleaned = at_rate(_response(answer).audio, SAMPLE_RATE, len(clean))
    measures = {**_speech_quality([(cleaned, clean)]), **_quality(Audio(cleaned[None], SAMPLE_RATE))}
    if item.group == BABBLE:
        before = waveforms.si_sdr_db(at_rate(_request(item).audio, SAMPLE_RATE, len(clean)), clean)
        measures["si_sdr_worst_gain"] = (measures["si_sdr"][0] - before, 1.0)
    return measures


def uncleaned(item: Item) -> SpeechEnhancementResponse:
    """Give the noisy speech back."""
    return SpeechEnhancementResponse(audio=_request(item).audio)


def separation(item: Item, answer: Answer) -> Measures:
    """Measure SI-SDR, SNR, PESQ and STOI of each voice, in the best order."""
    voices_alone = [at_rate(source, SAMPLE_RATE) for source in item.truth.sources]
    found = [at_rate(audio, SAMPLE_RATE, len(voices_alone[0])) for audio in _response(answer).speakers]
    return _speech_quality(list(zip(waveforms.best_order(found, voices_alone), voices_alone, strict=True)))


def unseparated(item: Item) -> SpeechSeparationResponse:
    """Give the mixture back for every voice."""
    request = _request(item)
    first = Audio(request.audio.waveform[:1], request.audio.sample_rate)
    return SpeechSeparationResponse(speakers=(first,) * len(item.truth.sources))


def _speech_quality(pairs: list[tuple[Any, Any]]) -> dict[str, tuple[float, float]]:
    values = {
        "si_sdr": [waveforms.si_sdr_db(*pair) for pair in pairs],
        "snr": [waveforms.snr_db(*pair) for pair in pairs],
        "stoi": [waveforms.stoi(*pair, SAMPLE_RATE) for pair in pairs],
        "pesq": [value for value in (waveforms.pesq(*pair) for pair in pairs) if value is not None],
    }
    return {name: (float(np.mean(found)), 1.0) for name, found in values.items() if found}


def binaural(item: Item, answer: Answer) -> Measures:
    """Measure L2, MRSTFT, PESQ and the interaural differences against the true two channels."""
    true = item.truth.audio
    assert true is not None
    made = convert_channels(_response(answer).audio.resample(true.sample_rate).waveform, 2)
    made = waveforms.fit(made, true.waveform.shape[1])
    ears = [
        [at_rate(Audio(x[k : k + 1], true.sample_rate), SAMPLE_RATE) for x in (made, true.waveform)] for k in (0, 1)
    ]
    quality = [value for value in (waveforms.pesq(*pair) for pair in ears) if value is not None]
    itd, ild = waveforms.itd_us(true.waveform, true.sample_rate), waveforms.ild_db(true.waveform)
    measures = {
        "l2": (1_000 * waveforms.l2(made, true.waveform), 1.0),
        "mrstft": (waveforms.mrstft(made, true.waveform), 1.0),
        "itd_error": (abs(waveforms.itd_us(made, true.sample_rate) - itd) / max(abs(itd), 1e-9), 1.0),
        "ild_error": (abs(waveforms.ild_db(made) - ild) / max(abs(ild), 1e-9), 1.0),
    }
    return measures | ({"pesq": (float(np.mean(quality)), 1.0)} if quality else {})


def both_ears_alike(item: Item) -> MonoToBinauralResponse:
    """Play the mono sound on both ears."""
    audio: Audio = _request(item).audio
    return MonoToBinauralResponse(audio=Audio(np.repeat(audio.mono()[None], 2, axis=0), audio.sample_rate))


def _request(item: Item) -> Any:
    return item.request


def _response(answer: Answer) -> Any:
    return answer.response
