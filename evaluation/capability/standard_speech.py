"""The standard data of the speech tasks: people's voices from Debian packages."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.signal import fftconvolve

from evaluation.capability import standard_voices as people
from evaluation.capability.conditions import CONDITIONS
from evaluation.capability.items import UNUSED, USED, Item, Split, Truth
from evaluation.capability.speech_measures import BABBLE
from evaluation.capability.standard_voices import SAMPLE_RATE, Samples
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.tasks.mono_to_binaural import MonoToBinauralRequest
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest
from model_wrappers.contract.tasks.speech_separation import SpeechSeparationRequest
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest
from model_wrappers.contract.tasks.style_transfer import StyleTransferRequest
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest

SENTENCES = Path(__file__).parents[1] / "cases" / "english_spanish.json"
QUANTITIES = SENTENCES.with_name("english_spanish_french.json")  # everyday, half of them with numbers
PAPER_SENTENCE = ("My name is Audio GPT, I am happy to help you!", "¡Mi nombre es Audio GPT, soy feliz de ayudarte!")
PAPER_RIGHT = r"¡Mi nombre es Audio GPT, (?:soy|estoy) feliz de ayudar(?:te|le|lo|los|las)!"
MISPRINT = ("more a amiable", "more amiable")  # of a transcript; the book and the reader have the latter
BOOK = "a book"
SENTENCE_WORDS = 8
ANNOUNCEMENTS = 12
HEARD_IN = ("room 0.4 s", "room 0.9 s", "telephone", "babble 5 dB", "pink 5 dB", "Opus at 6 kbit/s")
SNR_DB = 2.5
NOISY_S, MIXED_S, BINAURAL_S, REFERENCE_S = 4.0, 8.0, 3.0, 12.0
AZIMUTHS = (30, 60, 90, 135, -75)  # degrees, positive is left
ROOM_M = (6.0, 5.0, 3.0)
TALKERS_M = ((1.8, 3.2, 1.5), (4.5, 2.9, 1.6))
MICROPHONES_M = ((2.95, 1.5, 1.4), (3.05, 1.5, 1.4))
ABSORPTION = 0.5
REFLECTIONS = 8


def recognition() -> Iterator[Item]:
    """A book, announcements in rooms, noises and codecs, volunteers in three languages; two fifths never used."""
    for name, audio, words in people.book_sentences():
        request = SpeechRecognitionRequest(audio=audio, language="en")
        yield Item(name, request, Truth(text=words), BOOK, USED)
    rng = np.random.default_rng(0)
    spoken = [each for each in people.announcements() if len(each[2].split()) >= SENTENCE_WORDS]
    for name, audio, words in spoken[:ANNOUNCEMENTS]:
        yield _recognised(name, audio, words, "en", "announcements", USED)
        for condition in HEARD_IN:
            changed = _audio(CONDITIONS[condition](audio.waveform[0], rng))
            yield _recognised(f"{name} {condition}", changed, words, "en", condition, USED)
    for language in ("en", "es", "fr"):
        for split in (USED, UNUSED):
            for name, audio, words in people.volunteers(language, split):
                yield _recognised(f"{language}-{name}", audio, words, language, f"volunteers, {language}", split)


def _recognised(name: str, audio: Audio, words: str, language: str, group: str, split: Split) -> Item:
    return Item(name, SpeechRecognitionRequest(audio=audio), Truth(text=words, language=language), group, split)


def translation() -> Iterator[Item]:
    """Sentences from English into Spanish and French and back, twenty of them never used, and the paper's example."""
    english, spanish = PAPER_SENTENCE
    yield _translated("paper", english, spanish, "en", "es", accept=PAPER_RIGHT)
    for number, row in enumerate(json.loads(SENTENCES.read_text(encoding="utf-8"))):
        yield _translated(f"en-es-{number}", row["english"], row["spanish"], "en", "es")
        yield _translated(f"es-en-{number}", row["spanish"], row["english"], "es", "en")
    for number, row in enumerate(json.loads(QUANTITIES.read_text(encoding="utf-8"))):
        for language, code in (("spanish", "es"), ("french", "fr")):
            for source, target in (("english", language), (language, "english")):
                codes = [{"english": "en"}.get(each, code) for each in (source, target)]
                name = f"{codes[0]}-{codes[1]}-quantities-{number}"
                yield _translated(name, row[source], row[target], *codes, split=row["split"])


def _translated(
    name: str, text: str, right: str, source: str, target: str, accept: str | None = None, split: Split = USED
) -> Item:
    request = SpeechTranslationRequest(text=text, source_language=source, target_language=target)
    return Item(
        name, request, Truth(language=source, references=(right,), accept=accept), f"{source} to {target}", split
    )


def style_transfer() -> Iterator[Item]:
    """A man's sentences to a woman's voice, and her announcements to his."""
    woman, man = (
        _audio(voice) for voice in (people.telephone_voice("en", REFERENCE_S), people.book_voice(REFERENCE_S))
    )
    for name, audio, words in people.book_sentences():
        yield Item(name, StyleTransferRequest(audio=audio, reference=woman), Truth(text=words), "man to woman")
    announcements = people.telephone_voice("en", 15.0).reshape(3, -1)
    for number, voice in enumerate(announcements):
        yield Item(f"en-{number}", StyleTransferRequest(audio=_audio(voice), reference=man), Truth(), "woman to man")


def enhancement() -> Iterator[Item]:
    """Four voices in seven noises at 2.5 dB."""
    for name, voice in people.voices(NOISY_S).items():
        for noise_name, noise in people.noises(NOISY_S).items():
            request = SpeechEnhancementRequest(audio=_audio(people.mixed(voice, noise, SNR_DB)))
            group = BABBLE if noise_name == BABBLE else "other noises"
            yield Item(f"{name}-{noise_name}", request, Truth(audio=_audio(voice)), group)


def separation() -> Iterator[Item]:
    """Pairs of four voices, in a room with two microphones and as a mono sum."""
    voices = people.voices(MIXED_S)
    for one, other in (("book", "en"), ("book", "fr"), ("it", "en"), ("it", "fr")):
        pair = np.stack([voices[one], voices[other]])
        images = _in_a_room(pair)
        request = SpeechSeparationRequest(audio=_audio(images.sum(axis=0)))
        truth = Truth(sources=tuple(_audio(image[0]) for image in images))
        yield Item(f"{one}-{other}-room", request, truth, "two microphones")
        summed = SpeechSeparationRequest(audio=_audio(pair.sum(axis=0)))
        yield Item(f"{one}-{other}-mono", summed, Truth(sources=tuple(map(_audio, pair))), "mono")


def _in_a_room(voices: Samples) -> Samples:
    """Return what each microphone hears of each voice, shape `(voices, microphones, samples)`."""
    import pyroomacoustics

    wall = pyroomacoustics.Material(ABSORPTION)
    room = pyroomacoustics.ShoeBox(ROOM_M, fs=SAMPLE_RATE, materials=wall, max_order=REFLECTIONS)
    for place, voice in zip(TALKERS_M, voices, strict=True):
        room.add_source(place, signal=voice)
    room.add_microphone_array(np.array(MICROPHONES_M).T)
    return np.asarray(room.simulate(return_premix=True)[:, :, : voices.shape[1]], np.float32)


def binaural() -> Iterator[Item]:
    """Two voices at five angles, against the measured responses of the KEMAR head."""
    from model_wrappers.embedded.kemar import PACKAGE
    from model_wrappers.signal.hrtf import Hrtf
    from model_wrappers.weights.package_files import package_file

    head = Hrtf.read_slab(package_file("slab", "data/mit_kemar_normal_pinna.bz2", package=PACKAGE))
    rate = int(head.sample_rate)
    for name, voice in (("book", people.book_voice(BINAURAL_S)), ("fr", people.telephone_voice("fr", BINAURAL_S))):
        mono = _audio(voice).resample(rate)
        for azimuth in AZIMUTHS:
            (direction,) = np.flatnonzero((head.azimuths == azimuth % 360) & (head.elevations == 0))
            ears = [fftconvolve(mono.mono(), ear)[: mono.waveform.shape[1]] for ear in head.responses[direction]]
            truth = Truth(audio=Audio(np.stack(ears).astype(np.float32), rate))
            yield Item(f"{name}-{azimuth}", MonoToBinauralRequest(audio=mono, azimuth=azimuth), truth)


def text_to_speech() -> Iterator[Item]:
    """Twenty everyday sentences, and five of a book that a man has read as well."""
    for number, row in enumerate(json.loads(SENTENCES.read_text(encoding="utf-8"))):
        yield Item(
            f"everyday-{number}", TextToSpeechRequest(text=row["english"]), Truth(text=row["english"]), "everyday"
        )
    for name, audio, words in people.book_sentences():
        text = words.replace(*MISPRINT)
        yield Item(f"book-{name}", TextToSpeechRequest(text=text), Truth(text=text, audio=audio), "book")


def _audio(samples: Samples) -> Audio:
    return Audio(np.ascontiguousarray(np.atleast_2d(samples)), SAMPLE_RATE)
