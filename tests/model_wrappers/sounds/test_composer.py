import numpy as np
import pytest

from model_wrappers.sounds.composer import BASS, DRUM_CHANNEL, HARMONY, MELODY, compose
from model_wrappers.sounds.music_styles import SCALES, Style, read_style, wants_music
from model_wrappers.sounds.soundfont import GM_FONT, SAMPLE_RATE, Note, Program, render_notes


def dominant_hz(waveform: np.ndarray) -> float:
    samples = waveform.mean(axis=0)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * SAMPLE_RATE / len(samples))


@pytest.mark.parametrize(("key", "frequency"), [(69, 440.0), (72, 523.3), (81, 880.0)])
def test_a_note_sounds_at_its_pitch(key: int, frequency: float):
    flute = render_notes(GM_FONT, {0: Program(0, 73)}, [Note(0.0, 1.5, key, 100)], 1.5)
    assert dominant_hz(flute[:, 11_025:55_125]) == pytest.approx(frequency, rel=0.01)


def test_a_note_begins_and_ends_when_it_should():
    sound = render_notes(GM_FONT, {0: Program(0, 80)}, [Note(0.5, 0.5, 69, 100)], 2.0)
    level = np.sqrt((sound.reshape(2, 40, -1) ** 2).mean(axis=(0, 2)))  # every 50 ms
    assert level[:9].max() < 1e-3
    assert level[11:19].min() > 0.01
    assert level[30:].max() < level[11:19].min() / 10


@pytest.mark.parametrize("style", [Style(), Style(scale="minor", tonic=2), Style(scale="phrygian", chords="arpeggio")])
@pytest.mark.parametrize("seed", [0, 1])
def test_all_pitches_are_in_the_key(style: Style, seed: int):
    piece = compose(style, 20.0, seed)
    allowed = {(style.tonic + step) % 12 for step in SCALES[style.scale]}
    assert {note.key % 12 for note in piece.notes if note.channel != DRUM_CHANNEL} <= allowed


def test_a_piece_ends_on_its_tonic_chord():
    piece = compose(Style(tonic=7), 16.0, 0)
    last = max(note.onset_s for note in piece.notes)
    assert {note.key % 12 for note in piece.notes if note.onset_s == last} == {7, 11, 2}  # G, B, D


@pytest.mark.parametrize("duration", [1.0, 10.0, 33.3])
def test_notes_stay_inside_the_duration(duration: float):
    piece = compose(Style(), duration, 0)
    assert max(note.onset_s + note.duration_s for note in piece.notes) <= duration
    assert piece.render().shape == (2, round(duration * SAMPLE_RATE))


def test_the_tempo_is_kept_within_five_percent():
    piece = compose(Style(tempo=120.0), 62.0, 0)
    kicks = sorted(note.onset_s for note in piece.notes if note.channel == DRUM_CHANNEL and note.key == 36)
    assert 60 / (np.median(np.diff(kicks)) / 2) == pytest.approx(120, rel=0.05)


def test_seeds_decide_the_melody_and_nothing_else_does():
    assert compose(Style(), 12.0, 5) == compose(Style(), 12.0, 5)
    one, other = (
        [note.key for note in compose(Style(), 12.0, seed).notes if note.channel == MELODY] for seed in (5, 6)
    )
    assert one != other


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("calm piano music", {"melody": 0, "harmony": 0, "drums": None, "tempo": 70.0}),
        ("happy music", {"scale": "major", "tempo": 126.0}),
        ("a sad cello melody", {"scale": "minor", "melody": 42, "drums": None}),
        ("techno at 140 bpm", {"tempo": 140.0, "drums": "techno"}),
        ("a waltz in b flat minor", {"beats": 3, "tonic": 10, "scale": "minor"}),
        ("slow jazz with a saxophone", {"melody": 65, "drums": "swing", "tempo": 96.0}),
        ("rock with an electric guitar", {"melody": 27, "harmony": 30, "drums": "rock"}),
    ],
)
def test_words_decide_the_style(text: str, expected: dict[str, object]):
    assert expected.items() <= read_style(text).model_dump().items()


def test_calm_music_has_no_drums_and_a_march_has():
    calm, march = (compose(read_style(text), 10.0, 0) for text in ("calm music", "a military march"))
    assert DRUM_CHANNEL not in {note.channel for note in calm.notes}
    assert {MELODY, HARMONY, BASS, DRUM_CHANNEL} <= {note.channel for note in march.notes}


@pytest.mark.parametrize(
    ("text", "music"),
    [
        ("ten seconds of calm piano music", True),
        ("a lullaby", True),
        ("a song about rain", True),
        ("birds singing their song", False),
        ("a heart beat", False),
        ("a violin playing", False),
        ("a dog barking", False),
    ],
)
def test_music_is_told_from_sounds(text: str, music: bool):
    assert wants_music(text) is music
