"""The standard data of the sound, music and face tasks: recordings of Debian packages and five songs."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from evaluation.capability import standard_voices as people
from evaluation.capability.items import Item, TrueEvent, Truth
from evaluation.sound_mixtures import SoundMixture, place_in_time, random_mixtures
from evaluation.sound_sources import SOURCES, SoundSource, sources_for
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.tasks.audio_captioning import AudioCaptioningRequest
from model_wrappers.contract.tasks.audio_inpainting import AudioInpaintingRequest
from model_wrappers.contract.tasks.image_to_audio import ImageToAudioRequest
from model_wrappers.contract.tasks.singing_synthesis import SingingSynthesisRequest
from model_wrappers.contract.tasks.sound_detection import SoundDetectionRequest
from model_wrappers.contract.tasks.sound_extraction import SoundExtractionRequest
from model_wrappers.contract.tasks.talking_head_synthesis import TalkingHeadSynthesisRequest
from model_wrappers.contract.tasks.target_sound_detection import TargetSoundDetectionRequest
from model_wrappers.contract.tasks.text_to_audio import TextToAudioRequest
from model_wrappers.contract.visual import Image

CASES = Path(__file__).parents[1] / "cases"
SAMPLE_RATE = 16_000  # Hz
SOUND_S = 3.0  # of made sounds
SHORT_GAPS_S, LONG_GAPS_S = (0.01, 0.03, 0.05), (0.12, 0.4, 1.0)
GAPS_OF_EACH = 3
EXTRACTED_S, PAUSE_S = 4.0, 0.3
PAIRS = (
    *(("crow", "helicopter"), ("narrator", "jackhammer"), ("turkey", "trumpet"), ("horse", "chainsaw")),
    *(("cow", "stream"), ("tiger", "whistle"), ("blackbird", "narrator"), ("busy", "roll"), ("explosion", "blackbird")),
)
SIX = ("rooster", "reader", "siren", "duck", "drums", "phone")
KNOWN_MIXTURE = "six known events"
BY_NAME = {source.name: source for source in SOURCES}
# What a caption that names a recording says, as regular expressions.
CAPTIONS = {
    "crow": "crow|caw",
    "turkey": "turkey|gobbl",
    "gander": "goose|geese|duck|honk",
    "blackbird": "bird",
    "tiger": "tiger|lion|big cat|roar|growl",
    "cow": "cow|cattle|moo",
    "sheep": "sheep|goat|bleat",
    "saw": r"\bsaw",
    "trumpet": "trumpet|brass|horn",
    "horse": "horse|neigh",
    "helicopter": "helicopter",
    "jackhammer": "jackhammer|drill",
    "whistle": "whistl|train",
    "chainsaw": "chainsaw|chain saw",
    "lion": "lion|tiger|big cat|roar|growl",
    "till": "cash register",
    "explosion": "explo|shot|blast",
    "shatter": "glass|shatter",
    "stream": "water|stream",
    "burp": "burp",
    "roll": "drum",
    "busy": "telephone|phone",
    "narrator": "somebody says|talk|speak|speech|voice",
}


def inpainting() -> Iterator[Item]:
    """Gaps of 10 ms to 1 s in a reading and in a string instrument, where they sound."""
    rng = np.random.default_rng(1)
    recordings = {"speech": people.book_voice(8.0), "music": np.resize(BY_NAME["cello"].waveform(SAMPLE_RATE), 128_000)}
    for name, samples in recordings.items():
        for duration_s in (*SHORT_GAPS_S, *LONG_GAPS_S):
            for number in range(GAPS_OF_EACH):
                gap = _loud_stretch(samples, duration_s, rng)
                damaged = samples.copy()
                damaged[gap] = 0.0
                request = AudioInpaintingRequest(
                    audio=_audio(damaged), start=gap.start / SAMPLE_RATE, end=gap.stop / SAMPLE_RATE
                )
                group = "gaps up to 50 ms" if duration_s in SHORT_GAPS_S else "longer gaps"
                item_id = f"{name}-{1_000 * duration_s:.0f}ms-{number}"
                yield Item(item_id, request, Truth(audio=_audio(samples)), group)


def _loud_stretch(samples: np.ndarray, duration_s: float, rng: np.random.Generator) -> slice:
    length = int(duration_s * SAMPLE_RATE)
    while True:
        begin = int(rng.integers(SAMPLE_RATE, len(samples) - SAMPLE_RATE - length))
        if samples[begin : begin + length].std() > 0.3 * samples.std():
            return slice(begin, begin + length)


def extraction() -> Iterator[Item]:
    """Each of two sounds wanted from nine mixtures of sources that no model was tuned on."""
    for one, other in PAIRS:
        for wanted, unwanted in ((one, other), (other, one)):
            mixture = _repeated(wanted) + _repeated(unwanted)
            request = SoundExtractionRequest(audio=_audio(mixture), target=BY_NAME[wanted].words)
            yield Item(f"{wanted}-from-{unwanted}", request, Truth(audio=_audio(_repeated(wanted))))


def _repeated(name: str) -> np.ndarray:
    once = np.concatenate([BY_NAME[name].waveform(SAMPLE_RATE), np.zeros(int(PAUSE_S * SAMPLE_RATE), np.float32)])
    samples = np.resize(once, int(EXTRACTED_S * SAMPLE_RATE))
    return np.asarray(samples / np.sqrt((samples**2).mean()) * 0.08, np.float32)


def detection() -> Iterator[Item]:
    """A mixture of six known events, and fifteen of four events each."""
    six = place_in_time([BY_NAME[name] for name in SIX], seed=0, duration_s=33.0)
    yield Item("six", SoundDetectionRequest(audio=six.audio), Truth(events=_events(six)), KNOWN_MIXTURE)
    for number, mixture in enumerate(random_mixtures(sources_for("evaluation"), 15)):
        truth = Truth(events=_events(mixture))
        yield Item(f"mixture-{number}", SoundDetectionRequest(audio=mixture.audio), truth, "random mixtures")


def target_detection() -> Iterator[Item]:
    """Thirty mixtures, each asked for one of its sounds, every fifth for one it lacks."""
    sources = sources_for("evaluation")
    for number, mixture in enumerate(random_mixtures(sources, 30)):
        target = mixture.events[number % 4].source
        if number % 5 == 4:
            target = [source for source in sources if not _occurrences(mixture, source)][number % 7]
        request = TargetSoundDetectionRequest(audio=mixture.audio, target=target.words)
        yield Item(f"{target.name}-{number}", request, Truth(events=_occurrences(mixture, target)))


def captioning() -> Iterator[Item]:
    """Fifteen mixtures of four events each."""
    for number, mixture in enumerate(random_mixtures(sources_for("evaluation"), 15)):
        yield Item(f"mixture-{number}", AudioCaptioningRequest(audio=mixture.audio), Truth(events=_events(mixture)))


def _events(mixture: SoundMixture) -> tuple[TrueEvent, ...]:
    return tuple(
        TrueEvent(e.source.classes, e.onset, e.offset, CAPTIONS.get(e.source.name, e.source.name))
        for e in mixture.events
    )


def _occurrences(mixture: SoundMixture, target: SoundSource) -> tuple[TrueEvent, ...]:
    return tuple(event for event in _events(mixture) if set(event.labels) & set(target.classes))


def talking_head() -> Iterator[Item]:
    """The default portrait saying four seconds of three voices."""
    for name in ("book", "en", "it"):
        voice = people.voices(4.0)[name]
        yield Item(name, TalkingHeadSynthesisRequest(audio=_audio(voice)), Truth())


def text_to_audio() -> Iterator[Item]:
    """Sixty everyday queries and ten absurd ones, written before the catalogue was tuned."""
    queries = json.loads((CASES / "sound_queries.json").read_text(encoding="utf-8"))
    for case in queries["everyday"]:
        request = TextToAudioRequest(text=case["query"], duration=SOUND_S)
        yield Item(case["query"], request, Truth(accept=case["accept"]), "everyday")
    for query in queries["absurd"]:
        yield Item(query, TextToAudioRequest(text=query, duration=SOUND_S), Truth(refuse=True), "absurd")


def image_to_audio() -> Iterator[Item]:
    """Fifteen pictures whose fitting sounds were written down before the mapping was tuned."""
    cases = json.loads((CASES / "picture_sounds.json").read_text(encoding="utf-8"))
    for case in cases["pictures"]:
        image = Image.decode(Path(cases["folder"], case["file"]).read_bytes())
        request = ImageToAudioRequest(image=image, duration=SOUND_S)
        yield Item(Path(case["file"]).stem, request, Truth(accept=case["accept"]))


def singing() -> Iterator[Item]:
    """Five nursery rhymes."""
    for song in json.loads((CASES / "songs.json").read_text(encoding="utf-8")):
        request = SingingSynthesisRequest(lyrics=song["lyrics"], notes=song["notes"], durations=song["durations"])
        yield Item(song["name"], request, Truth(text=song["lyrics"].replace("AP ", "")))


def _audio(samples: np.ndarray) -> Audio:
    return Audio(np.ascontiguousarray(samples[None], np.float32), SAMPLE_RATE)
