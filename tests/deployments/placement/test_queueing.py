import math

import pytest

from deployments.placement.queueing import mean_wait_s, places_for, waiting_share


@pytest.mark.parametrize(("load", "places", "share"), [(0.5, 1, 0.5), (2.0, 3, 4 / 9), (8.0, 10, 0.40918)])
def test_share_that_waits_is_erlangs(load: float, places: int, share: float) -> None:
    assert waiting_share(load, places) == pytest.approx(share, rel=1e-4)


def test_one_place_is_the_simple_queue() -> None:
    assert mean_wait_s(0.8, 1, 2.0) == pytest.approx(0.8 * 2.0 / (1 - 0.8))  # M/M/1
    assert mean_wait_s(0.8, 1, 2.0, variation=0) == pytest.approx(0.8 * 2.0 / (1 - 0.8) / 2)  # M/D/1


def test_too_few_places_keep_everybody_waiting() -> None:
    assert waiting_share(3.0, 3) == 1.0
    assert mean_wait_s(3.0, 3, 1.0) == math.inf


@pytest.mark.parametrize("load", [0.01, 0.7, 5.0, 60.0])
def test_places_are_the_fewest_that_keep_both_promises(load: float) -> None:
    def kept(places: int) -> bool:
        return load / places <= 0.6 and mean_wait_s(load, places, 1.0) <= 0.25

    places = places_for(load, 1.0, 0.25, busy=0.6)
    assert kept(places)
    assert places == 1 or not kept(places - 1)
