"""Make two-voices.flac, sounds.flac and cat.jpg.

Needs the Debian package sonic-pi-samples, the dev extra, and `chelsea.png` of scikit-image 0.25.2 as its argument.
"""

import sys
from pathlib import Path

import numpy as np
import pyroomacoustics
import soundfile
from numpy.typing import NDArray
from PIL import Image

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from model_wrappers.embedded.hibari.hibari import Hibari, HibariConfig

FOLDER = Path(__file__).parent
SAMPLES = Path("/usr/share/sonic-pi/samples")
SAMPLE_RATE = 16_000  # Hz
LEVEL = 0.05  # RMS of each voice and sound
VOICES_S, SOUNDS_S, LONGEST_S = 8.0, 9.0, 2.5
SECOND_VOICE = (
    "The train to the coast leaves from platform four at twenty past nine. Please keep your tickets ready, "
    "and do not leave your luggage unattended while you wait."
)
ROOM_M, TALKERS_M = (6.0, 5.0, 3.0), ((1.8, 3.2, 1.5), (4.5, 2.9, 1.6))
MICROPHONES_M = ((2.95, 1.5, 1.4), (3.05, 1.5, 1.4))
SOUNDS = {0.5: "misc_crow.flac", 3.0: "drum_roll.flac", 7.0: "misc_burp.flac"}  # by onset in seconds
PICTURE_WIDTH = 384  # pixels


class _Alone:
    def progress(self, item: int, fraction: float) -> None:
        pass

    def cancelled(self, item: int) -> bool:
        return False


def levelled(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring a sound to the common level."""
    return np.asarray(samples / np.sqrt(np.mean(samples**2)) * LEVEL, np.float32)


def two_voices() -> NDArray[np.float32]:
    """Return the reader of speech.flac and a synthesised woman in one room, heard by two microphones."""
    hibari = Hibari(HibariConfig())
    hibari.load("cpu")
    (answer,) = hibari.run_batch([TextToSpeechRequest(text=SECOND_VOICE)], _Alone())
    second = answer.audio.resample(SAMPLE_RATE).mono()
    first = Audio.decode((FOLDER / "speech.flac").read_bytes()).mono()
    room = pyroomacoustics.ShoeBox(ROOM_M, fs=SAMPLE_RATE, materials=pyroomacoustics.Material(0.5), max_order=8)
    for place, voice in zip(TALKERS_M, (first, second), strict=True):
        room.add_source(place, signal=levelled(np.resize(voice, int(VOICES_S * SAMPLE_RATE))))
    room.add_microphone_array(np.array(MICROPHONES_M).T)
    room.simulate()
    heard = room.mic_array.signals[:, : int(VOICES_S * SAMPLE_RATE)]
    return np.asarray(0.5 * heard / np.abs(heard).max(), np.float32)


def sounds() -> NDArray[np.float32]:
    """Return three sounds one after the other over a little noise."""
    mixed = np.random.default_rng(0).standard_normal(int(SOUNDS_S * SAMPLE_RATE)).astype(np.float32) * 1e-4
    for onset_s, name in SOUNDS.items():
        recorded = Audio.decode((SAMPLES / name).read_bytes()).resample(SAMPLE_RATE).mono()
        sound = levelled(recorded[: int(LONGEST_S * SAMPLE_RATE)])
        first = int(onset_s * SAMPLE_RATE)
        mixed[first : first + len(sound)] += sound[: len(mixed) - first]
    return mixed


def main() -> None:
    """Write the three files."""
    soundfile.write(FOLDER / "two-voices.flac", two_voices().T, SAMPLE_RATE, subtype="PCM_16")
    soundfile.write(FOLDER / "sounds.flac", sounds(), SAMPLE_RATE, subtype="PCM_16")
    picture = Image.open(sys.argv[1]).convert("RGB")
    height = round(picture.height * PICTURE_WIDTH / picture.width)
    picture.resize((PICTURE_WIDTH, height), Image.Resampling.LANCZOS).save(FOLDER / "cat.jpg", quality=85)


if __name__ == "__main__":
    main()
