"""What the parser's network says, decoded; and the words each wish points at."""

import re

import numpy as np
import pytest

from llm_planner.offline.learned.decoding import Answers, decode
from llm_planner.offline.learned.parser import Parser, describe
from llm_planner.offline.learned.queries import BEHAVIOURS, LACKS, OUTSIDE, QUERIES, accepts
from llm_planner.offline.learned.wishes import Wish
from llm_planner.offline.learned.wordings import corrected, wordings
from llm_planner.offline.words.masking import mask
from model_wrappers.contract.tasks import TASKS


@pytest.fixture(scope="module")
def parser() -> Parser:
    return Parser()


def query(task: str, again: int = 0) -> int:
    return QUERIES.index(task) + again


def logits(present: dict[int, float], parents: dict[tuple[int, int], float]) -> Answers:
    presence = np.full(OUTSIDE, -5.0, np.float32)
    edges = np.full((OUTSIDE, OUTSIDE + 1), -9.0, np.float32)
    edges[:, OUTSIDE] = 0.0
    for place, value in present.items():
        presence[place] = value
    for pair, value in parents.items():
        edges[pair] = value
    behaviour = np.zeros(len(BEHAVIOURS) + len(LACKS), np.float32)
    return Answers(presence, edges, behaviour, np.zeros((OUTSIDE, 0), np.float32), np.zeros((OUTSIDE, 0), np.float32))


def shape(parse) -> list[tuple[str, int | None]]:
    return [(wish.task, wish.parent) for wish in parse.wishes]


def test_a_query_above_even_odds_is_a_step_on_its_best_parent() -> None:
    clean, write = query("speech-enhancement"), query("speech-recognition")
    parse = decode(logits({clean: 4.0, write: 4.0}, {(write, clean): 3.0}), places=[])
    assert shape(parse) == [("speech-enhancement", None), ("speech-recognition", 0)]
    torn = decode(logits({clean: 4.0, write: 4.0}, {(write, clean): 0.1}), places=[])
    unsure = decode(logits({clean: 4.0, write: 0.6}, {(write, clean): 3.0}), places=[])
    assert torn.confidence < 0.6 * parse.confidence
    assert unsure.confidence < 0.7 * parse.confidence


def test_a_second_query_of_a_task_needs_the_first() -> None:
    first, second = query("text-to-speech"), query("text-to-speech", 1)
    assert shape(decode(logits({second: 4.0, query("text-to-audio"): 4.0}, {}), places=[])) == [("text-to-audio", None)]
    assert len(decode(logits({first: 4.0, second: 4.0}, {}), places=[]).wishes) == 2


def test_steps_that_wait_for_each_other_are_opened_where_it_costs_least() -> None:
    place, mend = query("mono-to-binaural"), query("audio-inpainting")
    parse = decode(logits({place: 4.0, mend: 4.0}, {(place, mend): 5.0, (mend, place): 1.0}), places=[])
    assert shape(parse) == [("audio-inpainting", None), ("mono-to-binaural", 0)]


def test_two_circles_end() -> None:
    a, b, c = query("mono-to-binaural"), query("audio-inpainting"), query("speech-enhancement")
    edges = {(a, b): 5.0, (b, a): 5.0, (c, a): 6.0, (a, c): 4.0, (b, c): 4.0}
    parse = decode(logits({a: 4.0, b: 4.0, c: 4.0}, edges), places=[])
    assert any(wish.parent is None for wish in parse.wishes)


def test_what_a_step_works_on_is_the_likeliest_run_of_words() -> None:
    wish = query("text-to-audio")
    text, odds = "make a sound of rain on tin please", [-3, -3, -2, -1, 4, 1, 3, -2]
    places = [(m.start(), m.end()) for m in re.finditer(r"\w+", text)]
    answers = logits({wish: 4.0}, {})._replace(
        words=np.zeros((OUTSIDE, len(places)), np.float32),
        contents=np.repeat(np.array([odds], np.float32), OUTSIDE, axis=0),
    )
    content = decode(answers, places).wishes[0].content
    assert content is not None
    assert text[slice(*content)] == "rain on tin"
    assert decode(answers._replace(contents=answers.contents - 9), places).wishes[0].content is None


def test_only_what_takes_sound_or_text_can_work_on_another_step() -> None:
    assert accepts("speech-enhancement", "speech-recognition")
    assert accepts("speech-recognition", "text-to-speech")
    assert not accepts("speech-recognition", "speech-enhancement")
    assert not any(accepts(task, "image-to-audio") for task in TASKS)


def test_files_and_earlier_results_stand_before_the_request() -> None:
    assert describe([]) == "no files | "
    named = describe([("audio", "a.wav"), ("image", "b.png")], [("text", "speech-recognition")])
    assert named == "files: audio a.wav, image b.png; earlier: text of speech recognition | "


@pytest.mark.parametrize(
    ("text", "files", "wanted"),
    [
        (
            "Clean it up, then write down what is said.",
            [("audio", "a.wav")],
            [("speech-enhancement", None), ("speech-recognition", 0)],
        ),
        ("I don't need a transcript, only less noise.", [("audio", "a.wav")], [("speech-enhancement", None)]),
        (
            "Denoise a.wav. From the clean one I need the text, and I also need it in 3D.",
            [("audio", "a.wav")],
            [("mono-to-binaural", 1), ("speech-enhancement", None), ("speech-recognition", 1)],
        ),
    ],
)
def test_the_network_reads_chains_exclusions_and_shared_sources(parser: Parser, text, files, wanted) -> None:
    parse = parser.parse(text, describe(files))
    assert parse.behaviour == "plan"
    assert shape(parse) == wanted


@pytest.mark.parametrize(
    ("text", "behaviour"), [("What does binaural mean?", "chat"), ("Book me a table for two.", "unsupported")]
)
def test_the_network_tells_chat_and_the_impossible(parser: Parser, text: str, behaviour: str) -> None:
    assert parser.parse(text, describe([])).behaviour == behaviour


def test_the_longest_request_is_read(parser: Parser) -> None:
    assert parser.parse("clean it and " * 400, describe([("audio", "a.wav")])).wishes


def pointed(text: str, task: str, words: str) -> Wish:
    begin = text.index(words)
    return Wish(task, None, ((begin, begin + len(words), 0.9),))


def test_each_wish_gets_the_piece_it_points_at_and_the_free_one_before_it() -> None:
    text = "There is a hole. Fill seconds 2 to 3, and put it 30 degrees left."
    wishes = [pointed(text, "audio-inpainting", "Fill"), pointed(text, "mono-to-binaural", "left")]
    fill, put = wordings(text, wishes, mask(text), str).words
    assert (fill.text, fill.context) == ("Fill seconds 2 to 3", "There is a hole.")
    assert put.text == "and put it 30 degrees left."


def test_a_quote_is_never_cut_and_reads_as_the_masked_request_has_it() -> None:
    text = 'Say "clean it, and then write it" and transcribe a.wav.'
    wishes = [pointed(text, "text-to-speech", "Say"), pointed(text, "speech-recognition", "transcribe")]
    say, write = wordings(text, wishes, mask(text), str).words
    assert say.text.split() == ["Say", "QUOTE0"]
    assert write.text == "and transcribe FILE0."


def test_what_names_a_sound_is_kept_unless_it_is_quoted() -> None:
    text = 'Make "a bell" and rain.'
    quoted = Wish("text-to-audio", None, ((0, 4, 0.9),), (6, 12))
    plain = Wish("text-to-audio", None, ((18, 22, 0.9),), (18, 23))
    assert [words.content for words in wordings(text, [quoted, plain], mask(text), str).words] == [None, "rain"]


def test_slips_are_corrected_outside_of_quotes_and_names() -> None:
    text = 'Raed "raed" from raed.wav.\n'
    assert corrected(text, mask(text), lambda part: part.replace("Raed", "Read")) == 'Read "raed" from raed.wav.\n'
