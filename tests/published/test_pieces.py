from collections.abc import Sequence

from model_wrappers.contract.base import Work
from model_wrappers.contract.errors import AudioGPTError, Cancelled, InvalidInput, ModelFailed
from model_wrappers.torch.pieces import respond, run_pieces
from tests.model_wrappers.measures import RecordedContext


class Network:
    """Answers with what it is given, and remembers its passes; the memory suffices for texts of so many letters."""

    def __init__(self, room: int = 1_000) -> None:
        self.passes: list[list[str]] = []
        self._room = room

    def __call__(self, pieces: Sequence[str]) -> list[str]:
        import torch

        self.passes.append(list(pieces))
        if sum(map(len, pieces)) > self._room:
            raise torch.OutOfMemoryError("too much")
        return [piece.upper() for piece in pieces]


def work(count: int, cancelled: tuple[int, ...] = ()) -> Work:
    return Work(RecordedContext(cancelled), tuple(range(count)))


def test_first_pieces_of_all_share_the_first_pass() -> None:
    network = Network()
    outputs = run_pieces([["a1", "a2"], ["b1"]], work(2), network, rows=2)
    assert network.passes == [["a1", "b1"], ["a2"]]
    assert outputs == [["A1", "A2"], ["B1"]]


def test_pieces_that_are_not_alike_take_another_pass_and_keep_their_order() -> None:
    network = Network()
    outputs = run_pieces([["long", "s", "more"], ["t"], ["long"]], work(3), network, rows=8, alike=len)
    assert network.passes == [["long", "long", "more"], ["t", "s"]]
    assert outputs[0] == ["LONG", "S", "MORE"]


def test_a_request_nobody_waits_for_is_run_no_further() -> None:
    network = Network()
    first, second = run_pieces([["a"], ["b"]], work(2, cancelled=(0,)), network, rows=1)
    assert isinstance(first, Cancelled)
    assert network.passes == [["b"]]
    assert second == ["B"]


def test_progress_reaches_one_for_every_request_even_without_pieces() -> None:
    context = RecordedContext()
    outputs = run_pieces([["a"] * 2, ["b"], []], Work(context, (0, 1, 2)), Network(), rows=1)
    assert context.fractions == {0: [0.5, 1.0], 1: [1.0], 2: [1.0]}
    assert outputs[2] == []


def test_out_of_memory_runs_fewer_pieces_in_a_pass() -> None:
    network = Network(room=4)
    outputs = run_pieces([["aa"] * 4], work(1), network, rows=4)
    assert [len(each) for each in network.passes] == [4, 2, 2]
    assert outputs == [["AA"] * 4]


def test_a_piece_that_fits_no_memory_fails_its_request_alone_and_at_once() -> None:
    network = Network(room=4)
    first, second = run_pieces([["too long", "a"], ["b", "c"]], work(2), network, rows=1)
    assert isinstance(first, ModelFailed)
    assert second == ["B", "C"]
    assert ["a"] not in network.passes


def test_an_error_takes_the_place_of_its_response() -> None:
    def response(prepared: str, output: str) -> str:
        if output == "B":
            raise InvalidInput("no b")
        return prepared + output

    failed: AudioGPTError = ModelFailed("failed")
    answers = respond(["a", "b", "c"], ["A", "B", failed], response)
    assert answers[0] == "aA"
    assert isinstance(answers[1], InvalidInput)
    assert answers[2] is failed
