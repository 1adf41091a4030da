import math

import pytest

from benchmarks.capacity.simulation import Demand, replicas_for, simulate

LONG_S = 4_000.0


def test_requests_that_share_a_processor_wait_as_theory_says() -> None:
    alone = Demand(share=1.0, cpu_s=0.1, alone_s=0.1)
    found = simulate({"one": alone}, {}, processors=1, per_s=6.0, duration_s=LONG_S)["one"]
    assert found.mean_s == pytest.approx(0.1 / (1 - 0.6), rel=0.1)  # processor sharing, M/G/1: S / (1 - rho)


def test_requests_wait_in_order_for_the_places_of_their_station() -> None:
    held = Demand(share=1.0, cpu_s=0.01, alone_s=0.1, station="model")
    found = simulate({"one": held}, {"model": 1}, processors=64, per_s=5.0, duration_s=LONG_S)["one"]
    waits_s = 5.0 * 0.1**2 / (2 * (1 - 0.5))  # M/D/1
    assert found.mean_s == pytest.approx(0.1 + waits_s, rel=0.1)


def test_alone_a_request_takes_as_long_as_it_was_measured_to() -> None:
    costs = {
        "on two processors": Demand(0.3, 0.2, 0.1),
        "mostly waiting": Demand(0.3, 0.01, 0.5, "model"),
        "on one": Demand(0.4, 0.03, 0.03),
    }
    found = simulate(costs, {"model": 9}, processors=8, per_s=0.01, duration_s=20_000)
    for name, demand in costs.items():
        assert found[name].percentile(0.5) == pytest.approx(demand.alone_s, abs=1e-6), name


def test_replicas_are_as_many_as_keep_places_free() -> None:
    costs = {"speech": Demand(0.5, 0.1, 0.1, "voice"), "text": Demand(0.5, 1.0, 1.0, "ears")}
    assert replicas_for(costs, 12.0, {"voice": 2, "ears": 2}) == {"voice": 1, "ears": 5}


def test_a_kind_nobody_sent_has_no_latency() -> None:
    found = simulate({"never": Demand(0.0, 1.0, 1.0), "often": Demand(1.0, 0.01, 0.01)}, {}, 1, 1.0, 10.0)
    assert math.isnan(found["never"].mean_s)
    assert found["often"].latencies_s
