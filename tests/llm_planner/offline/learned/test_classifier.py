"""The trained head on wording that is in no template."""

import pytest

from llm_planner.offline.learned.classifier import WEIGHTS, Prediction, TaskClassifier, one_task, word_features
from model_wrappers.contract.tasks import TASKS
from training.clauses.corpus import labels


@pytest.fixture(scope="module")
def classifier() -> TaskClassifier:
    return TaskClassifier()


@pytest.mark.parametrize(
    ("clause", "task"),
    [
        ("get my grandmother's monologue down on paper for me", "speech-recognition"),
        ("this seminar should be comprehensible to Norwegians, so put it in Norwegian", "speech-translation"),
        ("strip the awful buzzing off my voice", "speech-enhancement"),
        ("untangle the quarrelling couple onto two tracks", "speech-separation"),
        ("book two seats on the night train", "unsupported"),
        ("hello, what sort of things are you able to do?", "chat"),
    ],
)
def test_clauses_go_to_the_task_they_mean(classifier: TaskClassifier, clause: str, task: str) -> None:
    (prediction,) = classifier.classify([clause])
    assert prediction.best == task
    assert sum(prediction.probabilities.values()) == pytest.approx(1.0, abs=1e-5)


def test_word_features_do_not_depend_on_case_or_end_punctuation() -> None:
    assert word_features("Denoise this!").tolist() == word_features("denoise this").tolist()


def test_the_shipped_weights_are_small_and_know_every_label(classifier: TaskClassifier) -> None:
    assert WEIGHTS.stat().st_size < 12_000_000
    assert set(classifier.labels) == set(labels())


def predicted(**shares: float) -> Prediction:
    rest = (1 - sum(shares.values())) / 2
    labels = dict.fromkeys(TASKS, 0.0)
    return Prediction(
        {**labels, "chat": rest, "unsupported": rest, "nothing": 0.0}
        | {name.replace("_", "-"): p for name, p in shares.items()}
    )


@pytest.mark.parametrize(
    ("whole", "clause", "files", "task"),
    [
        (predicted(sound_extraction=0.7), predicted(sound_extraction=0.9), ["audio"], "sound-extraction"),
        (predicted(sound_extraction=0.7), predicted(sound_extraction=0.9), [], None),  # nothing came to take it out of
        (predicted(sound_extraction=0.4), predicted(speech_enhancement=0.5), ["audio"], None),
        (predicted(unsupported=0.9), predicted(unsupported=0.9), ["audio"], "unsupported"),
        (predicted(chat=0.9), predicted(chat=0.9), [], None),
    ],
)
def test_a_second_opinion_is_given_only_where_it_is_sure(
    whole: Prediction, clause: Prediction, files: list[str], task: str | None
) -> None:
    assert one_task([whole, clause], files) == task
