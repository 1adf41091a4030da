"""Single clauses that the planner's parser is trained on, whose words misspelt ones are corrected into."""

import random

import pytest

from llm_planner.offline.words.spelling import VOCABULARY
from model_wrappers.contract.tasks import TASKS
from training.clauses.corpus import expand, generate, labels, misspell, templates, vocabulary


def test_every_task_has_templates() -> None:
    assert set(labels()) == {*TASKS, "chat", "nothing", "unsupported"}


@pytest.mark.parametrize("label", labels())
def test_templates_expand_without_leftover_syntax(label: str) -> None:
    rng = random.Random(0)
    for template in templates(label):
        assert not set("(){}|") & set(
            expand(template, rng).replace("c#4/db4 | f#4/gb4 | rest", "").replace(" | ", "")
        ), template


def test_the_same_seed_gives_the_same_corpus_without_repeats() -> None:
    first, second = list(generate(20, seed=3)), list(generate(20, seed=3))
    assert first == second
    assert len({text for text, _ in first}) >= 0.98 * len(first)


def test_a_misspelt_clause_differs_by_one_slip_inside_a_word() -> None:
    text = "please transcribe this recording"
    for seed in range(20):
        worse = misspell(text, random.Random(seed))
        assert abs(len(worse) - len(text)) <= 1
        assert sum(a != b for a, b in zip(worse.split(), text.split(), strict=True)) <= 1


def test_the_vocabulary_of_corrections_is_that_of_the_corpus() -> None:
    assert VOCABULARY.read_text(encoding="utf-8").split() == vocabulary()
