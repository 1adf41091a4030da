import numpy as np
import pytest

from evaluation.capability.distributions import frechet_distance, kl_divergence
from evaluation.capability.transcripts import character_errors, normalized, word_errors
from evaluation.capability.voices import UNSUNG_CENTS, align, cents_off, speech_distances, sung_lines
from model_wrappers.contract.audio import Audio

RATE = 16_000  # Hz


def sung(notes: list[tuple[float, float]], lead_s: float = 0.1) -> Audio:
    """Sing tones with overtones; `notes` are Hz and seconds."""
    pieces = [np.zeros(int(lead_s * RATE))]
    for hertz, seconds in notes:
        phase = 2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE
        pieces.append(sum(np.sin(k * phase) / k for k in range(1, 8)) * 0.2)
    return Audio(np.concatenate(pieces)[None].astype(np.float32), RATE)


def test_notes_in_tune_are_within_a_few_cents_wherever_the_song_begins() -> None:
    audio = sung([(261.63, 0.5), (329.63, 0.5), (392.0, 0.6)], lead_s=0.3)
    assert max(cents_off(audio, ["C4", "E4", "G4"], [0.5, 0.5, 0.6])) < 10


def test_a_note_a_semitone_off_and_one_not_sung_are_told() -> None:
    audio = sung([(261.63, 0.5), (349.23, 0.5), (392.0, 0.6)])
    assert cents_off(audio, ["C4", "E4", "G4"], [0.5, 0.5, 0.6])[1] == pytest.approx(100, abs=10)
    silent = Audio(np.zeros((1, 2 * RATE), np.float32), RATE)
    assert cents_off(silent, ["C4", "rest"], [0.5, 0.5]) == [UNSUNG_CENTS]


@pytest.mark.parametrize("lead_s", [0.1, 0.3])
def test_a_song_is_cut_inside_the_rests_between_its_lines(lead_s: float) -> None:
    notes = [(261.63, 0.5), (329.63, 0.5), (0.0, 0.4), (392.0, 0.6), (0.0, 0.1), (261.63, 0.6), (0.0, 0.5)]
    audio = sung(notes, lead_s=lead_s)
    names, durations = ["C4", "E4", "rest", "G4", "rest", "C4", "rest"], [seconds for _, seconds in notes]
    first, second = sung_lines(audio, names, durations)
    assert lead_s + 1.0 < first.duration_s < lead_s + 1.4
    np.testing.assert_array_equal(np.concatenate([first.waveform, second.waveform], axis=1), audio.waveform)


def test_a_song_without_rests_is_one_line() -> None:
    audio = sung([(261.63, 0.5), (329.63, 0.5)])
    (line,) = sung_lines(audio, ["C4", "E4"], [0.5, 0.5])
    np.testing.assert_array_equal(line.waveform, audio.waveform)


def test_alignment_follows_a_sequence_played_at_half_speed() -> None:
    sequence = np.random.default_rng(0).standard_normal((20, 3))
    path = align(np.repeat(sequence, 2, axis=0), sequence)
    np.testing.assert_array_equal(path[:, 0] // 2, path[:, 1])


def test_speech_is_no_distance_from_itself_and_some_from_a_higher_voice(speech: Audio) -> None:
    part = Audio(speech.waveform[:, : 2 * RATE], RATE)
    same = {name: top / bottom for name, (top, bottom) in speech_distances(part, part).items()}
    higher = Audio(part.waveform, 20_800).resample(RATE)
    other = {name: top / bottom for name, (top, bottom) in speech_distances(higher, part).items()}
    assert same == {"mcd": 0.0, "ffe": 0.0}
    assert other["mcd"] > 3
    assert other["ffe"] > 0.2


def test_words_are_compared_without_case_punctuation_and_spelling_of_numbers() -> None:
    assert normalized("At ten, Mr. Smith-Jones said: 'Hello!'") == normalized("at 10 mister smith jones said hello")
    assert word_errors("the cat sat", "the cat sat down") == (1.0, 4.0)
    assert character_errors("cat", "cats") == (1.0, 4.0)
    assert word_errors("", "two words") == (2.0, 1.0 + 1.0)


def test_sets_with_equal_distributions_are_near_and_shifted_ones_far() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.standard_normal((2, 400, 4))
    assert frechet_distance(list(zip(one, other, strict=True))) < 0.2
    assert frechet_distance(list(zip(one + 3, other, strict=True))) == pytest.approx(36, rel=0.1)
    assert kl_divergence(np.array([0.5, 0.5]), np.array([0.5, 0.5])) == pytest.approx(0)
    assert kl_divergence(np.array([0.9, 0.1]), np.array([0.5, 0.5])) == pytest.approx(0.5108, abs=1e-3)
