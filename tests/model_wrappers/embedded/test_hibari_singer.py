import io
from collections.abc import Iterator

import mido
import numpy as np
import pytest
import pyworld

from evaluation.capability.pitch import HOP_S, SAMPLE_RATE, contrasts, steady_pitch
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import AudioGPTError, Cancelled, InvalidInput, TooLarge, UnsupportedMedia
from model_wrappers.contract.symbolic import Score
from model_wrappers.contract.tasks.singing_synthesis import SingingSynthesisRequest
from model_wrappers.embedded.hibari.hibari_singer import HibariSinger, HibariSingerConfig
from model_wrappers.embedded.hibari.performance import perform, sung_syllables
from model_wrappers.embedded.hibari.voice import UNIT_S, _cores, _stretch
from model_wrappers.embedded.whisper.whisper import Whisper, WhisperConfig
from model_wrappers.singing.melody import SungWord, parse_notes
from tests.model_wrappers.measures import RecordedContext
from tests.model_wrappers.spoken import error_rates

TWINKLE = SingingSynthesisRequest(
    lyrics="Twinkle twinkle little star AP how I wonder what you are",
    notes=("C4", "C4", "G4", "G4", "A4", "A4", "G4", "rest", "F4", "F4", "E4", "E4", "D4", "D4", "C4"),
    durations=(*[0.5] * 6, 1.0, 0.5, *[0.5] * 6, 1.0),
)
BIRTHDAY = SingingSynthesisRequest(
    lyrics="Happy birthday to you AP happy birthday to you",
    notes=("G4", "G4", "A4", "G4", "C5", "B4", "rest", "G4", "G4", "A4", "G4", "D5", "C5"),
    durations=(0.4, 0.4, 0.7, 0.7, 0.7, 1.2, 0.4, 0.4, 0.4, 0.7, 0.7, 0.7, 1.2),
)
BIRTHDAY_LINES = tuple(  # Whisper leaves out a line that repeats the one before
    SingingSynthesisRequest(
        lyrics="Happy birthday to you", notes=BIRTHDAY.notes[first:last], durations=BIRTHDAY.durations[first:last]
    )
    for first, last in ((0, 6), (7, 13))
)
MARY = SingingSynthesisRequest(
    lyrics="Mary had a little lamb little lamb little lamb",
    notes=("E4", "D4", "C4", "D4", "E4", "E4", "E4", "D4", "D4", "D4", "E4", "G4", "G4"),
    durations=(*[0.4] * 6, 0.8, 0.4, 0.4, 0.8, 0.4, 0.4, 0.8),
)
ROW = SingingSynthesisRequest(
    lyrics="Row row row your boat gently down the stream AP merrily merrily merrily merrily life is but a dream",
    notes=(
        *("C4", "C4", "C4", "D4", "E4", "E4", "D4", "E4", "F4", "G4", "rest", *["C5"] * 3, *["G4"] * 3),
        *(*["E4"] * 3, *["C4"] * 3, "G4", "F4", "E4", "D4", "C4"),
    ),
    durations=(0.6, 0.6, 0.45, 0.3, 0.6, 0.45, 0.3, 0.45, 0.3, 1.2, 0.4, *[0.35] * 12, 0.45, 0.3, 0.45, 0.3, 1.2),
)
LONDON = SingingSynthesisRequest(
    lyrics="London bridge is falling down falling down falling down",
    notes=("G4", "A4", "G4", "F4", "E4", "F4", "G4", "D4", "E4", "F4", "E4", "F4", "G4"),
    durations=(0.6, 0.2, 0.4, 0.4, 0.4, 0.4, 0.8, 0.4, 0.4, 0.8, 0.4, 0.4, 0.8),
)
MUSICXML = """<?xml version="1.0"?><score-partwise><part id="P1"><measure number="1">
<attributes><divisions>2</divisions></attributes><sound tempo="120"/>
<note><pitch><step>C</step><octave>4</octave></pitch><duration>2</duration>
  <lyric><syllabic>begin</syllabic><text>lit</text></lyric></note>
<note><pitch><step>F</step><alter>1</alter><octave>4</octave></pitch><duration>2</duration>
  <lyric><syllabic>end</syllabic><text>tle</text></lyric></note>
<note><rest/><duration>2</duration></note>
<note><pitch><step>G</step><octave>4</octave></pitch><duration>2</duration><tie type="start"/>
  <lyric><syllabic>single</syllabic><text>star</text></lyric></note>
<note><pitch><step>G</step><octave>4</octave></pitch><duration>2</duration><tie type="stop"/></note>
<note><pitch><step>E</step><octave>4</octave></pitch><duration>4</duration></note>
</measure></part></score-partwise>"""
BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><score-partwise>&c;</score-partwise>'


@pytest.fixture(scope="module")
def singer() -> Iterator[HibariSinger]:
    model = HibariSinger(HibariSingerConfig())
    model.load("cpu")
    yield model
    model.unload()


@pytest.fixture(scope="module")
def whisper() -> Iterator[Whisper]:
    model = Whisper(WhisperConfig(vad_threshold=0))  # a detector of speech cuts the beginnings of sung lines off
    model.load("cpu")
    yield model
    model.unload()


def _answer(singer: HibariSinger, request: SingingSynthesisRequest) -> Audio | AudioGPTError:
    (answer,) = singer.run_batch([request], RecordedContext())
    return answer if isinstance(answer, AudioGPTError) else answer.audio


def _sing(singer: HibariSinger, request: SingingSynthesisRequest) -> Audio:
    answer = _answer(singer, request)
    assert isinstance(answer, Audio), answer
    return answer


def _cents_off(singer: HibariSinger, audio: Audio, notes: list[tuple[float | None, float]], word: str) -> list[float]:
    """Return how far each note is from its pitch, measured inside its vowel; `notes` are MIDI numbers and seconds."""
    first = parse_notes(["C4"], [1.0])
    start_s = perform(
        sung_syllables([SungWord(word, first)], singer._voice.phonemes), singer._voice.spoken_durations
    ).lead_s
    contrast = contrasts(audio.resample(SAMPLE_RATE).mono())
    cents = []
    for pitch, duration_s in notes:
        if pitch is not None:
            begin, end = (round((start_s + share * duration_s) / HOP_S) for share in (0.15, 0.75))
            sung_hz = steady_pitch(contrast[begin:end])
            assert sung_hz is not None, f"no voice at {start_s:.2f} s"
            cents.append(float(1_200 * np.log2(sung_hz / (440 * 2 ** ((pitch - 69) / 12)))))
        start_s += duration_s
    return cents


@pytest.mark.parametrize("song", [TWINKLE, BIRTHDAY, MARY, ROW], ids=["twinkle", "birthday", "mary", "row"])
def test_every_note_is_sung_within_50_cents(singer: HibariSinger, song: SingingSynthesisRequest) -> None:
    audio = _sing(singer, song)
    notes = [(note.pitch, note.duration_s) for note in parse_notes(song.notes, song.durations)]
    cents = _cents_off(singer, audio, notes, (song.lyrics or "").split()[0])
    assert np.abs(cents).max() < 50
    assert sum(song.durations) <= audio.duration_s < sum(song.durations) + 0.6


def test_the_lyrics_are_understood(singer: HibariSinger, whisper: Whisper) -> None:
    songs = (TWINKLE, LONDON, MARY, ROW, *BIRTHDAY_LINES)
    sung = [((song.lyrics or "").replace("AP ", ""), _sing(singer, song).resample(16_000)) for song in songs]
    over_all, of_the_worst = error_rates(whisper, sung)
    assert over_all <= 0.15
    assert of_the_worst <= 0.5


def test_an_l_that_begins_a_line_lasts_100_ms(singer: HibariSinger) -> None:
    words = [SungWord("love", parse_notes(["C4"], [0.5])), SungWord("lasts", parse_notes(["D4"], [0.5]))]
    performance = perform(sung_syllables(words, singer._voice.phonemes), singer._voice.spoken_durations)
    assert performance.phonemes.startswith("l")
    assert performance.durations[1] * UNIT_S >= 0.1


def test_of_a_vowel_only_voiced_frames_are_held() -> None:
    harmonic = np.array([4.0, 4.0, 4.2, 2.3, 1.5, 0.9, 4.4, 4.1, 1.0, -1.0], np.float32)
    noise = np.array([0.0, 0.0, -2.7, -4.2, -2.4, -3.0, -2.0, -2.5, -6.0, -9.0], np.float32)
    made, vowels = np.array([2, 4, 4]), np.array([False, True, True])
    cores = _cores(harmonic, noise, made, vowels)
    assert cores == [range(2), range(2), range(4)]  # a consonant, a vowel that turns to noise, a closing diphthong
    source = _stretch(made, np.array([2, 20, 4]), cores)
    assert len(source) == 26
    assert (np.diff(source) >= 0).all()
    assert ((source[2:18] >= 2) & (source[2:18] <= 3)).all()


def test_a_held_syllable_follows_its_notes(singer: HibariSinger) -> None:
    request = SingingSynthesisRequest(lyrics="star _ _", notes=("C4", "E4", "G4"), durations=(0.6, 0.6, 0.6))
    cents = _cents_off(singer, _sing(singer, request), [(60, 0.6), (64, 0.6), (67, 0.6)], "star")
    assert np.abs(cents).max() < 50


def test_long_notes_have_vibrato(singer: HibariSinger) -> None:
    audio = _sing(singer, SingingSynthesisRequest(lyrics="star", notes=("A4",), durations=(2.5,)))
    f0, times = pyworld.harvest(audio.mono().astype(np.float64), audio.sample_rate, f0_floor=80, f0_ceil=1_000)
    semitones = 12 * np.log2(f0[(times > 1.2) & (times < 2.2)] / 440)
    rate = np.abs(np.fft.rfft(semitones - semitones.mean())).argmax() / (len(semitones) * 0.005)
    assert 0.2 < np.abs(semitones).max() < 0.5
    assert 4.5 < rate < 6.5


@pytest.mark.parametrize("note_s", [0.5, 1.2])
def test_no_note_is_far_quieter_than_its_neighbours(singer: HibariSinger, note_s: float) -> None:
    lyrics = "we keep a deep and peaceful sleep like this"
    notes = ("G4", "A4", "G4", "F4", "E4", "G4", "A4", "C5", "B4", "G4")
    request = SingingSynthesisRequest(lyrics=lyrics, notes=notes, durations=(note_s,) * len(notes))
    audio = _sing(singer, request)
    lead_s = audio.duration_s - note_s * len(notes) - 0.1
    vowels = [
        audio.mono()[round((lead_s + (k + 0.1) * note_s) * audio.sample_rate) :][
            : round(0.4 * note_s * audio.sample_rate)
        ]
        for k in range(len(notes))
    ]
    levels = [10 * np.log10(np.mean(vowel**2)) for vowel in vowels]
    assert min(np.diff(levels)) > -12
    assert max(np.diff(levels)) < 12


def test_rests_are_silent_and_breaths_are_heard(singer: HibariSinger) -> None:
    def level_of_pause(lyrics: str) -> float:
        request = SingingSynthesisRequest(lyrics=lyrics, notes=("C4", "rest", "C4"), durations=(0.6, 1.2, 0.6))
        audio = _sing(singer, request)
        pause = audio.mono()[round(1.45 * audio.sample_rate) : round(1.7 * audio.sample_rate)]
        return float(np.sqrt((pause**2).mean()))

    assert level_of_pause("my star") < 1e-3 < level_of_pause("my AP star") < 0.1


def test_a_musicxml_score_is_sung(singer: HibariSinger) -> None:
    audio = _sing(singer, SingingSynthesisRequest(score=Score.decode(MUSICXML.encode())))
    notes = [(60, 0.5), (66, 0.5), (None, 0.5), (67, 1.0), (64, 1.0)]
    assert np.abs(_cents_off(singer, audio, notes, "little")).max() < 50


def test_a_midi_score_is_sung_with_its_tempo_and_lyrics(singer: HibariSinger) -> None:
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=600_000)])
    for text, pitch in (("lit-", 60), ("tle", 64), ("star", 67)):
        track.append(mido.MetaMessage("lyrics", text=text))
        track += [mido.Message("note_on", note=pitch, velocity=80), mido.Message("note_off", note=pitch, time=480)]
    file.tracks.append(track)
    stored = io.BytesIO()
    file.save(file=stored)
    audio = _sing(singer, SingingSynthesisRequest(score=Score.decode(stored.getvalue())))
    assert np.abs(_cents_off(singer, audio, [(60, 0.6), (64, 0.6), (67, 0.6)], "little")).max() < 50


@pytest.mark.parametrize("data", [BOMB, b"<score-partwise><part></score-partwise>", b"MThd\0\0", b"<score-timewise/>"])
def test_a_broken_or_hostile_score_is_refused(singer: HibariSinger, data: bytes) -> None:
    assert isinstance(_answer(singer, SingingSynthesisRequest(score=Score.decode(data))), UnsupportedMedia)


@pytest.mark.parametrize(
    ("lyrics", "language"), [("小酒窝长睫毛AP是你最美的记号", "en"), ("la la", "zh")], ids=["script", "language"]
)
def test_other_languages_are_refused(singer: HibariSinger, lyrics: str, language: str) -> None:
    request = SingingSynthesisRequest(lyrics=lyrics, notes=("C4", "D4"), durations=(0.5, 0.5), language=language)
    answer = _answer(singer, request)
    assert isinstance(answer, InvalidInput)
    assert "English only" in answer.message


def test_a_song_beyond_the_limit_is_refused(singer: HibariSinger) -> None:
    request = SingingSynthesisRequest(lyrics="la la", notes=("C4", "D4"), durations=(200.0, 200.0))
    assert isinstance(_answer(singer, request), TooLarge)


def test_answers_do_not_depend_on_neighbours_and_cancelled_ones_stop(singer: HibariSinger) -> None:
    short = SingingSynthesisRequest(lyrics="my star", notes=("C4", "D4"), durations=(0.5, 0.5))
    answers = singer.run_batch([TWINKLE, short, short], RecordedContext(cancelled=(1,)))
    assert isinstance(answers[1], Cancelled)
    assert not isinstance(answers[2], AudioGPTError)
    assert np.array_equal(answers[2].audio.waveform, _sing(singer, short).waveform)
