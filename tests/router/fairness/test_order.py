from collections import Counter
from collections.abc import Mapping

import pytest

from router.fairness.costs import Costs
from router.fairness.order import FairOrder, Turn
from router.scope import Flow

ANN, BOB = Flow("ann"), Flow("bob")


class Server:
    """Serves one turn after another in virtual time; a unit of size takes `pace` seconds, by kind."""

    def __init__(self, pace: Mapping[str, float] | None = None) -> None:
        self.costs = Costs()
        self.order = FairOrder(self.costs)
        self.pace = pace or {}
        self.spent: Counter[Flow] = Counter()
        self.served: list[str] = []

    def ask(self, flow: Flow, size: float = 1.0, kind: str = "work") -> Turn:
        return self.order.enter(flow, kind, size)

    def serve(self) -> Flow:
        turn = next(self.order.ordered())
        self.order.begin(turn)
        spent_s = turn.size * self.pace.get(turn.kind, 1.0)
        self.costs.learn(turn.kind, turn.size, spent_s)
        self.order.settle(turn, spent_s)
        self.order.leave(turn)
        self.spent[turn.flow] += spent_s
        self.served.append(turn.flow.tenant)
        return turn.flow


def test_one_tenants_work_is_served_as_it_came() -> None:
    server = Server()
    turns = [server.ask(ANN, size) for size in (3.0, 1.0, 2.0)]
    assert list(server.order.ordered()) == turns


def test_a_newcomer_comes_before_the_others_backlog() -> None:
    server = Server()
    for _ in range(200):
        server.ask(ANN, 60.0)
    server.serve()
    for _ in range(20):
        server.ask(BOB, 1.0)
        assert server.serve() == BOB
    assert server.order.waiting == 199


@pytest.mark.parametrize("weight", [1.0, 2.0, 5.0])
def test_time_is_shared_by_weight_whatever_the_sizes(weight: float) -> None:
    server, heavy = Server(), Flow("bob", weight)
    for number in range(2_000):
        server.ask(ANN, 1.0 + number % 7)
        server.ask(heavy, 5.0)
    for _ in range(1_500):
        server.serve()
    assert server.spent[heavy] / server.spent[ANN] == pytest.approx(weight, rel=0.02)


def test_shares_follow_what_work_took_and_not_what_was_expected() -> None:
    server = Server({"slow": 0.5, "fast": 0.01})
    for _ in range(1_500):
        server.ask(ANN, 1.0, "slow")
        server.ask(BOB, 10.0, "fast")
    for _ in range(1_000):
        server.serve()
    assert server.spent[ANN] / server.spent[BOB] == pytest.approx(1.0, rel=0.05)


def test_nobody_saves_up_for_later() -> None:
    server = Server()
    for _ in range(300):
        server.ask(ANN)
    for _ in range(100):
        server.serve()
    for _ in range(100):
        server.ask(BOB)
    assert Counter(server.serve() for _ in range(100)) == {ANN: 50, BOB: 50}


def test_work_taken_back_costs_nothing() -> None:
    server = Server()
    held = server.ask(BOB)
    for turn in [server.ask(ANN, 60.0) for _ in range(50)]:
        server.order.leave(turn)
    server.order.leave(held)
    for _ in range(100):
        server.ask(ANN)
        server.ask(BOB)
    assert Counter(server.serve() for _ in range(100)) == {ANN: 50, BOB: 50}


def test_work_somebody_waits_for_goes_before_work_in_the_background_which_does_not_starve() -> None:
    server, behind = Server(), Flow("ann", background=True)
    for _ in range(400):
        server.ask(behind)
        server.ask(BOB)
    order = [server.serve() for _ in range(340)]
    assert order.index(behind) >= 15
    assert order.count(behind) == pytest.approx(20, abs=1)


def test_without_other_work_the_background_has_everything() -> None:
    server, behind = Server(), Flow("ann", background=True)
    for _ in range(10):
        server.ask(behind)
    server.serve()
    server.ask(BOB)
    assert server.serve() == BOB
    assert [server.serve() for _ in range(9)] == [behind] * 9


def test_the_newest_of_whoever_holds_most_gives_way() -> None:
    server, carl = Server(), Flow("carl", 2.0)
    for _ in range(5):
        last = server.ask(ANN)
    for _ in range(6):
        server.ask(carl)
    server.ask(BOB)
    assert server.order.crowded_out(BOB) is last
    assert server.order.crowded_out(ANN) is None
    server.order.leave(last)
    assert server.order.crowded_out(carl) is not None  # seven of weight 2 are less than four of weight 1


def test_who_has_its_share_cannot_push_anybody_out() -> None:
    server = Server()
    for flow in (ANN, BOB) * 3:
        server.ask(flow)
    assert server.order.crowded_out(ANN) is None
    assert server.order.crowded_out(BOB) is None


def test_an_empty_order_remembers_nobody() -> None:
    server = Server()
    turn = server.ask(ANN, 100.0)
    server.order.begin(turn)
    server.order.leave(turn)
    server.order.leave(turn)
    assert (server.order.waiting, server.order.served) == (0, 0)
    first = server.ask(ANN)
    server.ask(BOB)
    assert next(server.order.ordered()) is first
