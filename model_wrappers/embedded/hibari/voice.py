"""The Hibari voice with its timing and pitch given instead of predicted."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_wrappers.embedded.hibari.hibari import PACKAGE, SHA256, VOICE
from model_wrappers.weights.onnx_session import open_session
from model_wrappers.weights.package_files import package_file

SAMPLE_RATE = 24_000  # Hz
UNIT_S = 0.025  # the network times phonemes in these
FRAME_S = 0.0125  # and pitch in these
FRAMES_PER_UNIT = 2
VOICED_HZ = 40.0  # below it the network means no voice
TRAINED_HZ = (120.0, 400.0)  # pitches the network knows; its spectra are made as for these
STEADY_UNITS = 5  # a vowel of a careful speaker
CORE_DROP = 1.15  # 10 dB below its loudest frame, and with less than
CORE_CLARITY = 5.0  # 43 dB from the noise up to the harmonics, a vowel is devoiced: held, it would be heard as an s
RELEASE_FRAMES = 2  # of such frames kept behind a vowel
BIN_HZ = 20.0  # of the network's spectra
HEARD_HARMONICS = 25
WEAKER, STRONGER = -0.3, 0.5  # 2.6 dB below and 4.3 dB above the usual vowel are left as they are
MOST_GAIN = 3.0  # 26 dB, for vowels the network whispers, or whose formant lies below the note
MOST_EVENING = 2.0  # 17 dB

_DURATIONS = "/Clip_output_0"  # names inside the network of this very version
_PITCH = "f0"
_SPECTRA = ["lh", "theta", "ln", "lr", "phi"]


class SingingVoice:
    """Speak phonemes as long and as high as told.

    The network of hibari-tts predicts durations, then pitch, then spectra from both. Two of its inner values are
    turned into inputs here, so the spectra are made for the timing and the pitch of the song.
    """

    def __init__(self, threads: int) -> None:
        """Load the voice and the pronunciation.

        Raises:
            ModelUnavailable: If the package is missing or another version.
        """
        from hibari import Hibari

        path = package_file("hibari", "assets/hibari.onnx", package=PACKAGE, sha256=SHA256)
        self._speech = Hibari(voice=VOICE, model=str(path), threads=threads)
        self._session = open_session(_opened(path.read_bytes()), threads=threads)
        self._speech.g2p("Zyxwvut")  # a word in no lexicon, to load the network that guesses

    def phonemes(self, text: str) -> str:
        """Return the phonemes of a text, words apart by blanks."""
        return str(self._speech.g2p(text))

    def spoken_durations(self, phonemes: str) -> NDArray[np.int64]:
        """Return how long each symbol lasts in speech, in units; one more at each end for the silence there."""
        count = len(self._speech.ids(phonemes))
        (durations,) = self._run([_DURATIONS], phonemes, np.ones(count), np.zeros(count * FRAMES_PER_UNIT))
        return np.asarray(durations, np.int64)

    def sing(
        self, phonemes: str, durations: NDArray[np.int64], pitch: NDArray[np.float64], vowels: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Return the sound, shape `(samples,)`.

        The network lets a vowel die away, or turn to noise, that lasts longer than in speech. So it is asked for
        vowels of at most `STEADY_UNITS`, and the frames in the middle of what sounds of them are stretched.

        Args:
            phonemes: Symbols of the voice's alphabet, at most its 400.
            durations: Units of each symbol and of the silence at both ends, shape `(symbols + 2,)`, at least 1.
            pitch: Hz in frames, shape `(FRAMES_PER_UNIT * durations.sum(),)`.
            vowels: Which symbols are vowels, sung whatever the network thinks of them; shape of `durations`.
        """
        from hibari import dsp

        made = np.where(vowels, np.minimum(durations, STEADY_UNITS), durations)
        made_frames, frames = FRAMES_PER_UNIT * made, FRAMES_PER_UNIT * durations
        everything = [range(length) for length in made_frames]
        source = _stretch(made_frames, frames, everything)
        source_pitch = pitch[np.searchsorted(source, np.arange(made_frames.sum())).clip(0, len(pitch) - 1)]
        sung = np.repeat(vowels, made_frames)
        (spoken,) = self._run([_PITCH], phonemes, made, np.zeros_like(source_pitch))
        voiced = (spoken[0] > VOICED_HZ) | sung
        spectra = self._run(_SPECTRA, phonemes, made, np.where(voiced, np.clip(source_pitch, *TRAINED_HZ), 0.0))
        random = np.random.default_rng(0)
        source = _stretch(
            made_frames, frames, _cores(_level(spectra[0][0]), _level(spectra[2][0]), made_frames, vowels)
        )
        harmonic, delay, noise, free, phase = (_at(part[0], source) for part in spectra)
        harmonic += _vowel_gain(harmonic, pitch, np.repeat(vowels, frames))
        held = np.diff(source, prepend=-1.0) < 1
        phase[:, held] = random.uniform(-np.pi, np.pi, (len(phase), int(held.sum())))  # repeated it would buzz
        sounded = np.where(voiced[np.round(source).astype(int)], pitch, 0.0).astype(np.float32)
        sound = dsp.synth(harmonic, delay, noise, free, phase, sounded, random)
        return _evened(np.asarray(sound, np.float32), np.repeat(vowels, frames))

    def _run(self, outputs: list[str], phonemes: str, durations: Any, pitch: Any) -> list[NDArray[np.float32]]:
        inputs = {
            "ids": np.array([self._speech.ids(phonemes)], np.int64),
            "speed": np.ones(1, np.float32),
            "durations": np.asarray(durations, np.float32),
            "pitch": np.asarray(pitch, np.float32)[np.newaxis],
        }
        return list(self._session.run(outputs, inputs))


def _cores(
    harmonic: NDArray[np.float32], noise: NDArray[np.float32], made: NDArray[np.int64], vowels: NDArray[np.bool_]
) -> list[range]:
    """Return the frames of each symbol that may be held: all, or those around the loudest where the middle is devoiced.

    Args:
        harmonic: Log amplitude of the harmonics, shape `(frames,)`.
        noise: Log amplitude of the noise, shape `(frames,)`.
        made: Frames of each symbol.
        vowels: Which symbols are vowels.
    """
    cores = []
    for begin, length, vowel in zip(np.cumsum(made) - made, made, vowels, strict=True):
        own, clarity = harmonic[begin : begin + length], (harmonic - noise)[begin : begin + length]
        loudest = int(own.argmax())
        devoiced = np.flatnonzero(vowel & (own < own[loudest] - CORE_DROP) & (clarity < CORE_CLARITY))
        middle = range(length // 3, length - length // 3)
        if not any(frame in middle for frame in devoiced):
            devoiced = devoiced[:0]
        first = int(devoiced[devoiced < loudest].max(initial=-1)) + 1
        cores.append(range(first, int(devoiced[devoiced > loudest].min(initial=length))))
    return cores


def _stretch(made: NDArray[np.int64], wanted: NDArray[np.int64], cores: list[range]) -> NDArray[np.float64]:
    """Return which frame as made is heard in each frame wanted; symbols are stretched in the middle of their cores."""
    begins = np.cumsum(made) - made
    parts = []
    for begin, length, longer, core in zip(begins, made, wanted, cores, strict=True):
        edge = len(core) // 3
        end = min(core.stop + RELEASE_FRAMES, length)
        held, left = core.start + edge, core.stop - 1 - edge
        behind = end - left
        places = np.interp(np.arange(longer), [0, held, max(longer - behind, held + 1), longer], [0, held, left, end])
        parts.append(begin + (np.arange(longer) if longer == length else np.minimum(places, length - 1)))
    return np.concatenate(parts)


def _level(spectrum: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the log amplitude of a spectrum's frames."""
    return np.asarray(np.log(np.sqrt(np.exp(2.0 * spectrum).sum(axis=0)) + 1e-9), np.float32)


def _vowel_gain(
    harmonic: NDArray[np.float32], pitch: NDArray[np.float64], sung: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return the log gain of each frame that brings vowels to the level of half of them, shape `(frames,)`.

    Args:
        harmonic: Log amplitude of a harmonic at each frequency, shape `(bins, frames)`.
        pitch: Hz, shape `(frames,)`.
        sung: Which frames are vowels.
    """
    from scipy.ndimage import gaussian_filter1d

    change = _towards_usual(_heard_level(harmonic, pitch), sung, MOST_GAIN)
    return np.asarray(gaussian_filter1d(change, 1.5), np.float32)


def _towards_usual(level: NDArray[np.floating[Any]], sung: NDArray[np.bool_], most: float) -> NDArray[np.float64]:
    """Return by how much the log level of each sung frame must change to be near that of half of them."""
    usual = float(np.median(level[sung]))
    change = np.clip(usual + WEAKER - level, 0, most) + np.clip(usual + STRONGER - level, -most, 0)
    return np.where(sung, change, 0.0)


def _evened(sound: NDArray[np.float32], sung: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return a sound whose vowels are about equally loud: some harmonics cancel in what overlaps of the frames.

    Args:
        sound: Shape `(frames * samples a frame,)`.
        sung: Which frames are vowels.
    """
    from scipy.ndimage import gaussian_filter1d

    power = gaussian_filter1d((sound.reshape(len(sung), -1).astype(np.float64) ** 2).mean(axis=1), 2.0)
    change = gaussian_filter1d(_towards_usual(0.5 * np.log(power + 1e-12), sung, MOST_EVENING), 2.0)
    samples = len(sound) // len(sung)
    places = (np.arange(len(sung)) + 0.5) * samples
    return np.asarray(sound * np.exp(np.interp(np.arange(len(sound)), places, change)), np.float32)


def _heard_level(harmonic: NDArray[np.float32], pitch: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the log amplitude of the harmonics of each frame's pitch: what lies between them is not heard."""
    bins = np.round(np.arange(1, HEARD_HARMONICS + 1)[:, None] * pitch / BIN_HZ).astype(int)
    each = np.exp(2.0 * harmonic[bins.clip(max=len(harmonic) - 1), np.arange(harmonic.shape[1])])
    return np.asarray(0.5 * np.log(np.where(bins < len(harmonic), each, 0.0).sum(axis=0) + 1e-9), np.float32)


def _at(spectrum: NDArray[np.float32], frames: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return a spectrum between its frames, shape `(bins, frames)`."""
    before = np.floor(frames).astype(int)
    after = np.minimum(before + 1, spectrum.shape[1] - 1)
    share = (frames - before).astype(np.float32)
    return np.asarray((1 - share) * spectrum[:, before] + share * spectrum[:, after], np.float32)


def _opened(network: bytes) -> bytes:
    """Return the network with durations and pitch as inputs, and its own durations as an output."""
    import onnx
    from onnx import TensorProto, helper

    model = onnx.load_model_from_string(network)
    given = {_DURATIONS: "durations", _PITCH: "pitch"}
    for node in model.graph.node:
        node.input[:] = [given.get(name, name) for name in node.input]
    model.graph.input.append(helper.make_tensor_value_info("durations", TensorProto.FLOAT, ["L"]))
    model.graph.input.append(helper.make_tensor_value_info("pitch", TensorProto.FLOAT, [1, "F"]))
    model.graph.output.append(helper.make_tensor_value_info(_DURATIONS, TensorProto.FLOAT, ["L"]))
    return bytes(model.SerializeToString())
