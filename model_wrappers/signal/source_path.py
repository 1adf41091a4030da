"""Where a sound source is over time, from a mono-to-binaural request."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.tasks.mono_to_binaural import MonoToBinauralRequest


@dataclass(frozen=True)
class Positions:
    """Where the source is at every hop; arrays of shape `(hops,)` in degrees and metres."""

    azimuth: NDArray[np.float64]
    elevation: NDArray[np.float64]
    distance: NDArray[np.float64]


def source_positions(request: MonoToBinauralRequest, times: NDArray[np.float64]) -> Positions:
    """Return where the source is at the given times in seconds.

    Raises:
        InvalidInput: If the waypoints of its path are not in order of time.
    """
    path = request.path
    if not path:
        still = np.ones_like(times)
        return Positions(still * request.azimuth, still * request.elevation, still * request.distance)
    given = np.array([waypoint.time for waypoint in path])
    if (np.diff(given) <= 0).any():
        wrong = int(np.argmax(np.diff(given) <= 0)) + 1
        raise InvalidInput(
            f"Waypoint {wrong} is at {given[wrong]:g} s, not after the one before it ({given[wrong - 1]:g} s); "
            "order the path by time.",
            param=f"path.{wrong}.time",
        )
    azimuths = np.unwrap([waypoint.azimuth for waypoint in path], period=360.0)
    return Positions(
        np.interp(times, given, azimuths),
        np.interp(times, given, [waypoint.elevation for waypoint in path]),
        np.interp(times, given, [waypoint.distance for waypoint in path]),
    )
