import asyncio

import pytest

from model_wrappers.contract.errors import DeadlineExceeded, ModelOverloaded
from router.fairness.gate import FairGate
from router.scope import Flow
from tests.router.fairness.test_waiting_room import later

ANN, BOB = Flow("ann"), Flow("bob")


class Crowd:
    """Those who want to pass a gate, in the order in which they were let in."""

    def __init__(self, gate: FairGate) -> None:
        self.gate = gate
        self.came: list[str] = []
        self.go = asyncio.Event()

    def send(self, flow: Flow) -> asyncio.Task[None]:
        return asyncio.create_task(self._pass(flow))

    async def _pass(self, flow: Flow) -> None:
        async with self.gate.place(flow, later()):
            self.came.append(flow.tenant)
            await self.go.wait()


async def test_so_many_are_in_at_once_and_the_others_take_turns() -> None:
    crowd = Crowd(FairGate("The gate", places=2, max_waiting=10))
    tasks = [crowd.send(ANN) for _ in range(6)]
    await asyncio.sleep(0)
    tasks += [crowd.send(BOB) for _ in range(2)]
    await asyncio.sleep(0)
    assert crowd.came == ["ann", "ann"]
    crowd.go.set()
    await asyncio.gather(*tasks)
    assert "bob" in crowd.came[2:4]
    assert len(crowd.came) == 8


async def test_who_holds_most_of_a_full_line_gives_way() -> None:
    crowd = Crowd(FairGate("The gate", places=1, max_waiting=3))
    anns = [crowd.send(ANN) for _ in range(4)]
    await asyncio.sleep(0)
    bob = crowd.send(BOB)
    with pytest.raises(ModelOverloaded, match="The gate has 3 requests waiting"):
        await anns[3]
    crowd.go.set()
    await asyncio.gather(*anns[:3], bob)
    assert crowd.came == ["ann", "bob", "ann", "ann"]


async def test_who_waits_too_long_or_leaves_takes_no_place() -> None:
    gate = FairGate("The gate", places=1, max_waiting=3)
    crowd = Crowd(gate)
    inside = crowd.send(ANN)
    await asyncio.sleep(0)
    with pytest.raises(DeadlineExceeded, match="The gate did not finish"):
        await gate.enter(BOB, later(0.01))
    gone = crowd.send(BOB)
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    crowd.go.set()
    await inside
    async with gate.place(BOB, later()):
        assert crowd.came == ["ann"]
