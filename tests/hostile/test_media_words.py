"""Ordinary files of real people: what was said in them comes out, all of it, whatever recorded them."""

import io
import re
import uuid
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import UnsupportedMedia
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionRequest, SpeechRecognitionResponse
from model_wrappers.embedded.whisper.whisper import Whisper
from router.artifacts.store import ArtifactStore
from router.media.pool import DecoderPool
from tests.hostile.media_files import MUSIC_XML, SOUNDS, midi, muxed, with_sizes, written
from tests.model_wrappers.measures import RecordedContext
from tests.model_wrappers.spoken import word_error_rate

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "data" / "hostile"
RATE = 16_000  # Hz
SPEECH = Audio.decode((ROOT / "examples" / "data" / "speech.flac").read_bytes(), sample_rate=RATE, channels=1).waveform
TEXT = (ROOT / "examples" / "data" / "speech.txt").read_text()
HALF = SPEECH.shape[1] // 2
MOST_WRONG = 0.12


def joined(name: str) -> bytes:
    """The two halves as two files, one behind the other."""
    return b"".join(SOUNDS[name](part, RATE) for part in np.split(SPEECH, [HALF], axis=1))


def surround(dialogue: int) -> NDArray[np.float32]:
    """Six channels: the speech in one, and music on the others that is as loud together."""
    time_s = np.arange(SPEECH.shape[1]) / RATE
    channels = np.stack([0.02 * np.sin(2 * np.pi * hertz * time_s) for hertz in (200, 270, 330, 60, 410, 490)])
    channels[3] *= 20  # the bass of an explosion
    channels[dialogue] = SPEECH[0]
    return channels.astype(np.float32)


def opposed(*gains: float) -> NDArray[np.float32]:
    return np.concatenate([gain * SPEECH for gain in gains]).astype(np.float32)


def half_opposed() -> NDArray[np.float32]:
    """Two recordings joined in one file, the plug swapped in the second."""
    channels = opposed(1.0, 1.0)
    channels[1, HALF:] *= -1
    return channels


def damaged(name: str, every: int = 40) -> bytes:
    """A file in which some packets were overwritten."""
    data = bytearray(SOUNDS[name](SPEECH, RATE))
    with av.open(io.BytesIO(bytes(data))) as container:
        packets = [packet for packet in container.demux(container.streams.audio[0]) if packet.size and packet.pos]
    for packet in packets[10::every]:
        data[packet.pos : packet.pos + packet.size] = b"\xff" * packet.size
    return bytes(data)


def aiff_without_sizes() -> bytes:
    data = bytearray(SOUNDS["aiff"](SPEECH, RATE))
    place = data.index(b"SSND")
    data[place + 4 : place + 8] = bytes(4)
    place = data.index(b"COMM")
    data[place + 10 : place + 14] = bytes(4)
    return bytes(data)


def flac_of_no_length() -> bytes:
    data = bytearray(SOUNDS["flac"](SPEECH, RATE))
    data[21:26] = (int.from_bytes(data[21:26], "big") & ~((1 << 36) - 1)).to_bytes(5, "big")
    return bytes(data)


def latin1_metadata() -> bytes:
    data = SOUNDS["m4a"](SPEECH, RATE)
    return data.replace(b"Lavf", b"M\xfcll", 1)


WAV = SOUNDS["wav"](SPEECH, RATE)
KINDS: dict[str, Callable[[], bytes]] = {
    "channels opposed, wav": lambda: SOUNDS["wav"](opposed(1, -1), RATE),
    "channels opposed, one fainter": lambda: SOUNDS["flac"](opposed(1, -0.6), RATE),
    "channels opposed, mp4": lambda: SOUNDS["mp4-video"](opposed(1, -1), RATE),
    "channels opposed for half of the time": lambda: SOUNDS["wav"](half_opposed(), RATE),
    "four channels, two opposed": lambda: SOUNDS["wav"](opposed(1, -1, 1, -1), RATE),
    "one silent channel": lambda: SOUNDS["wav"](opposed(1, 0), RATE),
    "dialogue in the centre, wav": lambda: SOUNDS["wav"](surround(2), RATE),
    "dialogue in the centre, ac3": lambda: muxed("matroska", "ac3")(surround(2), RATE),
    "dialogue in the centre, vorbis": lambda: written("OGG", "VORBIS")(surround(1), RATE),
    "joined opus": lambda: joined("opus"),
    "joined vorbis": lambda: joined("vorbis"),
    "joined mp3": lambda: joined("mp3"),
    "joined wav": lambda: joined("wav"),
    "joined flac": lambda: joined("flac"),
    "joined aac": lambda: joined("aac"),
    "joined m4a": lambda: joined("m4a"),
    "joined webm": lambda: joined("webm"),
    "joined aiff": lambda: joined("aiff"),
    "joined flv": lambda: joined("flv-aac"),
    "joined asf": lambda: joined("asf"),
    "joined au": lambda: joined("au"),
    "joined wav and mp3": lambda: SOUNDS["wav"](SPEECH[:, :HALF], RATE) + SOUNDS["mp3"](SPEECH[:, HALF:], RATE),
    "joined at another rate": lambda: (
        SOUNDS["mp3"](SPEECH[:, :HALF], RATE) + SOUNDS["mp3"](np.repeat(SPEECH[:, HALF:], 2, axis=1), 2 * RATE)
    ),
    "damaged m4a": lambda: damaged("m4a"),
    "damaged mp3": lambda: damaged("mp3"),
    "damaged 3gp": lambda: damaged("3gp"),
    "damaged ac3": lambda: damaged("ac3"),
    "damaged webm": lambda: damaged("webm"),
    "damaged mkv": lambda: damaged("mka-flac"),
    "damaged webm with a film": lambda: damaged("webm-video"),
    "a recorded m4a with one bad packet": lambda: (CASES / "damaged.m4a").read_bytes(),
    "wav of size 0": lambda: with_sizes(WAV, 0, 0),
    "wav from a pipe": lambda: with_sizes(WAV, 0xFFFF_FFFF, 0xFFFF_FFFF),
    "wav with an early size": lambda: with_sizes(WAV, 36 + 3_200, 3_200),
    "wav with the size of more": lambda: with_sizes(WAV, 2**30, 2**30 - 36),
    "aiff of size 0": aiff_without_sizes,
    "flac of unknown length": flac_of_no_length,
    "latin-1 metadata": latin1_metadata,
    "caf with opus": lambda: (CASES / "imessage_opus.caf").read_bytes(),
    "caf with alac": lambda: SOUNDS["caf-alac"](SPEECH, RATE),
    "ac3": lambda: SOUNDS["ac3"](SPEECH, RATE),
    "flv": lambda: SOUNDS["flv-video"](SPEECH, RATE),
    "mpeg programme stream": lambda: SOUNDS["mpeg-ps-video"](SPEECH, RATE),
    "mpeg transport stream": lambda: SOUNDS["mpeg-ts"](SPEECH, RATE),
    "asf": lambda: SOUNDS["asf"](SPEECH, RATE),
    "avi": lambda: SOUNDS["avi-video"](SPEECH, RATE),
}


@pytest.fixture(scope="module")
def whisper() -> Whisper:
    model = Whisper(Whisper.Config())
    model.load("cpu")
    return model


@pytest.fixture(scope="module")
def store(pool: DecoderPool) -> ArtifactStore:
    return ArtifactStore(f"memory://{uuid.uuid4().hex}", 1000.0, decoder=pool)


@pytest.mark.models
@pytest.mark.parametrize("kind", KINDS)
def test_the_words_of_an_ordinary_file_are_all_there(kind: str, whisper: Whisper, store: ArtifactStore) -> None:
    ref = store.upload(KINDS[kind](), tenant="default", most_bytes=None)
    audio = Audio.decode(store.read_canonical(ref), sample_rate=RATE, channels=1)
    [answer] = whisper.run_batch([SpeechRecognitionRequest(audio=audio, language="en")], RecordedContext())
    assert isinstance(answer, SpeechRecognitionResponse)
    assert word_error_rate(TEXT, answer.text) <= MOST_WRONG, answer.text
    assert (ref.warning is not None) == ("damaged" in kind or "bad packet" in kind)


def test_a_damaged_file_says_how_much_of_it_is_silent(store: ArtifactStore) -> None:
    ref = store.upload((CASES / "damaged.m4a").read_bytes(), tenant="default", most_bytes=None)
    assert ref.warning == "The file is damaged: 0.13 of 10.11 s (1 places) could not be decoded and are silent."


def test_a_file_of_which_too_much_is_lost_is_refused_with_how_much(store: ArtifactStore) -> None:
    with pytest.raises(UnsupportedMedia, match=r"damaged: \d\.\d\d of its \d+\.\d\d s cannot be decoded"):
        store.upload(damaged("m4a", every=2), tenant="default", most_bytes=None)


def test_a_video_without_sound_says_so(store: ArtifactStore) -> None:
    ref = store.upload((CASES / "silent_video.mp4").read_bytes(), tenant="default", most_bytes=None)
    with pytest.raises(UnsupportedMedia, match="The video has no sound track; send a video with sound"):
        store.sound_track(ref, most_bytes=None)


def sung(store: ArtifactStore, data: bytes) -> list[str]:
    from model_wrappers.contract.symbolic import Score
    from model_wrappers.singing.melody import SungWord
    from model_wrappers.singing.score import read_score

    song, _ = read_score(Score.decode(store.read_canonical(store.upload(data, tenant="default", most_bytes=None))))
    return [part.text for part in song if isinstance(part, SungWord)]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ((CASES / "rp017.mid").read_bytes(), "Twinkle twinkle little star"),
        ((CASES / "soft.kar").read_bytes(), "Twinkle twinkle little star"),
        ((CASES / "latin1_copyright.mid").read_bytes(), "Twinkle twinkle little star"),
        (midi(("Twin-", "kle", "star")), "Twinkle star"),
        (midi(("Twin", "kle ", "star")), "Twinkle star"),
        (midi(("Twin", "kle\r", "star\n")), "Twinkle star"),
        (midi(("Ros", " es", " red")), "Ros es red"),
        (midi(("/M\xfcl", "ler", "\\geht"), "text"), "Müller geht"),
        (MUSIC_XML, "little star"),
        (MUSIC_XML.decode().replace("UTF-8", "UTF-16").encode("utf-16"), "little star"),
    ],
    ids=["rp-017", "soft karaoke", "latin-1", "hyphens", "spaces", "lines", "before", "marks", "musicxml", "utf-16"],
)
def test_the_words_of_a_score_are_sung_as_written(data: bytes, words: str, store: ArtifactStore) -> None:
    assert sung(store, data) == re.split(" ", words)
