"""The dialogue of the paper's Figure 3 with the queries of its Figures 4 and 5, and the files it needs."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyroomacoustics
import soundfile
from numpy.typing import NDArray

from evaluation.sound_sources import SOURCES, STAMPS
from model_wrappers.contract.audio import Audio
from model_wrappers.sounds.soundfont import GM_FONT, Note, Program, render_notes
from model_wrappers.sounds.soundfont import SAMPLE_RATE as FONT_RATE
from model_wrappers.talking_head.portrait import DEFAULT_PORTRAIT
from tests.integration.conftest import ROOT

SAMPLE_RATE = 16_000  # Hz
DATA = ROOT / "examples" / "data"
LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")  # Debian package pocketsphinx-testdata
GREETING = "My name is Audio GPT, I am happy to help you!"
NOTES = ("C4", "C4", "G4", "G4", "A4", "A4", "G4")
DURATIONS = (0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.8)  # s
CHINESE = (
    'Synthesize a singing voice. The text is "小酒窝长睫毛AP是你最美的记号". The note sequence is '
    '"C#4/Db4 | F#4/Gb4 | G#4/Ab4 | A#4/Bb4 F#4/Gb4 | F#4/Gb4 C#4/Db4 | C#4/Db4 | rest | C#4/Db4 | A#4/Bb4 | G#4/Ab4 | '
    'A#4/Bb4 | G#4/Ab4 | F4 | C#4/Db4". The note duration sequence is "0.407140 | 0.376190 | 0.242180 | '
    "0.509550 0.183420 | 0.315400 0.235020 | 0.361660 | 0.223070 | 0.377270 | 0.340550 | 0.299620 | 0.344510 | "
    '0.283770 | 0.323390 | 0.360340".'
)
PICTURE = STAMPS / "vehicles" / "emergency" / "firetruck.png"


@dataclass(frozen=True)
class Round:
    """One request of the dialogue."""

    name: str
    text: str
    files: tuple[Path, ...] = ()


def dialogue(folder: Path) -> tuple[Round, ...]:
    """Return the rounds in order, after making their files in `folder`."""
    speech, noisy = DATA / "speech.flac", DATA / "noisy-speech.flac"
    short = _write(folder / "short-speech.wav", short_speech())
    sung = f'The note sequence is "{" | ".join(NOTES)}". The note duration sequence is "{_listed(DURATIONS)}".'
    return (
        Round("who", "Who are you?"),
        Round("what", "What can you do?"),
        Round("music", "I am tired today, can you generate a music for me?"),
        Round("background", "Generate a background sound with birds singing and people speaking."),
        Round("caption", "Please give me the caption of this audio."),
        Round("events", "What events are in this audio?"),
        Round("speech", f'Synthesize a speech with the text "{GREETING}"'),
        Round("binaural", "Make it binaural."),
        Round("voice", "Speak using the voice of this audio. The text is 'here we go'.", (speech,)),
        Round("picture", "Generate an audio based on the picture.", (PICTURE,)),
        Round("inpaint", "I want to inpaint the audio.", (short,)),
        Round("region", "From 1.2 to 1.8 s."),
        Round("song", f'Synthesize a singing voice. The text is "twinkle twinkle little star". {sung}'),
        Round("chinese", CHINESE),
        Round("separate", "Please separate the mixture.", (_write(folder / "mixture.wav", np.sum(voices(), axis=0)),)),
        Round("translate", "Translate this English speech to Spanish speech.", (DATA / "speech.flac",)),
        Round("extract", "Extract the explosive sound from this audio.", (_write(folder / "bang.wav", bang()[0]),)),
        Round("keyboard", "When did the keyboard sound happen?", (_write(folder / "keys.wav", keys()),)),
        Round("denoise", "Denoise this audio.", (noisy,)),
        Round("portrait", "Generate a talking portrait of this photo with the audio.", (DEFAULT_PORTRAIT, short)),
    )


def short_speech() -> NDArray[np.float32]:
    """The first sentence of the example's speech, mono at 16 kHz."""
    return Audio.decode((DATA / "speech.flac").read_bytes()).resample(SAMPLE_RATE).mono()[: 4 * SAMPLE_RATE]


def voices() -> NDArray[np.float32]:
    """What two microphones hear of each of two voices in a furnished room, shape `(voices, microphones, samples)`."""
    length = 8 * SAMPLE_RATE
    read = [Audio.decode(file.read_bytes()).mono() for file in sorted(LIBRIVOX.glob("*.wav"))]
    deeper = Audio(np.concatenate([read[3], read[2], read[4]])[None], 13_000).resample(SAMPLE_RATE).mono()
    room = pyroomacoustics.ShoeBox([6, 5, 3], fs=SAMPLE_RATE, materials=pyroomacoustics.Material(0.5), max_order=8)
    for place, voice in zip([[1.8, 3.2, 1.5], [4.5, 2.9, 1.6]], (np.concatenate(read[:2]), deeper), strict=True):
        room.add_source(place, signal=0.05 * voice[:length] / voice[:length].std())
    room.add_microphone_array(np.array([[2.95, 3.05], [1.5, 1.5], [1.4, 1.4]]))
    return room.simulate(return_premix=True)[:, :, :length].astype(np.float32)


def bang() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Explosions among a bird's song, and the explosions alone."""
    explosion, bird = (_repeated(name, 4.0) for name in ("explosion", "blackbird"))
    return explosion + bird, explosion


def keys() -> NDArray[np.float32]:
    """Four seconds of speech, and an electric piano from 5 to 9 s."""
    arpeggio = (60, 52, 67, 60, 67, 52)  # MIDI keys
    notes = [Note(0.25 * i, 0.3, arpeggio[i % len(arpeggio)], velocity=100) for i in range(16)]
    piano = Audio(render_notes(GM_FONT, {0: Program(bank=0, number=4)}, notes, 4.0), FONT_RATE).resample(SAMPLE_RATE)
    samples = np.zeros(10 * SAMPLE_RATE, np.float32)
    samples[: 4 * SAMPLE_RATE] = short_speech()
    samples[5 * SAMPLE_RATE : 9 * SAMPLE_RATE] = 0.5 * piano.mono() / np.abs(piano.mono()).max()
    return samples


def _repeated(name: str, seconds: float) -> NDArray[np.float32]:
    (source,) = (source for source in SOURCES if source.name == name)
    once = np.concatenate([source.waveform(SAMPLE_RATE), np.zeros(SAMPLE_RATE // 3, np.float32)])
    length = int(seconds * SAMPLE_RATE)
    return np.tile(once, -(-length // len(once)))[:length]


def _listed(values: Sequence[float]) -> str:
    return " | ".join(f"{value:g}" for value in values)


def _write(path: Path, waveform: NDArray[np.float32]) -> Path:
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform.T, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    path.write_bytes(buffer.getvalue())
    return path
