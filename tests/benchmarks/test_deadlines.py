import pytest

from benchmarks.sharing.deadlines import Outcomes, arrivals, percentile


@pytest.mark.parametrize("seed", range(5))
def test_no_fewer_requests_come_than_are_asked_for(seed: int) -> None:
    times = arrivals(30.1, 10.0, seed)
    assert len(times) / 10.0 >= 30.1
    assert times == sorted(times)
    assert 0.0 <= times[0] < times[-1] <= 10.0


@pytest.mark.parametrize(("percent", "value"), [(0, 1.0), (50, 2.0), (75, 3.0), (99, 4.0), (100, 4.0)])
def test_percentiles_are_values_that_were_measured(percent: float, value: float) -> None:
    assert percentile([4.0, 2.0, 1.0, 3.0], percent) == value


@pytest.mark.parametrize(
    ("met", "slowest_s", "verdict"), [(19, 0.05, "met"), (18, 0.05, "not met"), (19, 0.06, "not met")]
)
def test_the_output_tells_what_was_offered_and_whether_the_claim_holds(
    met: int, slowest_s: float, verdict: str
) -> None:
    found = Outcomes([1.0] * met, [3.0] * (20 - met), [0.001] * 39 + [slowest_s], offered_s=10.0)
    told = found.told(2.0, 3.0)
    assert "60 in 10.0 s, 6.0 a second: 3.00 times capacity" in told
    assert f"Admitted: 20, 2.0 a second; {met} met their deadline: {5 * met:.1f} %" in told
    assert told.endswith(f"Both aims are {verdict}.")
