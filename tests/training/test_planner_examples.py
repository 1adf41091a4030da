"""What the planner's parser is trained on."""

from itertools import islice

import pytest

from llm_planner.offline.learned.queries import QUERIES, accepts
from model_wrappers.contract.tasks import TASKS
from training.planner.examples import (
    CODES,
    KEPT,
    WRITERS,
    Example,
    Unmarked,
    marked,
    naming,
    parse_plan,
    read_writer,
    unmarked,
)
from training.planner.generator import Generator
from training.planner.mixture import read_written
from training.planner.shapes import fits


@pytest.mark.parametrize(
    ("notation", "tasks", "edges"),
    [
        ("se>sr", "se sr", [(0, 1)]),
        ("ta>mb;ts", "ta mb ts", [(0, 1)]),
        ("sr>(st>ts,ts)", "sr st ts ts", [(0, 1), (1, 2), (0, 3)]),
        ("ss>2(sr>st)", "ss sr st sr st", [(0, 1), (1, 2), (0, 3), (3, 4)]),
        ("3ta", "ta ta ta", []),
    ],
)
def test_the_notation_hands_on_branches_repeats_and_starts_anew(notation: str, tasks: str, edges: list) -> None:
    assert parse_plan(notation) == (tuple(CODES[code] for code in tasks.split()), tuple(edges))


@pytest.mark.parametrize("notation", ["se>xx", "se-sr", "se>"])
def test_what_is_no_plan_is_an_error(notation: str) -> None:
    with pytest.raises((ValueError, KeyError, IndexError)):
        parse_plan(notation)


def test_marks_give_the_place_of_each_steps_words() -> None:
    found = unmarked(f"Please {marked(0, 'clean it')}, then {marked(1, 'find the ' + naming(1, 'dog'))}.")
    assert found.text == "Please clean it, then find the dog."
    assert {step: found.text[begin:end] for step, (begin, end) in found.words.items()} == {
        0: "clean it",
        1: "find the dog",
    }
    assert {step: found.text[begin:end] for step, (begin, end) in found.contents.items()} == {1: "dog"}


def test_braces_name_sounds_in_order_and_words_of_other_tasks_by_their_letters(tmp_path) -> None:
    path = tmp_path / "someone.txt"
    path.write_text("# someone\nta;ts;td|a.wav ^se|{Rain}, then say {ts:it rains}, and when is the {drop}?\n")
    (example,) = read_writer(path)
    found = unmarked(example.text)
    assert {s: found.text[slice(*span)] for s, span in found.contents.items()} == {0: "Rain", 1: "it rains", 2: "drop"}
    assert (example.files, example.earlier) == ((("audio", "a.wav"),), (("audio", "speech-enhancement"),))


@pytest.mark.parametrize("path", sorted([*WRITERS.glob("*.txt"), *KEPT.glob("*.txt")]), ids=lambda path: path.stem)
def test_every_written_plan_hands_on_what_the_next_step_takes(path) -> None:
    for example in read_writer(path):
        for parent, child in example.edges:
            assert accepts(example.tasks[parent], example.tasks[child]), example.text


def test_the_writers_kept_whole_are_not_trained_on() -> None:
    rest, kept = (
        {example.text for by in read_written(folder).values() for example in by} for folder in (WRITERS, KEPT)
    )
    assert len(kept) > 100
    assert not kept & rest


def test_a_line_that_is_none_is_named(tmp_path) -> None:
    path = tmp_path / "someone.txt"
    path.write_text("# someone\nse|a.wav|Clean it.\nzz|a.wav|What?\n")
    with pytest.raises(ValueError, match=r"someone\.txt, line 3"):
        list(read_writer(path))


def test_generated_requests_repeat_with_the_seed_and_mark_what_asks_for_each_step() -> None:
    def some() -> list[Example]:
        generator = Generator(5)
        return [generator.example() for _ in range(300)]

    examples = some()
    assert examples == some()
    assert {task for example in examples for task in example.tasks} == set(TASKS)
    for example in examples:
        named = set(unmarked(example.text).words)
        assert set(range(1, len(example.tasks))) <= named <= set(range(len(example.tasks))), example.text
        assert fits(example.tasks)


def test_there_are_queries_for_every_task_and_more_than_one() -> None:
    assert {task: QUERIES.count(task) for task in TASKS if QUERIES.count(task) < 2} == {}


def test_excluded_tasks_are_named_in_a_sentence_without_marks() -> None:
    generator = Generator(1)
    sentences = list(islice((generator.excluded(()) for _ in iter(int, 1)), 20))
    assert all(unmarked(sentence) == Unmarked(sentence, {}, {}) for sentence in sentences)
