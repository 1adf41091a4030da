"""Redraw a portrait with the points of its face elsewhere."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model_wrappers.talking_head.animation import INNER_LIPS, FaceAnimation
from model_wrappers.talking_head.motion import Motion

DEFAULT_PORTRAIT = Path(__file__).with_suffix(".jpg")
RING_POINTS = 32
RINGS = ((1.35, 1.0), (1.7, 0.75), (2.3, 0.3))  # size over that of the face, and how far it goes with the head
FRAME_POINTS = 9  # along each edge of the picture; they stay
SHARP_PIXELS = 4  # the mask of the mouth is drawn this much larger, for a smooth edge
TEETH_SHARE = 0.055  # of the face's height
TEETH_COLOUR = np.array([0.93, 0.90, 0.86])  # of the brightness of the skin
CAVITY_COLOUR = np.array([0.20, 0.07, 0.08])
TONGUE_COLOUR = np.array([0.52, 0.24, 0.24])
TONGUE_SHARE = (0.07, 0.13)  # below the upper lip, of the face's height: where it begins and where it is all seen
OPEN_MOUTH_SHARE = 0.02  # of the face's height; a mouth open further shows its own teeth


class Portrait:
    """A picture of a face cut into triangles that follow the face."""

    def __init__(self, pixels: NDArray[np.uint8], points: NDArray[np.float64]) -> None:
        """Cut the picture.

        Args:
            pixels: RGB, square, shape `(size, size, 3)`.
            points: Face mesh in pixels, shape `(468, 2)`.
        """
        from scipy.spatial import Delaunay

        self._size = pixels.shape[0]
        self._animation = FaceAnimation.of(points)
        self._centre = points.mean(axis=0)
        surroundings, self._follow = _surroundings(points, self._size)
        self._rest = np.concatenate([points, surroundings])
        triangles = Delaunay(self._rest).simplices
        mouth = np.isin(triangles, INNER_LIPS).all(axis=1)
        self._triangles = triangles[~mouth]
        self._texture = pixels.astype(np.float32)
        self._behind = _behind_the_lips(self._texture, points, self._animation.height)
        y, x = np.mgrid[: self._size, : self._size]
        self._grid = np.stack([x, y, np.ones_like(x)], axis=-1).astype(np.float32)

    def draw(self, motion: Motion, frame: int) -> NDArray[np.uint8]:
        """Return one frame of the film, shape `(size, size, 3)`."""
        from scipy.ndimage import gaussian_filter

        rotation, shift = self._head(motion, frame)
        points = self._rest.copy()
        points[: len(self._animation.rest)] = self._animation.pose(motion, frame)
        moved = (points - self._centre) @ rotation.T + self._centre + shift
        points += self._follow[:, None] * (moved - points)
        skin = _sample(self._texture, self._origins(points))
        back = np.concatenate([rotation.T, (-rotation.T @ (self._centre + shift) + self._centre)[:, None]], axis=1)
        mask = gaussian_filter(self._mouth_mask(points[list(INNER_LIPS)]), 0.6)[..., None]
        window = _bounds(mask[..., 0])
        if window is not None:
            inside = _sample(self._behind, self._grid[window] @ back.T.astype(np.float32))
            skin[window] += mask[window] * (inside - skin[window])
        return np.asarray(np.clip(skin + 0.5, 0, 255), np.uint8)

    def _head(self, motion: Motion, frame: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        cos, sin = np.cos(motion.roll[frame]), np.sin(motion.roll[frame])
        return np.array([[cos, -sin], [sin, cos]]), motion.shift[frame] * self._animation.height

    def _origins(self, points: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return for each pixel where in the picture at rest its colour comes from, shape `(size, size, 2)`."""
        from PIL import Image as PillowImage
        from PIL import ImageDraw

        drawn = PillowImage.new("I", (self._size, self._size), 0)
        draw = ImageDraw.Draw(drawn)
        corners = points[self._triangles]
        for number, triangle in enumerate(corners.reshape(-1, 6).tolist()):
            draw.polygon(triangle, fill=number)
        homogeneous = np.concatenate([corners, np.ones((*corners.shape[:2], 1))], axis=2)
        homogeneous += 1e-6 * np.eye(3)  # a closed eye has triangles without area
        maps = np.linalg.solve(homogeneous, self._rest[self._triangles]).astype(np.float32)
        return np.asarray(np.einsum("yxk,yxkc->yxc", self._grid, maps[np.asarray(drawn)]), np.float32)

    def _mouth_mask(self, ring: NDArray[np.float64]) -> NDArray[np.float32]:
        from PIL import Image as PillowImage
        from PIL import ImageDraw

        large = PillowImage.new("L", (self._size * SHARP_PIXELS,) * 2)
        ImageDraw.Draw(large).polygon(((ring + 0.5) * SHARP_PIXELS).ravel().tolist(), fill=255)
        return np.asarray(np.asarray(large.reduce(SHARP_PIXELS)) / 255, np.float32)


def _surroundings(points: NDArray[np.float64], size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points around the face, and how far all points, those of the face first, go with the head."""
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    radii = np.ptp(points, axis=0) / 2
    angles = np.linspace(0, 2 * np.pi, RING_POINTS, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    rings = np.concatenate([centre + scale * radii * circle for scale, _ in RINGS])
    shares = np.repeat([share for _, share in RINGS], RING_POINTS)
    inside = ((rings > 1) & (rings < size - 2)).all(axis=1)
    edge = np.linspace(0, size - 1, FRAME_POINTS)
    border = np.array([(x, y) for x in edge for y in edge if x in (0, size - 1) or y in (0, size - 1)])
    follow = np.concatenate([np.ones(len(points)), shares[inside], np.zeros(len(border))])
    return np.concatenate([rings[inside], border]), follow


def _behind_the_lips(texture: NDArray[np.float32], points: NDArray[np.float64], height: float) -> NDArray[np.float32]:
    """Paint what an opening mouth shows: the upper teeth, the person's own where they are seen, and the dark."""
    from PIL import Image as PillowImage
    from PIL import ImageDraw
    from scipy.ndimage import gaussian_filter

    size = texture.shape[0]
    light = float(np.percentile(_sample(texture, points[None].astype(np.float32)).mean(axis=-1), 80))
    ring = points[list(INNER_LIPS)]
    corners, upper = ring[[0, 10]], ring[[0, *range(19, 9, -1)]]
    down = np.array([-(corners[1] - corners[0])[1], (corners[1] - corners[0])[0]])
    down *= TEETH_SHARE * height / np.hypot(*down)
    band = np.concatenate([upper - 0.5 * down, (upper + down)[::-1]])
    picture = PillowImage.new("L", (size, size))
    ImageDraw.Draw(picture).polygon(band.ravel().tolist(), fill=255)
    across = np.abs(_offset(size, corners)) * 1.25
    teeth = gaussian_filter(np.asarray(picture, np.float32) / 255, 0.7) * np.clip(1 - across**2, 0, 1)
    depth = _offset(size, np.stack([points[13] - down, points[13] + down])) * TEETH_SHARE
    begin, full = TONGUE_SHARE
    tongue = np.clip((depth - begin) / (full - begin), 0, 1)[..., None] * np.clip(1 - across**2, 0, 1)[..., None]
    behind = ((1 - tongue) * CAVITY_COLOUR + tongue * TONGUE_COLOUR).astype(np.float32) * light
    behind += teeth[..., None] * (TEETH_COLOUR * light * 0.85 - behind)
    if np.hypot(*(points[13] - points[14])) > OPEN_MOUTH_SHARE * height:
        own = PillowImage.new("L", (size, size))
        ImageDraw.Draw(own).polygon(ring.ravel().tolist(), fill=255)
        mask = gaussian_filter(np.asarray(own, np.float32) / 255, 0.7)[..., None]
        behind += mask * (texture - behind)
    return np.asarray(behind, np.float32)


def _offset(size: int, ends: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return how far each pixel lies along the line between two points: -1 at the first, 1 at the second."""
    axis = (ends[1] - ends[0]) / 2
    y, x = np.mgrid[:size, :size]
    middle = ends.mean(axis=0)
    return np.asarray(((x - middle[0]) * axis[0] + (y - middle[1]) * axis[1]) / (axis @ axis), np.float32)


def _sample(texture: NDArray[np.float32], places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return colours between pixels, bilinear; `places` has shape `(rows, columns, 2)`."""
    size = texture.shape[0]
    x, y = np.clip(places[..., 0], 0, size - 1.001), np.clip(places[..., 1], 0, size - 1.001)
    left, top = x.astype(np.int32), y.astype(np.int32)
    right_share, low_share = (x - left)[..., None], (y - top)[..., None]
    flat = texture.reshape(-1, 3)
    first = top * size + left
    upper = flat[first] + right_share * (flat[first + 1] - flat[first])
    lower = flat[first + size] + right_share * (flat[first + size + 1] - flat[first + size])
    return np.asarray(upper + low_share * (lower - upper), np.float32)


def _bounds(mask: NDArray[np.float32]) -> tuple[slice, slice] | None:
    """Return the window that holds all of a mask, or None if it is empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
