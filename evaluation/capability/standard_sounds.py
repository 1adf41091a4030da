"""The standard data of the sound, music and face tasks: recordings of Debian packages and five songs."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from evaluation.capability import standard_voices as people
from evaluation.capability.items import UNUSED, USED, Item, Split, TrueEvent, Truth
from evaluation.sound_mixtures import SoundMixture, place_in_time, random_mixtures
from evaluation.sound_sources import SOURCES, SoundSource, Use, sources_for
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
SPOKEN_S, STRETCHES = 4.0, 6  # of a talking head, and how many of a voice
SHORT_GAPS_S, LONG_GAPS_S = (0.01, 0.03, 0.05), (0.12, 0.4, 1.0)
GAPS_OF_EACH = 3
EDGE_S = 0.5  # of a recording, in which no gap lies
EXTRACTED_S = 4.0
PAIRS = (
    *(("crow", "helicopter"), ("narrator", "jackhammer"), ("turkey", "trumpet"), ("horse", "chainsaw")),
    *(("cow", "stream"), ("tiger", "whistle"), ("blackbird", "narrator"), ("busy", "roll"), ("explosion", "blackbird")),
)
UNSEEN_PAIRS = (
    *(("dog", "piano"), ("applause", "bell"), ("horn", "wind"), ("thunder", "guitar"), ("owl", "bus")),
    *(("cat", "jet"), ("hen", "cymbal"), ("pig", "tabla"), ("fireworks", "seagull"), ("ship", "fire")),
    *(("narrator", "applause"), ("dog", "narrator"), ("narrator", "piano"), ("toilet", "bassoon"), ("hammer", "hen")),
)
SIX = ("rooster", "reader", "siren", "duck", "drums", "phone")
KNOWN_MIXTURE = "six known events"
RANDOM_MIXTURES = "random mixtures"
HOUSEHOLD = "household"
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
    "dog": "dog|bark|growl|howl",
    "pig": "pig|oink|grunt|snort",
    "owl": r"\bowl|hoot",
    "hen": "hen|chicken|cluck|rooster",
    "seagull": "bird|gull",
    "mosquito": "mosquito|insect|buzz|fly|bee",
    "cat": r"\bcat|meow|purr",
    "toilet": "toilet|flush|water",
    "hammer": "hammer|bang|knock",
    "cymbal": "cymbal|drum|percussion|music",
    "bassoon": "wind instrument|bassoon|clarinet|saxophone|oboe|music",
    "fireworks": "firework|explo|bang",
    "thunder": "thunder",
    "camera": "camera|click|shutter",
    "applause": "applau|clap",
    "ship": "horn|ship|boat",
    "horn": "horn|honk",
    "jet": "jet|plane|aircraft",
    "propeller": "plane|aircraft|propeller|engine",
    "wind": r"\bwind\b|blows",
    "bus": r"\bbus|truck|engine|vehicle|motor|car\b",
    "fire": "fire|crackl",
    "door": "door|slam",
    "tabla": "tabla|drum|percussion|music",
    "piano": "piano|keyboard|music",
    "guitar": "guitar|string|music",
    "bell": r"\bbell|chime|ring",
    "scratch": "scratch|record",
}


def inpainting() -> Iterator[Item]:
    """Gaps of 10 ms to 1 s, where they sound, in a reading, in announcements and in four instruments, none repeated."""
    rng = np.random.default_rng(1)
    for name, samples, split in (
        ("speech", people.book_voice(8.0), USED),
        ("announcements", people.telephone_voice("it", 8.0), UNUSED),
        ("cello", BY_NAME["cello"].waveform(SAMPLE_RATE), USED),
        *((each, BY_NAME[each].waveform(SAMPLE_RATE), UNUSED) for each in ("piano", "bassoon", "tabla")),
    ):
        for duration_s in (*SHORT_GAPS_S, *LONG_GAPS_S):
            if len(samples) < (2 * EDGE_S + duration_s) * SAMPLE_RATE:
                continue
            for number in range(GAPS_OF_EACH):
                gap = _loud_stretch(samples, duration_s, rng)
                damaged = samples.copy()
                damaged[gap] = 0.0
                request = AudioInpaintingRequest(
                    audio=_audio(damaged), start=gap.start / SAMPLE_RATE, end=gap.stop / SAMPLE_RATE
                )
                group = "gaps up to 50 ms" if duration_s in SHORT_GAPS_S else "longer gaps"
                item_id = f"{name}-{1_000 * duration_s:.0f}ms-{number}"
                yield Item(item_id, request, Truth(audio=_audio(samples)), group, split)


def _loud_stretch(samples: np.ndarray, duration_s: float, rng: np.random.Generator) -> slice:
    length, edge = int(duration_s * SAMPLE_RATE), int(EDGE_S * SAMPLE_RATE)
    while True:
        begin = int(rng.integers(edge, len(samples) - edge - length + 1))
        if samples[begin : begin + length].std() > 0.3 * samples.std():
            return slice(begin, begin + length)


def extraction() -> Iterator[Item]:
    """Each of two sounds wanted from mixtures of two; no sound comes twice in one."""
    for pairs, split in ((PAIRS, USED), (UNSEEN_PAIRS, UNUSED)):
        for one, other in pairs:
            for wanted, unwanted in ((one, other), (other, one)):
                mixture = _placed(wanted) + _placed(unwanted)
                request = SoundExtractionRequest(audio=_audio(mixture), target=BY_NAME[wanted].words)
                truth = Truth(audio=_audio(_placed(wanted)))
                yield Item(f"{wanted}-from-{unwanted}", request, truth, split=split)


def _placed(name: str) -> np.ndarray:
    """Return a sound in the middle of `EXTRACTED_S`."""
    samples = np.zeros(int(EXTRACTED_S * SAMPLE_RATE), np.float32)
    sound = BY_NAME[name].waveform(SAMPLE_RATE)[: len(samples)]
    first = (len(samples) - len(sound)) // 2
    samples[first : first + len(sound)] = sound
    return np.asarray(samples / np.sqrt((samples**2).mean()) * 0.08, np.float32)


def detection() -> Iterator[Item]:
    """A mixture of six known events, and forty-five of four events each, thirty of them of sounds never used before."""
    six = place_in_time([BY_NAME[name] for name in SIX], seed=0, duration_s=33.0)
    yield Item("six", SoundDetectionRequest(audio=six.audio), Truth(events=_events(six)), KNOWN_MIXTURE, USED)
    for name, mixture, split in _mixtures():
        truth = Truth(events=_events(mixture))
        yield Item(name, SoundDetectionRequest(audio=mixture.audio), truth, RANDOM_MIXTURES, split)


def _mixtures() -> Iterator[tuple[str, SoundMixture, Split]]:
    uses: tuple[tuple[Use, int, Split], ...] = (("evaluation", 15, USED), ("unseen", 30, UNUSED))
    for use, count, split in uses:
        for number, mixture in enumerate(random_mixtures(sources_for(use), count)):
            yield f"{use}-{number}", mixture, split


def target_detection() -> Iterator[Item]:
    """Sixty mixtures, half of sounds never used before, each asked for one of them, every fifth for one it lacks."""
    uses: tuple[tuple[Use, Split], ...] = (("evaluation", USED), ("unseen", UNUSED))
    for use, split in uses:
        sources = sources_for(use)
        for number, mixture in enumerate(random_mixtures(sources, 30)):
            target = mixture.events[number % 4].source
            if number % 5 == 4:
                target = [source for source in sources if not _occurrences(mixture, source)][number % 7]
            request = TargetSoundDetectionRequest(audio=mixture.audio, target=target.words)
            truth = Truth(events=_occurrences(mixture, target))
            yield Item(f"{target.name}-{number}", request, truth, split=split)


def captioning() -> Iterator[Item]:
    """Forty-five mixtures of four events each, thirty of them of sounds never used before."""
    for name, mixture, split in _mixtures():
        yield Item(name, AudioCaptioningRequest(audio=mixture.audio), Truth(events=_events(mixture)), split=split)


def _events(mixture: SoundMixture) -> tuple[TrueEvent, ...]:
    return tuple(
        TrueEvent(e.source.classes, e.onset, e.offset, CAPTIONS.get(e.source.name, e.source.name))
        for e in mixture.events
    )


def _occurrences(mixture: SoundMixture, target: SoundSource) -> tuple[TrueEvent, ...]:
    return tuple(event for event in _events(mixture) if set(event.labels) & set(target.classes))


def talking_head() -> Iterator[Item]:
    """The default portrait saying four seconds of three voices, and six times four of five never used."""
    for name in ("book", "en", "it"):
        voice = people.voices(SPOKEN_S)[name]
        yield Item(name, TalkingHeadSynthesisRequest(audio=_audio(voice)), Truth(), split=USED)
    for name, voice in people.unheard_voices(STRETCHES * SPOKEN_S).items():
        for number, stretch in enumerate(np.split(voice, STRETCHES)):
            yield Item(f"{name}-{number}", TalkingHeadSynthesisRequest(audio=_audio(stretch)), Truth(), split=UNUSED)


def text_to_audio() -> Iterator[Item]:
    """180 everyday queries and ten absurd ones, written before the catalogue was tuned, 120 before it was extended."""
    queries = json.loads((CASES / "sound_queries.json").read_text(encoding="utf-8"))
    for case in queries["everyday"]:
        request = TextToAudioRequest(text=case["query"], duration=SOUND_S)
        yield Item(case["query"], request, Truth(accept=case["accept"]), "everyday")
    for query in queries["absurd"]:
        yield Item(query, TextToAudioRequest(text=query, duration=SOUND_S), Truth(refuse=True), "absurd")
    household = json.loads((CASES / "household_sounds.json").read_text(encoding="utf-8"))
    splits: tuple[tuple[str, Split], ...] = (("developing", USED), ("unseen", UNUSED))
    for part, split in splits:
        for case in household[part]:
            request = TextToAudioRequest(text=case["query"], duration=SOUND_S)
            yield Item(case["query"], request, Truth(accept=case["accept"]), HOUSEHOLD, split)


def image_to_audio() -> Iterator[Item]:
    """Fifteen pictures whose fitting sounds were written down before the mapping was tuned, thirty-two never used."""
    cases = json.loads((CASES / "picture_sounds.json").read_text(encoding="utf-8"))
    splits: tuple[tuple[str, Split], ...] = (("pictures", USED), ("unseen", UNUSED))
    for part, split in splits:
        for case in cases[part]:
            image = Image.decode(Path(cases["folder"], case["file"]).read_bytes())
            request = ImageToAudioRequest(image=image, duration=SOUND_S)
            yield Item(Path(case["file"]).stem, request, Truth(accept=case["accept"]), split=split)


def singing() -> Iterator[Item]:
    """Five nursery rhymes, and 48 songs of two lines to melodies that wander at random, 30 of them never used."""
    songs = json.loads((CASES / "songs.json").read_text(encoding="utf-8"))
    splits: tuple[tuple[str, Split], ...] = (("developing", USED), ("unseen", UNUSED))
    for part, split in splits:
        for song in songs[part]:
            request = SingingSynthesisRequest(lyrics=song["lyrics"], notes=song["notes"], durations=song["durations"])
            yield Item(song["name"], request, Truth(text=song["lyrics"].replace("AP ", "")), split=split)


def _audio(samples: np.ndarray) -> Audio:
    return Audio(np.ascontiguousarray(samples[None], np.float32), SAMPLE_RATE)
