"""The trained head on wording that is in no template."""

import pytest

from llm_planner.offline.rules.classifier import TaskClassifier, word_features


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
