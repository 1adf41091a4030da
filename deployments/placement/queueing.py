"""How long requests wait for one of several places: Erlang's formula, with Allen and Cunneen's for service times."""

import math


def waiting_share(load: float, places: int) -> float:
    """Return the share of requests that find all places taken, by Erlang's C formula.

    Args:
        load: Requests a second times the seconds each holds a place; below `places`, or all of them wait.
        places: How many there are.
    """
    if load >= places:
        return 1.0
    blocked = 1.0  # Erlang's B, from one place to the next
    for number in range(1, places + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked / (1 - load / places * (1 - blocked))


def mean_wait_s(load: float, places: int, held_s: float, variation: float = 1.0) -> float:
    """Return how long a request waits for a place on average; for ever where there are too few.

    Args:
        load: Requests a second times the seconds each holds a place.
        places: How many there are.
        held_s: Seconds a place is held, on average.
        variation: Squared coefficient of variation of these: 0 where all are equal, 1 where they are exponential.
    """
    if load >= places:
        return math.inf
    return waiting_share(load, places) * held_s / (places - load) * (1 + variation) / 2


def places_for(load: float, held_s: float, longest_wait_s: float, busy: float) -> int:
    """Return the fewest places with which requests wait no longer than that, and none is busier than a share.

    Args:
        load: Requests a second times the seconds each holds a place.
        held_s: Seconds a place is held, on average.
        longest_wait_s: Of the mean wait.
        busy: Share of the time that places may be taken.
    """
    places = max(1, math.ceil(load / busy))
    while mean_wait_s(load, places, held_s) > longest_wait_s:
        places += 1
    return places
