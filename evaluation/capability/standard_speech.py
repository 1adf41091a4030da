"""The standard data of the speech tasks: people's voices from Debian packages."""

import json
from collections.abc import Iterator
from itertools import combinations
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
UNSEEN = 30  # items of a task that were never used
HEARD_IN = ("room 0.4 s", "room 0.9 s", "telephone", "babble 5 dB", "pink 5 dB", "Opus at 6 kbit/s")
SNR_DB = 2.5
NOISY_S, MIXED_S, BINAURAL_S, REFERENCE_S = 4.0, 8.0, 3.0, 12.0
AZIMUTHS = (30, 60, 90, 135, -75)  # degrees, positive is left
UNHEARD_AZIMUTHS = (15, 45, 110, -30, -90, -150)
ROOM_M = (6.0, 5.0, 3.0)
TALKERS_M = ((1.8, 3.2, 1.5), (4.5, 2.9, 1.6))
MICROPHONES_M = ((2.95, 1.5, 1.4), (3.05, 1.5, 1.4))
ABSORPTION, LITTLE_ABSORPTION = 0.5, 0.25
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
    """A man's sentences to a woman's voice and hers to his, and thirty of hers to five voices never used."""
    woman, man = (
        _audio(voice) for voice in (people.telephone_voice("en", REFERENCE_S), people.book_voice(REFERENCE_S))
    )
    for name, audio, words in people.book_sentences():
        request = StyleTransferRequest(audio=audio, reference=woman)
        yield Item(name, request, Truth(text=words), "man to woman", USED)
    announcements = people.telephone_voice("en", 15.0).reshape(3, -1)
    for number, voice in enumerate(announcements):
        request = StyleTransferRequest(audio=_audio(voice), reference=man)
        yield Item(f"en-{number}", request, Truth(), "woman to man", USED)
    references = [_audio(voice) for voice in people.unheard_voices(REFERENCE_S).values()]
    spoken = sorted(people.announcements(), key=lambda each: -len(each[2].split()))[:UNSEEN]
    for number, (name, audio, words) in enumerate(spoken):
        request = StyleTransferRequest(audio=audio, reference=references[number % len(references)])
        yield Item(name, request, Truth(text=words), "woman to five others", UNUSED)


def enhancement() -> Iterator[Item]:
    """Four voices in seven noises, and five in six noises never used, at 2.5 dB."""
    used = (people.voices(NOISY_S), people.noises(NOISY_S), USED)
    unused = (people.unheard_voices(NOISY_S), people.unheard_noises(NOISY_S), UNUSED)
    parts: tuple[tuple[dict[str, Samples], dict[str, Samples], Split], ...] = (used, unused)
    for voices, noises, split in parts:
        for name, voice in voices.items():
            for noise_name, noise in noises.items():
                request = SpeechEnhancementRequest(audio=_audio(people.mixed(voice, noise, SNR_DB)))
                group = BABBLE if noise_name == BABBLE else "other noises"
                yield Item(f"{name}-{noise_name}", request, Truth(audio=_audio(voice)), group, split)


def separation() -> Iterator[Item]:
    """Pairs of four voices in a room and summed; pairs of five never used, in a more reverberant one as well."""
    voices = people.voices(MIXED_S)
    for one, other in (("book", "en"), ("book", "fr"), ("it", "en"), ("it", "fr")):
        pair = np.stack([voices[one], voices[other]])
        yield _in_a_room(f"{one}-{other}-room", pair, "two microphones", ABSORPTION, USED)
        yield _summed(f"{one}-{other}-mono", pair, USED)
    for (one, first), (other, second) in combinations(people.unheard_voices(MIXED_S).items(), 2):
        pair = np.stack([first, second])
        yield _in_a_room(f"{one}-{other}-room", pair, "two microphones", ABSORPTION, UNUSED)
        yield _in_a_room(f"{one}-{other}-hall", pair, "two microphones, more reverberation", LITTLE_ABSORPTION, UNUSED)
        yield _summed(f"{one}-{other}-mono", pair, UNUSED)


def _summed(name: str, voices: Samples, split: Split) -> Item:
    request = SpeechSeparationRequest(audio=_audio(voices.sum(axis=0)))
    return Item(name, request, Truth(sources=tuple(map(_audio, voices))), "mono", split)


def _in_a_room(name: str, voices: Samples, group: str, absorption: float, split: Split) -> Item:
    images = _images(voices, absorption)
    request = SpeechSeparationRequest(audio=_audio(images.sum(axis=0)))
    return Item(name, request, Truth(sources=tuple(_audio(image[0]) for image in images)), group, split)


def _images(voices: Samples, absorption: float) -> Samples:
    """Return what each microphone hears of each voice, shape `(voices, microphones, samples)`."""
    import pyroomacoustics

    wall = pyroomacoustics.Material(absorption)
    room = pyroomacoustics.ShoeBox(ROOM_M, fs=SAMPLE_RATE, materials=wall, max_order=REFLECTIONS)
    for place, voice in zip(TALKERS_M, voices, strict=True):
        room.add_source(place, signal=voice)
    room.add_microphone_array(np.array(MICROPHONES_M).T)
    return np.asarray(room.simulate(return_premix=True)[:, :, : voices.shape[1]], np.float32)


def binaural() -> Iterator[Item]:
    """Two voices at five angles, five never used at six others, against the measured responses of the KEMAR head."""
    from model_wrappers.embedded.kemar import PACKAGE
    from model_wrappers.signal.hrtf import Hrtf
    from model_wrappers.weights.package_files import package_file

    head = Hrtf.read_slab(package_file("slab", "data/mit_kemar_normal_pinna.bz2", package=PACKAGE))
    rate = int(head.sample_rate)
    used = [("book", people.book_voice(BINAURAL_S)), ("fr", people.telephone_voice("fr", BINAURAL_S))]
    spoken: list[tuple[str, Samples, Split]] = [(name, voice, USED) for name, voice in used]
    spoken += [(name, voice, UNUSED) for name, voice in people.unheard_voices(BINAURAL_S).items()]
    for name, voice, split in spoken:
        mono = _audio(voice).resample(rate)
        for azimuth in AZIMUTHS if split == USED else UNHEARD_AZIMUTHS:
            (direction,) = np.flatnonzero((head.azimuths == azimuth % 360) & (head.elevations == 0))
            ears = [fftconvolve(mono.mono(), ear)[: mono.waveform.shape[1]] for ear in head.responses[direction]]
            truth = Truth(audio=Audio(np.stack(ears).astype(np.float32), rate))
            yield Item(f"{name}-{azimuth}", MonoToBinauralRequest(audio=mono, azimuth=azimuth), truth, split=split)


def text_to_speech() -> Iterator[Item]:
    """Everyday sentences, five of a book that a man has read as well, and announcements; thirty-two never used."""
    for number, row in enumerate(json.loads(SENTENCES.read_text(encoding="utf-8"))):
        yield _said(f"everyday-{number}", row["english"], "everyday", USED)
    for name, audio, words in people.book_sentences():
        yield _said(f"book-{name}", words.replace(*MISPRINT), "book", USED, audio)
    for number, row in enumerate(json.loads(QUANTITIES.read_text(encoding="utf-8"))):
        if row["split"] == UNUSED:
            yield _said(f"quantities-{number}", row["english"], "everyday, with numbers", UNUSED)
    spoken = [each for each in people.announcements() if len(each[2].split()) >= SENTENCE_WORDS]
    for name, _, words in spoken[:ANNOUNCEMENTS]:
        yield _said(name, words, "announcements", UNUSED)


def _said(name: str, text: str, group: str, split: Split, audio: Audio | None = None) -> Item:
    return Item(name, TextToSpeechRequest(text=text), Truth(text=text, audio=audio), group, split)


def _audio(samples: Samples) -> Audio:
    return Audio(np.ascontiguousarray(np.atleast_2d(samples)), SAMPLE_RATE)
