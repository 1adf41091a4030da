import numpy as np
import pytest

from model_wrappers.embedded.hibari.question_melody import HIGH, VOICED_HZ, risen, rises


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Are you coming?", True),
        ("You finished it already?", True),
        ("“Is that all?”", True),
        ("However you do it, is it safe?", True),
        ("Really?!?", True),
        ("Where do you live?", False),
        ("And at what time does it leave?", False),
        ("Tea or coffee?", False),
        ("You finished it already.", False),
        ("He asked whether it was safe.", False),
    ],
)
def test_questions_that_ask_for_yes_or_no_rise(sentence: str, expected: bool):
    assert rises(sentence) is expected


def test_the_last_voiced_frames_rise_and_all_others_stay():
    pitch = np.where(np.arange(200) % 20 < 4, 0.0, np.linspace(280, 150, 200)).astype(np.float32)
    changed = risen(pitch)
    voiced = pitch > VOICED_HZ
    median = np.median(pitch[voiced])
    np.testing.assert_array_equal(changed[:140], pitch[:140])
    np.testing.assert_array_equal(changed[~voiced], pitch[~voiced])
    assert (np.diff(changed[160:][voiced[160:]]) >= 0).all()
    assert 12 * np.log2(changed[voiced][-1] / median) == pytest.approx(HIGH, abs=0.01)


@pytest.mark.parametrize("frames", [0, 1, 5])
def test_hardly_any_voice_is_left_alone(frames: int):
    pitch = np.full(frames, 200, np.float32)
    np.testing.assert_array_equal(risen(pitch), pitch)
