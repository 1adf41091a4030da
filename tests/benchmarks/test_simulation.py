import math

import pytest

from benchmarks.capacity.simulate import replicas_for, scaled
from benchmarks.capacity.simulation import simulate
from deployments.placement.costs import Costs, KindCost
from deployments.placement.queueing import mean_wait_s

LONG_S = 4_000.0


def only(kind: KindCost, background: float = 0.0) -> Costs:
    return Costs(places={}, kinds={"one": kind}, background=background)


def test_requests_that_share_a_processor_wait_as_theory_says() -> None:
    alone = KindCost(share=1.0, cpu_s={"a": 0.1}, alone_s=0.1)
    found = simulate(only(alone), {}, processors=1, per_s=6.0, duration_s=LONG_S)["one"]
    assert found.mean_s == pytest.approx(0.1 / (1 - 0.6), rel=0.1)  # processor sharing, M/G/1: S / (1 - rho)


def test_requests_wait_in_order_for_the_places_of_their_model() -> None:
    held = KindCost(share=1.0, cpu_s={"model": 0.01}, alone_s=0.1, model="model")
    found = simulate(only(held), {"model": 1}, processors=64, per_s=5.0, duration_s=LONG_S)["one"]
    assert found.mean_s == pytest.approx(0.1 + mean_wait_s(0.5, 1, 0.1, variation=0), rel=0.1)  # M/D/1


def test_an_event_loop_is_waited_for_though_processors_are_free() -> None:
    kind = KindCost(share=1.0, cpu_s={"ingress": 0.05, "model": 0.05}, alone_s=0.1, model="model")
    free = simulate(only(kind), {}, processors=64, per_s=10.0, duration_s=LONG_S)["one"]
    loop = simulate(only(kind), {"ingress": 1}, processors=64, per_s=10.0, duration_s=LONG_S)["one"]
    assert free.mean_s == pytest.approx(0.1, rel=0.01)
    assert loop.mean_s == pytest.approx(0.1 + mean_wait_s(0.5, 1, 0.05, variation=0), rel=0.1)


def test_background_work_takes_its_share_of_the_processors() -> None:
    alone = KindCost(share=1.0, cpu_s={"a": 0.1}, alone_s=0.1)
    quiet, busy = (simulate(only(alone, share), {}, 1, 1.0, LONG_S)["one"].mean_s for share in (0.0, 0.5))
    assert busy > 1.3 * quiet


def test_alone_a_request_takes_as_long_as_it_was_measured_to() -> None:
    kinds = {
        "on two processors": KindCost(share=0.3, cpu_s={"model": 0.2}, alone_s=0.1, model="model"),
        "mostly waiting": KindCost(share=0.3, cpu_s={"ingress": 0.002, "model": 0.01}, alone_s=0.5, model="model"),
        "partly after it": KindCost(share=0.1, cpu_s={"ingress": 0.04, "model": 0.08}, alone_s=0.1, model="model"),
        "on one": KindCost(share=0.3, cpu_s={"ingress": 0.01, "platform": 0.02}, alone_s=0.03),
    }
    costs = Costs(places={}, kinds=kinds)
    found = simulate(costs, {"model": 9, "ingress": 1}, processors=8, per_s=0.01, duration_s=20_000)
    for name, kind in kinds.items():
        assert found[name].percentile(0.5) == pytest.approx(kind.alone_s, abs=1e-6), name


def test_work_after_the_answer_keeps_others_waiting() -> None:
    partly, wholly = (KindCost(share=1.0, cpu_s={"ingress": spent}, alone_s=0.06) for spent in (0.1, 0.06))
    late, prompt = (simulate(only(kind), {}, 1, 6.0, LONG_S)["one"].mean_s for kind in (partly, wholly))
    assert late > 1.2 * prompt


def test_replicas_are_as_many_as_keep_places_free() -> None:
    kinds = {
        "speech": KindCost(share=0.5, cpu_s={"voice": 0.1}, alone_s=0.1, model="voice"),
        "text": KindCost(share=0.5, cpu_s={"ears": 1.0}, alone_s=1.0, model="ears"),
    }
    found = replicas_for(Costs(places={"voice": 2, "ears": 2}, kinds=kinds), 12.0)
    assert found == {"voice": 1, "ears": 5}
    assert scaled(found, 60) == {"voice": 10, "ears": 50}


def test_a_kind_nobody_sent_has_no_latency() -> None:
    never, often = (KindCost(share=share, cpu_s={"a": 0.01}, alone_s=0.01) for share in (0.0, 1.0))
    found = simulate(Costs(places={}, kinds={"never": never, "often": often}), {}, 1, 1.0, 10.0)
    assert math.isnan(found["never"].mean_s)
    assert found["often"].latencies_s
