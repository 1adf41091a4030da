import numpy as np
import pytest

from evaluation.capability.captions import cider_d, false_named, named
from evaluation.capability.events import event_measures, onset_matches, same_sound, segments
from evaluation.capability.items import TrueEvent
from model_wrappers.contract.symbolic import Posteriorgram
from model_wrappers.contract.tasks.events import SoundEvent

BARK = TrueEvent(("Bark",), 1.0, 3.0, "dog|bark")
SIREN = TrueEvent(("Siren",), 5.0, 8.0, "siren")


def heard(label: str, onset: float, offset: float) -> SoundEvent:
    return SoundEvent(label=label, onset=onset, offset=offset, probability=0.9)


def test_a_perfect_detection_has_full_scores() -> None:
    measures = event_measures([heard("Bark", 1, 3), heard("Siren", 5, 8)], [BARK, SIREN], 10.0)
    figures = {name: top / bottom for name, (top, bottom) in measures.items()}
    assert figures == dict.fromkeys(measures, 1.0) | {"false_events": 0.0}


def test_events_that_are_not_there_are_counted_but_for_the_noise_under_the_mixture() -> None:
    found = [heard("Dog", 1, 3), heard("Piano", 4, 5), heard("White noise", 0, 9)]
    assert event_measures(found, [BARK], 10.0)["false_events"] == (1.0, 2.0)


def test_segments_count_hits_false_alarms_and_misses() -> None:
    top, bottom = event_measures([heard("Bark", 1, 2), heard("Piano", 5, 7)], [BARK], 10.0)["segment_f"]
    assert (top, bottom) == (2.0, 2.0 + 2 + 1)


def test_a_late_onset_is_no_match_and_one_detection_matches_one_event() -> None:
    assert onset_matches([heard("Bark", 1.6, 3)], [BARK]) == 0
    twice = [BARK, TrueEvent(("Bark",), 1.2, 3.0)]
    assert onset_matches([heard("Bark", 1.1, 3)], twice) == 1


@pytest.mark.parametrize(("label", "right"), [("Dog", True), ("bark", True), ("Cat", False), ("Fox hunt", False)])
def test_names_above_and_below_in_the_ontology_are_right(label: str, right: bool) -> None:
    assert same_sound(label, BARK) is right


def test_segments_of_a_posteriorgram_have_the_highest_probability_and_the_truth() -> None:
    gram = Posteriorgram(np.array([[0.1, 0.0], [0.7, 0.2], [0.3, 0.9], [0.0, 0.4]], np.float32), ("Bark", "Siren"), 0.5)
    scores, truth = segments(gram, [TrueEvent(("Bark",), 0.0, 1.0)], 2.0)
    np.testing.assert_allclose(scores, [[0.7, 0.2], [0.3, 0.9]])
    np.testing.assert_array_equal(truth, [[True, False], [False, False]])


def test_a_caption_is_searched_for_the_true_events() -> None:
    assert named("A DOG barks, then it rains.", [BARK, SIREN]) == (1.0, 2.0)


def test_statements_about_what_is_not_there_are_counted_without_those_that_are_no_statements() -> None:
    caption = "A dog barks while a cow moos, then perhaps a bell rings."
    assert false_named(caption, [BARK, SIREN]) == (1.0, 2.0)


def test_what_is_true_of_every_sound_of_a_kind_is_no_false_statement() -> None:
    assert false_named("An animal calls, then a bird sings.", [BARK]) == (1.0, 2.0)


def test_cider_is_ten_for_the_only_reference_and_nothing_for_other_words() -> None:
    references = [("a dog barks at the old gate",), ("rain falls on a metal roof",), ("two people talk in a room",)]
    same = [(texts[0], texts) for texts in references]
    other = [("music plays somewhere quietly now", texts) for texts in references]
    assert cider_d(same) == pytest.approx(10.0)
    assert cider_d(other) < 0.1
    assert 1 < cider_d([("a dog barks loudly", references[0]), *same[1:]]) < 10
