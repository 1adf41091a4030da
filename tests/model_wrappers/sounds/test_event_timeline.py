import numpy as np
import pytest

from model_wrappers.sounds.audioset import Ontology, load_class_names
from model_wrappers.sounds.event_timeline import all_spans, find_spans, level_changes

HOP_S = 0.24
RATE = 16_000


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology(load_class_names())


def burst(onset: float, offset: float, duration: float = 6.0) -> np.ndarray:
    samples = np.random.default_rng(0).standard_normal(int(duration * RATE)).astype(np.float32) * 1e-3
    samples[int(onset * RATE) : int(offset * RATE)] *= 100
    return samples


def heard(onset: float, offset: float, probability: float = 0.9, duration: float = 6.0) -> np.ndarray:
    times = (np.arange(int(duration / HOP_S)) + 0.5) * HOP_S
    return np.where((times > onset) & (times < offset), probability, 0.01).astype(np.float32)


def test_edges_move_to_where_the_level_changes():
    changes = level_changes(burst(2.13, 3.57), RATE)
    (span,) = find_spans(heard(1.9, 3.8), HOP_S, 0.3, changes, label=0)
    assert span.onset == pytest.approx(2.13, abs=0.03)
    assert span.offset == pytest.approx(3.57, abs=0.03)


def test_edges_stay_where_the_level_does_not_change():
    changes = level_changes(np.full(6 * RATE, 0.1, np.float32), RATE)
    (span,) = find_spans(heard(1.92, 3.84), HOP_S, 0.3, changes, label=0)
    assert (span.onset, span.offset) == pytest.approx((1.92, 3.84))


def test_a_class_below_the_threshold_is_no_event():
    assert find_spans(heard(1, 3, probability=0.29), HOP_S, 0.3, level_changes(burst(1, 3), RATE), label=0) == []


def test_an_event_holds_through_a_dip_above_a_third_of_the_threshold():
    probability = heard(1, 4)
    probability[10] = 0.12
    assert len(find_spans(probability, HOP_S, 0.3, np.zeros(601), label=0)) == 1


def test_an_event_never_leaves_the_recording():
    changes = level_changes(np.full(RATE, 0.1, np.float32), RATE)
    (span,) = find_spans(np.full(5, 0.9, np.float32), HOP_S, 0.3, changes, label=0)
    assert span.onset == 0
    assert span.offset == pytest.approx(1.0)


def test_a_sound_is_named_by_its_most_specific_class_only(ontology: Ontology):
    probabilities = np.zeros((25, 521), np.float32)
    for name in ("Animal", "Domestic animals, pets", "Dog", "Bark", "Silence"):
        probabilities[:, ontology.index[name]] = heard(1, 3)
    spans = all_spans(probabilities, HOP_S, 0.3, np.zeros(601), ontology)
    assert [ontology.names[span.label] for span in spans] == ["Bark"]


def test_a_general_class_heard_longer_is_kept(ontology: Ontology):
    probabilities = np.zeros((25, 521), np.float32)
    probabilities[:, ontology.index["Music"]] = 0.9
    probabilities[:, ontology.index["Trumpet"]] = heard(1, 2)
    spans = all_spans(probabilities, HOP_S, 0.3, np.zeros(601), ontology)
    assert [ontology.names[span.label] for span in spans] == ["Music", "Trumpet"]


@pytest.mark.parametrize(
    ("sure", "unsure", "told"),
    [
        (("Music", 0.9), ("Violin, fiddle", 0.85), ["Violin, fiddle"]),
        (("Music", 0.9), ("Violin, fiddle", 0.7), ["Music", "Violin, fiddle"]),
        (("Music", 0.9), ("Violin, fiddle", 0.4), ["Music"]),
        (("Speech", 0.95), ("Helicopter", 0.5), ["Speech", "Helicopter"]),
        (("Speech", 0.95), ("Helicopter", 0.35), ["Speech"]),
    ],
)
def test_a_guess_is_dropped_for_what_is_sure(
    ontology: Ontology, sure: tuple[str, float], unsure: tuple[str, float], told: list[str]
):
    probabilities = np.zeros((25, 521), np.float32)
    for name, probability in (sure, unsure):
        probabilities[:, ontology.index[name]] = heard(1, 3, probability)
    spans = all_spans(probabilities, HOP_S, 0.3, np.zeros(601), ontology)
    assert [ontology.names[span.label] for span in spans] == told


@pytest.mark.parametrize(
    ("above", "below", "nested"),
    [
        ("Animal", "Bark", True),
        ("Dog", "Bow-wow", True),
        ("Dog", "Meow", False),
        ("Vehicle", "Helicopter", True),
        ("Bird", "Insect", False),
        ("Alarm", "Telephone bell ringing", True),
        ("Bark", "Dog", False),
    ],
)
def test_classes_nest_as_in_audioset(ontology: Ontology, above: str, below: str, nested: bool):
    assert ontology.is_ancestor(ontology.index[above], ontology.index[below]) is nested
