"""Where the points of a face go when it speaks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_wrappers.talking_head.face_mesh import CHIN, FOREHEAD
from model_wrappers.talking_head.motion import Motion

INNER_LIPS = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)  # a ring
# fmt: off
LOWER_LIP = (
    14, 87, 178, 88, 95, 317, 402, 318, 324, 15, 86, 179, 89, 96, 316, 403, 319, 325, 16, 85, 180, 90, 77,
    315, 404, 320, 307, 17, 84, 181, 91, 146, 314, 405, 321, 375,
)
UPPER_LIP = (
    13, 82, 81, 80, 191, 312, 311, 310, 415, 12, 38, 41, 42, 183, 268, 271, 272, 407, 11, 72, 73, 74, 184,
    302, 303, 304, 408, 0, 37, 39, 40, 185, 267, 269, 270, 409,
)
# fmt: on
UPPER_LIDS = (246, 161, 160, 159, 158, 157, 173, 466, 388, 387, 386, 385, 384, 398)
LOWER_LIDS = (7, 163, 144, 145, 153, 154, 155, 249, 390, 373, 374, 380, 381, 382)
LID_FOLDS = (247, 30, 29, 27, 28, 56, 190, 467, 260, 259, 257, 258, 286, 414)
MOUTH_RIGHT, MOUTH_LEFT, CHEEK_RIGHT, CHEEK_LEFT = 61, 291, 234, 454

OPENING = 0.085  # of the face's height, at the lower lip
UPPER_OPENING = 0.015
SPREADING = 0.16  # of the mouth's half width
LID_FOLD_SHARE = 0.35  # of the way of the lid's edge


@dataclass(frozen=True)
class FaceAnimation:
    """How each point moves per unit of each motion; arrays of shape `(points, 2)` in pixels."""

    rest: NDArray[np.float64]
    opening: NDArray[np.float64]
    spread: NDArray[np.float64]
    blink: NDArray[np.float64]
    height: float
    """Of the face, in pixels."""

    @classmethod
    def of(cls, points: NDArray[np.float64]) -> "FaceAnimation":
        """Derive the movements from the proportions of a face; `points` has shape `(468, 2)`."""
        down = points[CHIN] - points[FOREHEAD]
        height = float(np.hypot(*down))
        down = down / height
        right = np.array([down[1], -down[0]])
        mouth = (points[MOUTH_RIGHT] + points[MOUTH_LEFT]) / 2
        across, along = (points - mouth) @ right, (points - mouth) @ down
        half = abs(float(across[MOUTH_LEFT] - across[MOUTH_RIGHT])) / 2
        jaw = _jaw_share(across, along, points, half)
        opening = (OPENING * jaw[:, None] - UPPER_OPENING * _lip_share(across, half, UPPER_LIP)[:, None]) * down
        near = np.exp(-0.5 * ((along / half / 0.9) ** 2 + np.maximum(np.abs(across) / half - 1, 0) ** 2 / 0.16))
        spread = (np.clip(across / half, -1, 1) * near * half * SPREADING)[:, None] * right
        return cls(points, opening * height, spread, _lids(points), height)

    def pose(self, motion: Motion, frame: int) -> NDArray[np.float64]:
        """Return where the points are in a frame, shape `(468, 2)`, before the head moves."""
        mouth = motion.opening[frame] * self.opening + motion.spread[frame] * self.spread
        return np.asarray(self.rest + mouth + motion.blink[frame] * self.blink)


def _lip_share(across: NDArray[np.float64], half: float, lip: tuple[int, ...]) -> NDArray[np.float64]:
    """Return how far each point of a lip goes with its middle: less towards the corners of the mouth."""
    share = np.zeros_like(across)
    share[list(lip)] = np.clip(1 - (across[list(lip)] / (1.05 * half)) ** 2, 0, 1)
    return share


def _jaw_share(
    across: NDArray[np.float64], along: NDArray[np.float64], points: NDArray[np.float64], half: float
) -> NDArray[np.float64]:
    """Return how far each point goes with the middle of the lower lip: the jaw 0.8 of it, the cheeks less."""
    reach = float(np.hypot(*(points[CHEEK_LEFT] - points[CHEEK_RIGHT]))) * 0.5
    depth = np.clip(2 * along / along[CHIN], 0, 1)
    jaw = 0.8 * depth * depth * (3 - 2 * depth) * np.clip(1 - (across / reach) ** 2, 0, 1)
    upper = list(UPPER_LIP)
    jaw[upper] = 0.0
    return np.asarray(np.maximum(jaw, _lip_share(across, half, LOWER_LIP)))


def _lids(points: NDArray[np.float64]) -> NDArray[np.float64]:
    way = np.zeros_like(points)
    closing = points[list(LOWER_LIDS)] - points[list(UPPER_LIDS)]
    way[list(UPPER_LIDS)] = 0.95 * closing
    way[list(LID_FOLDS)] = LID_FOLD_SHARE * closing
    return way
