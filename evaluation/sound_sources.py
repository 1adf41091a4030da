"""Recorded sounds with known content, from Debian packages, to make mixtures of."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio
from model_wrappers.sounds.opensfx import PACKAGE as OPENSFX
from model_wrappers.sounds.opensfx import read_opensfx

STAMPS = Path("/usr/share/tuxpaint/stamps")
MINETEST = Path("/usr/share/games/minetest/games/minetest_game/mods")
FREEDESKTOP = Path("/usr/share/sounds/freedesktop/stereo")
SONIC_PI = Path("/usr/share/sonic-pi/samples")
LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")
PACKAGES = (
    *("tuxpaint-stamps-default", "minetest-data", "sound-theme-freedesktop"),
    *("sonic-pi-samples", "pocketsphinx-testdata", OPENSFX),
)

LOUDNESS = 0.08  # RMS every source is brought to
LONGEST_S = 5.0
EDGE = 0.02  # share of the peak below which the ends count as silence

Use = Literal["tuning", "evaluation", "unseen"]
"""Unseen ones were never listened to while a model or its rules were worked on."""


@dataclass(frozen=True)
class SoundSource:
    """One recording: how a person would name it, and the AudioSet classes that are right for it."""

    name: str
    words: str
    classes: tuple[str, ...]
    place: Path | str
    """A file, or the title of an OpenSFX recording."""
    use: Use

    def waveform(self, sample_rate: int = 16_000) -> NDArray[np.float32]:
        """Return the sound without silent ends, at one loudness, at most `LONGEST_S` long, shape `(samples,)`."""
        return _read(self.place, sample_rate)


@lru_cache(maxsize=256)
def _read(place: Path | str, sample_rate: int) -> NDArray[np.float32]:
    data = read_opensfx()[place].data if isinstance(place, str) else place.read_bytes()
    samples = Audio.decode(data).resample(sample_rate).mono()
    loud = np.flatnonzero(np.abs(samples) > EDGE * np.abs(samples).max())
    samples = samples[loud[0] : loud[-1] + 1][: int(LONGEST_S * sample_rate)]
    return np.asarray(samples / np.sqrt(np.mean(samples**2)) * LOUDNESS, np.float32)


def _tuning(name: str, words: str, classes: tuple[str, ...], place: Path | str) -> SoundSource:
    return SoundSource(name, words, classes, place, "tuning")


def _evaluation(name: str, words: str, classes: tuple[str, ...], place: Path | str) -> SoundSource:
    return SoundSource(name, words, classes, place, "evaluation")


def _unseen(name: str, words: str, classes: tuple[str, ...], place: Path | str) -> SoundSource:
    return SoundSource(name, words, classes, place, "unseen")


ANIMALS = STAMPS / "animals"
STRINGS = STAMPS / "hobbies/music/string"
WINDS = STAMPS / "hobbies/music/wind"
DRUMS = STAMPS / "hobbies/music/percussion"
SIRENS = STAMPS / "vehicles/emergency"
BREAKING = MINETEST / "default/sounds"
AUSTEN = "sense_and_sensibility_01_austen_64kb"
SOURCES: tuple[SoundSource, ...] = (
    _tuning("rooster", "a rooster crowing", ("Chicken, rooster",), ANIMALS / "birds/rooster.ogg"),
    _tuning("duck", "a duck quacking", ("Duck",), ANIMALS / "birds/duck.ogg"),
    _tuning("lark", "a lark singing", ("Bird",), ANIMALS / "birds/lark.ogg"),
    _tuning("bee", "a bee buzzing", ("Insect",), ANIMALS / "insects/bee.ogg"),
    _tuning("frog", "a frog croaking", ("Frog",), ANIMALS / "amphibians/frog.ogg"),
    _tuning("goat", "a goat bleating", ("Goat", "Sheep"), ANIMALS / "mammals/bovines/goat.ogg"),
    _tuning("siren", "a fire engine's siren", ("Siren", "Emergency vehicle"), SIRENS / "firetruck.ogg"),
    _tuning("drums", "somebody playing the drums", ("Drum", "Percussion"), DRUMS / "drumkit.ogg"),
    _tuning("cello", "a cello", ("Cello", "Bowed string instrument"), STRINGS / "cello.ogg"),
    _tuning("violin", "a violin", ("Violin, fiddle", "Bowed string instrument"), STRINGS / "violin.ogg"),
    _tuning("bottle", "bottles clinking", ("Glass",), STAMPS / "household/dishes/bottle.ogg"),
    _tuning("vacuum", "a vacuum cleaner", ("Vacuum cleaner",), STAMPS / "household/vacuum_cleaner.ogg"),
    _tuning("glass", "glass breaking", ("Glass", "Breaking"), BREAKING / "default_break_glass.2.ogg"),
    _tuning("phone", "a telephone ringing", ("Telephone",), FREEDESKTOP / "phone-incoming-call.oga"),
    _tuning("reader", "a woman reading aloud", ("Speech",), LIBRIVOX / f"{AUSTEN}-0880.wav"),
    _evaluation("crow", "a crow cawing", ("Crow",), ANIMALS / "birds/crow.ogg"),
    _evaluation("turkey", "a turkey gobbling", ("Turkey",), ANIMALS / "birds/turkey.ogg"),
    _evaluation("gander", "a goose honking", ("Goose", "Duck"), ANIMALS / "birds/gander.ogg"),
    _evaluation("blackbird", "a blackbird singing", ("Bird",), ANIMALS / "birds/blackbird.ogg"),
    _evaluation("tiger", "a tiger roaring", ("Roaring cats (lions, tigers)",), ANIMALS / "mammals/cats/tiger.ogg"),
    _evaluation("cow", "a cow mooing", ("Cattle, bovinae",), ANIMALS / "mammals/bovines/cow_white.ogg"),
    _evaluation("sheep", "a sheep bleating", ("Sheep", "Goat"), ANIMALS / "mammals/bovines/sheep.ogg"),
    _evaluation("saw", "somebody sawing wood", ("Sawing",), STAMPS / "household/tools/saw.ogg"),
    _evaluation("trumpet", "a trumpet", ("Trumpet", "Brass instrument"), STAMPS / "military/final-roll-call.ogg"),
    _evaluation("horse", "a horse neighing", ("Horse",), "Horse"),
    _evaluation("helicopter", "a helicopter", ("Helicopter",), "Helicopter"),
    _evaluation("jackhammer", "a jackhammer", ("Jackhammer",), "Jackhammer"),
    _evaluation("whistle", "a steam whistle", ("Whistle", "Train"), "Steam train station departure"),
    _evaluation("chainsaw", "a chainsaw", ("Chainsaw",), "Lumber mill: Chainsaw"),
    _evaluation("lion", "a lion roaring", ("Roaring cats (lions, tigers)",), "Tropical: Lion roar"),
    _evaluation("till", "a cash register", ("Cash register",), "Cash till"),
    _evaluation("explosion", "an explosion", ("Explosion",), MINETEST / "tnt/sounds/tnt_explode.ogg"),
    _evaluation("shatter", "glass shattering", ("Glass", "Breaking"), BREAKING / "default_break_glass.1.ogg"),
    _evaluation("stream", "running water", ("Water", "Liquid"), MINETEST / "env_sounds/sounds/env_sounds_water.1.ogg"),
    _evaluation("burp", "somebody burping", ("Burping, eructation",), SONIC_PI / "misc_burp.flac"),
    _evaluation("roll", "a drum roll", ("Drum", "Percussion"), SONIC_PI / "drum_roll.flac"),
    _evaluation("busy", "a telephone's busy tone", ("Telephone",), FREEDESKTOP / "phone-outgoing-busy.oga"),
    _evaluation("narrator", "somebody talking", ("Speech",), LIBRIVOX / f"{AUSTEN}-0930.wav"),
    _unseen("dog", "a dog barking", ("Dog",), ANIMALS / "mammals/dogs/dog.ogg"),
    _unseen("pig", "a pig grunting", ("Pig",), ANIMALS / "mammals/pig.ogg"),
    _unseen("owl", "an owl hooting", ("Owl",), ANIMALS / "birds/owl.ogg"),
    _unseen("hen", "a hen clucking", ("Chicken, rooster",), ANIMALS / "birds/hen.ogg"),
    _unseen("seagull", "a seagull crying", ("Bird",), ANIMALS / "birds/seagull.ogg"),
    _unseen("mosquito", "a mosquito buzzing", ("Mosquito", "Insect"), ANIMALS / "insects/mosquito.ogg"),
    _unseen("cat", "a cat meowing", ("Cat",), STAMPS / "seasonal/halloween/blackcat.ogg"),
    _unseen("toilet", "a toilet flushing", ("Toilet flush", "Water"), STAMPS / "household/toilet.ogg"),
    _unseen("hammer", "somebody hammering", ("Hammer",), STAMPS / "household/tools/hammer.ogg"),
    _unseen("cymbal", "a cymbal crash", ("Cymbal", "Percussion"), STAMPS / "hobbies/music/percussion/cymbal_crash.ogg"),
    _unseen("bassoon", "a bassoon", ("Wind instrument, woodwind instrument",), WINDS / "bassoon.ogg"),
    _unseen("fireworks", "fireworks", ("Fireworks", "Explosion"), STAMPS / "seasonal/newyears/fireworks.ogg"),
    _unseen("thunder", "thunder", ("Thunder", "Thunderstorm"), STAMPS / "naturalforces/lightningbolt.ogg"),
    _unseen("camera", "a camera's shutter", ("Camera",), STAMPS / "hobbies/camera_35mm.ogg"),
    _unseen("applause", "applause", ("Applause", "Clapping"), "Applause"),
    _unseen("ship", "a ship's horn", ("Foghorn", "Boat, Water vehicle"), "Ship horn"),
    _unseen("horn", "a car horn", ("Vehicle horn, car horn, honking",), "Modern car horn"),
    _unseen("jet", "a jet taking off", ("Jet engine", "Aircraft", "Aircraft engine"), "Modern jet take off"),
    _unseen("propeller", "a propeller plane", ("Propeller, airscrew", "Aircraft"), "Propeller plane start"),
    _unseen("wind", "wind", ("Wind",), "Heavy wind"),
    _unseen("bus", "a bus starting", ("Bus", "Truck", "Motor vehicle (road)", "Engine"), "Old bus start"),
    _unseen("fire", "a fire crackling", ("Fire", "Crackle"), MINETEST / "fire/sounds/fire_fire.1.ogg"),
    _unseen("door", "a door closing", ("Door",), MINETEST / "doors/sounds/doors_door_close.ogg"),
    _unseen("tabla", "a tabla", ("Tabla", "Percussion", "Drum"), SONIC_PI / "loop_tabla.flac"),
    _unseen("piano", "a piano", ("Piano", "Keyboard (musical)"), SONIC_PI / "ambi_piano.flac"),
    _unseen("guitar", "a guitar", ("Guitar", "Plucked string instrument"), SONIC_PI / "guit_em9.flac"),
    _unseen("bell", "a bell", ("Bell",), SONIC_PI / "perc_bell.flac"),
    _unseen("scratch", "a record scratched", ("Scratching (performance technique)",), SONIC_PI / "vinyl_scratch.flac"),
)  # fmt: skip


def sources_for(use: Use) -> tuple[SoundSource, ...]:
    """Return the sources set aside for one use."""
    return tuple(source for source in SOURCES if source.use == use)
